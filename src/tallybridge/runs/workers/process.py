"""A worker process: takes jobs until it is stopped, and looks after runs that nobody sees to any more."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import structlog
from procrastinate import App
from procrastinate.jobs import DeleteJobCondition, Status

from tallybridge.configuration.canonical import from_canonical
from tallybridge.configuration.errors import ConfigurationError
from tallybridge.ledger import at_work, evidence, leases
from tallybridge.ledger.errors import LedgerError, RunClosed, RunUnknown
from tallybridge.runs.configuring import Configured
from tallybridge.runs.day import Order, RunRefused, run_day
from tallybridge.runs.due_runs import due_now, mode_of
from tallybridge.runs.orders import RunGivenBack, billing_date
from tallybridge.runs.recording import PartGivenBack, PartLost
from tallybridge.runs.reports import Mode, TenantReport
from tallybridge.runs.runs_at_hand import RunsAtHand
from tallybridge.runs.workers.jobs import DAYS, PARTS, Workers, app_of_worker, hand_out_day
from tallybridge.runs.workers.presence import present
from tallybridge.sources.base import Clock

Result = TypeVar("Result")

LOOK_FOR_ABANDONED = 5.0
RUNS_AT_ONCE = 8
"""Runs that one worker sees to; seeing to one is mostly waiting."""
_HEARTBEAT = 10.0
_STALLED = 30.0
_POLLING = 2.0
"""Seconds. New jobs are told at once; this is for a notice that got lost."""


class WorkerUnfit(Exception):
    """This machine lacks something that every part needs; the text says what, and what to do."""


@dataclass(slots=True)
class _Ending:
    """How the worker came to its end."""

    unfit: str = ""


class WorkerProcess:
    """One worker.

    Args:
        concurrency: tenants that it carries out at the same time, in threads.
        stop: set when it is asked to end.
        progress: told of each tenant that it has carried out.
    """

    def __init__(self, *, clock: Clock, concurrency: int, stop: threading.Event, progress: Callable[[TenantReport], None] = lambda _: None) -> None:
        self._clock = clock
        self._concurrency = concurrency
        self._stop = stop
        self._runs = RunsAtHand(clock=clock, stop=stop, progress=progress)
        self._ending = _Ending()
        self._days = ThreadPoolExecutor(RUNS_AT_ONCE, thread_name_prefix="day")
        self._parts = ThreadPoolExecutor(concurrency, thread_name_prefix="part")
        self._log = structlog.wrap_logger(
            structlog.PrintLogger(sys.stderr),
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
            ],
            wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        )

    def work(self) -> None:
        """Works until it is stopped; what it is at is then given back, or brought to its end where it writes.

        Raises:
            WorkerUnfit: this machine cannot work; others go on.
            LedgerError: the database cannot be reached.
        """
        for library in ("procrastinate", "psycopg.pool"):
            logging.getLogger(library).setLevel(logging.CRITICAL)  # what they would say is said below, in our words
        with present():
            self._log.info("working", concurrency=self._concurrency)
            asyncio.run(self._work())
            self._log.info("stopped")
        self._runs.close()
        if self._ending.unfit:
            raise WorkerUnfit(self._ending.unfit)
        if not self._stop.is_set():
            raise LedgerError("The worker lost its connection to the database. What it was at is carried out by others, or once it is started again.")

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        app = app_of_worker(self._see_to_day, self._carry_out_part)
        async with app.open_async():
            tasks = [
                asyncio.create_task(self._take_jobs(app, DAYS, RUNS_AT_ONCE)),
                asyncio.create_task(self._take_jobs(app, PARTS, self._concurrency)),
                asyncio.create_task(self._look_after_runs(app)),
                asyncio.create_task(self._wait_for_stop()),
            ]
            _on_signals(loop, self._stop.set)
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self._days.shutdown()
        self._parts.shutdown()

    async def _take_jobs(self, app: App, queue: str, concurrency: int) -> None:
        await app.run_worker_async(
            queues=[queue],
            name=queue,
            concurrency=concurrency,
            fetch_job_polling_interval=_POLLING,
            delete_jobs=DeleteJobCondition.ALWAYS,
            install_signal_handlers=False,
            update_heartbeat_interval=_HEARTBEAT,
            stalled_worker_timeout=_STALLED,
        )

    async def _wait_for_stop(self) -> None:
        while not self._stop.is_set():
            await asyncio.sleep(0.1)

    async def _look_after_runs(self, app: App) -> None:
        while True:
            with suppress(LedgerError):
                await self._in(self._days, self._hand_out_abandoned)
            # Jobs of workers that have died: what is left of them to do is asked of the ledger.
            for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED):
                with suppress(Exception):  # another worker has cleared it away
                    await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)
            await asyncio.sleep(LOOK_FOR_ABANDONED)

    def _hand_out_abandoned(self) -> None:
        """Has somebody go on with each of today's runs that nobody sees to any more."""
        for run in at_work.unclosed():
            lease = leases.current(f"integration:{run.integration}")
            if lease is not None and leases.is_live(lease, self._clock()):
                continue
            configuration = from_canonical(evidence.get(run.configuration))
            if billing_date(configuration, self._clock()) == run.date and hand_out_day(run.configuration):
                self._log.info("a run that nobody saw to is gone on with", run=run.id)

    async def _see_to_day(self, configuration: str) -> None:
        try:
            await self._in(self._days, lambda: self._day(configuration))
        except Exception:  # noqa: BLE001 - a defect costs this job, not the worker; the run is left open, and somebody goes on with it
            self._log.exception("seeing to a run met an error")

    def _day(self, address: str) -> None:
        configured = Configured(configuration=from_canonical(evidence.get(address)), address=address, origin="")
        name = configured.configuration.integration.name
        left = next((one for one in at_work.unclosed(name) if one.configuration == address), None)
        if left is None and not due_now(configured, self._clock).now:
            return
        order = Order(
            configuration=configured.configuration,
            configuration_address=address,
            mode=Mode(left.kind) if left is not None else mode_of(configured),
            clock=self._clock,
            stop=self._stop,
            left_to_others=True,
        )
        try:
            report = run_day(order, crew=Workers(self._clock))
        except RunGivenBack:
            return
        except ConfigurationError as unfit:
            self._give_up(str(unfit))
            return
        except (RunRefused, LedgerError) as failed:
            self._log.warning("run broke off", integration=name, said=str(failed))
            return
        self._log.info("run finished", integration=name, run=report.id, outcome=report.outcome.value, detail=report.detail)

    async def _carry_out_part(self, run: str, part: int) -> None:
        try:
            await self._in(self._parts, lambda: self._part(run, part))
        except Exception:  # noqa: BLE001 - as above; the part is handed out again
            self._log.exception("a part met an error", run=run, part=part)

    def _part(self, run: str, part: int) -> None:
        try:
            self._runs.carry_out(run, part)
        except (RunClosed, RunUnknown, PartGivenBack, PartLost):
            return
        except ConfigurationError as unfit:
            self._give_up(str(unfit))
        except LedgerError as failed:
            self._log.warning("part broke off", run=run, part=part, said=str(failed))

    def _give_up(self, why: str) -> None:
        """Ends the worker: it would take one part after the other and could carry out none."""
        self._ending.unfit = why
        self._stop.set()

    async def _in(self, pool: ThreadPoolExecutor, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(pool, work)


def _on_signals(loop: asyncio.AbstractEventLoop, heard: Callable[[], None]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, heard)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: heard())
