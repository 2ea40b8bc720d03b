"""Places of a configuration that no file holds, named as people know them: "the link of “Contoso”" in place of "[[link]] number 3"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tallybridge.configuration.places import Places


class NamedPlaces(Places):
    """Names entries of repeated tables by what they are about; settings of single tables keep their names, such as `source.url`."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Takes the plain document that is going to be read."""
        super().__init__()
        self._document = document

    def entry(self, table: str, number: int) -> str:
        """The n-th of a repeated table, counted from 1."""
        entries = self._document.get(table, ())
        entry = entries[number - 1] if isinstance(entries, list | tuple) and 0 < number <= len(entries) else None
        return entry_in_words(table, entry) if isinstance(entry, dict) else super().entry(table, number)

    def entry_setting(self, table: str, number: int, setting: str) -> str:
        """A setting of it."""
        return f"{self.entry(table, number)}, {setting}"


def entry_in_words(table: str, entry: Mapping[str, Any]) -> str:
    """What an entry of a repeated table is about."""
    match table:
        case "link":
            return f"the link of “{entry.get('tenant') or entry.get('tenant_id') or '?'}”"
        case "mapping":
            return f"the mapping of “{entry.get('application', '?')}”"
        case _:
            return f"{table} “{entry.get('name', '?')}”"
