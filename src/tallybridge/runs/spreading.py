"""A run whose parts are carried out by several processes (decision 0031).

One process at a time sees to it, under the integration's lease: it hands the parts out, hands out anew what got lost with a process that died, and
closes the run when all are recorded. If it dies itself, the next one goes on from what the ledger holds.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from datetime import datetime
from threading import Lock
from time import monotonic

from tallybridge.billing.model import Rules
from tallybridge.billing.reasons import Reason
from tallybridge.configuration.records import Configuration, KscSourceSettings
from tallybridge.destinations.base import Destination, DestinationError
from tallybridge.ledger import at_work, holds, leases
from tallybridge.ledger.processes import this_process
from tallybridge.runs import briefing
from tallybridge.runs.briefing import Brief, Reading, kept_id, nothing_there, units_that_may_fall
from tallybridge.runs.crews import Crew, InThisProcess
from tallybridge.runs.framing import finish, report_on
from tallybridge.runs.orders import Order, RunGivenBack, RunRefused, billing_date
from tallybridge.runs.parts import billed_agreements
from tallybridge.runs.recorded import recorded_reports
from tallybridge.runs.reports import RunReport, TenantOutcome, TenantReport
from tallybridge.runs.retention import end_retention
from tallybridge.runs.runs_at_hand import RunsAtHand, part_key
from tallybridge.runs.sessions import one_of_the_sessions
from tallybridge.sources.base import Source, SourceError

MOST_TIMES = 6
"""A part that was handed out so often, and never came to its end, costs its tenant the day's bill, not the others theirs (L7)."""
LOOK_FOR_PROGRESS = 0.25
LOOK_FOR_LOST = 5.0
"""Seconds. With the time for which a dead process keeps its leases (`leases.TTL`) its parts are taken over within a minute."""
WITHOUT_ANYBODY = 30.0
"""Seconds. When nobody has been there for so long who takes what waits (a restart of the workers takes less), the run waits no longer."""


def can_be_spread(configuration: Configuration) -> bool:
    """Whether an integration's runs can be carried out by several processes: export files are read in no time, and lie on one machine."""
    return isinstance(configuration.source, KscSourceSettings)


def left_open(order: Order) -> at_work.Spread | None:
    """The spread run of the integration that is today's, made under the same configuration, and not closed: nobody sees to it any more.

    To be asked under the integration's lease. Any other that is open is recorded as interrupted when the next one begins.
    """
    if order.only is not None:
        return None
    today = billing_date(order.configuration, order.clock())
    wanted = (order.mode.value, order.configuration_address, today)
    return next((one for one in at_work.unclosed(order.integration) if (one.kind, one.configuration, one.date) == wanted), None)


class SpreadDay:
    """One spread run, seen through by this process under the integration's lease.

    Args:
        crew: who carries out the parts; None: threads of this process. They do so too once nobody of the crew is there any more.
    """

    def __init__(self, order: Order, run_id: str, started: datetime, rules: Rules, crew: Crew | None) -> None:
        self._order = order
        self._run_id = run_id
        self._started = started
        self._own_threads = InThisProcess(order, self._tell)
        self._crew = crew or self._own_threads
        self._somebody_there = monotonic()
        self._reading = Reading(order, rules)
        self._handed_out: Counter[int] = Counter()
        self._told = 0
        self._telling = Lock()

    def carry_out(self, source: Source, destination: Destination) -> RunReport:
        """Sees a run through that has just begun.

        Raises:
            RunGivenBack, RunRefused, LedgerError, KeyboardInterrupt: as `run_day` says.
        """
        order = self._order
        try:
            with one_of_the_sessions(order.integration, order.configuration.source.max_sessions, stop=order.stop):
                brief = self._reading.read(source, destination)
        except (SourceError, DestinationError) as failed:
            return self._finish(None, reason=failed.reason, detail=str(failed))
        except (RunRefused, KeyboardInterrupt):
            self._finish(None, reason=Reason.STOPPED)
            raise
        at_work.spread(self._run_id, briefing.encode(brief), parts=len(brief.assignments), may_fall=units_that_may_fall(order.configuration))
        return self._see_through(brief)

    def go_on(self) -> RunReport:
        """Sees a run through that another process began and left open. Raises as `carry_out` does."""
        at_work.note_taken_over(self._run_id, this_process(), self._order.clock())
        return self._see_through(briefing.decode(at_work.brief(self._run_id)))

    def _see_through(self, brief: Brief) -> RunReport:
        order = self._order
        order.begun(len(brief.assignments))
        holds.close_others(order.integration, billed_agreements(order), order.clock())
        try:
            self._wait_for_all(brief)
        except KeyboardInterrupt:
            if not order.left_to_others:
                self._finish(brief, reason=Reason.STOPPED)
            raise
        return self._finish(brief, reason=Reason.STOPPED if order.stop.is_set() else None)

    def _wait_for_all(self, brief: Brief) -> None:
        order = self._order
        next_search = 0.0
        while at_work.finished_count(self._run_id) < len(brief.assignments):
            self._tell()
            if monotonic() >= next_search:
                self._wait_for_nobody_in_vain()
                self._hand_out(self._missing(brief))
                next_search = monotonic() + LOOK_FOR_LOST
            if order.stop.wait(LOOK_FOR_PROGRESS):
                if order.left_to_others:
                    raise RunGivenBack(f"Run {self._run_id} is left to the next worker.")
                return
        self._tell()

    def _wait_for_nobody_in_vain(self) -> None:
        """Goes on in this process where everybody who could carry out the parts is gone: the day's bill is made (L12), and never waits forever."""
        if self._crew.anybody():
            self._somebody_there = monotonic()
        elif monotonic() - self._somebody_there >= WITHOUT_ANYBODY:
            self._order.say(
                f"No worker has been alive for {WITHOUT_ANYBODY:.0f} seconds. What they had finished stays; "
                f"this process carries out the rest of run {self._run_id} itself."
            )
            at_work.note_taken_over(self._run_id, this_process(), self._order.clock())
            self._crew = self._own_threads

    def _tell(self) -> None:
        with self._telling:
            for number, name, outcome in at_work.recorded_after(self._run_id, self._told):
                self._order.progress(TenantReport(name=name, outcome=TenantOutcome(outcome)))
                self._told = number

    def _missing(self, brief: Brief) -> list[int]:
        """The parts that are neither recorded nor waiting to be begun, and that no process is at."""
        now = self._order.clock()
        finished = at_work.finished_parts(self._run_id)
        held = {lease.key for lease in leases.under(part_key(self._run_id, "")) if leases.is_live(lease, now)}
        waiting = set(self._crew.waiting(self._run_id))
        numbered = enumerate(brief.assignments)
        open_parts = [number for number, one in numbered if kept_id(one) not in finished]
        return [number for number in open_parts if number not in waiting and part_key(self._run_id, number) not in held]

    def _hand_out(self, parts: list[int]) -> None:
        hopeless = [number for number in parts if self._handed_out[number] >= MOST_TIMES]
        if hopeless:
            with closing(RunsAtHand(clock=self._order.clock, stop=self._order.stop)) as runs:
                for number in hopeless:
                    runs.give_up(self._run_id, number)
        promising = [number for number in parts if number not in hopeless]
        if promising:
            self._handed_out.update(promising)
            self._crew.hand_out(self._run_id, promising)

    def _finish(self, brief: Brief | None, *, reason: Reason | None = None, detail: str = "") -> RunReport:
        tenants = recorded_reports(self._run_id, brief) if brief is not None else ()
        report = report_on(
            self._order,
            self._run_id,
            self._started,
            tenants=tuple(one for one in tenants if not nothing_there(one)),
            reason=reason,
            detail=detail,
            problems=brief.problems if brief is not None else self._reading.problems,
            not_linked=brief.accounts_not_linked if brief is not None else self._reading.accounts_not_linked,
        )
        end_retention(self._order, report)
        return finish(report, taken_over=[list(one) for one in at_work.taken_over(self._run_id)])
