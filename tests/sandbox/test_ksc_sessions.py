"""Sessions, iterators and accessors: how long they live and whose they are (KSC Open API reference 1.7, 2.2, 3.2)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.ksc_caller import SERIAL, Caller, basic, host, key, server, use

NOT_FOUND = ("KLSTD", 1186)


def contoso(**ksc: Any) -> Caller:
    """One virtual server with two keys and five hosts."""
    return Caller(server(keys=[key(), key("other")], hosts=[host(n) for n in range(5)], uses=[use(n) for n in range(5)]), **ksc)


def test_a_session_ends_when_idle_for_too_long_and_a_call_keeps_it_alive() -> None:
    caller = contoso()
    session = caller.session()
    for _ in range(3):
        caller.wait(179)
        session("Session.Ping")
    caller.wait(181)
    assert session.send("Session.Ping").status == 403
    assert caller.simulator.open_sessions() == 0


def test_a_connections_session_ends_when_idle_too() -> None:
    caller = contoso()
    caller.send("login", authorization=basic())
    caller.wait(181)
    assert caller.send("Session.Ping").status == 403


def test_after_end_session_everything_is_403() -> None:
    caller = contoso()
    session = caller.session()
    assert session("Session.EndSession") == {}
    assert session.send("Session.Ping").status == 403
    assert session.send("Session.EndSession").status == 403


def test_after_end_session_a_signed_in_connection_is_403_until_it_signs_in_again() -> None:
    caller = contoso()
    caller.send("login", authorization=basic())
    assert caller.send("Session.EndSession").status == 200
    assert caller.send("Session.Ping").status == 403
    caller.send("login", authorization=basic())
    assert caller.send("Session.Ping").status == 200


def test_an_unknown_token_is_403() -> None:
    assert contoso().send("Session.Ping", x_ksc_session="made-up").status == 403


def opened(session: Any, kind: str) -> tuple[str, dict[str, Any]]:
    """Opens an iterator or accessor and returns the call that reads it."""
    if kind == "keys":
        return "GroupSyncIterator.GetNextItems", {
            "szwIterator": session("LicenseKeys.EnumKeys", pFields=["KLLIC_SERIAL"], lTimeoutSec=60)["wstrIterator"],
            "nCount": 1,
        }
    if kind == "uses":
        arguments = {"pInData": {"KLLIC_SERIAL": SERIAL}, "pFields": ["KLLICSRV_HOSTNAME"], "lTimeoutSec": 60}
        return "GroupSyncIterator.GetNextItems", {"szwIterator": session("LicenseKeys.AcquireKeyHosts", **arguments)["wstrIterator"], "nCount": 1}
    if kind == "hosts":
        found = session("HostGroup.FindHosts", wstrFilter="", vecFieldsToReturn=["KLHST_WKS_DN"], lMaxLifeTime=60)
        return "ChunkAccessor.GetItemsChunk", {"strAccessor": found["strAccessor"], "nStart": 0, "nCount": 1}
    created = session("EventProcessingFactory.CreateEventProcessing", vecFieldsToReturn=["event_db_id"], vecFieldsToOrder=[], lifetimeSec=60)
    return "EventProcessing.GetRecordCount", {"strIteratorId": created["strIteratorId"]}


RELEASES = {
    "GroupSyncIterator.GetNextItems": ("GroupSyncIterator.ReleaseIterator", "szwIterator"),
    "ChunkAccessor.GetItemsChunk": ("ChunkAccessor.Release", "strAccessor"),
    "EventProcessing.GetRecordCount": ("EventProcessing.ReleaseIterator", "strIteratorId"),
}
every_kind = pytest.mark.parametrize("kind", ["keys", "uses", "hosts", "events"])


@every_kind
def test_a_released_result_is_gone_and_no_longer_counted(kind: str) -> None:
    caller = contoso()
    session = caller.session()
    read, arguments = opened(session, kind)
    assert caller.simulator.open_objects() == 1
    release, name = RELEASES[read]
    assert session(release, **{name: arguments[name]}) == {}
    assert caller.simulator.open_objects() == 0
    assert session.error(read, **arguments) == NOT_FOUND
    assert session.error(release, **{name: arguments[name]}) == NOT_FOUND


@every_kind
def test_a_result_expires_after_the_time_asked_for_counted_from_the_last_access(kind: str) -> None:
    caller = contoso()
    session = caller.session()
    read, arguments = opened(session, kind)
    for _ in range(2):
        caller.wait(59)
        assert "PxgError" not in session(read, **arguments)
    caller.wait(61)
    assert caller.simulator.open_objects() == 0
    assert session.error(read, **arguments) == NOT_FOUND


@every_kind
def test_a_result_belongs_to_one_session_and_dies_with_it(kind: str) -> None:
    caller = contoso()
    first, second = caller.session(), caller.session()
    read, arguments = opened(first, kind)
    assert second.error(read, **arguments) == NOT_FOUND
    first("Session.EndSession")
    assert caller.simulator.open_objects() == 0


def test_an_idle_session_takes_its_results_with_it() -> None:
    caller = contoso()
    opened(caller.session(), "keys")
    caller.wait(181)
    assert (caller.simulator.open_sessions(), caller.simulator.open_objects()) == (0, 0)


def test_a_life_time_of_zero_is_fifteen_minutes() -> None:
    caller = contoso()
    session = caller.session()
    iterator = session("LicenseKeys.EnumKeys", pFields=["KLLIC_SERIAL"], lTimeoutSec=0)["wstrIterator"]
    for _ in range(8):
        caller.wait(110)
        session("Session.Ping")
    assert session("GroupSyncIterator.GetNextItems", szwIterator=iterator, nCount=1)["PxgRetVal"] == 1
    for _ in range(9):
        caller.wait(110)
        session("Session.Ping")
    assert session.error("GroupSyncIterator.GetNextItems", szwIterator=iterator, nCount=1) == NOT_FOUND


def test_replacing_the_scenario_ends_every_session() -> None:
    caller = contoso()
    session = caller.session()
    opened(session, "keys")
    caller.world.replace(caller.world.scenario)
    assert (caller.simulator.open_sessions(), caller.simulator.open_objects()) == (0, 0)
    assert session.send("Session.Ping").status == 403
