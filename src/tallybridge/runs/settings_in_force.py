"""Each setting of a configuration in force, and where it comes from: a line of a file, the default, or the ledger. Never a secret (L11)."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from tallybridge.configuration.document import document_of
from tallybridge.configuration.places import Places
from tallybridge.runs.configuring import Configured


class SettingInForce(NamedTuple):
    """One setting. `value` is a TOML value; a secret is the reference to its place."""

    setting: str
    """For example `source.url`, or `[[link]] number 2, account`."""
    value: Any
    origin: str


def settings_in_force(configured: Configured, *, of_each_entry: bool = True) -> tuple[SettingInForce, ...]:
    """Every setting that has a value, defaults included, in the order of the file's tables.

    Args:
        of_each_entry: also those of links, applications and mappings, of which there may be thousands.
    """
    origin = _origins(configured.origin)
    configuration = configured.configuration if of_each_entry else replace(configured.configuration, links=(), applications=(), mappings=())
    return tuple(_settings(document_of(configuration), origin))


Origin = Callable[[str, int, str], str]
"""Gives the origin of a setting by its table, its number there (1 for a table that stands once) and its name."""


def _settings(document: dict[str, Any], origin: Origin) -> Iterator[SettingInForce]:
    plain = Places()
    for table, content in document.items():
        if isinstance(content, dict):
            yield from (SettingInForce(f"{table}.{name}", value, origin(table, 1, name)) for name, value in content.items())
            continue
        for number, entry in enumerate(content, start=1):
            for name, value in entry.items():
                yield SettingInForce(plain.entry_setting(table, number, name), value, origin(table, number, name))


@lru_cache(maxsize=4)
def _parsed(text: str) -> tuple[dict[str, Any], Places]:
    """A page asks for it each time, and a file with thousands of links takes its time."""
    return tomllib.loads(text), Places(text)


def _origins(declared_by: str) -> Origin:
    file = Path(declared_by)
    if not file.is_file():
        return lambda *_: declared_by
    document, places = _parsed(file.read_text(encoding="utf-8-sig"))

    def origin(table: str, number: int, name: str) -> str:
        content = document.get(table, {})
        entry = content[number - 1] if isinstance(content, list) else content
        if name not in entry:
            return "default"
        place = places.setting(table, name) if isinstance(content, dict) else places.entry_setting(table, number, name)
        return f"{declared_by}{place[place.rindex(' (') :] if place.endswith(')') else ''}"

    return origin
