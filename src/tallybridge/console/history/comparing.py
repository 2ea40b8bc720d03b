"""Two days, or two runs, side by side: what each line was counted and charged at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from tallybridge.ledger import day_lines
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger.day_lines import LineOnDay
from tallybridge.ledger.errors import RunAmbiguous
from tallybridge.runs.standing_runs import concerns_prescribed


class NothingToCompare(Exception):
    """What was asked for is neither a date nor a run; the text says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A day or a run, with its lines."""

    asked: str
    name: str
    run: str | None
    """The run's id; None for a day."""
    lines: Mapping[tuple[int, str], LineOnDay]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One line on both sides; None where a side did not plan it."""

    tenant: str
    agreement: int
    item: str
    counted: tuple[int | None, int | None]
    charged: tuple[int | None, int | None]
    known: tuple[bool, bool]
    """Whether each side planned the line."""

    @property
    def counted_difference(self) -> int:
        """Units; what a side does not know counts as 0."""
        return (self.counted[1] or 0) - (self.counted[0] or 0)

    @property
    def charged_difference(self) -> int:
        """Units; no line counts as 0."""
        return (self.charged[1] or 0) - (self.charged[0] or 0)

    @property
    def differs(self) -> bool:
        """Whether anything about the line differs."""
        return self.counted[0] != self.counted[1] or self.charged[0] != self.charged[1] or self.known[0] != self.known[1]


def side(integration: str, asked: str) -> Side:
    """The day or the run that was asked for.

    Args:
        asked: a date as YYYY-MM-DD, or the id of a run, or its beginning.

    Raises:
        NothingToCompare: it is neither.
        LedgerError: the ledger cannot be read.
    """
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        return _run_side(integration, asked)
    return Side(asked=day.isoformat(), name=day.isoformat(), run=None, lines=day_lines.lines_on(integration, day))


def lines_of(before: Side, after: Side) -> int:
    """How many lines either side planned."""
    return len(before.lines.keys() | after.lines.keys())


def compared(before: Side, after: Side, *, every: bool) -> tuple[Compared, ...]:
    """The lines that differ, or every line that either side planned; the greatest difference first."""
    made = []
    for key in before.lines.keys() | after.lines.keys():
        old, new = before.lines.get(key), after.lines.get(key)
        newest = new or old
        if newest is None or (not every and _same(old, new)):
            continue
        made.append(
            Compared(
                tenant=newest.tenant,
                agreement=newest.agreement,
                item=newest.item,
                counted=(old.counted if old else None, new.counted if new else None),
                charged=(old.charged if old else None, new.charged if new else None),
                known=(old is not None, new is not None),
            )
        )
    return tuple(sorted(made, key=_greatest_first))


def _same(old: LineOnDay | None, new: LineOnDay | None) -> bool:
    return old is not None and new is not None and (old.counted, old.charged) == (new.counted, new.charged)


def _greatest_first(one: Compared) -> tuple[int, str, int, str]:
    return -max(abs(one.counted_difference), abs(one.charged_difference)), one.tenant.casefold(), one.agreement, one.item


def _run_side(integration: str, asked: str) -> Side:
    try:
        run = ledger_runs.get_run(asked)
    except RunAmbiguous as ambiguous:
        raise NothingToCompare(str(ambiguous)) from ambiguous
    if run is None:
        raise NothingToCompare(f"“{asked}” is neither a date such as 2026-11-23 nor the id of a run.")
    if run.integration != integration:
        raise NothingToCompare(f"Run {run.id} is one of the integration “{run.integration}”. Choose that integration first.")
    lines = day_lines.lines_in(run.id, prescribed=concerns_prescribed(run))
    return Side(asked=run.id, name=f"run {run.id} ({run.date})", run=run.id, lines=lines)
