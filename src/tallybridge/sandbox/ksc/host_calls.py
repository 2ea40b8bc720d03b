"""HostGroup's host methods and ChunkAccessor (reference 3.1, 3.2, 3.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tallybridge.sandbox.ksc.calls import ITERATOR_ARRAY, Answer, Context, Method
from tallybridge.sandbox.ksc.errors import bad_format, not_found
from tallybridge.sandbox.ksc.filters import parse_filter
from tallybridge.sandbox.ksc.host_attributes import host_getters, search_lookup
from tallybridge.sandbox.ksc.rows import Getters, RowMaker, attribute
from tallybridge.sandbox.ksc.sessions import ResultSet
from tallybridge.sandbox.ksc.values import unwrapped

if TYPE_CHECKING:
    from tallybridge.sandbox.scenario_records import Host


def find_hosts(call: Context) -> Answer:
    """Opens an accessor over the hosts of the session's server that pass the filter.

    Our choice: the main server's session returns the main server's own hosts, whatever KLGRP_FIND_FROM_CUR_VS_ONLY says.
    """
    getters = host_getters(call.server)
    test = parse_filter(call.arguments.optional_text("wstrFilter"), call.now)
    hosts = [host for host in call.server.record.hosts if test(search_lookup(call.server, getters, host))]
    for name, ascending in reversed(_order(call)):
        hosts.sort(key=lambda host, name=name: _sortable(attribute(getters, host, name)), reverse=not ascending)  # type: ignore[misc]
    maker: RowMaker[Host] = RowMaker(getters, call.kept_fields(call.arguments.names("vecFieldsToReturn")))
    result = ResultSet(hosts, maker.wrapped, call.arguments.integer("lMaxLifeTime", 0), call.now)
    return {"strAccessor": call.session.keep(result), "PxgRetVal": len(hosts)}


def get_host_info(call: Context) -> Answer:
    """The attributes asked for, of one host."""
    host = call.server.hosts.get(call.arguments.text("strHostName"))
    if host is None:
        raise not_found(call.arguments.text("strHostName"))
    getters: Getters[Host] = host_getters(call.server)
    return {"PxgRetVal": RowMaker(getters, call.arguments.names("pFields2Return")).row(host)}


def get_items_count(call: Context) -> Answer:
    """How many rows an accessor has."""
    return {"PxgRetVal": len(call.session.result(call.arguments.text("strAccessor"), call.now))}


def get_items_chunk(call: Context) -> Answer:
    """Rows of an accessor from a zero-based place."""
    result = call.session.result(call.arguments.text("strAccessor"), call.now)
    rows = result.range(call.arguments.integer("nStart"), call.arguments.integer("nCount"), short=call.suffers("short_chunks"))
    return {"PxgRetVal": len(rows), "pChunk": {ITERATOR_ARRAY: rows}}


def release(call: Context) -> Answer:
    """Forgets an accessor."""
    call.session.release(call.arguments.text("strAccessor"))
    return {}


def _order(call: Context) -> list[tuple[str, bool]]:
    columns = call.arguments.optional_columns("vecFieldsToOrder")
    order: list[tuple[str, bool]] = []
    for column in columns:
        fields = unwrapped(column)
        if not isinstance(fields, dict) or not isinstance(fields.get("Name"), str):
            raise bad_format("argument vecFieldsToOrder must hold {Name, Asc}")
        order.append((fields["Name"], bool(fields.get("Asc", True))))
    return order


def _sortable(raw: object) -> tuple[bool, float, str]:
    value: Any = unwrapped(raw)
    if isinstance(value, int | float):
        return (True, float(value), "")
    return (value is not None, 0.0, "" if value is None else str(value).casefold())


HOST_CALLS: dict[str, Method] = {
    "HostGroup.FindHosts": find_hosts,
    "HostGroup.GetHostInfo": get_host_info,
    "ChunkAccessor.GetItemsCount": get_items_count,
    "ChunkAccessor.GetItemsChunk": get_items_chunk,
    "ChunkAccessor.Release": release,
}
