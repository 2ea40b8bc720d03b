"""What the REST door makes of replies: absence, refusals, faults and clocks (Tigerpaw reference 1.2 to 1.4)."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest

from tallybridge.billing.reasons import Reason
from tallybridge.destinations.base import DestinationError, DestinationFailed, ReadFailed
from tallybridge.wire.http import HttpReply
from tallybridge.wire.transport import TransportFailed, TransportKind
from tests.destinations.tigerpaw.scripted_door import NOW, PRIVATE_KEY, Answer, page, raw, reply, tigerpaw

DETAILS = "GET /api/agreements/2041/details"
AGREEMENT = {"AgreementNumber": 2041, "Agreement": {"AccountNumber": 1}, "AdditionalCharges": []}


def failure(answer: Answer | list[Answer], **changes: Any) -> DestinationError:
    """The error that reading agreement 2041 ends with."""
    destination, _ = tigerpaw({DETAILS: answer}, **changes)
    with pytest.raises(DestinationError) as caught:
        destination.agreement(2041)
    return caught.value


@pytest.mark.parametrize("answer", [reply({"Message": "no"}, 404), raw(b"not found", 404), reply(None)], ids=["404", "404 text", "200 null"])
def test_an_unknown_agreement_is_none(answer: HttpReply) -> None:
    destination, _ = tigerpaw({DETAILS: answer})
    assert destination.agreement(2041) is None


@pytest.mark.parametrize(
    ("answer", "kind", "reason", "says"),
    [
        (reply({"Message": "x"}, 401), DestinationFailed, Reason.SIGN_IN_REFUSED, "REST API Security"),
        (reply({"Message": "x"}, 403), ReadFailed, Reason.PSA_UNREACHABLE, "security role"),
        (reply({"Message": "broken view"}, 400), ReadFailed, Reason.PSA_UNREACHABLE, "broken view"),
        (raw(b"<html>", 500), ReadFailed, Reason.PSA_UNREACHABLE, "HTTP 500"),
        (raw(b"", 302), ReadFailed, Reason.PSA_UNREACHABLE, "HTTP 302"),
        (reply({"Success": False, "Message": "No right"}), ReadFailed, Reason.PSA_UNREACHABLE, "No right"),
        (raw(b"<html>hello</html>"), ReadFailed, Reason.PSA_UNREACHABLE, "cannot be read"),
        (raw(b""), ReadFailed, Reason.PSA_UNREACHABLE, "cannot be read"),
        (reply(AGREEMENT | {"AgreementNumber": 7}), ReadFailed, Reason.PSA_UNREACHABLE, "sent agreement 7"),
        (TransportFailed(TransportKind.UNREACHABLE, "No way."), DestinationFailed, Reason.PSA_UNREACHABLE, "No way"),
        (TransportFailed(TransportKind.CERTIFICATE, "Wrong."), DestinationFailed, Reason.PSA_UNREACHABLE, "Wrong"),
        (TransportFailed(TransportKind.TIMED_OUT, "Slow."), ReadFailed, Reason.PSA_UNREACHABLE, "agreement 2041"),
        (TransportFailed(TransportKind.BROKEN, "Cut."), ReadFailed, Reason.PSA_UNREACHABLE, "wrote nothing"),
    ],
)
def test_each_failure_has_its_kind_reason_and_sentence(answer: Answer, kind: type[DestinationError], reason: Reason, says: str) -> None:
    error = failure(answer)
    assert (type(error), error.reason) == (kind, reason)
    assert says in str(error)


@pytest.mark.parametrize(
    ("ahead", "says"),
    [
        (timedelta(minutes=23), "23 minutes ahead of"),
        (timedelta(minutes=-23), "23 minutes behind"),
    ],
)
def test_a_refusal_names_the_clock_when_it_is_off(ahead: timedelta, says: str) -> None:
    error = failure(reply({}, 401), now=NOW + ahead)
    assert f"clock of this machine is {says} Tigerpaw" in str(error)


def test_a_refusal_does_not_blame_a_good_clock() -> None:
    assert "clock" not in str(failure(reply({}, 401), now=NOW + timedelta(minutes=2)))
    assert "clock" not in str(failure(raw(b"", 401)))


@pytest.mark.parametrize(
    "passing",
    [raw(b"", 503), raw(b"", 500), TransportFailed(TransportKind.BROKEN, "Cut."), TransportFailed(TransportKind.TIMED_OUT, "Slow.")],
)
def test_a_read_is_repeated_within_bounds(passing: HttpReply | Exception) -> None:
    destination, door = tigerpaw({DETAILS: [passing, passing, reply(AGREEMENT)]})
    agreement = destination.agreement(2041)
    assert agreement is not None
    assert len(door.sent) == 3
    destination, door = tigerpaw({DETAILS: passing})
    with pytest.raises(ReadFailed):
        destination.agreement(2041)
    assert len(door.sent) == 3


@pytest.mark.parametrize("final", [reply({}, 401), TransportFailed(TransportKind.CERTIFICATE, "Wrong.")])
def test_what_does_not_pass_is_not_repeated(final: HttpReply | Exception) -> None:
    destination, door = tigerpaw({DETAILS: final})
    with pytest.raises(DestinationFailed):
        destination.agreement(2041)
    assert len(door.sent) == 1


def test_a_business_error_inside_200_is_an_error_even_with_rows() -> None:
    body = {"Accounts": [], "TotalCount": 0, "NextRow": 0, "Success": False, "Message": "Search is disabled."}
    destination, _ = tigerpaw({"POST /api/accounts/search": reply(body)})
    with pytest.raises(ReadFailed, match="Search is disabled"):
        destination.all_accounts()


def test_a_search_without_its_route_is_no_empty_answer() -> None:
    destination, _ = tigerpaw({"POST /api/accounts/search": reply({"Message": "No HTTP resource"}, 404)})
    with pytest.raises(ReadFailed, match="leads to Tigerpaw"):
        destination.all_accounts()


def test_each_request_is_signed_with_its_date_and_asks_for_json() -> None:
    destination, door = tigerpaw({DETAILS: reply(AGREEMENT)})
    destination.agreement(2041)
    headers = door.sent[0].headers
    assert headers["X-TSI-Date"] == "Sun, 22 Nov 2026 02:30:00 GMT"
    assert headers["Accept"] == "application/json"
    scheme, token = headers["Authorization"].split()
    assert scheme == "TSI"
    assert base64.b64decode(token).startswith(b"00000000-0000-4000-8000-00000000AAAA:")


def test_the_date_header_and_a_path_before_api_are_settings() -> None:
    plain, plain_door = tigerpaw({DETAILS: reply(AGREEMENT)})
    moved, moved_door = tigerpaw({DETAILS: reply(AGREEMENT)}, date_header="Date", url="https://tigerpaw.example/tp/")
    plain.agreement(2041)
    moved.agreement(2041)
    assert "Date" in moved_door.sent[0].headers
    assert moved_door.sent[0].headers["Authorization"] != plain_door.sent[0].headers["Authorization"], "the whole path is signed"


def test_l11_no_error_shows_a_key() -> None:
    for answer in (reply({}, 401), raw(b"", 500), TransportFailed(TransportKind.BROKEN, "Cut.")):
        error = failure(answer)
        assert PRIVATE_KEY not in repr(error) + repr(error.__cause__)


def test_closing_twice_is_harmless() -> None:
    destination, door = tigerpaw({})
    destination.close()
    destination.close()
    assert door.closed == 2


def test_accounts_that_cannot_be_read_fail_the_run() -> None:
    destination, _ = tigerpaw({"POST /api/accounts/search": page("Accounts", [], total=5)})
    with pytest.raises(DestinationFailed, match="announced 5"):
        destination.accounts()
