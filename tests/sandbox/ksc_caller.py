"""Calls the simulated Security Center without a network: sessions, connections and faults, at an instant that moves only when told to."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tallybridge.sandbox.http import Reply, Request
from tallybridge.sandbox.ksc import KscSimulator
from tallybridge.sandbox.scenario import parse_faults, parse_scenario
from tallybridge.sandbox.world import World

NOW = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
SERIAL = "1A2B-190411-073015-1-1234"
ADVANCED = "Kaspersky Endpoint Security for Business Advanced"

Document = dict[str, Any]


def encoded(text: str) -> str:
    """Base64 of UTF-8, as the protocol's headers carry names."""
    return base64.b64encode(text.encode()).decode()


def basic(user: str = "tallybridge", password: str = "secret") -> str:
    """An Authorization header."""
    return f'KSCBasic user="{encoded(user)}", pass="{encoded(password)}", domain="", internal="1"'


def host(number: int, **members: Any) -> Document:
    """A host of a scenario: id `h-<number>`, name `PC-<number>`."""
    return {"id": f"h-{number}", "name": f"PC-{number}", **members}


def key(serial: str = SERIAL, name: str = ADVANCED, **members: Any) -> Document:
    """A license key of a scenario."""
    return {"serial": serial, "name": name, **members}


def use(number: int, serial: str = SERIAL, **members: Any) -> Document:
    """A use of a key by host `h-<number>`."""
    return {"serial": serial, "host": f"h-{number}", **members}


def server(number: int = 1, name: str = "Contoso", **members: Any) -> Document:
    """A virtual server of a scenario."""
    return {"id": number, "name": name, **members}


class Caller:
    """One simulator with its world, and the calls of a client."""

    def __init__(self, *servers: Document, **ksc: Any) -> None:
        self.now = NOW
        self.world = World(parse_scenario({"ksc": {"virtual_servers": list(servers), **ksc}}), now=lambda: self.now)
        self.simulator = KscSimulator(self.world)

    def wait(self, seconds: float) -> None:
        """Lets time pass."""
        self.now += timedelta(seconds=seconds)

    def send(self, name: str, body: Document | bytes | None = None, *, connection: int = 1, method: str = "POST", **headers: str) -> Reply:
        """A request and its reply; header names are written with underscores."""
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        path = name if name.startswith("/") else f"/api/v1.0/{name}"
        sent = {header.replace("_", "-").lower(): value for header, value in headers.items()}
        request = Request(method, path, [], sent, content, connection)
        call = self.simulator.identify(request)
        return self.simulator.answer(request, call, self.world.firing_fault(call.on, call.name))

    def session(self, name: str = "Contoso", user: str = "tallybridge") -> InSession:
        """A token session at a virtual server; empty is the main server."""
        reply = self.send("Session.StartSession", authorization=basic(user), x_ksc_vserver=encoded(name))
        assert reply.status == 200, reply
        return InSession(self, json.loads(reply.body)["PxgRetVal"])

    def faults(self, *faults: Document) -> None:
        """Replaces the faults; `on` is `ksc`."""
        self.world.set_faults(parse_faults([{"on": "ksc", **fault} for fault in faults]))


class InSession:
    """Calls in one token session."""

    def __init__(self, caller: Caller, token: str) -> None:
        self.caller = caller
        self.token = token

    def send(self, name: str, body: Document | None = None) -> Reply:
        """A request in this session, on a connection of its own."""
        return self.caller.send(name, body, connection=99, x_ksc_session=self.token)

    def __call__(self, name: str, **arguments: Any) -> Any:
        """The reply's object; fails unless it is HTTP 200."""
        reply = self.send(name, arguments)
        assert reply.status == 200, (reply.status, reply.body)
        return json.loads(reply.body)

    def error(self, name: str, **arguments: Any) -> tuple[str, int]:
        """Module and code of the reply's PxgError."""
        error = self(name, **arguments)["PxgError"]
        return error["module"], error["code"]

    def keys(self, *fields: str, **options: Any) -> list[Document]:
        """All keys, bare, with the attributes asked for."""
        opened = self("LicenseKeys.EnumKeys", pFields=list(fields), pFieldsToOrder=[], pOptions=options, lTimeoutSec=0)
        return self.items(opened["wstrIterator"])

    def uses(self, *fields: str, serial: str = SERIAL) -> list[Document]:
        """All host rows of a key, bare, with the attributes asked for."""
        opened = self("LicenseKeys.AcquireKeyHosts", pInData={"KLLIC_SERIAL": serial}, pFields=list(fields))
        return self.items(opened["wstrIterator"])

    def hosts(self, filter_text: str = "", *fields: str, **arguments: Any) -> list[Document]:
        """All hosts that pass a filter, bare."""
        wanted = list(fields) or ["KLHST_WKS_HOSTNAME"]
        found = self("HostGroup.FindHosts", wstrFilter=filter_text, vecFieldsToReturn=wanted, **arguments)
        if not found["PxgRetVal"]:
            return []
        chunk = self("ChunkAccessor.GetItemsChunk", strAccessor=found["strAccessor"], nStart=0, nCount=10_000)
        return [row["value"] for row in chunk["pChunk"]["KLCSP_ITERATOR_ARRAY"]]

    def items(self, iterator: str) -> list[Document]:
        """Everything an iterator still has, in one call."""
        reply = self("GroupSyncIterator.GetNextItems", szwIterator=iterator, nCount=10_000)
        return [row["value"] for row in reply["pData"]["KLCSP_ITERATOR_ARRAY"]]
