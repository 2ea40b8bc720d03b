"""The values of an entry in words, for the bar of pending changes and the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def values_in_words(table: str, entry: Mapping[str, Any] | None) -> str:
    """What an entry says, without what it is about; "none" where there is none."""
    if entry is None:
        return "none"
    if table == "link":
        agreement = entry.get("agreement")
        billing = "billing on" if entry.get("billing", True) else "billing off"
        return f"account {entry.get('account', '?')}, {f'agreement {agreement}' if agreement is not None else 'no agreement'}, {billing}"
    about = "application" if table == "mapping" else "name"
    said = [f"{name.replace('_', ' ')} {_value(value)}" for name, value in entry.items() if name != about]
    return ", ".join(said) or "nothing"


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        return " or ".join(_value(one) for one in value)
    if isinstance(value, dict):
        return " ".join(f"{name.replace('_', ' ')} “{one}”" for name, one in value.items())
    return str(value)
