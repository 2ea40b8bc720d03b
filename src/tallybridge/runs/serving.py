"""The daily schedule: looks again and again whether a run is due, and makes it (L12). What was done is asked of the ledger, never remembered here."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import structlog

from tallybridge.billing.reasons import Reason
from tallybridge.configuration.errors import ConfigurationError
from tallybridge.configuration.records import BusinessHubSourceSettings
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger.errors import LedgerError
from tallybridge.ledger.run_records import StoredRun
from tallybridge.runs.configuring import Configured
from tallybridge.runs.day import Order, RunRefused, billing_date, run_day
from tallybridge.runs.reports import Mode, RunOutcome, RunReport, run_document
from tallybridge.runs.schedule import MOST_TRIES, Due, due
from tallybridge.runs.watching import FolderWatch
from tallybridge.sources.base import Clock

LONGEST_SLEEP = timedelta(seconds=60)
"""A clock that jumps, a changed file and a machine that slept are noticed within this time."""


class Serving:
    """Serves the schedule of every configured integration until it is stopped.

    Args:
        read_configuration: the integrations in force, read again at every look so that a changed file counts at once.
        stop: set to end cleanly: a run under way brings its tenants to an end, nothing new begins.
        as_json: print each run's document as a line on stdout.
    """

    def __init__(
        self, *, read_configuration: Callable[[], tuple[Configured, ...]], clock: Clock, stop: threading.Event, as_json: bool = False
    ) -> None:
        self._read_configuration = read_configuration
        self._clock = clock
        self._stop = stop
        self._as_json = as_json
        self._log = structlog.wrap_logger(
            structlog.PrintLogger(sys.stderr), processors=[*_PROCESSORS], wrapper_class=structlog.make_filtering_bound_logger(logging.INFO)
        )
        self._said: dict[str, str] = {}
        self._watches: dict[tuple[str, Path], FolderWatch] = {}

    def serve(self) -> None:
        """Looks, runs what is due, sleeps; returns when stopped."""
        self._log.info("serving")
        while not self._stop.is_set():
            next_look = self.look()
            self._stop.wait(max(0.0, min((next_look - self._clock()).total_seconds(), LONGEST_SLEEP.total_seconds())))
        self._log.info("stopped")

    def look(self) -> datetime:
        """Makes every run that is due now, and returns the instant (UTC) at which to look again."""
        soonest = self._clock() + LONGEST_SLEEP
        try:
            for configured in self._read_configuration():
                when = self._look_at(configured)
                soonest = min(soonest, when)
        except (ConfigurationError, LedgerError) as error:
            self._say_once("configuration", str(error))
        return soonest

    def _look_at(self, configured: Configured) -> datetime:
        name = configured.configuration.integration.name
        for sentence in self._watch(configured):
            self._log.info("export file", integration=name, said=sentence)
        state = self.due(configured)
        if not state.now or self._stop.is_set():
            self._say_once(name, f"next run at {state.next_at:%Y-%m-%dT%H:%M:%SZ}")
            return state.next_at
        self._run(configured)
        return self._clock()

    def _watch(self, configured: Configured) -> Iterator[str]:
        """Takes in the export files that have come into the integration's folder, where it has one."""
        source = configured.configuration.source
        if isinstance(source, BusinessHubSourceSettings) and source.folder.is_dir():
            name = configured.configuration.integration.name
            watch = self._watches.setdefault((name, source.folder), FolderWatch(name, source.folder, clock=self._clock))
            yield from watch.look()

    def due(self, configured: Configured) -> Due:
        """Whether this integration's run is due, by what the ledger says of today."""
        settings = configured.configuration.integration
        today = billing_date(configured.configuration, self._clock())
        kind = _mode(configured).value
        # A run for one tenant alone, by hand, is not the day's run: the others would go without.
        made = [run for run in ledger_runs.runs_of(settings.name, today, today) if run.kind == kind and run.finished and run.tail.get("only") is None]
        failed = [run for run in made if run.outcome == RunOutcome.FAILED]
        refused = any(run.tail.get("reason") == Reason.SIGN_IN_REFUSED and run.configuration == configured.address for run in failed)
        return due(
            now=self._clock(),
            run_at=settings.run_at,
            zone=ZoneInfo(settings.time_zone),
            finished_today=any(_came_to_its_end(run) for run in made),
            failed_at=max((run.finished for run in failed if run.finished is not None), default=None),
            # A refused sign-in is not tried again with the same configuration: repeated refusals lock the account.
            tries=MOST_TRIES if refused else len(failed),
        )

    def _run(self, configured: Configured) -> None:
        order = Order(
            configuration=configured.configuration,
            configuration_address=configured.address,
            mode=_mode(configured),
            clock=self._clock,
            stop=self._stop,
        )
        name = configured.configuration.integration.name
        try:
            report = run_day(order)
        except (ConfigurationError, RunRefused, LedgerError) as error:
            self._say_once(name, str(error))
            self._stop.wait(LONGEST_SLEEP.total_seconds())
            return
        self._tell(report)

    def _tell(self, report: RunReport) -> None:
        self._log.info(
            "run finished", integration=report.integration, run=report.id, kind=report.mode.value, outcome=report.outcome.value, detail=report.detail
        )
        if self._as_json:
            sys.stdout.write(msgspec.json.encode(run_document(report)).decode() + "\n")
            sys.stdout.flush()

    def _say_once(self, subject: str, words: str) -> None:
        """Says a thing when it is new, not at every look."""
        if self._said.get(subject) != words:
            self._said[subject] = words
            self._log.info("schedule", subject=subject, state=words)


_PROCESSORS = (
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
)


def _mode(configured: Configured) -> Mode:
    """Writes by itself only where the integration says so."""
    return Mode.RUN if configured.configuration.integration.apply == "automatic" else Mode.PLAN


def _came_to_its_end(run: StoredRun) -> bool:
    return run.outcome in (RunOutcome.DONE, RunOutcome.ATTENTION)
