"""Goes on with a tenant whose plan another process recorded, and which ended before it had recorded what became of the writes (decision 0031).

The plan stands: nothing is read from the source or planned again. Of each line the ledger tells how far it came: not yet meant, called and never
concluded, or done. An open intent is settled by reading first, as always (L5); only then may its line be written.
"""

from __future__ import annotations

from dataclasses import replace
from time import sleep

from tallybridge.billing.linking import Assignment
from tallybridge.billing.plan import IntentOutcome, Resolution
from tallybridge.billing.reasons import Reason
from tallybridge.billing.resolving import Unresolved, settle_intent
from tallybridge.destinations.base import DestinationError
from tallybridge.ledger import canonical, evidence, leases
from tallybridge.ledger import intents as ledger_intents
from tallybridge.ledger.errors import LedgerError
from tallybridge.ledger.intents import OwnIntent
from tallybridge.ledger.run_records import StoredTenantRun
from tallybridge.runs.applying import Applying, apply_plan
from tallybridge.runs.context import RunContext
from tallybridge.runs.recorded import recorded_report
from tallybridge.runs.recording import PartGivenBack, record_outcome
from tallybridge.runs.reports import LineReport, TenantReport
from tallybridge.runs.tenant_billing import after_applying
from tallybridge.runs.tenant_reports import contained

_LOOK_AGAIN = 0.5
"""Seconds between two looks at a line whose write may still arrive."""


def go_on(context: RunContext, assignment: Assignment, stored: StoredTenantRun) -> TenantReport:
    """Brings a recorded plan to its end and records what became of it.

    Raises:
        PartGivenBack: somebody else is at the agreement, or this process was stopped; the part stays unfinished.
        LedgerError: the ledger cannot be written; nothing was sent that was not first recorded.
    """
    report = recorded_report(assignment, stored)
    return contained(context, report, lambda: _go_on(context, report, stored))


def _go_on(context: RunContext, report: TenantReport, stored: StoredTenantRun) -> TenantReport:
    if stored.inputs is None or report.plan is None:
        raise LedgerError(f"The plan of {stored.tenant_name} in run {context.id} is missing from the ledger. Type: tallybridge verify")
    inputs = canonical.decode_inputs(evidence.get(stored.inputs), now=context.started, today=context.date)
    with leases.hold_lease(f"agreement:{context.destination_id}:{stored.agreement}", patience=context.agreement_patience) as held:
        if held is None:
            raise PartGivenBack(f"Another process is at agreement {stored.agreement}. Nothing was written; it is tried again later.")
        begun = tuple(replace(line, written=False) for line in report.lines)
        applied = apply_plan(context, inputs, report.plan, begun, tenant_id=stored.tenant_id, lease=held, applying=_GoingOn)
    report = after_applying(replace(report, lines=applied.lines, psa_writes=applied.psa_writes))
    record_outcome(context, report)
    return report


class _GoingOn(Applying):
    """Applies a plan of which some lines may have been written already, by another process of the same run."""

    def _put_on_worklist(self, line: LineReport) -> LineReport:
        if self._begun(line) is not None:
            return replace(line, waiting=True)
        return super()._put_on_worklist(line)

    def _write(self, line: LineReport) -> LineReport:
        begun = self._begun(line)
        if begun is None:
            return super()._write(line)
        if begun.outcome is None:
            return self._settle(line, begun)
        if begun.outcome is IntentOutcome.APPLIED:
            return replace(line, written=True, charge=begun.charge)
        if begun.outcome is IntentOutcome.REFUSED:
            return replace(line, failed=Reason.WRITE_REFUSED, detail=begun.detail)
        if begun.outcome is IntentOutcome.NOT_WRITTEN:
            return super()._write(line)
        return replace(line, failed=Reason.WRITE_NOT_VERIFIED)

    def _begun(self, line: LineReport) -> OwnIntent | None:
        return ledger_intents.newest_of_run(self._context.id, self._context.destination_id, self._plan.agreement, line.change.item)

    def _settle(self, line: LineReport, begun: OwnIntent) -> LineReport:
        """Reads until it is sure whether the call arrived; an unanswered one may, for as long as `settle` says."""
        context, intent = self._context, begun.intent
        while True:
            try:
                shown = context.destination.charges(self._plan.agreement)
            except DestinationError as unread:
                return replace(line, failed=Reason.WRITE_NOT_VERIFIED, detail=f"A process that has ended may have sent the line. {unread}")
            waited = (context.clock() - intent.recorded).total_seconds()
            found = tuple(charge for charge in shown if charge.item == intent.item)
            verdict = settle_intent(intent, found, waited_seconds=waited, settle=self._inputs.settle)
            if not isinstance(verdict, Unresolved) or verdict.reason is not Reason.WRITE_UNRESOLVED or waited > self._inputs.settle:
                break
            if context.stop.is_set():
                raise PartGivenBack("This process was stopped while it waited for a write to settle. Another one goes on.")
            sleep(_LOOK_AGAIN)
        if not isinstance(verdict, Resolution):
            return replace(line, failed=verdict.reason or Reason.WRITE_NOT_VERIFIED)
        if verdict.outcome is IntentOutcome.APPLIED and verdict.charge is not None:
            self._take_over(intent, verdict.charge, shown)
            self._conclude(intent, verdict, "")
            return replace(line, written=True, charge=verdict.charge)
        self._conclude(intent, verdict, "")
        return super()._write(line) if verdict.outcome is IntentOutcome.NOT_WRITTEN else replace(line, failed=Reason.WRITE_NOT_VERIFIED)
