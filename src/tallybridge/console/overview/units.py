"""The chart of units per day over all customers, with the same figures as a table. What was counted on a past day is asked of the ledger once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from tallybridge.console.charts import PublishedChart, Series, publish, units_per_day
from tallybridge.console.naming import short_name
from tallybridge.ledger.counted_days import units_counted_on
from tallybridge.ledger.known_days import KnownDays

SPANS = (31, 90)
"""Days that a person can choose from."""
_NAMED = 6
"""Applications with a line of their own; the rest is one line."""
OTHERS = "Other applications"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsPerDay:
    """Units of each application on each day, as a chart and as rows, the newest first."""

    names: tuple[str, ...]
    rows: tuple[tuple[date, tuple[int, ...], int], ...]
    """A day, the units of each name, and all of them."""
    chart: PublishedChart
    said: str
    """What the chart shows, in words."""


_days = KnownDays(units_counted_on, most=2000)


def read_units(integration: str, today: date, span: int) -> UnitsPerDay | None:
    """The last `span` days up to today; None where nothing was counted on any of them.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    counted = {day: units for day, units in sorted(_days.of(integration, today - timedelta(days=span - 1)).items()) if units and day <= today}
    if not counted:
        return None
    newest = counted[max(counted)]
    every = {name for units in counted.values() for name in units}
    ordered = sorted(every, key=lambda name: (-newest.get(name, 0), name))
    named = ordered if len(ordered) <= _NAMED + 1 else ordered[:_NAMED]
    others = len(ordered) > len(named)
    names = (*named, OTHERS) if others else tuple(named)
    rows = {day: _row(units, named, others=others) for day, units in counted.items()}
    series = [Series(name=short_name(name), points=tuple((day, units[place]) for day, units in rows.items())) for place, name in enumerate(names)]
    first, last = min(counted), max(counted)
    said = f"Units counted on each day from {first} to {last}; {sum(rows[last])} on the last. The table below has every figure."
    return UnitsPerDay(
        names=names,
        rows=tuple((day, units, sum(units)) for day, units in reversed(rows.items())),
        chart=publish(units_per_day(series)),
        said=said,
    )


def _row(units: Mapping[str, int], named: list[str], *, others: bool) -> tuple[int, ...]:
    own = tuple(units.get(name, 0) for name in named)
    return (*own, sum(units.values()) - sum(own)) if others else own
