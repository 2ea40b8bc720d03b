"""Faults that need the simulated Security Center's knowledge (contracts 4, "Faults")."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.ksc_caller import SERIAL, Caller, InSession, basic, host, key, server, use


def contoso() -> Caller:
    """One virtual server with three keys and seven hosts that use the first."""
    keys = [key(), key("b"), key("c")]
    return Caller(server(keys=keys, hosts=[host(n) for n in range(7)], uses=[use(n) for n in range(7)]))


def key_iterator(session: InSession) -> str:
    """A fresh iterator over the keys."""
    return str(session("LicenseKeys.EnumKeys", pFields=["KLLIC_SERIAL", "KLLIC_KEY_TYPE"])["wstrIterator"])


def test_refuse_login_is_401_and_leaves_nothing_behind() -> None:
    caller = contoso()
    caller.faults({"call": "Session.StartSession", "do": "refuse_login"})
    assert caller.send("Session.StartSession", authorization=basic()).status == 401
    assert caller.simulator.open_sessions() == 0
    assert caller.send("Session.StartSession", authorization=basic()).status == 200


@pytest.mark.parametrize(
    ("fault", "module", "code"),
    [({"code": 1184, "module": "KLSTD"}, "KLSTD", 1184), ({"code": 2013, "module": "SPL"}, "SPL", 2013), ({}, "KLSTD", 1186)],
)
@pytest.mark.parametrize("call", ["Session.StartSession", "LicenseKeys.EnumKeys"])
def test_pxg_error_uses_the_code_and_module_given(call: str, fault: dict[str, Any], module: str, code: int) -> None:
    caller = contoso()
    token = caller.session().token
    caller.faults({"call": call, "do": "pxg_error", "message": "Said so", **fault})
    headers: dict[str, Any] = {"authorization": basic()} if call == "Session.StartSession" else {"x_ksc_session": token}
    reply = caller.send(call, {"pFields": []}, **headers)
    error = json.loads(reply.body)["PxgError"]
    assert (reply.status, error["module"], error["code"], error["message"]) == (200, module, code, "Said so")
    assert (caller.simulator.open_sessions(), caller.simulator.open_objects()) == (1, 0)


def test_a_subcode_can_be_rehearsed() -> None:
    caller = contoso()
    session = caller.session()
    caller.faults({"call": "Session.Ping", "do": "pxg_error", "code": 1195, "subcode": 1})
    assert session("Session.Ping")["PxgError"]["subcode"] == 1


def test_end_session_ends_the_session_and_is_403() -> None:
    caller = contoso()
    session = caller.session()
    key_iterator(session)
    caller.faults({"call": "GroupSyncIterator.*", "do": "end_session"})
    assert session.send("GroupSyncIterator.GetNextItems", {}).status == 403
    assert session.send("Session.Ping").status == 403
    assert (caller.simulator.open_sessions(), caller.simulator.open_objects()) == (0, 0)


def test_expire_iterator_forgets_the_one_that_the_call_names() -> None:
    caller = contoso()
    session = caller.session()
    lost, kept = key_iterator(session), key_iterator(session)
    caller.faults({"call": "GroupSyncIterator.GetNextItems", "do": "expire_iterator"})
    for _ in range(2):
        assert session.error("GroupSyncIterator.GetNextItems", szwIterator=lost, nCount=1) == ("KLSTD", 1186)
    assert len(session.items(kept)) == 3


def test_expire_iterator_forgets_an_accessor_too() -> None:
    caller = contoso()
    session = caller.session()
    accessor = session("HostGroup.FindHosts", wstrFilter="", vecFieldsToReturn=[])["strAccessor"]
    caller.faults({"call": "ChunkAccessor.*", "do": "expire_iterator"})
    for _ in range(2):
        assert session.error("ChunkAccessor.GetItemsChunk", strAccessor=accessor, nStart=0, nCount=1) == ("KLSTD", 1186)


def test_drop_attribute_removes_it_from_all_rows_of_that_reply_only() -> None:
    caller = contoso()
    session = caller.session()
    caller.faults({"call": "GroupSyncIterator.GetNextItems", "do": "drop_attribute", "name": "KLLIC_KEY_TYPE"})
    assert session.items(key_iterator(session)) == [{"KLLIC_SERIAL": serial} for serial in (SERIAL, "b", "c")]
    assert session.items(key_iterator(session))[0] == {"KLLIC_SERIAL": SERIAL, "KLLIC_KEY_TYPE": 6}


def test_drop_attribute_reaches_host_chunks_and_members_of_the_reply() -> None:
    caller = contoso()
    session = caller.session()
    caller.faults(
        {"call": "ChunkAccessor.GetItemsChunk", "do": "drop_attribute", "name": "KLHST_WKS_DN"},
        {"call": "HostGroup.GetStaticInfo", "do": "drop_attribute", "name": "KLADMSRV_VSID"},
        {"call": "GroupSyncIterator.GetNextItems", "do": "drop_attribute", "name": "bEOF"},
    )
    assert session.hosts('(KLHST_WKS_HOSTNAME="h-1")', "KLHST_WKS_HOSTNAME", "KLHST_WKS_DN") == [{"KLHST_WKS_HOSTNAME": "h-1"}]
    info = session("HostGroup.GetStaticInfo", pValues=None)["PxgRetVal"]
    assert "KLADMSRV_VSID" not in info
    assert info["KLADMSRV_IS_VIRTUAL"] is True
    assert "bEOF" not in session("GroupSyncIterator.GetNextItems", szwIterator=key_iterator(session), nCount=1)


def test_drop_attribute_on_the_opening_call_removes_it_from_the_whole_result() -> None:
    caller = contoso()
    session = caller.session()
    caller.faults({"call": "LicenseKeys.AcquireKeyHosts", "do": "drop_attribute", "name": "KLLICSRV_HOST_CURRENT"})
    assert session.uses("KLLICSRV_HOSTNAME", "KLLICSRV_HOST_CURRENT")[0] == {"KLLICSRV_HOSTNAME": "h-0"}


def test_reverse_eof_inverts_what_is_said_about_the_end() -> None:
    caller = contoso()
    session = caller.session()
    caller.faults({"call": "GroupSyncIterator.GetNextItems", "do": "reverse_eof", "times": 0})
    iterator = key_iterator(session)
    said = [session("GroupSyncIterator.GetNextItems", szwIterator=iterator, nCount=2)["bEOF"] for _ in range(3)]
    assert said == [True, False, False]


def test_short_chunks_return_fewer_than_asked_until_the_end() -> None:
    caller = contoso()
    session = caller.session()
    caller.faults({"call": "*", "do": "short_chunks", "times": 0})
    opened = session("LicenseKeys.AcquireKeyHosts", pInData={"KLLIC_SERIAL": SERIAL}, pFields=["KLLICSRV_HOSTNAME"])
    chunks: list[dict[str, Any]] = []
    while not chunks or not chunks[-1]["bEOF"]:
        chunks.append(session("GroupSyncIterator.GetNextItems", szwIterator=opened["wstrIterator"], nCount=50))
    assert [chunk["PxgRetVal"] for chunk in chunks] == [3, 2, 1, 1]
    found = session("HostGroup.FindHosts", wstrFilter="", vecFieldsToReturn=[])
    assert session("ChunkAccessor.GetItemsChunk", strAccessor=found["strAccessor"], nStart=0, nCount=500)["PxgRetVal"] == 3
