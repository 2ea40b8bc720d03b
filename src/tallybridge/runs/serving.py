"""The daily schedule: looks again and again whether a run is due, and makes it (L12). What was done is asked of the ledger, never remembered here."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import structlog

from tallybridge.configuration.errors import ConfigurationError
from tallybridge.configuration.records import BusinessHubSourceSettings
from tallybridge.ledger.errors import LedgerError
from tallybridge.runs.configuring import Configured
from tallybridge.runs.day import Order, RunRefused, run_day
from tallybridge.runs.due_runs import due_now, mode_of
from tallybridge.runs.reports import RunReport, run_document
from tallybridge.runs.schedule import Due
from tallybridge.runs.spreading import can_be_spread
from tallybridge.runs.standing_runs import is_under_way
from tallybridge.runs.watching import FolderWatch
from tallybridge.runs.workers import presence
from tallybridge.sources.base import Clock

LONGEST_SLEEP = timedelta(seconds=60)
"""A clock that jumps, a changed file and a machine that slept are noticed within this time."""
LOOK_AT_WORKERS = timedelta(seconds=15)


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
        if can_be_spread(configured.configuration) and presence.any_alive(self._clock()):
            self._leave_to_workers(configured)
            return self._clock() + LOOK_AT_WORKERS
        self._run(configured)
        return self._clock()

    def _leave_to_workers(self, configured: Configured) -> None:
        """Has a worker see to the run, unless one does; if all of them die, the next look finds none alive, and this process goes on with it."""
        name = configured.configuration.integration.name
        if is_under_way(name, self._clock()):
            return
        from tallybridge.runs.workers.jobs import hand_out_day  # noqa: PLC0415 - its library is loaded only where there are workers

        if hand_out_day(configured.address):
            self._log.info("run handed to the workers", integration=name)

    def _watch(self, configured: Configured) -> Iterator[str]:
        """Takes in the export files that have come into the integration's folder, where it has one."""
        source = configured.configuration.source
        if isinstance(source, BusinessHubSourceSettings) and source.folder.is_dir():
            name = configured.configuration.integration.name
            watch = self._watches.setdefault((name, source.folder), FolderWatch(name, source.folder, clock=self._clock))
            yield from watch.look()

    def due(self, configured: Configured) -> Due:
        """Whether this integration's run is due, by what the ledger says of today."""
        return due_now(configured, self._clock)

    def _run(self, configured: Configured) -> None:
        order = Order(
            configuration=configured.configuration,
            configuration_address=configured.address,
            mode=mode_of(configured),
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
