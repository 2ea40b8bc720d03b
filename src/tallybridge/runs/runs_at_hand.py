"""The spread runs that this process carries out parts of: opened with the first part, and kept open for the next ones."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace

from tallybridge.billing.linking import Assignment
from tallybridge.billing.reasons import Reason
from tallybridge.configuration.canonical import from_canonical
from tallybridge.configuration.catalog import rules_of
from tallybridge.ledger import at_work, evidence, leases
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger.errors import RunClosed
from tallybridge.runs import briefing
from tallybridge.runs.context import RunContext
from tallybridge.runs.doors import open_destination, require_secrets
from tallybridge.runs.going_on import go_on
from tallybridge.runs.orders import Order
from tallybridge.runs.parts import context_of_several
from tallybridge.runs.recorded import recorded_report
from tallybridge.runs.recording import record_outcome, record_plan
from tallybridge.runs.reports import Mode, TenantOutcome, TenantReport
from tallybridge.runs.sessions import SignInsTogether, one_of_the_sessions
from tallybridge.runs.stated_beside import open_source_of_run
from tallybridge.runs.tenant_reports import unread_report
from tallybridge.runs.tenant_run import run_tenant
from tallybridge.sources.base import Clock, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class _RunAtHand:
    context: RunContext
    source: Source
    assignments: tuple[Assignment, ...]
    sessions: int
    doors: ExitStack


def part_key(run_id: str, number: int | str) -> str:
    """Key of the lease on one part of a run: one process at a time carries it out."""
    return f"part:{run_id}:{number}"


class RunsAtHand:
    """Carries out parts of spread runs, in any number of threads.

    Args:
        stop: set when this process is to end: what is being read is given back, what is being written is brought to its end.
        progress: told of each tenant as it is done.
    """

    def __init__(self, *, clock: Clock, stop: threading.Event, progress: Callable[[TenantReport], None] = lambda _: None) -> None:
        self._clock = clock
        self._stop = stop
        self._progress = progress
        self._open: dict[str, _RunAtHand] = {}
        self._guard = threading.Lock()

    def carry_out(self, run_id: str, number: int) -> None:
        """Carries out a part, unless it is done or another process is at it. Carried out twice, it writes nothing twice and is recorded once.

        Raises:
            RunClosed, RunUnknown: nothing is left to do.
            PartGivenBack, PartLost: another process carries it out.
            ConfigurationError: a secret, or a file that the configuration names, is not on this machine; nothing was contacted.
            LedgerError: the ledger cannot be written; nothing was sent that was not first recorded.
        """
        run = self._at_hand(run_id)
        assignment = run.assignments[number]
        with leases.hold_lease(part_key(run_id, number)) as held:
            if held is None:
                return
            with one_of_the_sessions(run.context.integration, run.sessions, stop=self._stop, still_wanted=lambda: at_work.get(run_id)):
                _carry_out(replace(run.context, still_ours=held.confirm), run.source, assignment)

    def give_up(self, run_id: str, number: int) -> None:
        """Records a part as failed that no process brings to its end. Raises as `carry_out` does."""
        run = self._at_hand(run_id)
        assignment = run.assignments[number]
        with leases.hold_lease(part_key(run_id, number)) as held:
            if held is not None:
                _give_up(run.context, assignment)

    def close(self) -> None:
        """Closes every door. No part may be under way."""
        with self._guard:
            for run in self._open.values():
                run.doors.close()
            self._open.clear()

    def _at_hand(self, run_id: str) -> _RunAtHand:
        with self._guard:
            try:
                spread = at_work.get(run_id)
            except RunClosed:
                # Threads that are still at a part of it keep the doors that they have; nothing new goes through them.
                closed = self._open.pop(run_id, None)
                if closed is not None:
                    closed.doors.close()
                raise
            if run_id not in self._open:
                self._close_ended()
                self._open[run_id] = self._opened(spread)
            return self._open[run_id]

    def _close_ended(self) -> None:
        unclosed = {one.id for one in at_work.unclosed()}
        for ended in self._open.keys() - unclosed:
            self._open.pop(ended).doors.close()

    def _opened(self, spread: at_work.Spread) -> _RunAtHand:
        configuration = from_canonical(evidence.get(spread.configuration))
        require_secrets(configuration)
        order = Order(
            configuration=configuration,
            configuration_address=spread.configuration,
            mode=Mode(spread.kind),
            clock=self._clock,
            stop=self._stop,
            progress=self._progress,
        )
        rules = rules_of(configuration)
        brief = briefing.decode(at_work.brief(spread.id))
        with ExitStack() as doors:
            source = doors.enter_context(closing(open_source_of_run(order, rules, spread.started, among_processes=True)))
            destination = doors.enter_context(closing(open_destination(configuration, self._clock)))
            context = context_of_several(order, spread.id, spread.started, rules, destination, brief)
            return _RunAtHand(
                context=context,
                source=SignInsTogether(source, spread.id),
                assignments=brief.assignments,
                sessions=configuration.source.max_sessions,
                doors=doors.pop_all(),
            )


def _carry_out(context: RunContext, source: Source, assignment: Assignment) -> None:
    recorded = ledger_runs.tenant_run_of(context.id, briefing.kept_id(assignment))
    if recorded is None:
        run_tenant(context, source, assignment)
    elif at_work.is_unfinished(context.id, recorded.tenant_id):
        go_on(context, assignment, recorded)


def _give_up(context: RunContext, assignment: Assignment) -> None:
    recorded = ledger_runs.tenant_run_of(context.id, briefing.kept_id(assignment))
    detail = "Every process that began with this customer ended before it was done. What was written is read back by the next run."
    if recorded is None:
        record_plan(context, unread_report(assignment, TenantOutcome.FAILED, Reason.INTERNAL_ERROR, detail))
    elif at_work.is_unfinished(context.id, recorded.tenant_id):
        report = recorded_report(assignment, recorded)
        record_outcome(context, replace(report, outcome=TenantOutcome.FAILED, reason=Reason.INTERNAL_ERROR, detail=detail))
