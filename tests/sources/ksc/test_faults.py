"""Trouble on the way gives the same observation or none, for one tenant alone, and leaves nothing open (L1, L7)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tallybridge.billing.reasons import Reason
from tallybridge.sources.base import TenantBlocked, TenantNotObserved
from tallybridge.sources.ksc import calls
from tallybridge.sources.ksc.errors import ApiRefusal
from tallybridge.sources.ksc.line import Line
from tallybridge.wire.pace import Pace
from tallybridge.wire.retrying import Patience
from tallybridge.wire.transport import TransportFailed, TransportKind
from tests.sources.ksc.contoso import contoso, observed
from tests.sources.ksc.hand_made_server import HandMadeServer, Json, Spoiling, altered, answer, body, pxg_error, raising, status

READING_CALLS = [
    "HostGroup.GetStaticInfo",
    "LicenseKeys.EnumKeys",
    "GroupSyncIterator.GetNextItems",
    "LicenseKeys.AcquireKeyHosts",
    "HostGroup.FindHosts",
    "ChunkAccessor.GetItemsChunk",
]
CLOSING_CALLS = ["GroupSyncIterator.ReleaseIterator", "ChunkAccessor.Release", "Session.EndSession"]

LOST = raising(TransportFailed(TransportKind.BROKEN, "The connection was lost."))
SLOW = raising(TransportFailed(TransportKind.TIMED_OUT, "The server did not answer in time."))
PASSING: dict[str, Spoiling] = {
    "HTTP 503": status(503, "busy"),
    "HTTP 500": status(500, "Internal error"),
    "connection lost": LOST,
    "no answer": SLOW,
    "starting": answer(pxg_error(1195, "KLSTD", "Not available")),
    "limit": answer(pxg_error(1229, "KLSTD", "Too many")),
    "session ended, 403": status(403, "Forbidden"),
    "session ended, 401": status(401, "Authentication failure"),
}


def whole() -> object:
    return observed(HandMadeServer(contoso()))


@pytest.mark.parametrize("call", READING_CALLS)
@pytest.mark.parametrize("fault", PASSING)
def test_a_passing_fault_changes_nothing(fault: str, call: str) -> None:
    server = HandMadeServer(contoso())
    server.spoil(call, PASSING[fault], before_acting=True)

    assert observed(server) == whole()
    assert not server.results
    assert not server.sessions


@pytest.mark.parametrize("fault", ["HTTP 503", "HTTP 500", "connection lost", "no answer", "starting", "limit"])
def test_a_passing_fault_of_the_sign_in_changes_nothing(fault: str) -> None:
    server = HandMadeServer(contoso())
    server.spoil("Session.StartSession", PASSING[fault], before_acting=True)

    assert observed(server) == whole()
    assert not server.sessions


@pytest.mark.parametrize("call", CLOSING_CALLS)
@pytest.mark.parametrize("fault", [name for name in PASSING if name != "no answer"])
def test_a_fault_of_closing_changes_nothing_and_it_is_closed_all_the_same(fault: str, call: str) -> None:
    server = HandMadeServer(contoso())
    server.spoil(call, PASSING[fault], before_acting=True)

    assert observed(server) == whole()
    assert server.calls().count("Session.StartSession") == 1
    assert not server.results
    assert not server.sessions


@pytest.mark.parametrize("call", CLOSING_CALLS)
def test_closing_does_not_wait_twice_for_a_server_that_hangs(call: str) -> None:
    server = HandMadeServer(contoso())
    server.spoil(call, SLOW, nth=tuple(range(1, 20)))

    assert observed(server) == whole()
    assert server.calls().count(call) == whole_count(call)


def whole_count(call: str) -> int:
    server = HandMadeServer(contoso())
    observed(server)
    return server.calls().count(call)


def test_a_lost_reply_of_a_forward_only_iterator_loses_no_rows() -> None:
    """The rows of the lost chunk are gone on the server, so the whole read is made again (L1)."""
    server = HandMadeServer(contoso())
    server.spoil("GroupSyncIterator.GetNextItems", LOST, nth=(2,))

    assert observed(server, seat_chunk=2) == whole()
    assert server.calls().count("Session.StartSession") == 2
    assert not server.results


def rows_of(reply: Json) -> list[Json]:
    container: Json = reply.get("pData") or reply["pChunk"]
    rows: list[Json] = container["KLCSP_ITERATOR_ARRAY"]
    return rows


def first_row(reply: Json) -> Json:
    attributes: Json = rows_of(reply)[0]["value"]
    return attributes


def unwrap(reply: Json) -> None:
    rows = rows_of(reply)
    rows[0] = rows[0]["value"]


MALFORMED: list[tuple[str, str, Spoiling, str]] = [
    ("not JSON", "LicenseKeys.EnumKeys", body(lambda sent: b"<html>"), "EnumKeys"),
    ("cut short", "ChunkAccessor.GetItemsChunk", body(lambda sent: sent[: len(sent) // 2]), "GetItemsChunk"),
    ("empty", "HostGroup.FindHosts", body(lambda sent: b""), "FindHosts"),
    ("a list", "LicenseKeys.EnumKeys", body(lambda sent: b"[]"), "EnumKeys"),
    ("text that is not UTF-8", "GroupSyncIterator.GetNextItems", body(lambda sent: sent.replace(b"KL4867", b"\xff\xfe")), "GetNextItems"),
    ("no announced number", "LicenseKeys.EnumKeys", altered(lambda reply: reply.pop("lKeyCount")), "lKeyCount"),
    ("no iterator", "LicenseKeys.EnumKeys", altered(lambda reply: reply.pop("wstrIterator")), "wstrIterator"),
    ("negative number", "LicenseKeys.EnumKeys", altered(lambda reply: reply.update(lKeyCount=-1)), "lKeyCount"),
    ("no accessor", "HostGroup.FindHosts", altered(lambda reply: reply.pop("strAccessor")), "strAccessor"),
    ("negative count", "HostGroup.FindHosts", altered(lambda reply: reply.update(PxgRetVal=-3)), "-3 rows"),
    ("count as text", "HostGroup.FindHosts", altered(lambda reply: reply.update(PxgRetVal="3")), "Expected `int | null`"),
    ("no static information", "HostGroup.GetStaticInfo", answer({}), "PxgRetVal"),
    ("no session", "Session.StartSession", answer({}), "StartSession"),
    ("rows without their number", "ChunkAccessor.GetItemsChunk", altered(lambda reply: reply.pop("PxgRetVal")), "says that it holds None"),
    ("rows gone", "GroupSyncIterator.GetNextItems", altered(lambda reply: reply.pop("pData")), "says that it holds 3 rows, and holds 0"),
    ("PxgError of another shape", "LicenseKeys.EnumKeys", answer({"PxgError": "no"}), "PxgError"),
    ("key without serial", "GroupSyncIterator.GetNextItems", altered(lambda reply: first_row(reply).pop("KLLIC_SERIAL")), "KLLIC_SERIAL"),
    ("key with empty serial", "GroupSyncIterator.GetNextItems", altered(lambda reply: first_row(reply).update(KLLIC_SERIAL="")), "KLLIC_SERIAL"),
    ("kind as text", "GroupSyncIterator.GetNextItems", altered(lambda reply: first_row(reply).update(KLLIC_KEY_TYPE="1")), "KLLIC_KEY_TYPE"),
    ("row that is not wrapped", "GroupSyncIterator.GetNextItems", altered(unwrap), "KLCSP_ITERATOR_ARRAY"),
    (
        "date without wrapping",
        "GroupSyncIterator.GetNextItems",
        altered(lambda reply: first_row(reply).update(KLLIC_LIMIT_DATE="2027")),
        "KLLIC_LIMIT",
    ),
    (
        "date that is none",
        "GroupSyncIterator.GetNextItems",
        altered(lambda reply: first_row(reply).update(KLLIC_LIMIT_DATE={"type": "datetime", "value": "tomorrow"})),
        "'tomorrow'",
    ),
    (
        "one serial with two names",
        "GroupSyncIterator.GetNextItems",
        altered(lambda reply: first_row(reply).update(KLLIC_SERIAL="KEY-A", KLLIC_PROD_NAME="Other")),
        "KEY-A comes twice",
    ),
    ("device without id", "ChunkAccessor.GetItemsChunk", altered(lambda reply: first_row(reply).pop("KLHST_WKS_HOSTNAME")), "KLHST_WKS_HOSTNAME"),
    (
        "one device twice",
        "ChunkAccessor.GetItemsChunk",
        altered(lambda reply: first_row(reply).update(KLHST_WKS_HOSTNAME="pc-1")),
        "a device comes twice",
    ),
]
MALFORMED_COUNT: list[tuple[str, Spoiling, str]] = [
    ("missing", altered(lambda reply: reply.pop("PxgRetVal")), "PxgRetVal"),
    ("negative", answer({"PxgRetVal": -3}), "-3 rows"),
    ("text", answer({"PxgRetVal": "3"}), "Expected `int | null`"),
]
SEAT_ROWS: list[tuple[str, Callable[[Json], object], str]] = [
    ("row without device id", lambda row: row.pop("KLLICSRV_HOSTNAME"), "KLLICSRV_HOSTNAME"),
    ("active flag as number", lambda row: row.update(KLLICSRV_HOST_CURRENT=1), "KLLICSRV_HOST_CURRENT"),
    ("expiry without zone", lambda row: row.update(KLLICSRV_EXPIRATION_TIME={"type": "datetime", "value": "2027-12-31T23:59:59"}), "KEY-A"),
]


@pytest.mark.parametrize(("call", "spoiling", "named"), [row[1:] for row in MALFORMED], ids=[row[0] for row in MALFORMED])
def test_a_malformed_reply_gives_no_observation(call: str, spoiling: Spoiling, named: str) -> None:
    server = HandMadeServer(contoso())
    server.spoil(call, spoiling)

    with pytest.raises(TenantNotObserved, match=re.escape(named)) as caught:
        observed(server)

    assert caught.value.reason is Reason.OBSERVATION_INCOMPLETE
    assert re.search(r"The reply to [A-Z]\w+\.[A-Z]\w+ cannot be used", str(caught.value)), "it names the call"
    assert "nothing was written for it" in str(caught.value)
    if call != "Session.StartSession":
        assert not server.sessions


@pytest.mark.parametrize(("spoiling", "named"), [row[1:] for row in MALFORMED_COUNT], ids=[row[0] for row in MALFORMED_COUNT])
def test_a_number_of_devices_that_had_to_be_asked_for_and_is_malformed_gives_no_observation(spoiling: Spoiling, named: str) -> None:
    server = HandMadeServer(contoso())
    server.spoil("HostGroup.FindHosts", altered(lambda reply: reply.pop("PxgRetVal")))
    server.spoil("ChunkAccessor.GetItemsCount", spoiling)

    with pytest.raises(TenantNotObserved, match=re.escape(named)):
        observed(server)

    assert not server.results
    assert not server.sessions


@pytest.mark.parametrize(("change", "named"), [row[1:] for row in SEAT_ROWS], ids=[row[0] for row in SEAT_ROWS])
def test_a_malformed_seat_gives_no_observation(change: Callable[[Json], object], named: str) -> None:
    server = HandMadeServer(contoso())
    server.spoil("GroupSyncIterator.GetNextItems", altered(lambda reply: change(first_row(reply))), nth=(2,))

    with pytest.raises(TenantNotObserved, match=named) as caught:
        observed(server)

    assert caught.value.reason is Reason.OBSERVATION_INCOMPLETE
    assert not server.results
    assert not server.sessions


GIVEN_UP: list[tuple[str, Spoiling, type[TenantNotObserved], Reason, str]] = [
    ("HTTP 503", status(503), TenantNotObserved, Reason.OBSERVATION_INCOMPLETE, "HTTP 503"),
    ("HTTP 500", status(500), TenantNotObserved, Reason.OBSERVATION_INCOMPLETE, "HTTP 500"),
    ("HTTP 404", status(404), TenantNotObserved, Reason.OBSERVATION_INCOMPLETE, "HTTP 404"),
    ("session ended", status(403), TenantNotObserved, Reason.OBSERVATION_INCOMPLETE, "ended the session"),
    ("connection lost", LOST, TenantNotObserved, Reason.OBSERVATION_INCOMPLETE, "connection was lost"),
    ("starting", answer(pxg_error(1195, "KLSTD")), TenantNotObserved, Reason.OBSERVATION_INCOMPLETE, "error 1195 of KLSTD"),
    ("an error", answer(pxg_error(1681, "KLFT", "Broken file")), TenantNotObserved, Reason.OBSERVATION_INCOMPLETE, "1681 of KLFT: Broken file"),
    ("same code elsewhere", answer(pxg_error(1184, "KLFT")), TenantNotObserved, Reason.OBSERVATION_INCOMPLETE, "1184 of KLFT"),
    ("no right", answer(pxg_error(1184, "KLSTD", "Access denied")), TenantBlocked, Reason.NO_ACCESS, "Basic functionality"),
    ("not permitted", answer(pxg_error(1193, "KLSTD")), TenantBlocked, Reason.NO_ACCESS, "Basic functionality"),
]


@pytest.mark.parametrize(("spoiling", "kind", "reason", "named"), [row[1:] for row in GIVEN_UP], ids=[row[0] for row in GIVEN_UP])
def test_a_lasting_fault_gives_no_observation(spoiling: Spoiling, kind: type[TenantNotObserved], reason: Reason, named: str) -> None:
    server = HandMadeServer(contoso())
    server.spoil("HostGroup.FindHosts", spoiling, nth=tuple(range(1, 20)), before_acting=True)

    with pytest.raises(TenantNotObserved, match=named) as caught:
        observed(server)

    assert type(caught.value) is kind
    assert caught.value.reason is reason
    assert server.calls().count("HostGroup.FindHosts") <= 3
    assert server.calls().count("Session.StartSession") <= 2
    assert not server.sessions


def test_a_stop_by_keyboard_still_releases_and_ends_what_is_open() -> None:
    server = HandMadeServer(contoso())
    server.spoil("GroupSyncIterator.GetNextItems", raising(KeyboardInterrupt()), nth=(2,))

    with pytest.raises(KeyboardInterrupt):
        observed(server)

    assert not server.results
    assert not server.sessions


def test_time_limit_ends_a_read_and_bounds_every_call() -> None:
    left = iter([30.0, 20.0, 10.0] + [0.0] * 20)
    server = HandMadeServer(contoso())

    with pytest.raises(TenantNotObserved) as caught:
        observed(server, deadline=lambda: next(left))

    assert caught.value.reason is Reason.TIME_LIMIT
    assert [timeout for timeout in server.timeouts if timeout not in (5.0, None)] == [20.0, 10.0]
    assert not server.sessions


def test_a_call_that_outlasts_the_time_limit_is_told_as_such() -> None:
    left = [60.0]

    def hangs(reply: object) -> object:
        left[0] = 0.0
        raise TransportFailed(TransportKind.TIMED_OUT, "The server did not answer in time.")

    server = HandMadeServer(contoso())
    server.spoil("HostGroup.FindHosts", hangs, before_acting=True)  # type: ignore[arg-type]  # it never returns

    with pytest.raises(TenantNotObserved) as caught:
        observed(server, deadline=lambda: left[0])

    assert caught.value.reason is Reason.TIME_LIMIT
    assert server.calls().count("Session.StartSession") == 1


def test_what_one_session_is_refused_as_too_much_keeps_every_other_one_back() -> None:
    server, waits = HandMadeServer(contoso()), list[float]()
    for call in ("LicenseKeys.EnumKeys", "HostGroup.GetStaticInfo"):
        server.spoil(call, PASSING["limit"], before_acting=True)
    pace = Pace(now=lambda: sum(waits), sleep=waits.append)
    line, other = (Line(server, headers={}, seconds_left=lambda: 60, patience=Patience(attempts=1, first_wait=3), pace=pace) for _ in range(2))

    with pytest.raises(ApiRefusal, match="1229"):
        calls.open_keys(line)
    with pytest.raises(ApiRefusal, match="1229"):
        calls.static_info(other)

    assert waits == [3]
