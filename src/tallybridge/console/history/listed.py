"""Runs as lists show them: how each ended, how long it took, what it wrote and why something failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tallybridge.billing.reasons import Reason
from tallybridge.ledger import run_lists
from tallybridge.ledger.run_lists import FailedTenants, WrittenUnits
from tallybridge.ledger.run_records import INTERRUPTED, StoredRun
from tallybridge.runs.prescriptions import prescribed_in
from tallybridge.runs.reports import Mode
from tallybridge.runs.standing_runs import is_under_way

_INTERRUPTED = "The process ended before the run could finish. The next run reads Tigerpaw first and goes on from there."
_TOTALS = ("tenants", "created", "updated", "unchanged", "held", "waiting", "blocked", "failed", "psa_writes")
_KINDS = {Mode.RUN: "run", Mode.PLAN: "plan", Mode.APPLY: "applied plan"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRun:
    """One run, as far as a row tells of it."""

    run: StoredRun
    outcome: str
    """The outcome's name, for its tone and shape."""
    label: str
    """The outcome, in words."""
    kind: str
    """In words."""
    duration: str
    written: WrittenUnits | None
    """None for a run that writes nothing, and for one that wrote nothing."""
    failures: tuple[FailedTenants, ...]
    sentence: str
    """Why the run as a whole did not go through; "" where it did."""

    @property
    def totals(self) -> Mapping[str, int | None]:
        """The counts of contracts 2; None where the run has not come to its end and so has counted nothing."""
        return {name: self.run.totals.get(name) for name in _TOTALS}

    @property
    def lines_changed(self) -> int | None:
        """Lines that the run created or updated; of a plan, those that it would."""
        totals = self.run.totals
        return int(totals.get("created", 0)) + int(totals.get("updated", 0)) if totals else None

    @property
    def only_planned(self) -> bool:
        """Whether the run writes nothing by its kind."""
        return self.run.kind == Mode.PLAN


def listed(runs: Sequence[StoredRun], now: datetime) -> tuple[ListedRun, ...]:
    """Runs of one integration with what lists tell of them; the number of statements does not grow with them.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    ids = [run.id for run in runs]
    written = run_lists.units_written(ids)
    failures = run_lists.failed_tenants([run.id for run in runs if run.totals.get("failed", 0) or run.outcome in (None, INTERRUPTED)])
    under_way = any(run.outcome is None for run in runs) and is_under_way(runs[0].integration, now)
    return tuple(_listed(run, written.get(run.id), failures.get(run.id, ()), under_way=under_way) for run in runs)


def duration(time: timedelta) -> str:
    """A time span in its two largest units."""
    seconds = max(0, round(time.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s" if seconds else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def _listed(run: StoredRun, written: WrittenUnits | None, failures: tuple[FailedTenants, ...], *, under_way: bool) -> ListedRun:
    outcome = run.outcome if run.outcome is not None else "planned" if under_way else INTERRUPTED
    told = prescribed_in(run)
    kind = _KINDS.get(Mode(run.kind), run.kind) if run.kind in tuple(Mode) else run.kind
    return ListedRun(
        run=run,
        outcome=outcome,
        label="under way" if run.outcome is None and under_way else outcome,
        kind=f"{kind} ({told.what.replace('_', ' ')})" if told is not None else kind,
        duration=duration(run.finished - run.started) if run.finished is not None and outcome != INTERRUPTED else "—",
        written=written,
        failures=failures,
        sentence=_sentence(run, outcome),
    )


def _sentence(run: StoredRun, outcome: str) -> str:
    if outcome == INTERRUPTED:
        return _INTERRUPTED
    value = run.tail.get("reason")
    return str(run.tail.get("detail") or Reason(value).sentence) if value is not None else ""
