"""Cells of a spreadsheet or a CSV file → values: text, instants, words and yes or no, in the styles that spreadsheets really write.

What could be read in two ways is not guessed: `Unfit` says what was expected instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from types import MappingProxyType

from tallybridge.billing.model import DeviceForm, LicenseKind, LicenseState

Cell = str | float | int | bool | date | datetime | time | timedelta
"""Everything that a cell can hold; CSV has text only, and an empty cell is ""."""

_INSTANT = re.compile(
    r"(?:(?P<y1>[0-9]{4})[-/](?P<m1>[0-9]{1,2})[-/](?P<d1>[0-9]{1,2})|(?P<d2>[0-9]{1,2})\.(?P<m2>[0-9]{1,2})\.(?P<y2>[0-9]{4})"
    r"|(?P<a>[0-9]{1,2})[-/](?P<b>[0-9]{1,2})[-/](?P<y3>[0-9]{4}))"
    r"(?P<clock>[T ,]\s*(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?)?"
    r"\s*(?P<zone>[Zz]|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})?"
)
_SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]+")
_ERRORS = frozenset({"#N/A", "#NAME?", "#REF!", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#NV", "#BEZUG!", "#WERT!", "####"})
_EXACT_IN_A_SPREADSHEET = 10**15
_INSTANT_FORMS = "an instant, as 2026-11-22T01:00:00Z or 22.11.2026 01:00 (UTC)"
_NEVER = frozenset({"", "never", "unlimited"})
_TRUTHS = MappingProxyType({"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False})
_KINDS = MappingProxyType({kind.value: kind for kind in LicenseKind if kind is not LicenseKind.OTHER})
_STATES = MappingProxyType({**{state.value: state for state in LicenseState if state is not LicenseState.OTHER}, "cancelled": LicenseState.CANCELED})
_FORMS = MappingProxyType({form.value: form for form in DeviceForm})


class Unfit(Exception):
    """A cell that is not what it has to be; the text says what was expected."""


def is_blank(cell: Cell) -> bool:
    """Whether a cell holds nothing, or only blanks."""
    return isinstance(cell, str) and not cell.strip()


def all_blank(cells: Sequence[Cell]) -> bool:
    """Whether all of several cells are blank; quick where they are quite empty, as in most rows."""
    return cells.count("") == len(cells) or all(map(is_blank, cells))


def text_of(cell: Cell) -> str:
    """The text of a cell without blanks around it, "" for an empty one; a whole number is its digits.

    Raises:
        Unfit: a formula, a spreadsheet's error, a date, yes or no, or a number that a spreadsheet cannot hold exactly.
    """
    if isinstance(cell, str):
        text = cell.strip()
        if text[:1] == "=" or text in _ERRORS:
            raise Unfit("a plain value, no formula and no error of the spreadsheet")
        if "\0" in text:
            raise Unfit("text without NUL characters")
        return text
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        if float(cell).is_integer() and abs(cell) < _EXACT_IN_A_SPREADSHEET:
            return str(int(cell))
        raise Unfit("text; enter it again in a column formatted as text, because a spreadsheet holds only 15 digits of a number")
    raise Unfit("text; enter it again in a column formatted as text")


def identity_of(cell: Cell) -> str:
    """A text that must be there and whole, as an id.

    Raises:
        Unfit: as `text_of`; nothing; or a number that a spreadsheet has shortened.
    """
    text = text_of(cell)
    if not text:
        raise Unfit("a value, because it tells one from another")
    if _SHORTENED.fullmatch(text):
        raise Unfit("all its digits, which a spreadsheet has shortened here; format the column as text before saving")
    return text


def address_of(cell: Cell) -> str:
    """The address of a mailbox, in lower case. Raises Unfit as `identity_of`."""
    return identity_of(cell).lower()


def instant_of(cell: Cell) -> datetime:
    """An instant in UTC; a date alone is its first instant, and a spreadsheet's own date has no zone and is taken as UTC.

    Raises:
        Unfit: no instant; one that can be read in two ways; or one in the ISO form without its zone, since what wrote it could have told the zone.
    """
    if isinstance(cell, datetime):
        # A spreadsheet holds an instant as a fraction of a day, which comes back some microseconds off.
        return (cell.replace(tzinfo=cell.tzinfo or UTC) + timedelta(milliseconds=500)).astimezone(UTC).replace(microsecond=0)
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day, tzinfo=UTC)
    found = _INSTANT.fullmatch(cell.strip()) if isinstance(cell, str) else None
    if found is None:
        raise Unfit(_INSTANT_FORMS)
    if found["y1"] and found["clock"] and not found["zone"]:
        raise Unfit("an instant that says its zone, as 2026-11-22T01:00:00Z or 2026-11-22T02:00:00+01:00")
    year, month, day = _day_of(found)
    try:
        return (datetime(year, month, day, tzinfo=_zone_of(found["zone"])) + _clock_of(found)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Unfit(f"an instant that exists ({error})") from error


def expiry_of(cell: Cell) -> datetime | None:
    """When a license expires, in UTC; None for "never", "unlimited" or an empty cell. Raises Unfit as `instant_of`."""
    if isinstance(cell, str) and cell.strip().lower() in _NEVER:
        return None
    try:
        return instant_of(cell)
    except Unfit as unfit:
        raise Unfit(f"{unfit}, or never") from unfit


def kind_of(cell: Cell) -> LicenseKind:
    """The kind of a license (contracts 5). Raises Unfit."""
    kind = _KINDS.get(_word(cell))
    if kind is None:
        raise Unfit(one_of(_KINDS))
    return kind


def state_of(cell: Cell) -> LicenseState:
    """The state of a license (contracts 5). Raises Unfit."""
    state = _STATES.get(_word(cell))
    if state is None:
        raise Unfit("active, paused or canceled")
    return state


def form_of(cell: Cell) -> DeviceForm:
    """The type of a device (contracts 5). Raises Unfit."""
    form = _FORMS.get(_word(cell))
    if form is None:
        raise Unfit(one_of(_FORMS))
    return form


def truth_of(cell: Cell) -> bool:
    """Yes or no. Raises Unfit."""
    if isinstance(cell, bool):
        return cell
    truth = _TRUTHS.get(_word(cell))
    if truth is None:
        raise Unfit("yes or no")
    return truth


def one_of(words: Iterable[str]) -> str:
    """The words as a sentence lists them: `a, b or c`."""
    *others, last = words
    return f"{', '.join(others)} or {last}"


def _word(cell: Cell) -> str:
    """One of several known words, however it is capitalized and whatever joins its parts; "" for what is no word."""
    if isinstance(cell, (str, int, float)) and not isinstance(cell, bool):
        text = cell if isinstance(cell, str) else f"{cell:g}"
        return "_".join(re.split(r"[\s_-]+", text.strip().lower()))
    return ""


def _day_of(found: re.Match[str]) -> tuple[int, int, int]:
    if found["y1"]:
        return int(found["y1"]), int(found["m1"]), int(found["d1"])
    if found["y2"]:
        return int(found["y2"]), int(found["m2"]), int(found["d2"])
    year, first, second = int(found["y3"]), int(found["a"]), int(found["b"])
    if first > 12 or first == second:
        return year, second, first
    if second > 12:
        return year, first, second
    raise Unfit(
        f"a date that can be read in one way only, as {year}-{first:02}-{second:02} or {year}-{second:02}-{first:02}: "
        "day and month may stand in either order here"
    )


def _clock_of(found: re.Match[str]) -> timedelta:
    if not found["clock"]:
        return timedelta()
    hour = int(found["hour"])
    if found["half"]:
        if not 1 <= hour <= 12:
            raise Unfit(_INSTANT_FORMS)
        hour = hour % 12 + (12 if found["half"] in "Pp" else 0)
    clock = time(hour, int(found["minute"]), int(found["second"] or 0), int((found["fraction"] or "")[:6].ljust(6, "0")))
    return timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second, microseconds=clock.microsecond)


def _zone_of(zone: str | None) -> timezone:
    if not zone or not zone.startswith(("+", "-")):
        return UTC
    away = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return timezone(away if zone[0] == "+" else -away)
