"""The calls of the KSC Open API that a count needs, one function each; only the attributes that are needed are asked for.

Decoders are made once. A member that a call must return and that is missing is an unreadable reply (L1).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from msgspec.json import Decoder, encode

from tallybridge.sources.ksc.errors import Unreadable
from tallybridge.sources.ksc.line import Line
from tallybridge.sources.ksc.replies import (
    Accessor,
    AccessorChunk,
    Host,
    Iterator,
    IteratorChunk,
    Key,
    KeyHost,
    Number,
    Row,
    Rows,
    StaticInfo,
    StaticInfoReply,
    VirtualServer,
    VirtualServersReply,
)

_LIFETIME_SECONDS = 600
"""How long an unused iterator or accessor may live; the reference's own examples use it."""

_KEY_ATTRIBUTES = [
    "KLLIC_SERIAL",
    "KLLIC_PROD_NAME",
    "KLLIC_KEY_TYPE",
    "KLLIC_LIMIT_DATE",
    "KLLIC_LICTYPE_IS_SUBSCRIPTION",
    "KLLIC_SUBSCRINFO_STATE",
    "KLLIC_SUBSCRINFO_ENDDATETYPE",
    "KLLICSRV_KEY_INSTALLED",
    "KLLIC_APP_ID",
    "KLLIC_PART_NUMBER",
    "KLLIC_NHOSTS_ASCURRENT",
    "KLLIC_NHOSTS_ASNEXT",
]
_KEY_HOST_ATTRIBUTES = [
    "KLLICSRV_HOSTNAME",
    "KLLICSRV_HOSTDN",
    "KLLICSRV_HOST_CURRENT",
    "KLLICSRV_EXPIRATION_TIME",
    "KLLIC_LIC_IS_PENDING_SUBSCRIPTION",
]
_HOST_ATTRIBUTES = ["KLHST_WKS_HOSTNAME", "KLHST_WKS_DN", "KLHST_WKS_OS_NAME", "KLHST_WKS_CTYPE"]

_STATIC_INFO = encode({"pValues": None})  # null, not names: names would ask for another set of values (reference 3.7)
_ALL_VIRTUAL_SERVERS = encode({"lParentGroup": -1})
_ALL_KEYS = encode({"pFields": _KEY_ATTRIBUTES, "pFieldsToOrder": [], "pOptions": {}, "lTimeoutSec": _LIFETIME_SECONDS})
_MANAGED_HOSTS = encode(
    {
        "wstrFilter": "(KLHST_WKS_FROM_UNASSIGNED=0)",
        "vecFieldsToReturn": _HOST_ATTRIBUTES,
        "vecFieldsToOrder": [],
        "pParams": {"KLGRP_FIND_FROM_CUR_VS_ONLY": True, "KLSRVH_SLAVE_REC_DEPTH": 0},
        "lMaxLifeTime": _LIFETIME_SECONDS,
    }
)

_static_info_decoder = Decoder(StaticInfoReply)
_virtual_servers_decoder = Decoder(VirtualServersReply)
_iterator_decoder = Decoder(Iterator)
_accessor_decoder = Decoder(Accessor)
_number_decoder = Decoder(Number)

KEYS: Final = Decoder(IteratorChunk[Key])
KEY_HOSTS: Final = Decoder(IteratorChunk[KeyHost])
HOSTS: Final = Decoder(AccessorChunk[Host])


class Opened(NamedTuple):
    """A result that can now be read in chunks."""

    id: str
    announced: int
    """Rows that the server says it holds."""


def static_info(line: Line) -> StaticInfo:
    """`HostGroup.GetStaticInfo`: which server this session belongs to."""
    call = "HostGroup.GetStaticInfo"
    reply = line.ask(call, _STATIC_INFO, _static_info_decoder)
    if reply.value is None:
        raise _missing(call, "PxgRetVal")
    return reply.value


def virtual_servers(line: Line) -> list[VirtualServer]:
    """`VServers.GetVServers` of all groups."""
    call = "VServers.GetVServers"
    reply = line.ask(call, _ALL_VIRTUAL_SERVERS, _virtual_servers_decoder)
    if reply.value is None:
        raise _missing(call, "PxgRetVal")
    return [wrapped.value for wrapped in reply.value]


def open_keys(line: Line) -> Opened:
    """`LicenseKeys.EnumKeys`: every key that this server holds or that its devices report."""
    return _opened(line, "LicenseKeys.EnumKeys", _ALL_KEYS)


def open_key_hosts(line: Line, serial: str) -> Opened:
    """`LicenseKeys.AcquireKeyHosts`: the hosts that use one key."""
    arguments = {
        "pInData": {"KLLIC_SERIAL": serial},
        "pFields": _KEY_HOST_ATTRIBUTES,
        "pFieldsToOrder": [],
        "pOptions": {},
        "lTimeoutSec": _LIFETIME_SECONDS,
    }
    return _opened(line, "LicenseKeys.AcquireKeyHosts", encode(arguments))


def _opened(line: Line, call: str, arguments: bytes) -> Opened:
    reply = line.ask(call, arguments, _iterator_decoder)
    if reply.id is None:
        raise _missing(call, "wstrIterator")
    if reply.announced is None or reply.announced < 0:
        release_iterator(line, reply.id)
        raise Unreadable(call, f"its `lKeyCount` is {reply.announced}")
    return Opened(reply.id, reply.announced)


def next_items(line: Line, iterator: str, count: int, decoder: Decoder[IteratorChunk[Row]]) -> list[Row]:
    """`GroupSyncIterator.GetNextItems`: the next rows, as many as the server likes up to `count`; none at the end."""
    call = "GroupSyncIterator.GetNextItems"
    reply = line.ask(call, encode({"szwIterator": iterator, "nCount": count}), decoder)
    return _rows(call, reply.returned, reply.rows)


def release_iterator(line: Line, iterator: str) -> None:
    """`GroupSyncIterator.ReleaseIterator`; its failure changes nothing."""
    line.close_quietly("GroupSyncIterator.ReleaseIterator", encode({"szwIterator": iterator}))


def find_hosts(line: Line) -> Opened:
    """`HostGroup.FindHosts`: the managed devices of this server alone. Only a server that does not say how many is asked for their number."""
    call = "HostGroup.FindHosts"
    reply = line.ask(call, _MANAGED_HOSTS, _accessor_decoder)
    if reply.id is None:
        raise _missing(call, "strAccessor")
    try:
        return Opened(reply.id, _number_of_hosts(line, reply.id) if reply.found is None else _not_negative(call, reply.found))
    except BaseException:
        release_accessor(line, reply.id)
        raise


def _number_of_hosts(line: Line, accessor: str) -> int:
    """`ChunkAccessor.GetItemsCount`: how many rows the accessor holds."""
    call = "ChunkAccessor.GetItemsCount"
    reply = line.ask(call, encode({"strAccessor": accessor}), _number_decoder)
    if reply.value is None:
        raise _missing(call, "PxgRetVal")
    return _not_negative(call, reply.value)


def _not_negative(call: str, announced: int) -> int:
    if announced < 0:
        raise Unreadable(call, f"it announces {announced} rows")
    return announced


def items_chunk(line: Line, accessor: str, start: int, count: int) -> list[Host]:
    """`ChunkAccessor.GetItemsChunk`: rows from `start` (zero-based), as many as the server likes up to `count`."""
    call = "ChunkAccessor.GetItemsChunk"
    reply = line.ask(call, encode({"strAccessor": accessor, "nStart": start, "nCount": count}), HOSTS)
    return _rows(call, reply.returned, reply.rows)


def release_accessor(line: Line, accessor: str) -> None:
    """`ChunkAccessor.Release`; its failure changes nothing."""
    line.close_quietly("ChunkAccessor.Release", encode({"strAccessor": accessor}))


def _rows(call: str, returned: int | None, rows: Rows[Row]) -> list[Row]:
    items = [wrapped.value for wrapped in rows.items]
    if returned != len(items):
        raise Unreadable(call, f"it says that it holds {returned} rows, and holds {len(items)}")
    return items


def _missing(call: str, member: str) -> Unreadable:
    return Unreadable(call, f"`{member}` is missing")
