"""Reading a list to the end that its server announced (L1; KSC Open API reference 2.2).

Neither `bEOF` nor a short chunk is believed. A list is read until it holds the announced number of rows or a chunk is empty, in at most
one call more than rows are announced. Fewer rows than announced: the list is read once more from the start. The same rows again are taken,
with a notice; others are not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from msgspec.json import Decoder

from tallybridge.billing.model import Notice
from tallybridge.billing.reasons import Reason
from tallybridge.sources.ksc import calls
from tallybridge.sources.ksc.errors import BAD_FORMAT, ApiRefusal, Unreadable
from tallybridge.sources.ksc.line import Line
from tallybridge.sources.ksc.replies import Host, IteratorChunk, Key, KeyHost, Row

T = TypeVar("T")

_RECOMMENDED_CHUNK = 50


class Listing(NamedTuple, Generic[Row]):
    """The rows of a list, and a notice where their number is not the announced one."""

    rows: list[Row]
    notice: Notice | None


class _Read(NamedTuple, Generic[Row]):
    rows: list[Row]
    announced: int


def read_keys(line: Line, chunk: int) -> Listing[Key]:
    """Reads every key of the server."""
    return _settled("licenses", "LicenseKeys.EnumKeys", lambda: _read_iterator(line, calls.open_keys, chunk, calls.KEYS))


def read_key_hosts(line: Line, serial: str, chunk: int) -> Listing[KeyHost]:
    """Reads every use of one key."""
    return _settled(
        serial,
        "LicenseKeys.AcquireKeyHosts",
        lambda: _read_iterator(line, lambda line: calls.open_key_hosts(line, serial), chunk, calls.KEY_HOSTS),
    )


def read_hosts(line: Line, chunk: int) -> Listing[Host]:
    """Reads every managed device of the server."""
    return _settled("devices", "HostGroup.FindHosts", lambda: _read_accessor(line, chunk))


def _settled(subject: str, call: str, read: Callable[[], _Read[Row]]) -> Listing[Row]:
    read_or_restart = _restarting_once(read)
    first = read_or_restart()
    if len(first.rows) == first.announced:
        return Listing(first.rows, None)
    second = read_or_restart()
    if Counter(first.rows) != Counter(second.rows):
        raise Unreadable(call, f"it announced {first.announced} rows, sent {len(first.rows)}, and when read once more {len(second.rows)} others")
    return Listing(second.rows, Notice(reason=Reason.COUNT_DIFFERS, subject=subject, expected=first.announced, received=len(first.rows)))


def _restarting_once(read: Callable[[], T]) -> Callable[[], T]:
    """Returns a reading that starts again when its iterator has expired on the server: once in all, however often it is read."""
    restarts_left = 1

    def reading() -> T:
        nonlocal restarts_left
        try:
            return read()
        except ApiRefusal as refusal:
            if not refusal.not_found or not restarts_left:
                raise
            restarts_left -= 1
            return read()

    return reading


def _read_iterator(line: Line, open_list: Callable[[Line], calls.Opened], chunk: int, decoder: Decoder[IteratorChunk[Row]]) -> _Read[Row]:
    iterator, announced = open_list(line)
    rows: list[Row] = []
    try:
        for _ in range(announced + 1):
            if len(rows) >= announced:
                break
            try:
                items = calls.next_items(line, iterator, chunk, decoder)
            except ApiRefusal as refusal:
                if refusal.identity != BAD_FORMAT or chunk <= _RECOMMENDED_CHUNK:
                    raise
                # A larger chunk than the recommended one is a wish that a server may refuse; nothing was read by the refused call.
                chunk = _RECOMMENDED_CHUNK
                continue
            if not items:
                break
            rows += items
    finally:
        calls.release_iterator(line, iterator)
    _refuse_surplus("GroupSyncIterator.GetNextItems", rows, announced)
    return _Read(rows, announced)


def _read_accessor(line: Line, chunk: int) -> _Read[Host]:
    accessor, announced = calls.find_hosts(line)
    rows: list[Host] = []
    try:
        for _ in range(announced + 1):
            if len(rows) >= announced:
                break
            items = calls.items_chunk(line, accessor, len(rows), chunk)
            if not items:
                break
            rows += items
    finally:
        calls.release_accessor(line, accessor)
    _refuse_surplus("ChunkAccessor.GetItemsChunk", rows, announced)
    return _Read(rows, announced)


def _refuse_surplus(call: str, rows: list[Row], announced: int) -> None:
    if len(rows) > announced:
        raise Unreadable(call, f"{announced} rows were announced, and {len(rows)} came")
