"""Hosts, their attributes and the filter language (KSC Open API reference 3)."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybridge.sandbox.ksc.errors import PxgError
from tallybridge.sandbox.ksc.filters import parse_filter
from tests.sandbox.ksc_caller import NOW, Caller, InSession, host, server, use

BAD_FORMAT = ("KLSTD", 1192)


def office() -> InSession:
    """A session where h-1 is a Windows PC, h-2 a Windows server, h-3 Linux, h-4 unassigned and without a system."""
    hosts = [
        host(1, name='PC "1"', last_visible="2026-11-22T02:00:00Z"),
        host(2, name="srv[1]", os_name="Microsoft Windows Server 2022", ctype=0x9007, last_visible="2026-11-20T00:00:00Z"),
        host(3, name="web-a", os_name="Ubuntu 22.04", ctype=0x200800, last_visible=None, attributes={"KLHST_WKS_STATUS_ID": 2}),
        host(4, name="web-b", os_name=None, ctype=None, managed=False, last_visible="2026-01-01T00:00:00Z"),
    ]
    return Caller(server(hosts=hosts, uses=[use(3, product="kesl", version="11.2.0.0"), use(1)])).session()


def found(filter_text: str) -> str:
    """The numbers of the hosts that pass."""
    return "".join(row["KLHST_WKS_HOSTNAME"][2:] for row in office().hosts(filter_text))


@pytest.mark.parametrize(
    ("filter_text", "passes"),
    [
        ("", "1234"),
        ("(KLHST_WKS_FROM_UNASSIGNED=0)", "123"),
        ("(KLHST_WKS_FROM_UNASSIGNED=False)", "123"),
        ('(KLHST_WKS_FROM_UNASSIGNED="False")', "123"),
        ("(KLHST_WKS_FROM_UNASSIGNED=1)", "4"),
        ("(KLHST_WKS_FROM_UNASSIGNED=True)", "4"),
        ('(KLHST_WKS_FROM_UNASSIGNED <> "False")', "4"),
        ("KLHST_WKS_FROM_UNASSIGNED=0", "123"),
        ("(&(KLHST_WKS_FROM_UNASSIGNED=0)(KLHST_WKS_STATUS&4<>0))", "123"),
        ("(KLHST_WKS_STATUS & 4 <> 0)", "123"),
        ("(KLHST_WKS_CTYPE & 32768 = 32768)", "2"),
        ("(|(KLHST_WKS_CTYPE & 32768 <> 0)(KLHST_WKS_CTYPE & 2048 <> 0))", "23"),
        ("(!(KLHST_WKS_FROM_UNASSIGNED=0))", "4"),
        ("(&\n  (KLHST_WKS_FROM_UNASSIGNED = 0)\n  (!(KLHST_WKS_CTYPE & 2048 <> 0))\n)", "12"),
        ("(KLHST_WKS_OS_NAME)", "123"),
        ("(!(KLHST_WKS_OS_NAME))", "4"),
        ("(!KLHST_WKS_OS_NAME)", "4"),
        ('(KLHST_WKS_OS_NAME="Microsoft*")', "12"),
        ('(KLHST_WKS_OS_NAME="*server*")', "2"),
        ('(KLHST_WKS_OS_NAME <> "Ubuntu 22.04")', "12"),
        ('(KLHST_WKS_DN="web-?")', "34"),
        ('(KLHST_WKS_DN="web-[ac]")', "3"),
        ('(KLHST_WKS_DN="web-[^a]")', "4"),
        ('(KLHST_WKS_DN="web-[a-z]")', "34"),
        ('(KLHST_WKS_DN <> "web-*")', "1234"),
        ('(KLHST_WKS_DN="PC ""1""")', "1"),
        ('(KLHST_WKS_DN="*")', "1234"),
        ('(KLHST_WKS_HOSTNAME="h-3")', "3"),
        ("(KLHST_WKS_STATUS_ID>=1)", "3"),
        ("(KLHST_WKS_STATUS_ID<2)", "124"),
        ("(KLHST_WKS_STATUS_ID <= 0)", "124"),
        ("(KLHST_WKS_STATUS_ID > -1)", "1234"),
        ('(KLHST_WKS_LAST_VISIBLE > T"2026-11-19 23:59:59")', "12"),
        ('(KLHST_WKS_LAST_VISIBLE <= T"2026-11-20 00:00:00")', "24"),
        ("(KLHST_WKS_LAST_VISIBLE >= CURTIME(-86400))", "1"),
        ("(KLHST_WKS_GROUPID_GP=11)", "123"),
        ('(&(KLHST_WKS_HOSTNAME="*")(KLHST_WKS_GROUPID=12))', "4"),
        ('(KLHST_WKS_PRODUCT_ID="kesl/*")', "3"),
        ("(NO_SUCH_ATTRIBUTE=1)", ""),
        ("(!(NO_SUCH_ATTRIBUTE=1))", "1234"),
    ],
)
def test_filters(filter_text: str, passes: str) -> None:
    assert found(filter_text) == passes


@pytest.mark.parametrize(
    "filter_text",
    [
        "(",
        ")",
        "()",
        "(KLHST_WKS_DN=",
        "(KLHST_WKS_DN=)",
        "(KLHST_WKS_DN=web)",
        "(KLHST_WKS_DN=*)",
        '(KLHST_WKS_DN="open)',
        "(KLHST_WKS_STATUS & 4)",
        "(KLHST_WKS_STATUS & = 0)",
        "(&)",
        "(|KLHST_WKS_DN)",
        "(!(A)(B))",
        "(A=1)(B=1)",
        "(A=1",
        "(A==1)",
        "(A ~ 1)",
        '(A > T"2026-11-22")',
        '(A = "[z-a]")',
        "=1",
        "(1=1)",
        "(" * 500 + "A" + ")" * 500,
        "(A > CURTIME(-999999999999999))",
        "(A = " + "9" * 5000 + ")",
    ],
)
def test_bad_syntax_is_bad_format(filter_text: str) -> None:
    assert office().error("HostGroup.FindHosts", wstrFilter=filter_text, vecFieldsToReturn=["KLHST_WKS_DN"]) == BAD_FORMAT


@given(text=st.text(alphabet='()&|!=<>"*?[]^ \nT0x1-ACURTIME', max_size=40))
def test_any_text_is_a_filter_or_bad_format(text: str) -> None:
    with contextlib.suppress(PxgError):
        assert parse_filter(text, NOW)(lambda _name: "A1") in {True, False}


def test_only_the_attributes_asked_for_and_null_ones_are_missing() -> None:
    fields = ("KLHST_WKS_HOSTNAME", "KLHST_WKS_OS_NAME", "KLHST_WKS_CTYPE", "KLHST_WKS_LAST_VISIBLE", "KLHST_WKS_FROM_UNASSIGNED")
    rows = office().hosts("", *fields)
    assert rows[0] == {
        "KLHST_WKS_HOSTNAME": "h-1",
        "KLHST_WKS_OS_NAME": "Microsoft Windows 11",
        "KLHST_WKS_CTYPE": 4103,
        "KLHST_WKS_LAST_VISIBLE": {"type": "datetime", "value": "2026-11-22T02:00:00Z"},
        "KLHST_WKS_FROM_UNASSIGNED": False,
    }
    assert "KLHST_WKS_LAST_VISIBLE" not in rows[2]
    assert rows[3] == {
        "KLHST_WKS_HOSTNAME": "h-4",
        "KLHST_WKS_LAST_VISIBLE": {"type": "datetime", "value": "2026-01-01T00:00:00Z"},
        "KLHST_WKS_FROM_UNASSIGNED": True,
    }


def test_raw_attributes_override_and_remove_and_filters_see_them() -> None:
    attributes = {"KLHST_WKS_DN": "Renamed", "KLHST_WKS_CTYPE": None, "KLHST_WKS_FROM_UNASSIGNED": True}
    session = Caller(server(hosts=[host(1, attributes=attributes), host(2)])).session()
    rows = session.hosts("(KLHST_WKS_FROM_UNASSIGNED=1)", "KLHST_WKS_HOSTNAME", "KLHST_WKS_DN", "KLHST_WKS_CTYPE")
    assert rows == [{"KLHST_WKS_HOSTNAME": "h-1", "KLHST_WKS_DN": "Renamed"}]


def test_find_hosts_returns_the_sessions_server_alone() -> None:
    caller = Caller(server(0, "Main", hosts=[host(9)]), server(1, "Contoso", hosts=[host(1)]), server(2, "Fabrikam", hosts=[host(2)]))
    found_in = {name: [row["KLHST_WKS_HOSTNAME"] for row in caller.session(name).hosts()] for name in ("", "Contoso", "Fabrikam")}
    assert found_in == {"": ["h-9"], "Contoso": ["h-1"], "Fabrikam": ["h-2"]}


def test_without_an_entry_of_id_0_the_main_server_has_no_hosts() -> None:
    assert Caller(server(hosts=[host(1)])).session("").hosts() == []


def test_an_accessor_is_read_from_any_place_and_never_beyond_its_end() -> None:
    session = Caller(server(hosts=[host(n) for n in range(7)])).session()
    arguments = {"wstrFilter": "", "vecFieldsToReturn": ["KLHST_WKS_HOSTNAME"], "vecFieldsToOrder": [], "pParams": None, "lMaxLifeTime": 10800}
    opened = session("HostGroup.FindHosts", **arguments)
    accessor = opened["strAccessor"]
    assert opened["PxgRetVal"] == session("ChunkAccessor.GetItemsCount", strAccessor=accessor)["PxgRetVal"] == 7
    chunks = {start: session("ChunkAccessor.GetItemsChunk", strAccessor=accessor, nStart=start, nCount=3) for start in (6, 0, 3, 9)}
    assert {start: chunk["PxgRetVal"] for start, chunk in chunks.items()} == {0: 3, 3: 3, 6: 1, 9: 0}
    assert chunks[6]["pChunk"]["KLCSP_ITERATOR_ARRAY"][0]["value"] == {"KLHST_WKS_HOSTNAME": "h-6"}


@pytest.mark.parametrize(("ascending", "order"), [(True, "1234"), (False, "4321")])
def test_hosts_can_be_ordered(ascending: bool, order: str) -> None:
    column: dict[str, Any] = {"type": "params", "value": {"Name": "KLHST_WKS_DN", "Asc": ascending}}
    rows = office().hosts("", "KLHST_WKS_HOSTNAME", vecFieldsToOrder=[column])
    assert "".join(row["KLHST_WKS_HOSTNAME"][2:] for row in rows) == order


def test_host_info_of_one_host() -> None:
    session = office()
    info = session("HostGroup.GetHostInfo", strHostName="h-3", pFields2Return=["KLHST_WKS_DN", "KLHST_WKS_STATUS_ID"])
    assert info == {"PxgRetVal": {"KLHST_WKS_DN": "web-a", "KLHST_WKS_STATUS_ID": 2}}
    assert session.error("HostGroup.GetHostInfo", strHostName="none", pFields2Return=[]) == ("KLSTD", 1186)
