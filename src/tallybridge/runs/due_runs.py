"""Whether an integration's daily run is due, by what the ledger says of today (L12)."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from tallybridge.billing.reasons import Reason
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger.run_records import StoredRun
from tallybridge.runs.configuring import Configured
from tallybridge.runs.orders import billing_date
from tallybridge.runs.reports import Mode, RunOutcome
from tallybridge.runs.schedule import MOST_TRIES, Due, due
from tallybridge.sources.base import Clock


def due_now(configured: Configured, clock: Clock) -> Due:
    """Whether this integration's run is due, and when to look again."""
    settings = configured.configuration.integration
    today = billing_date(configured.configuration, clock())
    kind = mode_of(configured).value
    # A run for one tenant alone, by hand, is not the day's run: the others would go without.
    made = [run for run in ledger_runs.runs_of(settings.name, today, today) if run.kind == kind and run.finished and run.tail.get("only") is None]
    failed = [run for run in made if run.outcome == RunOutcome.FAILED]
    refused = any(run.tail.get("reason") == Reason.SIGN_IN_REFUSED and run.configuration == configured.address for run in failed)
    return due(
        now=clock(),
        run_at=settings.run_at,
        zone=ZoneInfo(settings.time_zone),
        finished_today=any(_came_to_its_end(run) for run in made),
        failed_at=max((run.finished for run in failed if run.finished is not None), default=None),
        # A refused sign-in is not tried again with the same configuration: repeated refusals lock the account.
        tries=MOST_TRIES if refused else len(failed),
    )


def mode_of(configured: Configured) -> Mode:
    """What the daily run does: it writes by itself only where the integration says so."""
    return Mode.RUN if configured.configuration.integration.apply == "automatic" else Mode.PLAN


def _came_to_its_end(run: StoredRun) -> bool:
    return run.outcome in (RunOutcome.DONE, RunOutcome.ATTENTION)
