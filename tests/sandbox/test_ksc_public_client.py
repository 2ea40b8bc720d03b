"""A client of the KSC Open API as others write them, with nothing but http.client, must work unchanged (issue: sandbox).

It signs in by `login` on one kept connection, sends X-KSC-VServer empty for the main server, sends an empty body where there are no arguments and
members that nobody asked for, unwraps typed values, reads every documented attribute without defaults, compares dates, joins the days of grace to a
text, and stops at `bEOF`.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from tallybridge.sandbox import Sandbox
from tests.sandbox.ksc_caller import basic, encoded, host, key, server, use
from tests.sandbox.ksc_wire import Connection, ksc_connection
from tests.sandbox.test_ksc_licenses import KEY_ATTRIBUTES, USE_ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 22)  # noqa: DTZ001 - such clients compare without a time zone
SCENARIO = {
    "ksc": {
        "virtual_servers": [
            server(0, "Main", keys=[key("main", type=1)]),
            server(
                1,
                "Contoso Dental",
                keys=[key(f"k-{kind}", type=kind) for kind in (1, 2, 3, 4, 5, 6)] + [key(f"more-{n}") for n in range(60)],
                hosts=[host(n) for n in range(130)],
                uses=[use(n, "k-6") for n in range(130)] + [use(1, "k-6", product="kesl")],
            ),
            server(2, "Контосо", keys=[key("late", limit_date="2020-01-01T00:00:00Z"), key("paused", subscription={"state": 1})]),
        ]
    }
}


class PublicClient:
    """Signs in once and then calls on the same connection."""

    def __init__(self, connection: Connection, virtual_server: str = "") -> None:
        self.connection = connection
        headers = {"Authorization": basic(), "X-KSC-VServer": encoded(virtual_server), "Content-Type": "application/json"}
        connection.request("POST", "/api/v1.0/login", headers=headers)
        response = connection.getresponse()
        content = response.read().decode()
        if response.status != 200:
            raise PermissionError(content)
        assert isinstance(json.loads(content), dict)

    def call(self, name: str, **arguments: Any) -> dict[str, Any]:
        """The reply's object with typed values unwrapped."""
        body = json.dumps({**arguments, "lExtra": 1, "pMore": {"a": [None]}}) if arguments else None
        headers = {"Content-Type": "application/json", "X-KSC-RequestId": "00000000000000AA_00000000000000BB", "Accept-Encoding": "identity"}
        self.connection.request("POST", f"/api/v1.0/{name}", body, headers)
        response = self.connection.getresponse()
        reply: dict[str, Any] = json.loads(response.read())
        assert response.status == 200
        assert "PxgError" not in reply, reply
        return {member: unwrapped(value) for member, value in reply.items()}

    def everything(self, iterator: str) -> Iterator[dict[str, Any]]:
        """All rows of an iterator, until the server says that it was the end; then releases it."""
        while True:
            chunk = self.call("GroupSyncIterator.GetNextItems", szwIterator=iterator, nCount=50)
            yield from chunk["pData"]["KLCSP_ITERATOR_ARRAY"]
            if chunk["bEOF"]:
                break
        assert self.call("GroupSyncIterator.ReleaseIterator", szwIterator=iterator) == {}

    def licenses(self) -> list[dict[str, Any]]:
        """All keys with every documented attribute."""
        opened = self.call("LicenseKeys.EnumKeys", pFields=KEY_ATTRIBUTES, pFieldsToOrder=[], pOptions={}, lTimeoutSec=3600)
        rows = list(self.everything(opened["wstrIterator"]))
        assert len(rows) == opened["lKeyCount"]
        return rows


def unwrapped(value: Any) -> Any:
    """A value as such clients see it: dates as datetimes, containers bare."""
    if isinstance(value, list):
        return [unwrapped(one) for one in value]
    if not isinstance(value, dict):
        assert value is not None
        return value
    if set(value) == {"type", "value"}:
        inner = value["value"]
        if value["type"] == "datetime":
            return datetime.strptime(inner, "%Y-%m-%dT%H:%M:%SZ") if inner else ""  # noqa: DTZ007 - as above
        return unwrapped(inner)
    return {name: unwrapped(one) for name, one in value.items()}


def is_active(row: dict[str, Any]) -> bool:
    """What the vendor's sample decides, reading without defaults."""
    texts = [row[name] for name in ("KLLIC_SERIAL", "KLLIC_PROD_NAME", "KLLIC_LICINFO", "KLLIC_SUPPORT_INFO", "KLLIC_CUSTOMER_INFO")]
    assert all(isinstance(text, str) for text in texts)
    for number in ("KLLIC_APP_ID", "KLLIC_PROD_SUITE_ID", "KLLIC_KEY_TYPE", "KLLIC_MAJ_VER", "KLLIC_LICENSE_PERIOD", "KLLIC_LIC_COUNT"):
        assert isinstance(row[number], int)
    active = bool(row["KLLIC_LIMIT_DATE"] > NOW)
    if row["KLLIC_LICTYPE_IS_SUBSCRIPTION"]:
        assert row["KLLIC_SUBSCRINFO_ENDDATE"] > NOW
        assert row["KLLIC_SUBSCRINFO_ENDDATETYPE"] in {0, 1, 2, 3}
        assert row["KLLIC_SUBSCRINFO_GRACETERM"] + " days"
        assert isinstance(row["KLLIC_SUBSCRINFO_PROVIDERURL"], str)
        active = active and row["KLLIC_SUBSCRINFO_STATE"] == 0
    return active


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A running sandbox with two virtual servers and a key on the main server."""
    with Sandbox(SCENARIO) as running:
        yield running


def test_it_lists_the_licenses_of_the_main_server_and_of_each_virtual_server(sandbox: Sandbox) -> None:
    active: dict[str, list[str]] = {}
    with ksc_connection(sandbox) as main:
        client = PublicClient(main)
        names = [row["KLVSRV_DN"] for row in client.call("VServers.GetVServers", lParentGroup=-1)["PxgRetVal"]]
        active[""] = [row["KLLIC_SERIAL"] for row in client.licenses() if is_active(row)]
    for name in names:
        with ksc_connection(sandbox) as connection:
            active[name] = [row["KLLIC_SERIAL"] for row in PublicClient(connection, name).licenses() if is_active(row)]
    assert active[""] == ["main"]
    assert active["Contoso Dental"] == [f"k-{kind}" for kind in (1, 2, 3, 4, 5, 6)] + [f"more-{n}" for n in range(60)]
    assert active["Контосо"] == []


def test_it_reads_every_host_row_of_a_key_and_every_host(sandbox: Sandbox) -> None:
    with ksc_connection(sandbox) as connection:
        client = PublicClient(connection, "Contoso Dental")
        opened = client.call(
            "LicenseKeys.AcquireKeyHosts", pInData={"KLLIC_SERIAL": "k-6"}, pFields=USE_ATTRIBUTES, pFieldsToOrder=[], pOptions={}, lTimeoutSec=600
        )
        rows = list(client.everything(opened["wstrIterator"]))
        assert len(rows) == opened["lKeyCount"] == 131
        assert all(sorted(row) == sorted(USE_ATTRIBUTES) for row in rows)
        fields = ["KLHST_WKS_HOSTNAME", "KLHST_WKS_DN", "KLHST_WKS_CTYPE", "KLHST_WKS_OS_NAME", "KLHST_WKS_LAST_VISIBLE"]
        found = client.call(
            "HostGroup.FindHosts",
            wstrFilter="(&(KLHST_WKS_FROM_UNASSIGNED=0)(KLHST_WKS_STATUS&4<>0))",
            vecFieldsToReturn=fields,
            vecFieldsToOrder=[],
            pParams={"KLGRP_FIND_FROM_CUR_VS_ONLY": True, "KLSRVH_SLAVE_REC_DEPTH": 0},
            lMaxLifeTime=10800,
        )
        hosts: list[dict[str, Any]] = []
        while len(hosts) < found["PxgRetVal"]:
            chunk = client.call("ChunkAccessor.GetItemsChunk", strAccessor=found["strAccessor"], nStart=len(hosts), nCount=100)
            hosts += chunk["pChunk"]["KLCSP_ITERATOR_ARRAY"]
        assert {row["KLLICSRV_HOSTNAME"] for row in rows} == {row["KLHST_WKS_HOSTNAME"] for row in hosts}
        assert sandbox.ksc.open_objects() == 1
        client.call("ChunkAccessor.Release", strAccessor=found["strAccessor"])
        assert sandbox.ksc.open_objects() == 0


def test_it_pings_and_ends_with_empty_bodies(sandbox: Sandbox) -> None:
    with ksc_connection(sandbox) as connection:
        client = PublicClient(connection)
        assert client.call("Session.Ping") == {}
        assert client.call("HostGroup.GetStaticInfo", pValues=None)["PxgRetVal"]["KLADMSRV_IS_VIRTUAL"] is False
        assert client.call("Session.EndSession") == {}
        assert sandbox.ksc.open_sessions() == 0


def test_it_is_told_in_plain_text_that_it_may_not_sign_in(sandbox: Sandbox) -> None:
    with ksc_connection(sandbox) as connection, pytest.raises(PermissionError, match=r"\AAuthentication failure\Z"):
        PublicClient(connection, "Unknown")
