"""One run over an integration: sign in, read the lists once, take each tenant through its run, close with a manifest.

The same run serves `plan` (looks only) and `run` (plan, apply, verify). Its tenants are carried out by threads of this process, or spread over
several processes (`runs.spreading`).
"""

from __future__ import annotations

from contextlib import closing
from datetime import datetime

from tallybridge.billing.model import Rules
from tallybridge.billing.reasons import Reason
from tallybridge.configuration.catalog import rules_of
from tallybridge.destinations.base import Destination, DestinationError
from tallybridge.ledger import holds, leases
from tallybridge.ledger.errors import LedgerError
from tallybridge.runs.briefing import Reading, nothing_there
from tallybridge.runs.crews import Crew
from tallybridge.runs.doors import open_destination, require_secrets
from tallybridge.runs.framing import begin, finish, report_on
from tallybridge.runs.orders import Order, RunRefused, billing_date, destination_id, new_run_id
from tallybridge.runs.parts import billed_agreements, context_in_one_process
from tallybridge.runs.pool import run_all
from tallybridge.runs.reports import RunReport, TenantReport
from tallybridge.runs.retention import end_retention
from tallybridge.runs.spreading import SpreadDay, can_be_spread, left_open
from tallybridge.runs.stated_beside import open_source_of_run
from tallybridge.runs.tenant_run import run_tenant
from tallybridge.sources.base import Source, SourceError

__all__ = ["Order", "RunRefused", "begin", "billing_date", "destination_id", "finish", "new_run_id", "report_on", "run_day"]


def run_day(order: Order, crew: Crew | None = None) -> RunReport:
    """Carries out a run and records it. A run beside another one of the same integration steps aside (`busy`).

    A spread run whose processes have all ended, and that is still today's under the same configuration, is gone on with instead of begun anew.

    Args:
        crew: who carries out the tenants' parts; None: threads of this process.

    Raises:
        RunRefused: an unknown tenant was asked for.
        RunGivenBack: stopped, where the order says that the run is to be left to others then.
        ConfigurationError: a secret is missing; nothing was contacted.
        LedgerError: the ledger cannot be written; nothing was sent that was not first recorded.
        KeyboardInterrupt: the run was stopped; what had begun was brought to a clean end and recorded.
    """
    begun = order.clock()
    started, run_id = begun.replace(microsecond=0), new_run_id(begun)
    rules = rules_of(order.configuration)
    require_secrets(order.configuration)
    with (
        closing(open_source_of_run(order, rules, started)) as source,
        closing(open_destination(order.configuration, order.clock)) as destination,
        leases.hold_lease(f"integration:{order.integration}") as held,
    ):
        if not held:
            return report_on(order, run_id, started, reason=Reason.BUSY)
        left = left_open(order)
        if left is not None:
            return SpreadDay(order, left.id, left.started, rules, crew).go_on()
        begin(order, run_id, started, rules)
        if crew is not None and order.only is None and can_be_spread(order.configuration):
            return SpreadDay(order, run_id, started, rules, crew).carry_out(source, destination)
        return _Day(order, run_id, started, rules, source, destination).carry_out()


class _Day:
    """One run under its lease, in one process."""

    def __init__(self, order: Order, run_id: str, started: datetime, rules: Rules, source: Source, destination: Destination) -> None:
        self._order = order
        self._run_id = run_id
        self._started = started
        self._rules = rules
        self._source = source
        self._destination = destination
        self._reading = Reading(order, rules)
        self._done: list[TenantReport] = []

    def carry_out(self) -> RunReport:
        order = self._order
        try:
            tenants = self._run_tenants()
        except (SourceError, DestinationError) as failed:
            return self._finish(reason=failed.reason, detail=str(failed))
        except RunRefused:
            self._finish(reason=Reason.STOPPED)
            raise
        except LedgerError:
            order.stop.set()
            raise
        except KeyboardInterrupt:
            self._finish(tenants=tuple(self._done), reason=Reason.STOPPED)
            raise
        if order.stop.is_set():
            return self._finish(tenants=tenants, reason=Reason.STOPPED)
        return self._finish(tenants=tenants)

    def _run_tenants(self) -> tuple[TenantReport, ...]:
        order = self._order
        brief = self._reading.read(self._source, self._destination)
        order.begun(len(brief.assignments))
        context = context_in_one_process(order, self._run_id, self._started, self._rules, self._destination, brief, self._note)
        if order.only is None:
            holds.close_others(order.integration, billed_agreements(order), order.clock())
        reports = run_all(
            brief.assignments,
            lambda one: run_tenant(context, self._source, one),
            threads=order.configuration.source.max_sessions,
            stop=order.stop,
        )
        return tuple(report for report in reports if not nothing_there(report))

    def _finish(self, *, tenants: tuple[TenantReport, ...] = (), reason: Reason | None = None, detail: str = "") -> RunReport:
        report = report_on(
            self._order,
            self._run_id,
            self._started,
            tenants=tenants,
            reason=reason,
            detail=detail,
            problems=self._reading.problems,
            not_linked=self._reading.accounts_not_linked,
        )
        end_retention(self._order, report)
        return finish(report, only=self._order.only)

    def _note(self, report: TenantReport) -> None:
        self._done.append(report)
        self._order.progress(report)
