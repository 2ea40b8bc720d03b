"""The TSI scheme of the simulated Tigerpaw (Tigerpaw reference 1.2)."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest

from tallybridge.sandbox.scenario import Fault, RestKey
from tallybridge.sandbox.tigerpaw.signature import authorization, sign
from tests.sandbox.tigerpaw_caller import KEYS, NOW, Caller, usual_tigerpaw, world_of

TEST_CALL = "/api/diagnostics/validate/user"


@pytest.mark.parametrize(
    ("method", "path", "timestamp", "signature", "token"),
    [
        (
            "GET",
            "/api/diagnostics/validate/user",
            "Thu, 18 Jun 2015 07:25:43 GMT",
            "3QaYldg85oC90PLAoiZPW83lAeY21xgKyuDX3AqMr2Q=",
            "MDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDBBQUFBOjNRYVlsZGc4NW9DOTBQTEFvaVpQVzgzbEFlWTIxeGdLeXVEWDNBcU1yMlE9",
        ),
        (
            "POST",
            "/api/ServiceOrders",
            "Tue, 03 Mar 2026 02:15:00 GMT",
            "v+SciASN2zsaJeT7VhUDLTqkm/rOS3rB+Kzrq+QcskY=",
            "MDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDBBQUFBOnYrU2NpQVNOMnpzYUplVDdWaFVETFRxa20vck9TM3JCK0t6cnErUWNza1k9",
        ),
    ],
    ids=["vector a", "vector b"],
)
def test_vectors_of_the_reference(method: str, path: str, timestamp: str, signature: str, token: str) -> None:
    assert sign(method, path, timestamp, KEYS.private) == signature
    assert authorization(method, path, timestamp, KEYS) == f"TSI {token}"


@pytest.fixture
def caller() -> Caller:
    return Caller(world_of(usual_tigerpaw()))


def signed_at(offset: timedelta, path: str = TEST_CALL, keys: RestKey = KEYS) -> tuple[str, str]:
    date = format_datetime(NOW + offset, usegmt=True)
    return authorization("GET", path, date, keys), date


def test_a_signed_call_is_answered(caller: Caller) -> None:
    assert caller.get(TEST_CALL) == {"Success": True, "Message": None}


def test_path_case_and_query_are_not_part_of_the_signature(caller: Caller) -> None:
    token, date = signed_at(timedelta(0), "/API/pricebook/ITEMS")
    reply = caller.rest("GET", "/api/PriceBook/items", query={"itemId": "KES-WKS"}, headers={"authorization": token, "x-tsi-date": date})
    assert reply.status == 200


def test_the_date_header_serves_where_the_own_one_is_absent(caller: Caller) -> None:
    token, date = signed_at(timedelta(0))
    assert caller.rest("GET", TEST_CALL, headers={"authorization": token, "x-tsi-date": None, "date": date}).status == 200


def test_the_own_date_header_wins_over_the_standard_one(caller: Caller) -> None:
    stale = format_datetime(NOW - timedelta(days=1), usegmt=True)
    assert caller.rest("GET", TEST_CALL, headers={"date": stale}).status == 200


@pytest.mark.parametrize(
    ("minutes", "status"),
    [(-15, 200), (15, 200), (-16, 401), (16, 401)],
    ids=["just old enough", "just early enough", "too old", "too early"],
)
def test_the_clock_may_be_off_by_a_quarter_of_an_hour(caller: Caller, minutes: int, status: int) -> None:
    token, date = signed_at(timedelta(minutes=minutes))
    assert caller.rest("GET", TEST_CALL, headers={"authorization": token, "x-tsi-date": date}).status == status


def test_the_allowed_skew_can_be_set(caller: Caller) -> None:
    caller.world.clock_skew = timedelta(seconds=5)
    token, date = signed_at(timedelta(seconds=-6))
    assert caller.rest("GET", TEST_CALL, headers={"authorization": token, "x-tsi-date": date}).status == 401


UNKNOWN = RestKey(public="11111111-0000-4000-8000-00000000AAAA")
OTHER_PRIVATE = RestKey(private="00000000-0000-4000-8000-00000000bbbb")


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": None},
        {"authorization": "Basic a2FzcGVyc2t5OnNlY3JldA=="},
        {"authorization": "TSI not-base64!"},
        {"authorization": "TSI bm9jb2xvbg=="},
        {"authorization": signed_at(timedelta(0), keys=UNKNOWN)[0]},
        {"authorization": signed_at(timedelta(0), keys=OTHER_PRIVATE)[0]},
        {"authorization": signed_at(timedelta(0), "/api/accounts/1")[0]},
        {"x-tsi-date": "2026-11-22T02:30:00Z"},
        {"x-tsi-date": None},
        {"x-tsi-date": format_datetime(NOW + timedelta(seconds=1), usegmt=True)},
    ],
    ids=[
        "no header",
        "another scheme",
        "no base64",
        "no signature",
        "unknown key",
        "private key in another case",
        "signed for another path",
        "another form of date",
        "no date",
        "not the signed date",
    ],
)
def test_a_request_that_is_not_well_signed_answers_401(caller: Caller, headers: dict[str, str | None]) -> None:
    reply = caller.rest("GET", TEST_CALL, headers=headers)
    assert reply.status == 401
    assert b'"Message"' in reply.body
    assert KEYS.private.encode() not in reply.body


def test_an_unknown_path_answers_401_without_a_signature(caller: Caller) -> None:
    assert caller.rest("GET", "/api/nothing", headers={"authorization": None}).status == 401


def test_fault_refuse_login_answers_401_to_a_good_signature(caller: Caller) -> None:
    caller.fault = Fault(on="tigerpaw_rest", call="*", do="refuse_login")
    assert caller.refusal("GET", TEST_CALL)[0] == 401
