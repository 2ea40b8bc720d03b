"""Rows of a reply: the attributes asked for, taken from a record, with the scenario's raw attributes laid over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, Protocol, TypeVar

from tallybridge.sandbox.ksc.values import container


class WithAttributes(Protocol):
    """A scenario record that carries raw attributes."""

    attributes: dict[str, Any]


Record = TypeVar("Record", bound=WithAttributes)
Getters = Mapping[str, Callable[[Record], object]]


class RowMaker(Generic[Record]):
    """Makes rows with exactly the fields asked for; attributes that are NULL or unknown are missing (reference 1.10)."""

    def __init__(self, getters: Getters[Record], fields: list[str]) -> None:
        self._fields = fields
        self._known = [(name, getters[name]) for name in fields if name in getters]

    def row(self, record: Record) -> dict[str, Any]:
        """The bare attributes of one record."""
        values: dict[str, Any] = {}
        for name, getter in self._known:
            value = getter(record)
            if value is not None:
                values[name] = value
        if record.attributes:
            for name in self._fields:
                if name in record.attributes:
                    values[name] = record.attributes[name]
            return {name: value for name, value in values.items() if value is not None}
        return values

    def wrapped(self, record: Record) -> dict[str, Any]:
        """The attributes as a container, as they stand in an array."""
        return container(self.row(record))


def attribute(getters: Getters[Record], record: Record, name: str) -> object:
    """One raw attribute of a record, None when it has no value."""
    if name in record.attributes:
        return record.attributes[name]
    getter = getters.get(name)
    return getter(record) if getter is not None else None
