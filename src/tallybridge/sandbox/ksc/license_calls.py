"""LicenseKeys and GroupSyncIterator (reference 2.1, 2.2, 2.5, 2.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallybridge.sandbox.ksc.calls import ITERATOR_ARRAY, Answer, Context, Method
from tallybridge.sandbox.ksc.errors import bad_format, no_such_call, not_found
from tallybridge.sandbox.ksc.key_attributes import key_getters, use_getters
from tallybridge.sandbox.ksc.rows import RowMaker
from tallybridge.sandbox.ksc.sessions import ResultSet
from tallybridge.sandbox.ksc.values import container

if TYPE_CHECKING:
    from tallybridge.sandbox.scenario_records import Key, Use

FIRST_VERSION_WITH_USAGE_STATISTICS = 16


def enum_keys(call: Context) -> Answer:
    """Opens an iterator over the keys that this server lists."""
    fields = call.kept_fields(call.arguments.names("pFields"))
    installed_only = bool(call.arguments.params("pOptions").get("KLLICSRV_ENOPT_INSTALLED_ONLY", False))
    keys = [key for key in call.server.record.keys if key.installed or not installed_only]
    maker: RowMaker[Key] = RowMaker(key_getters(call.server), fields)
    return _opened(call, ResultSet(keys, maker.wrapped, call.arguments.integer("lTimeoutSec", 0), call.now))


def acquire_key_hosts(call: Context) -> Answer:
    """Opens an iterator over the hosts of this server that use a key.

    Our choice: a serial that the server does not list is answered when a host of the server uses it, and is STDE_NOTFOUND otherwise; the main
    server's session shows its own hosts only.
    """
    serial = call.arguments.params("pInData").get("KLLIC_SERIAL")
    if not isinstance(serial, str):
        raise bad_format("argument pInData must hold KLLIC_SERIAL")
    fields = call.kept_fields(call.arguments.names("pFields"))
    uses = call.server.uses.get(serial)
    if uses is None:
        if serial not in call.server.keys:
            raise not_found(serial)
        uses = []
    maker: RowMaker[Use] = RowMaker(use_getters(call.server), fields)
    return _opened(call, ResultSet(uses, maker.wrapped, call.arguments.integer("lTimeoutSec", 0), call.now))


def get_key_data(call: Context) -> Answer:
    """All attributes of one key: more than was asked for, as observed (reference 2.6)."""
    asked = call.arguments.params("pKeyInfo")
    key = call.server.keys.get(str(asked.get("KLLIC_SERIAL")))
    if key is None:
        raise not_found(str(asked.get("KLLIC_SERIAL")))
    getters = key_getters(call.server)
    maker: RowMaker[Key] = RowMaker(getters, [*dict.fromkeys([*getters, *asked, *key.attributes])])
    return {"PxgRetVal": maker.row(key)}


def acquire_key_usage_statistics(call: Context) -> Answer:
    """Use of a key on each server. Only in version 16; the names in the containers are not known: ours are borrowed (our choice)."""
    if call.fleet.version[:1] < (FIRST_VERSION_WITH_USAGE_STATISTICS,):
        raise no_such_call("LicenseKeys.AcquireKeyUsageStatistics")
    serial = call.arguments.text("wstrSerial")
    rows = [
        container(
            {
                "KLVSRV_ID": server.id,
                "KLVSRV_DN": server.record.name,
                "KLLIC_NHOSTS_ASCURRENT": server.key_use_count(serial, current=True),
                "KLLIC_NHOSTS_ASNEXT": server.key_use_count(serial, current=False),
            }
        )
        for server in [call.fleet.main, *call.fleet.virtual_servers]
        if serial in server.keys or serial in server.uses
    ]
    return {"PxgRetVal": rows}


def get_next_items(call: Context) -> Answer:
    """The next rows of an iterator. `bEOF` is true at the end, the sample's reading of two contradicting ones (our choice, reference 2.2)."""
    result = call.session.result(call.arguments.text("szwIterator"), call.now)
    rows, end = result.next(call.arguments.integer("nCount"), short=call.suffers("short_chunks"))
    return {"PxgRetVal": len(rows), "bEOF": end is not call.suffers("reverse_eof"), "pData": {ITERATOR_ARRAY: rows}}


def release_iterator(call: Context) -> Answer:
    """Forgets an iterator."""
    call.session.release(call.arguments.text("szwIterator"))
    return {}


def _opened(call: Context, result: ResultSet) -> Answer:
    return {"lKeyCount": len(result), "wstrIterator": call.session.keep(result)}


LICENSE_CALLS: dict[str, Method] = {
    "LicenseKeys.EnumKeys": enum_keys,
    "LicenseKeys.AcquireKeyHosts": acquire_key_hosts,
    "LicenseKeys.GetKeyData": get_key_data,
    "LicenseKeys.AcquireKeyUsageStatistics": acquire_key_usage_statistics,
    "GroupSyncIterator.GetNextItems": get_next_items,
    "GroupSyncIterator.ReleaseIterator": release_iterator,
}
