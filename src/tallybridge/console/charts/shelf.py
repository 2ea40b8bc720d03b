"""Charts in memory, by content address: a page publishes a description, the browser fetches its drawing. The same data is drawn once."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import Generic, NamedTuple, TypeVar

import msgspec

from tallybridge.console.charts.drawing import Size, Spec, draw
from tallybridge.console.charts.palette import Scheme

_KEPT = 1000
_Value = TypeVar("_Value")


class PublishedChart(NamedTuple):
    """A chart that a page can show."""

    address: str
    """SHA-256 of its description, as hexadecimal digits."""


class _Shelf(Generic[_Value]):
    """So many of the newest values; the one that was asked for longest ago goes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: OrderedDict[str, _Value] = OrderedDict()

    def get(self, key: str) -> _Value | None:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: str, value: _Value) -> None:
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > _KEPT:
                self._values.popitem(last=False)


_specs: _Shelf[Spec] = _Shelf()
_drawings: _Shelf[bytes] = _Shelf()


def publish(spec: Spec) -> PublishedChart:
    """Makes a chart available under the address of its content."""
    address = hashlib.sha256(msgspec.json.encode(spec, order="deterministic")).hexdigest()
    _specs.put(address, spec)
    return PublishedChart(address)


def drawing_of(address: str, scheme: Scheme, size: Size) -> bytes | None:
    """The SVG of a published chart; None where this process does not know it (any more): the page that shows it must be loaded again."""
    key = f"{address} {scheme} {size}"
    drawn = _drawings.get(key)
    if drawn is None and (spec := _specs.get(address)) is not None:
        drawn = draw(spec, scheme, size)
        _drawings.put(key, drawn)
    return drawn
