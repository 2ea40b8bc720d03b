"""The SOAP service of the simulated Tigerpaw: envelopes, namespaces, authentication, faults (Tigerpaw reference 2)."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from tallybridge.sandbox.http import Reply, Request
from tallybridge.sandbox.scenario import Fault
from tests.sandbox.tigerpaw_caller import (
    BODY_NAMESPACE,
    HEADER_NAMESPACE,
    OPERATION,
    SOAP_11,
    SOAP_12,
    SOAP_PATH,
    Caller,
    envelope,
    result_of,
    sandbox_charges,
    usual_tigerpaw,
    world_of,
)

PARAMS = sandbox_charges('<Charge action="upsert" itemId="KES-WKS" quantity="7"/>')
SOAP_12_TYPE = "application/soap+xml; charset=utf-8"
ACTION = f"{BODY_NAMESPACE}/{OPERATION}"


@pytest.fixture
def caller() -> Caller:
    return Caller(world_of(usual_tigerpaw()))


def fault_of(reply: Reply, soap: str = SOAP_11) -> Element:
    assert reply.status == 500
    fault = fromstring(reply.body).find(f"{{{soap}}}Body/{{{soap}}}Fault")
    assert isinstance(fault, Element), reply.body
    return fault


def test_soap_1_1(caller: Caller) -> None:
    reply = caller.soap(envelope(PARAMS))
    assert (reply.status, reply.content_type) == (200, "text/xml; charset=utf-8")
    assert result_of(reply).get("success") == "true"


def test_the_action_may_come_without_quotes(caller: Caller) -> None:
    assert caller.soap(envelope(PARAMS), action=ACTION).status == 200


@pytest.mark.parametrize("content_type", [SOAP_12_TYPE, f'{SOAP_12_TYPE}; action="{ACTION}"'], ids=["without an action", "with the action"])
def test_soap_1_2(caller: Caller, content_type: str) -> None:
    reply = caller.soap(envelope(PARAMS, soap=SOAP_12), content_type, None)
    assert (reply.status, reply.content_type) == (200, "application/soap+xml; charset=utf-8")
    assert result_of(reply, SOAP_12).get("success") == "true"


@pytest.mark.parametrize(
    "parts",
    [
        {"user": "nobody"},
        {"password": "wrong"},
        {"password": ""},
        {"password": "Secret"},
        {"header_namespace": BODY_NAMESPACE},
        {"body_namespace": HEADER_NAMESPACE},
        {"operation": "ListAccounts"},
    ],
    ids=[
        "unknown user",
        "wrong password",
        "no password",
        "password in another case",
        "header without the slash",
        "body with the slash",
        "unknown operation",
    ],
)
def test_a_call_that_is_not_right_ends_in_a_fault_and_writes_nothing(caller: Caller, parts: dict[str, Any]) -> None:
    before = caller.world.state()
    fault = fault_of(caller.soap(envelope(PARAMS, **parts)))
    assert fault.findtext("faultcode") == "soap:Client"
    assert fault.findtext("faultstring")
    assert caller.world.state() == before


def test_an_inactive_user_ends_in_a_fault() -> None:
    document = usual_tigerpaw()
    document["soap_users"][0]["active"] = False
    caller = Caller(world_of(document))
    assert "not active" in (fault_of(caller.soap(envelope(PARAMS))).findtext("faultstring") or "")
    assert "not active" not in (fault_of(caller.soap(envelope(PARAMS, password="wrong"))).findtext("faultstring") or "")


@pytest.mark.parametrize(
    ("sent", "content_type", "action"),
    [
        (envelope(PARAMS), "text/xml", None),
        (envelope(PARAMS), "text/xml", '""'),
        (envelope(PARAMS), "text/xml", f"{HEADER_NAMESPACE}/{OPERATION}"),
        (envelope(PARAMS, soap=SOAP_12), "text/xml", ACTION),
        (envelope(PARAMS, soap="urn:other"), "text/xml", ACTION),
        ("<not xml", "text/xml", ACTION),
        (f'<e:Envelope xmlns:e="{SOAP_11}"><e:Body/></e:Envelope>', "text/xml", ACTION),
        (f"<!DOCTYPE a [<!ENTITY b 'c'>]>{envelope(PARAMS)}", "text/xml", ACTION),
    ],
    ids=["no action", "empty action", "another action", "another version", "no version", "no xml", "empty body", "entities"],
)
def test_an_envelope_that_cannot_be_read_ends_in_a_fault(caller: Caller, sent: str, content_type: str, action: str | None) -> None:
    assert fault_of(caller.soap(sent, content_type, action)).findtext("faultstring")


def test_a_fault_of_soap_1_2_has_its_own_form(caller: Caller) -> None:
    fault = fault_of(caller.soap(envelope(PARAMS, soap=SOAP_12, user="nobody"), SOAP_12_TYPE, None), SOAP_12)
    assert fault.findtext(f"{{{SOAP_12}}}Code/{{{SOAP_12}}}Value") == "soap12:Sender"
    assert fault.findtext(f"{{{SOAP_12}}}Reason/{{{SOAP_12}}}Text")


def test_another_media_type_answers_415(caller: Caller) -> None:
    assert caller.soap(envelope(PARAMS), "application/json").status == 415


@pytest.mark.parametrize(
    "params",
    ["", "<Charges/>", "text", PARAMS + PARAMS, PARAMS.replace("dialect:0", "dialect:9"), PARAMS.replace('agreementNumber="2041"', "")],
    ids=["nothing", "another vocabulary", "text", "two documents", "another version", "no agreement"],
)
def test_params_in_another_vocabulary_are_refused_in_the_result(caller: Caller, params: str) -> None:
    result = result_of(caller.soap(envelope(params)))
    assert result.get("success") == "false"
    assert result.get("message")


@pytest.mark.parametrize(
    ("deed", "code", "says"),
    [("soap_fault", "soap:Server", "Out of order."), ("refuse_login", "soap:Client", "user name")],
)
def test_faults_that_end_in_a_soap_fault_write_nothing(caller: Caller, deed: Any, code: str, says: str) -> None:
    before = caller.world.state()
    caller.fault = Fault(on="tigerpaw_soap", call="*", do=deed, message="Out of order.")
    fault = fault_of(caller.soap(envelope(PARAMS)))
    assert fault.findtext("faultcode") == code
    assert says in (fault.findtext("faultstring") or "")
    assert caller.world.state() == before


def page(caller: Caller, query: list[tuple[str, str]]) -> Reply:
    return caller.send(Request("GET", SOAP_PATH, query, {"host": "127.0.0.1:8085"}, b"", 1))


def test_the_service_lists_its_operations_to_a_browser(caller: Caller) -> None:
    reply = page(caller, [])
    assert (reply.status, reply.content_type) == (200, "text/html; charset=utf-8")
    assert OPERATION.encode() in reply.body


@pytest.mark.parametrize(("operation", "status"), [(OPERATION, 200), ("ListAccounts", 404)])
def test_an_operation_has_a_page(caller: Caller, operation: str, status: int) -> None:
    reply = page(caller, [("op", operation)])
    assert reply.status == status
    if status == 200:
        assert b"&lt;AuthHeader xmlns=&quot;http://www.tigerpawsoftware.com/&quot;&gt;" in reply.body
        assert b"xmlns=&quot;http://www.tigerpawsoftware.com&quot;&gt;&lt;Params&gt;" in reply.body


def test_the_wsdl_names_operation_action_and_address(caller: Caller) -> None:
    wsdl = fromstring(page(caller, [("WSDL", "")]).body)
    soap = "{http://schemas.xmlsoap.org/wsdl/soap/}"
    assert [each.get("location") for each in wsdl.iter(f"{soap}address")] == [f"http://127.0.0.1:8085{SOAP_PATH}"]
    assert [each.get("soapAction") for each in wsdl.iter(f"{soap}operation")] == [ACTION]


@pytest.mark.parametrize("path", [SOAP_PATH, SOAP_PATH.lower(), SOAP_PATH.upper()])
def test_calls_are_named_by_their_operation(caller: Caller, path: str) -> None:
    call = caller.simulator.identify(Request("POST", path, [], {"soapaction": ACTION}, envelope(PARAMS).encode(), 1))
    assert (call.on, call.name) == ("tigerpaw_soap", OPERATION)


def test_a_body_that_is_not_xml_is_named_by_its_action(caller: Caller) -> None:
    call = caller.simulator.identify(Request("POST", SOAP_PATH, [], {"soapaction": f'"{ACTION}"'}, b"<", 1))
    assert call.name == OPERATION
