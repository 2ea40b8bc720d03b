"""A door with a hand-made Kaspersky Security Center behind it: replies written from the KSC Open API reference, spoiled at will."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tallybridge.wire.http import HttpReply

Json = dict[str, Any]
Spoiling = Callable[[HttpReply], HttpReply]
"""Makes another reply of the right one, or raises."""


def params(**attributes: Any) -> Json:
    return {"type": "params", "value": attributes}


def instant(text: str) -> Json:
    return {"type": "datetime", "value": text}


def key(serial: str, **attributes: Any) -> Json:
    """A commercial key as `EnumKeys` shows it; None removes an attribute."""
    shown = {
        "KLLIC_SERIAL": serial,
        "KLLIC_PROD_NAME": "Kaspersky Endpoint Security for Business Advanced",
        "KLLIC_KEY_TYPE": 1,
        "KLLIC_LIMIT_DATE": instant("2027-12-31T23:59:59Z"),
        "KLLIC_LICTYPE_IS_SUBSCRIPTION": False,
        "KLLICSRV_KEY_INSTALLED": True,
        "KLLIC_APP_ID": 1105,
        "KLLIC_PART_NUMBER": "KL4867",
        "KLLIC_NHOSTS_ASCURRENT": 2,
        **attributes,
    }
    return params(**{name: value for name, value in shown.items() if value is not None})


def use(host: str, **attributes: Any) -> Json:
    """A row of `AcquireKeyHosts`; None removes an attribute."""
    shown = {"KLLICSRV_HOSTNAME": host, "KLLICSRV_HOSTDN": host.upper(), "KLLICSRV_HOST_CURRENT": True, **attributes}
    return params(**{name: value for name, value in shown.items() if value is not None})


def host(identity: str, **attributes: Any) -> Json:
    """A row of `FindHosts`; None removes an attribute."""
    shown = {
        "KLHST_WKS_HOSTNAME": identity,
        "KLHST_WKS_DN": identity.upper(),
        "KLHST_WKS_OS_NAME": "Microsoft Windows 11",
        "KLHST_WKS_CTYPE": 4103,
        **attributes,
    }
    return params(**{name: value for name, value in shown.items() if value is not None})


@dataclass
class HandMadeVirtualServer:
    number: int
    name: str
    uid: str | None
    keys: list[Json] = field(default_factory=list)
    uses: dict[str, list[Json]] = field(default_factory=dict)
    hosts: list[Json] = field(default_factory=list)
    announced: dict[str, int] = field(default_factory=dict)
    """Announced numbers that differ from the rows: by `keys`, `hosts` or serial."""


@dataclass
class _Result:
    rows: list[Json]
    token: str
    position: int = 0


class HandMadeServer:
    """Answers the calls that the reference describes; counts what is open; records what was asked."""

    def __init__(self, *virtual_servers: HandMadeVirtualServer) -> None:
        self.main = HandMadeVirtualServer(0, "", None)
        self.virtual_servers = list(virtual_servers)
        self.static_info: dict[int, Json] = {}
        self.asked: list[tuple[str, Json]] = []
        self.headers: list[dict[str, str]] = []
        self.timeouts: list[float | None] = []
        self.sessions: dict[str, HandMadeVirtualServer] = {}
        self.results: dict[str, _Result] = {}
        self.chunk_limit = 10_000
        self.largest_chunk_accepted = 10_000
        self.end_of_file_at_end = True
        self.refused_names: set[str] = set()
        self.closed = 0
        self._spoiled: dict[tuple[str, int], Spoiling] = {}
        self._spoiled_before: dict[tuple[str, int], Spoiling] = {}
        self._counts: Counter[str] = Counter()
        self._made = 0

    def spoil(self, call: str, spoiling: Spoiling, *, nth: tuple[int, ...] = (1,), before_acting: bool = False) -> None:
        """Spoils the nth replies to a call, counted from 1; with `before_acting` the server does nothing for them."""
        for number in nth:
            (self._spoiled_before if before_acting else self._spoiled)[call, number] = spoiling

    def calls(self) -> list[str]:
        return [call for call, _ in self.asked]

    def send(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None, timeout: float | None = None) -> HttpReply:
        assert method == "POST"
        call = path.removeprefix("/api/v1.0/")
        arguments = json.loads(body or b"{}")
        self.asked.append((call, arguments))
        self.headers.append(dict(headers))
        self.timeouts.append(timeout)
        self._counts[call] += 1
        occasion = call, self._counts[call]
        if occasion in self._spoiled_before:
            return self._spoiled_before[occasion](HttpReply(200, {}, b"{}"))
        reply = self._answer(call, arguments, headers)
        return self._spoiled[occasion](reply) if occasion in self._spoiled else reply

    def close(self) -> None:
        self.closed += 1

    def _answer(self, call: str, arguments: Json, headers: Mapping[str, str]) -> HttpReply:
        if call == "Session.StartSession":
            return self._start(headers)
        token = headers.get("X-KSC-Session", "")
        if token not in self.sessions:
            return HttpReply(403, {}, b"Forbidden")
        server = self.sessions[token]
        made: Json = getattr(self, "_" + call.replace(".", "_"))(server, token, arguments)
        return HttpReply(200, {}, json.dumps(made).encode())

    def _start(self, headers: Mapping[str, str]) -> HttpReply:
        name = base64.b64decode(headers["X-KSC-VServer"]).decode()
        server = next((one for one in [self.main, *self.virtual_servers] if one.name == name), None)
        if server is None or name in self.refused_names:
            return HttpReply(401, {}, b"Authentication failure")
        token = self._new_id("token")
        self.sessions[token] = server
        return HttpReply(200, {}, json.dumps({"PxgRetVal": token}).encode())

    def _new_id(self, what: str) -> str:
        self._made += 1
        return f"{what}-{self._made}"

    def _Session_EndSession(self, server: HandMadeVirtualServer, token: str, arguments: Json) -> Json:  # noqa: N802
        del self.sessions[token]
        return {}

    def _HostGroup_GetStaticInfo(self, server: HandMadeVirtualServer, token: str, arguments: Json) -> Json:  # noqa: N802
        assert arguments == {"pValues": None}
        info = {"KLADMSRV_IS_VIRTUAL": server is not self.main, "KLADMSRV_PRODUCT_FULL_VERSION": "15.1.0.20748"}
        if server is not self.main:
            info |= {"KLADMSRV_VSID": server.number, "KLADMSRV_VSUID": server.uid or ""}
        info |= self.static_info.get(server.number, {})
        return {"PxgRetVal": {name: value for name, value in info.items() if value is not None}}

    def _VServers_GetVServers(self, server: HandMadeVirtualServer, token: str, arguments: Json) -> Json:  # noqa: N802
        assert arguments == {"lParentGroup": -1}
        rows = [{"KLVSRV_ID": one.number, "KLVSRV_DN": one.name, "KLVSRV_ENABLED": True, "KLVSRV_UID": one.uid} for one in self.virtual_servers]
        return {"PxgRetVal": [params(**{name: value for name, value in row.items() if value is not None}) for row in rows]}

    def _LicenseKeys_EnumKeys(self, server: HandMadeVirtualServer, token: str, arguments: Json) -> Json:  # noqa: N802
        return self._iterator(server, token, "keys", server.keys)

    def _LicenseKeys_AcquireKeyHosts(self, server: HandMadeVirtualServer, token: str, arguments: Json) -> Json:  # noqa: N802
        serial = arguments["pInData"]["KLLIC_SERIAL"]
        return self._iterator(server, token, serial, server.uses.get(serial, []))

    def _iterator(self, server: HandMadeVirtualServer, token: str, what: str, rows: list[Json]) -> Json:
        identity = self._new_id("iterator")
        self.results[identity] = _Result(rows, token)
        return {"lKeyCount": server.announced.get(what, len(rows)), "wstrIterator": identity}

    def _GroupSyncIterator_GetNextItems(self, server: HandMadeVirtualServer, token: str, arguments: Json) -> Json:  # noqa: N802
        result = self.results.get(arguments["szwIterator"])
        if result is None or result.token != token:
            return not_found()
        if arguments["nCount"] > self.largest_chunk_accepted:
            return pxg_error(1192, "KLSTD", "Bad format")
        rows = result.rows[result.position : result.position + min(arguments["nCount"], self.chunk_limit)]
        result.position += len(rows)
        at_end = result.position >= len(result.rows)
        return {"PxgRetVal": len(rows), "bEOF": at_end is self.end_of_file_at_end, "pData": {"KLCSP_ITERATOR_ARRAY": rows} if rows else {}}

    def _GroupSyncIterator_ReleaseIterator(self, server: HandMadeVirtualServer, token: str, arguments: Json) -> Json:  # noqa: N802
        del self.results[arguments["szwIterator"]]
        return {}

    def _HostGroup_FindHosts(self, server: HandMadeVirtualServer, token: str, arguments: Json) -> Json:  # noqa: N802
        assert arguments["pParams"] == {"KLGRP_FIND_FROM_CUR_VS_ONLY": True, "KLSRVH_SLAVE_REC_DEPTH": 0}
        identity = self._new_id("accessor")
        self.results[identity] = _Result(server.hosts, token)
        return {"PxgRetVal": server.announced.get("hosts", len(server.hosts)), "strAccessor": identity}

    def _ChunkAccessor_GetItemsCount(self, server: HandMadeVirtualServer, token: str, arguments: Json) -> Json:  # noqa: N802
        result = self.results.get(arguments["strAccessor"])
        return not_found() if result is None else {"PxgRetVal": server.announced.get("hosts", len(result.rows))}

    def _ChunkAccessor_GetItemsChunk(self, server: HandMadeVirtualServer, token: str, arguments: Json) -> Json:  # noqa: N802
        result = self.results.get(arguments["strAccessor"])
        if result is None:
            return not_found()
        rows = result.rows[arguments["nStart"] :][: min(arguments["nCount"], self.chunk_limit)]
        return {"PxgRetVal": len(rows), "pChunk": {"KLCSP_ITERATOR_ARRAY": rows}}

    def _ChunkAccessor_Release(self, server: HandMadeVirtualServer, token: str, arguments: Json) -> Json:  # noqa: N802
        del self.results[arguments["strAccessor"]]
        return {}


def pxg_error(code: int, module: str, message: str = "") -> Json:
    return {"PxgError": {"code": code, "subcode": 0, "module": module, "file": "server.cpp", "line": 100, "message": message}}


def not_found() -> Json:
    return pxg_error(1186, "KLSTD", "Object not found")


def answer(made: Json) -> Spoiling:
    """Replaces the reply's object."""
    return lambda reply: HttpReply(200, {}, json.dumps(made).encode())


def status(number: int, text: str = "", **headers: str) -> Spoiling:
    """Replaces the reply by a plain-text one."""
    return lambda reply: HttpReply(number, {name.replace("_", "-"): value for name, value in headers.items()}, text.encode())


def body(change: Callable[[bytes], bytes]) -> Spoiling:
    """Changes the reply's bytes."""
    return lambda reply: HttpReply(reply.status, reply.headers, change(reply.body))


def altered(change: Callable[[Json], object]) -> Spoiling:
    """Changes the reply's object in place."""

    def spoiling(reply: HttpReply) -> HttpReply:
        made = json.loads(reply.body)
        change(made)
        return HttpReply(reply.status, reply.headers, json.dumps(made).encode())

    return spoiling


def raising(error: BaseException) -> Spoiling:
    """Raises instead of replying."""

    def spoiling(reply: HttpReply) -> HttpReply:
        raise error

    return spoiling
