"""The simple kinds of values a setting can have: how each is read from a file, written back, and described to a person.

Each kind has `expected` (a phrase for people), `read` (file → record; raises `Unfit`) and `write` (record → file).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from difflib import get_close_matches
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

LONGEST_SHOWN_TEXT = 80


class Unfit(Exception):
    """A value that its setting cannot take."""

    def __init__(self, found: str, *, expected: str | None = None, advice: str = "") -> None:
        super().__init__(found)
        self.found = found
        self.expected = expected
        self.advice = advice


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """What a value may need to know about the place it stands in."""

    place: str
    folder: Path
    """Folder of the configuration file: relative paths start there."""
    readable_by_others: str | None = None
    """Why a secret in clear text is refused in this file; None where it is accepted."""
    canonical: bool = False
    """Read from our own canonical form, where secrets are always references."""


class Kind(Protocol):
    """A kind of value."""

    @property
    def expected(self) -> str:
        """What a person should write, as a phrase."""
        ...

    def read(self, raw: object, where: Where) -> object:
        """The record's value for the file's value. Raises Unfit."""
        ...

    def write(self, value: object) -> object:
        """The file's value for the record's value."""
        ...


def shown(text: str) -> str:
    """The text, safe for a terminal, cut where it is long."""
    letters = "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text[:LONGEST_SHOWN_TEXT])
    return f"{letters}{'…' if len(text) > LONGEST_SHOWN_TEXT else ''}"


def quoted(text: str) -> str:
    """The same in quotation marks."""
    return f'"{shown(text)}"'


def type_of(raw: object) -> str:
    """What sort of value was found, without the value."""
    match raw:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case dict():
            return "a table"
        case date() | time():
            return "a date or time"
        case _:
            return "a value of another type"


def described(raw: object) -> str:
    """What was found, with the value where it is short and simple. Not for secrets."""
    match raw:
        case bool():
            return "true" if raw else "false"
        case int() | float():
            return f"the number {raw}" if abs(raw) < 2**63 else "a number out of range"
        case str():
            return f"the text {quoted(raw)}" if raw.strip() else "an empty text"
        case _:
            return type_of(raw)


def choices(values: Sequence[str]) -> str:
    """Allowed values as a phrase."""
    return " or ".join(f'"{value}"' for value in values)


def suggestion(given: str, allowed: Sequence[str], *, cutoff: float = 0.6) -> str:
    """`Did you mean "…"?`, or "" where nothing allowed is near."""
    by_folded = {value.casefold(): value for value in allowed}
    near = get_close_matches(given.casefold(), by_folded, n=1, cutoff=cutoff)
    return f'Did you mean "{by_folded[near[0]]}"?' if near else ""


@dataclass(frozen=True, slots=True)
class Text:
    """A text with at least one visible character, kept letter by letter."""

    expected: str = "a text in quotation marks, not empty"

    def read(self, raw: object, where: Where) -> str:  # noqa: ARG002 - every kind has one signature
        if not isinstance(raw, str) or not raw.strip():
            raise Unfit(described(raw))
        if "\0" in raw:
            raise Unfit(f"{described(raw)}, which has a NUL character in it")
        return raw

    def write(self, value: object) -> object:
        return value


@dataclass(frozen=True, slots=True)
class WholeNumber:
    """An integer within bounds."""

    minimum: int
    maximum: int | None = None

    @property
    def expected(self) -> str:
        if self.maximum is None:
            return f"a whole number, {self.minimum} or more"
        return f"a whole number from {self.minimum} to {self.maximum}"

    def read(self, raw: object, where: Where) -> int:  # noqa: ARG002
        if not isinstance(raw, int) or isinstance(raw, bool) or raw < self.minimum or raw > (self.maximum or 2**63 - 1):
            raise Unfit(described(raw))
        return raw

    def write(self, value: object) -> object:
        return value


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time in a unit, whole or not."""

    unit: str
    minimum: float
    maximum: int

    @property
    def expected(self) -> str:
        return f"a number of {self.unit} from {self.minimum:g} to {self.maximum}"

    def read(self, raw: object, where: Where) -> float:  # noqa: ARG002
        if not isinstance(raw, int | float) or isinstance(raw, bool) or not self.minimum <= raw <= self.maximum:
            raise Unfit(described(raw))
        return int(raw) if raw == int(raw) else raw

    def write(self, value: object) -> object:
        return value


@dataclass(frozen=True, slots=True)
class Flag:
    """Yes or no."""

    expected: str = "true or false, without quotation marks"

    def read(self, raw: object, where: Where) -> bool:  # noqa: ARG002
        if not isinstance(raw, bool):
            raise Unfit(described(raw))
        return raw

    def write(self, value: object) -> object:
        return value


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words; enumeration members come back as members."""

    allowed: tuple[str, ...]

    @property
    def expected(self) -> str:
        return choices(self.allowed)

    def read(self, raw: object, where: Where) -> str:  # noqa: ARG002
        for value in self.allowed:
            if isinstance(raw, str) and value == raw:
                return value
        raise Unfit(described(raw), advice=suggestion(raw, self.allowed) if isinstance(raw, str) else "")

    def write(self, value: object) -> object:
        return str(value)


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """A local time of day, to the minute."""

    expected: str = 'a time of day as "HH:MM" in quotation marks, "00:00" to "23:59"'

    def read(self, raw: object, where: Where) -> time:  # noqa: ARG002
        if isinstance(raw, str) and re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", raw):
            return time(int(raw[:2]), int(raw[3:]))
        raise Unfit(described(raw))

    def write(self, value: object) -> object:
        assert isinstance(value, time)
        return value.strftime("%H:%M")


@dataclass(frozen=True, slots=True)
class TimeZone:
    """A time zone of the IANA database."""

    expected: str = 'the name of a time zone, such as "Europe/Berlin" or "America/New_York"'

    def read(self, raw: object, where: Where) -> str:  # noqa: ARG002
        if not isinstance(raw, str) or not raw.strip():
            raise Unfit(described(raw))
        try:
            ZoneInfo(raw)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            near = near_time_zones(raw)
            advice = f"Near names: {', '.join(near)}." if near else ""
            raise Unfit(f"{quoted(raw)}, which is not a known time zone", advice=advice) from None
        return raw

    def write(self, value: object) -> object:
        return value


def near_time_zones(name: str) -> tuple[str, ...]:
    """Up to three time zones that are spelled nearly so, or whose city is."""
    zones = sorted(available_timezones(), key=lambda zone: ("/" not in zone, zone))
    by_name = {zone.casefold(): zone for zone in reversed(zones)}
    by_city = {zone.rpartition("/")[2].casefold(): zone for zone in reversed(zones)}
    wanted = name.strip().replace(" ", "_").casefold()
    near = [by_name[hit] for hit in get_close_matches(wanted, by_name, n=3, cutoff=0.75)]
    near += [by_city[hit] for hit in get_close_matches(wanted.rpartition("/")[2], by_city, n=3, cutoff=0.8)]
    return tuple(dict.fromkeys(near))[:3]


@dataclass(frozen=True, slots=True)
class TwoNames:
    """Two names in a list."""

    expected: str = 'a list of two texts, such as ["PageSize", "StartRow"]'

    def read(self, raw: object, where: Where) -> tuple[str, str]:  # noqa: ARG002
        match raw:
            case [str(first), str(second)] if first.strip() and second.strip() and first != second:
                return first, second
            case _:
                raise Unfit(described(raw))

    def write(self, value: object) -> object:
        assert isinstance(value, tuple)
        return list(value)
