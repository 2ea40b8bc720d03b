"""Where in the text of a configuration file a table or a setting stands, found by a light scan: a help for people, never a reason to refuse."""

from __future__ import annotations

import re

HEADER = re.compile(r"""^\s*(\[\[?)\s*["']?([A-Za-z0-9_-]+)["']?\s*\]\]?\s*(?:#.*)?$""")
KEY = re.compile(r"""^\s*["']?([A-Za-z0-9_-]+)["']?\s*=""")
LONG_TEXT_MARKS = ('"""', "'''")


class Places:
    """Line numbers of one file, and how a place is spelled for people."""

    def __init__(self, text: str = "") -> None:
        self._tables: dict[tuple[str, int], int] = {}
        self._settings: dict[tuple[str, int, str], int] = {}
        self._scan(text)

    def _scan(self, text: str) -> None:
        table, number = "", 1
        counts: dict[str, int] = {}
        open_mark = ""
        for line_number, line in enumerate(text.split("\n"), start=1):
            if open_mark:
                if open_mark in line:
                    open_mark = ""
                continue
            if header := HEADER.match(line):
                table = header[2]
                counts[table] = counts.get(table, 0) + 1
                number = counts[table] if header[1] == "[[" else 1
                self._tables.setdefault((table, number), line_number)
            elif key := KEY.match(line):
                self._settings.setdefault((table, number, key[1]), line_number)
            open_mark = next((mark for mark in LONG_TEXT_MARKS if line.count(mark) % 2), "")

    def table(self, name: str) -> str:
        """A table that stands once: `[source] (line 8)`."""
        return f"[{name}]{_line(self._tables.get((name, 1)))}"

    def setting(self, table: str, setting: str) -> str:
        """A setting of such a table: `source.max_sessions (line 14)`."""
        return f"{table}.{setting}{_line(self._settings.get((table, 1, setting)))}"

    def entry(self, table: str, number: int) -> str:
        """The n-th of a repeated table, counted from 1: `[[link]] number 3 (line 41)`."""
        return f"[[{table}]] number {number}{_line(self._tables.get((table, number)))}"

    def entry_setting(self, table: str, number: int, setting: str) -> str:
        """A setting of it: `[[link]] number 3, account (line 43)`."""
        line = self._settings.get((table, number, setting), self._tables.get((table, number)))
        return f"[[{table}]] number {number}, {setting}{_line(line)}"

    def top(self, key: str) -> str:
        """Something that stands outside every known table."""
        return f"{key}{_line(self._tables.get((key, 1), self._settings.get(('', 1, key))))}"


def _line(number: int | None) -> str:
    return f" (line {number})" if number is not None else ""
