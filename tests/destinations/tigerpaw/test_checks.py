"""What `doctor` shows of a Tigerpaw: each precondition with what to click, and nothing written."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tallybridge.destinations.tigerpaw.diagnostics import CLOCK, CONNECTION, KEYS, PRODUCT, SOAP_PAGE, SOAP_WRITE
from tallybridge.wire.checks import Check
from tallybridge.wire.transport import TransportFailed, TransportKind
from tests.destinations.tigerpaw.scripted_door import NOW, PASSWORD, PRIVATE_KEY, Answer, raw, reply, tigerpaw
from tests.destinations.tigerpaw.scripted_door import PRODUCT as OURS

USER = "GET /api/diagnostics/validate/user"
TABLE = "GET /api/mastertables/externalproducts"
PAGE = "GET /api/rmm/tsiWS.asmx"
GOOD: dict[str, Answer | list[Answer]] = {
    USER: reply({"Success": True, "Message": None}),
    TABLE: reply([{"Product": OURS, "Active": True}, {"Product": "Other", "Active": True}]),
    PAGE: raw(b"<html><a href='tsiWS.asmx?op=SubmitAgreementAdditionalCharges'>"),
}


def checks(changed: dict[str, Answer | list[Answer]] | None = None, **changes: Any) -> dict[str, Check]:
    destination, door = tigerpaw(GOOD | (changed or {}), **changes)
    found = destination.checks()
    assert [each.name for each in found] == [CONNECTION, KEYS, CLOCK, PRODUCT, SOAP_PAGE, SOAP_WRITE]
    assert {each.method for each in door.sent} == {"GET"}, "checks only read"
    text = repr(found)
    assert PASSWORD not in text
    assert PRIVATE_KEY not in text
    return {each.name: each for each in found}


def test_where_all_is_well_only_the_first_write_is_left_to_prove() -> None:
    assert {name: check.ok for name, check in checks().items()} == {
        CONNECTION: True,
        KEYS: True,
        CLOCK: True,
        PRODUCT: True,
        SOAP_PAGE: True,
        SOAP_WRITE: None,
    }
    assert "first write" in checks()[SOAP_WRITE].detail


@pytest.mark.parametrize(
    ("changed", "name", "says", "advice"),
    [
        ({USER: TransportFailed(TransportKind.UNREACHABLE, "No way.")}, CONNECTION, "No way.", "url"),
        ({USER: TransportFailed(TransportKind.CERTIFICATE, "Wrong.")}, CONNECTION, "Wrong.", "fingerprint"),
        ({USER: reply({"Message": "x"}, 401)}, KEYS, "HTTP 401", "Generate"),
        ({USER: reply({"Success": False, "Message": "Rep is inactive"})}, KEYS, "Rep is inactive", "Account Reps"),
        ({USER: raw(b"<html>Welcome</html>")}, KEYS, "not as Tigerpaw's REST API", "/docs/index"),
        ({USER: raw(b"", 500)}, KEYS, "HTTP 500", "/docs/index"),
        ({TABLE: reply([{"Product": "Other", "Active": True}])}, PRODUCT, "it has 'Other'", "External Products > New"),
        ({TABLE: reply([{"Product": OURS, "Active": False}])}, PRODUCT, "not active", "make it active"),
        ({TABLE: reply({"Message": "x"}, 403)}, PRODUCT, "forbids", "master tables"),
        ({PAGE: raw(b"", 404)}, SOAP_PAGE, "HTTP 404", "worklist"),
        ({PAGE: raw(b"<html>another page</html>")}, SOAP_PAGE, "does not name", "tsiWS"),
        ({PAGE: TransportFailed(TransportKind.TIMED_OUT, "Slow.")}, SOAP_PAGE, "Slow.", "load"),
    ],
)
def test_what_is_wrong_is_named_with_what_to_do(changed: dict[str, Answer | list[Answer]], name: str, says: str, advice: str) -> None:
    check = checks(changed)[name]
    assert check.ok is False
    assert says in check.detail
    assert advice in check.advice


def test_what_could_not_be_tested_is_not_called_fine() -> None:
    unreachable = checks({USER: TransportFailed(TransportKind.UNREACHABLE, "No way.")})
    assert {unreachable[name].ok for name in (KEYS, CLOCK, PRODUCT, SOAP_PAGE, SOAP_WRITE)} == {None}
    refused = checks({USER: reply({}, 401)})
    assert (refused[CONNECTION].ok, refused[PRODUCT].ok) == (True, None)


def test_a_clock_that_is_off_is_wrong_even_where_the_signature_is_accepted() -> None:
    clock = checks(now=NOW - timedelta(minutes=9))[CLOCK]
    assert clock.ok is False
    assert "9 minutes behind" in clock.detail
    assert checks(now=NOW - timedelta(minutes=4))[CLOCK].ok
    assert checks({USER: raw(b'{"Success":true}')})[CLOCK].ok is None


def test_in_worklist_mode_soap_is_not_needed() -> None:
    found = checks(dialect=None)
    assert (found[SOAP_PAGE].ok, found[SOAP_WRITE].ok) == (None, None)
    assert "worklist" in found[SOAP_WRITE].detail
