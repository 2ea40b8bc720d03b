"""The protocol's encoding of values (reference 1.10): what is wrapped, what is bare, and how arguments are read."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from tallybridge.sandbox.ksc.errors import bad_format

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

WRAPPED_TYPES = frozenset({"long", "datetime", "date", "binary", "float", "double", "params"})
NO_INSTANT: dict[str, Any] = {"type": "datetime", "value": ""}


def instant(moment: datetime) -> dict[str, Any]:
    """A datetime inside a container: UTC, whole seconds."""
    return {"type": "datetime", "value": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}


def container(values: Mapping[str, Any]) -> dict[str, Any]:
    """Params inside a container or an array."""
    return {"type": "params", "value": values}


def long(value: int) -> dict[str, Any]:
    """A 64-bit integer inside a container."""
    return {"type": "long", "value": value}


def double(value: float) -> dict[str, Any]:
    """A floating-point number inside a container."""
    return {"type": "double", "value": value}


def unwrapped(value: object) -> object:
    """The bare value of a wrapped one; anything else as it is (reference 1.10: both members and a known type name)."""
    if isinstance(value, dict) and value.get("type") in WRAPPED_TYPES and "value" in value:
        return value["value"]
    return value


class Arguments:
    """The named arguments of a call. Members that a method does not know are ignored; each getter raises STDE_BADFORMAT for a wrong type."""

    def __init__(self, members: Mapping[str, Any]) -> None:
        self._members = members

    def text(self, name: str) -> str:
        """A required string."""
        value = self._members.get(name)
        if not isinstance(value, str):
            raise bad_format(f"argument {name} must be a string")
        return value

    def optional_text(self, name: str) -> str:
        """A string that may be left out or null: then empty."""
        return self.text(name) if self._members.get(name) is not None else ""

    def integer(self, name: str, default: int | None = None) -> int:
        """An int or long; required where there is no default."""
        value = unwrapped(self._members.get(name, default))
        if isinstance(value, bool) or not isinstance(value, int):
            raise bad_format(f"argument {name} must be an integer")
        return value

    def names(self, name: str) -> list[str]:
        """A required array of strings."""
        value = self._members.get(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise bad_format(f"argument {name} must be an array of strings")
        return value

    def optional_names(self, name: str) -> list[str] | None:
        """An array of strings, or None when it is left out or null."""
        return None if self._members.get(name) is None else self.names(name)

    def params(self, name: str) -> Mapping[str, Any]:
        """A container; bare as documented, wrapped accepted too (our choice), empty when left out or null."""
        value = unwrapped(self._members.get(name))
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise bad_format(f"argument {name} must be a params object")
        return value

    def optional_columns(self, name: str) -> list[Any]:
        """An array of anything, empty when left out or null."""
        value = self._members.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise bad_format(f"argument {name} must be an array")
        return value
