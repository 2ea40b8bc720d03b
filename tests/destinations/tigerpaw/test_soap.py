"""Writing a line by SOAP: the exact envelope, and what each kind of answer means (Tigerpaw reference 2; L5, L6, L11)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from tallybridge.billing.reasons import Reason
from tallybridge.destinations.base import ChargeWrite, DestinationError, DestinationFailed, WriteRefused, WriteReply
from tallybridge.destinations.tigerpaw.dialect import parse_dialect
from tallybridge.wire.http import HttpReply
from tallybridge.wire.transport import TransportFailed, TransportKind
from tests.destinations.tigerpaw.scripted_door import PASSWORD, Answer, raw, tigerpaw

PAGE = "POST /api/rmm/tsiWS.asmx"
ENVELOPE = "{http://schemas.xmlsoap.org/soap/envelope/}"
HEADER = "{http://www.tigerpawsoftware.com/}"
BODY = "{http://www.tigerpawsoftware.com}"
SANDBOX = "{urn:sandbox:tigerpaw-dialect:0}"

CREATE = ChargeWrite(agreement=2041, item="KES-WKS", quantity=90, charge=None)
UPDATE = ChargeWrite(agreement=2041, item="KES-WKS", quantity=91, charge=9001)


def enveloped(body: str) -> bytes:
    return f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{body}</s:Body></s:Envelope>'.encode()


def result(inner: str, status: int = 200) -> HttpReply:
    name = "SubmitAgreementAdditionalCharges"
    return raw(enveloped(f'<{name}Response xmlns="http://www.tigerpawsoftware.com"><{name}Result>{inner}</{name}Result></{name}Response>'), status)


def fault(text: str, status: int = 500) -> HttpReply:
    return raw(enveloped(f"<s:Fault><faultcode>s:Client</faultcode><faultstring>{text}</faultstring></s:Fault>"), status)


def sandbox_result(attributes: str, charge: str = "") -> HttpReply:
    return result(f'<SandboxResult xmlns="urn:sandbox:tigerpaw-dialect:0" {attributes}>{charge}</SandboxResult>')


DONE = sandbox_result('success="true"', '<Charge itemId="KES-WKS" detailId="9001" status="created"/>')


def written(change: ChargeWrite, answer: Answer = DONE, **changes: Any) -> tuple[WriteReply, ET.Element]:
    """The reply, and the envelope that was sent."""
    destination, door = tigerpaw({PAGE: answer}, **changes)
    reply = destination.write(change)
    assert len(door.sent) == 1
    return reply, ET.fromstring(door.sent[0].body or b"")


def params(envelope: ET.Element) -> ET.Element:
    found = envelope.find(f"{ENVELOPE}Body/{BODY}SubmitAgreementAdditionalCharges/{BODY}Params")
    assert found is not None
    return found[0]


def test_the_envelope_has_the_namespaces_of_the_reference() -> None:
    destination, door = tigerpaw({PAGE: DONE})
    destination.write(CREATE)
    sent = door.sent[0]
    assert sent.headers["SOAPAction"] == '"http://www.tigerpawsoftware.com/SubmitAgreementAdditionalCharges"'
    assert sent.headers["Content-Type"] == "text/xml; charset=utf-8"
    envelope = ET.fromstring(sent.body or b"")
    assert envelope.tag == f"{ENVELOPE}Envelope"
    header = envelope.find(f"{ENVELOPE}Header/{HEADER}AuthHeader")
    assert header is not None
    assert [(each.tag, each.text) for each in header] == [(f"{HEADER}UserName", "kaspersky"), (f"{HEADER}Password", PASSWORD)]
    assert params(envelope).tag == f"{SANDBOX}SandboxCharges"


def test_a_new_line_is_sent_without_an_id() -> None:
    reply, envelope = written(CREATE)
    assert params(envelope).attrib == {"agreementNumber": "2041"}
    assert params(envelope)[0].attrib == {"action": "upsert", "itemId": "KES-WKS", "quantity": "90"}
    assert reply == WriteReply(answered=True, charge=9001)


def test_l6_for_an_existing_line_nothing_but_id_item_and_quantity_is_sent() -> None:
    _, envelope = written(UPDATE)
    assert params(envelope)[0].attrib == {"action": "upsert", "detailId": "9001", "itemId": "KES-WKS", "quantity": "91"}


@pytest.mark.parametrize("item", ['K"/><Charge itemId="EVIL', "A&B <C>", "{quantity}", "Ünï-✓"])
def test_no_value_becomes_markup(item: str) -> None:
    _, envelope = written(ChargeWrite(agreement=1, item=item, quantity=1, charge=None))
    assert len(params(envelope)) == 1
    assert params(envelope)[0].get("itemId") == item


def test_a_value_that_xml_would_change_is_not_sent() -> None:
    destination, door = tigerpaw({PAGE: DONE})
    with pytest.raises(WriteRefused, match="was not sent"):
        destination.write(ChargeWrite(agreement=1, item="KES\nWKS", quantity=1, charge=None))
    assert door.sent == []


@pytest.mark.parametrize(
    ("answer", "kind", "reason", "says"),
    [
        (sandbox_result('success="false" message="Agreement is closed."'), WriteRefused, Reason.WRITE_REFUSED, "Agreement is closed"),
        (sandbox_result('success="false"'), WriteRefused, Reason.WRITE_REFUSED, "no reason given"),
        (fault("Unknown detail id 9001"), WriteRefused, Reason.WRITE_REFUSED, "Unknown detail id 9001"),
        (fault("Unknown detail id 9001", 200), WriteRefused, Reason.WRITE_REFUSED, "Unknown detail id 9001"),
        (fault("Params is missing", 400), WriteRefused, Reason.WRITE_REFUSED, "Params is missing"),
        (raw(b"", 302), WriteRefused, Reason.WRITE_REFUSED, "HTTP 302"),
        (raw(b"", 404), WriteRefused, Reason.WRITE_REFUSED, "tsiWS.asmx"),
        (fault("Invalid user name or password"), DestinationFailed, Reason.SIGN_IN_REFUSED, "tsiWS Users.exe"),
        (fault("Login failed"), DestinationFailed, Reason.SIGN_IN_REFUSED, "nothing was written"),
        (raw(b"", 401), DestinationFailed, Reason.SIGN_IN_REFUSED, "soap_password"),
        (raw(b"", 403), DestinationFailed, Reason.SIGN_IN_REFUSED, "soap_user"),
        (TransportFailed(TransportKind.UNREACHABLE, "No way."), DestinationFailed, Reason.PSA_UNREACHABLE, "was not sent"),
        (TransportFailed(TransportKind.CERTIFICATE, "Wrong."), DestinationFailed, Reason.PSA_UNREACHABLE, "was not sent"),
    ],
)
def test_a_refusal_says_why(answer: Answer, kind: type[DestinationError], reason: Reason, says: str) -> None:
    destination, door = tigerpaw({PAGE: answer})
    with pytest.raises(DestinationError) as caught:
        destination.write(UPDATE)
    assert (type(caught.value), caught.value.reason) == (kind, reason)
    assert says in str(caught.value)
    assert len(door.sent) == 1, "a write is never repeated (L5)"


@pytest.mark.parametrize(
    "answer",
    [
        TransportFailed(TransportKind.TIMED_OUT, "Slow."),
        TransportFailed(TransportKind.BROKEN, "Cut."),
        raw(b"<html>Server error</html>", 500),
        raw(b"Server error", 500),
        raw(b"", 503),
        raw(b"", 504),
        raw(b"", 202),
        raw(b""),
        raw(b"{}"),
        raw(enveloped("")),
        raw(b'<!DOCTYPE x [<!ENTITY e "e">]>' + enveloped("&e;")),
        raw(b'<?xml version="1.0" encoding="no-such"?><a/>'),
        result(""),
        sandbox_result(""),
        result('<SandboxResult xmlns="urn:sandbox:tigerpaw-dialect:0" success="true"/>', 500),
    ],
)
def test_l5_no_answer_or_one_that_cannot_be_read_is_unanswered_and_not_repeated(answer: Answer) -> None:
    destination, door = tigerpaw({PAGE: answer})
    reply = destination.write(UPDATE)
    assert not reply.answered
    assert reply.charge is None
    assert "line 9001" in reply.detail
    assert len(door.sent) == 1


def test_l11_the_password_is_not_shown_even_where_the_server_repeats_it() -> None:
    for answer in (fault(f"Wrong password {PASSWORD}"), sandbox_result(f'success="false" message="{PASSWORD}?"')):
        destination, _ = tigerpaw({PAGE: answer})
        with pytest.raises(DestinationError) as caught:
            destination.write(UPDATE)
        assert PASSWORD not in str(caught.value)
        assert "***" in str(caught.value)


def test_in_worklist_mode_nothing_is_sent() -> None:
    destination, door = tigerpaw({PAGE: DONE}, dialect=None)
    with pytest.raises(WriteRefused, match="worklist"):
        destination.write(CREATE)
    assert door.sent == []


CAPTURED = """
name = "captured"
about = "A vocabulary with text nodes, prefixes and the External Product."
create = '''<c:Set xmlns:c="urn:c" product="{external_product}"><No>{agreement}</No><Item>{item}</Item><Qty>{quantity}</Qty></c:Set>'''
update = '<Set line="{charge}"><Qty>{quantity}</Qty></Set>'
sign_in_words = ["who are you"]
[result.success]
at = "{*}Answer/{*}Ok"
[result.message]
at = "{*}Answer/{*}Text"
[result.charge]
at = "{*}Answer/{*}Line"
"""


def test_another_dialect_is_data_alone() -> None:
    dialect = parse_dialect(CAPTURED, file="captured.toml")
    answer = result("<Answer><Ok/><Text> Thank you. </Text><Line>77</Line></Answer>")
    reply, envelope = written(CREATE, answer, dialect=dialect)
    assert reply == WriteReply(answered=True, charge=77, detail="Thank you")
    sent = params(envelope)
    assert (sent.tag, sent.get("product")) == ("{urn:c}Set", "Kaspersky MSP")
    # As in a capture, a name without a prefix inside Params stands in the namespace of the operation.
    assert [(each.tag, each.text) for each in sent] == [(f"{BODY}No", "2041"), (f"{BODY}Item", "KES-WKS"), (f"{BODY}Qty", "90")]


def test_a_dialect_may_tell_how_its_server_refuses_the_user() -> None:
    dialect = parse_dialect(CAPTURED, file="captured.toml")
    destination, _ = tigerpaw({PAGE: fault("Who are you?")}, dialect=dialect)
    with pytest.raises(DestinationFailed):
        destination.write(CREATE)


def test_success_by_presence_is_refused_by_absence() -> None:
    dialect = parse_dialect(CAPTURED, file="captured.toml")
    destination, _ = tigerpaw({PAGE: result("<Answer><Text>Not today.</Text></Answer>")}, dialect=dialect)
    with pytest.raises(WriteRefused, match="Not today"):
        destination.write(CREATE)
