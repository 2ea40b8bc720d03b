"""Whether the daily run was made as it should be: the last one, and when the next one is due (L12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tallybridge.billing.reasons import Reason
from tallybridge.configuration.records import Configuration
from tallybridge.ledger import leases
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger.processes import is_gone
from tallybridge.ledger.run_records import INTERRUPTED, StoredRun
from tallybridge.runs.day import billing_date
from tallybridge.runs.prescriptions import prescribed_in
from tallybridge.runs.reports import Mode, RunOutcome
from tallybridge.runs.schedule import run_instant

_STEPS = (0, 3, 31)
"""Days before the newest run, tried in turn until a run over all tenants is among them: mostly the newest is one."""
GRACE = timedelta(minutes=5)
"""`serve` looks once a minute; a run that has not even begun this long after its time is overdue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """The run that ended last, whatever its kind; of prescribed quantities only where something of it failed."""

    run: StoredRun
    outcome: str
    """As recorded; "interrupted" for one whose process ended before it."""

    @property
    def failed(self) -> bool:
        """Whether it failed, or some of its tenants did, or it did not come to its end."""
        return self.outcome in (RunOutcome.FAILED, INTERRUPTED)

    @property
    def reason(self) -> Reason | None:
        """Why the run as a whole failed; None where it did not."""
        value = self.run.tail.get("reason")
        return Reason(value) if value is not None else None

    @property
    def sentence(self) -> str:
        """Why, in words; "" where the tenants say it."""
        if self.outcome == INTERRUPTED:
            return "The process ended before the run could finish. The next run reads Tigerpaw first and goes on from there."
        return self.reason.sentence if self.reason is not None else ""

    @property
    def unexplained(self) -> bool:
        """Whether it asked for attention though nothing of a tenant did: the source told of something that concerns no one tenant."""
        explained = any(self.run.totals.get(name, 0) for name in ("held", "waiting", "blocked", "failed"))
        return self.outcome == RunOutcome.ATTENTION and not explained


@dataclass(frozen=True, slots=True, kw_only=True)
class NextRun:
    """When the next run is due (UTC); in the past where it is due and not yet made."""

    at: datetime
    overdue_since: datetime | None
    """UTC; None where the run that was due last was made, is under way, or has become due this very minute."""
    under_way: bool
    made_today: bool


def recent_runs(integration: str, today: date, back: timedelta) -> tuple[StoredRun, ...]:
    """The integration's runs of the time up to its newest one that counted, oldest first; those of prescribed quantities are among them."""
    newest = ledger_runs.latest_run(integration)
    if newest is None:
        return ()
    last = max(newest.date, today)
    found = ledger_runs.runs_of(integration, min(newest.date, today) - back, last)
    if counting(found):
        return found
    # Whoever reverts after a long outage makes a run, and the last one that counted lies far behind it.
    earlier = counting(ledger_runs.runs_of(integration, date.min, last))
    return ledger_runs.runs_of(integration, earlier[-1].date - back, last) if earlier else found


def of_prescribed(runs: Sequence[StoredRun]) -> frozenset[str]:
    """The ids of the plans of prescribed quantities, and of the runs that applied them (decision 0019).

    They read no source and concern single lines: what the runs that counted have said of the source and of their tenants stays as it is.
    """
    plans = {run.id for run in runs if prescribed_in(run) is not None}
    return frozenset(plans | {run.id for run in runs if run.tail.get("of") in plans})


def concerns_prescribed(run: StoredRun) -> bool:
    """Whether one run is a plan of prescribed quantities, or applied such. Raises LedgerError."""
    of = run.tail.get("of")
    return prescribed_in(run) is not None or (of is not None and prescribed_in(ledger_runs.get_run(of)) is not None)


def since_all_were_met(integration: str) -> tuple[StoredRun, ...]:
    """The integration's runs from the newest one over all tenants on, oldest first; those of prescribed quantities are left out.

    What is known of every tenant is in them, and mostly the newest run is the only one. Where none of the last month met everybody, all of
    them are given. Raises LedgerError.
    """
    newest = ledger_runs.latest_run(integration)
    if newest is None:
        return ()
    found: tuple[StoredRun, ...] = (newest,)
    for back in _STEPS:
        if any(map(met_everybody, found)):
            break
        found = ledger_runs.runs_of(integration, newest.date - timedelta(days=back), newest.date)
    whole = next((place for place in range(len(found) - 1, -1, -1) if met_everybody(found[place])), 0)
    return counting(found[whole:])


def met_everybody(run: StoredRun) -> bool:
    """Whether a run took every tenant in, and each to an end; a plan of prescribed quantities and a run for one tenant did not."""
    return run.kind in (Mode.RUN, Mode.PLAN) and went_through(run) and run.tail.get("only") is None


def counting(runs: Sequence[StoredRun]) -> tuple[StoredRun, ...]:
    """The runs that counted, or applied what was counted; `runs` are oldest first."""
    passed_over = of_prescribed(runs)
    return tuple(run for run in runs if run.id not in passed_over)


def went_through(run: StoredRun) -> bool:
    """Whether a run took each of its tenants to an end, a good one or not; one that was refused at the door, stopped or interrupted did not."""
    return run.outcome in tuple(RunOutcome) and run.tail.get("reason") is None


def source_problems(runs: Sequence[StoredRun]) -> tuple[str, ...]:
    """What of the source the newest run that read its lists could not read, and that concerns no one tenant; `runs` are oldest first.

    An applied plan and a plan of prescribed quantities read no source, and a run that was refused at the door has not come to read it: none of
    them puts anything right.
    """
    for run in reversed(counting(runs)):
        problems = tuple(run.tail.get("problems", ()))
        if run.kind in (Mode.RUN, Mode.PLAN) and (problems or went_through(run)):
            return problems
    return ()


def told_accounts(runs: Sequence[StoredRun]) -> tuple[tuple[int, str], ...]:
    """Number and name of each account that the newest run which asked found cross-referenced and linked to no tenant; `runs` are oldest first."""
    told = (run.tail["accounts_not_linked"] for run in reversed(runs) if run.tail.get("accounts_not_linked") is not None)
    return tuple((number, name) for number, name in next(told, ()))


def last_run(runs: Sequence[StoredRun], *, under_way: bool) -> LastRun | None:
    """The run that ended last; one that never ended and is not under way was interrupted.

    A run of prescribed quantities does not hide how the run before it ended, unless it wrote and something of it failed.
    """
    passed_over = of_prescribed(runs)
    ended = [run for run in runs if (run.outcome is not None or not under_way) and (run.id not in passed_over or failed_to_write(run))]
    return LastRun(run=ended[-1], outcome=ended[-1].outcome or INTERRUPTED) if ended else None


def failed_to_write(run: StoredRun) -> bool:
    """Whether a saved plan was carried out and some of its tenants failed; one that was refused has written nothing."""
    return run.kind == Mode.APPLY and run.outcome == RunOutcome.FAILED and went_through(run)


def next_run(configuration: Configuration, runs: Sequence[StoredRun], now: datetime) -> NextRun:
    """When the next run is due, and whether the one that was due last was made. A plan is a run where a person applies it.

    Args:
        runs: those that counted, oldest first.
    """
    settings = configuration.integration
    zone = ZoneInfo(settings.time_zone)
    today = billing_date(configuration, now)
    at = run_instant(today, settings.run_at, zone)
    kinds = (Mode.RUN,) if settings.apply == "automatic" else (Mode.RUN, Mode.PLAN)
    # A run that failed for some tenants has been made; they are told one by one. A run for one tenant alone leaves the others without.
    made = max((run.date for run in runs if run.kind in kinds and went_through(run) and run.tail.get("only") is None), default=None)
    under_way = is_under_way(settings.name, now)
    was_due = today if now >= at or not runs else today - timedelta(days=1)
    since = run_instant(was_due, settings.run_at, zone)
    overdue = (made is None or made < was_due) and now > since + GRACE and not under_way
    made_today = made is not None and made >= today
    return NextRun(
        at=run_instant(today + timedelta(days=1), settings.run_at, zone) if made_today else at,
        overdue_since=since if overdue else None,
        under_way=under_way,
        made_today=made_today,
    )


def is_under_way(integration: str, now: datetime) -> bool:
    """Whether a run of the integration is being made at this instant (UTC)."""
    lease = leases.current(f"integration:{integration}")
    return lease is not None and lease.expires > now and not is_gone(lease.owner)
