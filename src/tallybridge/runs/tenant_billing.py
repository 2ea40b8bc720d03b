"""The part of a tenant run that concerns the PSA: plan → apply → verify, under the agreement's lease (design 2, 6)."""

from __future__ import annotations

from dataclasses import replace

from tallybridge.billing.linking import Assignment, Link
from tallybridge.billing.plan import Action, OurLine, Plan, PlanningInputs
from tallybridge.billing.planning import plan as make_plan
from tallybridge.billing.psa import Agreement
from tallybridge.billing.reasons import Reason
from tallybridge.billing.wanting import billed_to_nobody, not_billed, wanted_items
from tallybridge.destinations.base import DestinationError
from tallybridge.ledger import canonical, evidence, holds, leases
from tallybridge.ledger import intents as ledger_intents
from tallybridge.ledger import lines as ledger_lines
from tallybridge.runs.applying import Applying
from tallybridge.runs.context import RunContext
from tallybridge.runs.recording import record_outcome, record_plan
from tallybridge.runs.reports import LineReport, Mode, TenantOutcome, TenantReport
from tallybridge.runs.tenant_reports import Counted, counted_report


class TenantBilling:
    """Bills one counted tenant."""

    def __init__(self, context: RunContext, assignment: Assignment, link: Link, counted: Counted) -> None:
        self._context = context
        self._assignment = assignment
        self._link = link
        self._counted = counted
        self._report = replace(
            counted_report(assignment, counted),
            account=link.account,
            agreement=link.agreement,
            not_billed=not_billed(counted.usage, context.rules),
        )

    def carry_out(self) -> TenantReport:
        """Plans under the agreement's lease, records the plan, and applies it where the run writes."""
        context = self._context
        if self._link.agreement is None:
            return self._blocked(Reason.NO_AGREEMENT)
        try:
            if (reason := self._account_reason()) is not None:
                return self._blocked(reason)
            with leases.hold_lease(f"agreement:{context.destination_id}:{self._link.agreement}") as held:
                if held is None:
                    return self._ended(TenantOutcome.BLOCKED, Reason.BUSY)
                return self._plan_and_apply(self._link.agreement, held)
        except DestinationError as unread:
            return self._ended(TenantOutcome.FAILED, unread.reason, str(unread))

    def _account_reason(self) -> Reason | None:
        if self._link.account in self._context.accounts:
            return None
        account = self._context.destination.account(self._link.account)
        if account is None:
            return Reason.ACCOUNT_NOT_FOUND
        return None if account.cross_referenced else Reason.NOT_CROSS_REFERENCED

    def _blocked(self, reason: Reason) -> TenantReport:
        """Nothing of a blocked tenant is billed, so all that it uses is listed (design 6.4)."""
        leaks = billed_to_nobody(self._counted.usage, reason)
        return record_plan(self._context, replace(self._report, outcome=TenantOutcome.BLOCKED, reason=reason, not_billed=leaks))

    def _ended(self, outcome: TenantOutcome, reason: Reason, detail: str = "") -> TenantReport:
        return record_plan(self._context, replace(self._report, outcome=outcome, reason=reason, detail=detail))

    def _plan_and_apply(self, number: int, lease: leases.HeldLease) -> TenantReport:
        context = self._context
        agreement = context.destination.agreement(number)
        if (reason := _agreement_reason(context, agreement, self._link)) is not None or agreement is None:
            return self._blocked(reason or Reason.AGREEMENT_NOT_FOUND)
        inputs = self._inputs(agreement)
        plan = make_plan(inputs)
        report = record_plan(context, self._take_plan(inputs, plan))
        writes = any(line.change.action in (Action.CREATE, Action.UPDATE) for line in report.lines)
        if context.mode is Mode.PLAN or not writes:
            return report
        applied = Applying(context, inputs, plan, tenant_id=self._counted.tenant.id, lease=lease).apply(report.lines)
        report = after_applying(replace(report, lines=applied.lines, psa_writes=applied.psa_writes))
        record_outcome(context, report)
        return report

    def _inputs(self, agreement: Agreement) -> PlanningInputs:
        context = self._context
        lines = ledger_lines.lines_of(context.destination_id, agreement.number)
        intents = ledger_intents.open_intents(context.destination_id, agreement.number)
        elsewhere = ledger_lines.lines_elsewhere(context.destination_id, context.integration, self._counted.tenant.id, agreement.number)
        wanted = wanted_items(self._counted.usage, context.rules)
        ours = {one.item for one in wanted}
        # An agreement may be billed by several integrations, each its own items: what another one looks after is none of this plan's business.
        theirs = ledger_lines.items_of_others(context.destination_id, agreement.number, context.integration) - ours
        lines = tuple(line for line in lines if line.item not in theirs)
        relevant = ours | {line.item for line in lines}
        return PlanningInputs(
            agreement=agreement,
            wanted=wanted,
            lines=lines,
            elsewhere=self._still_standing(elsewhere),
            seen=ledger_lines.seen(context.destination_id, agreement.number),
            intents=tuple(intent for intent in intents if intent.item not in theirs),
            items=tuple(context.items[item] for item in sorted(relevant) if item in context.items),
            now=context.started,
            today=context.date,
            settle=context.settle,
            worklist=context.worklist,
        )

    def _still_standing(self, elsewhere: tuple[OurLine, ...]) -> tuple[OurLine, ...]:
        """Our lines on other agreements that still bill: neither removed, set to 0 nor on an ended agreement, which does not hold its successor."""
        standing: list[OurLine] = []
        for number in dict.fromkeys(line.agreement for line in elsewhere):
            former = self._context.destination.agreement(number)
            if former is None or former.ended(self._context.date):
                continue
            billing = {charge.id for charge in former.charges if charge.quantity > 0}
            standing += [line for line in elsewhere if line.agreement == number and line.charge in billing]
        return tuple(standing)

    def _take_plan(self, inputs: PlanningInputs, plan: Plan) -> TenantReport:
        """Records what reading told, opens and closes holds, and puts the plan into the report."""
        context = self._context
        tenant = self._counted.tenant
        _take_over_readings(context, plan, inputs.agreement, tenant.id)
        opened = holds.keep_up(context.destination_id, context.integration, tenant.id, tenant.name, plan.agreement, plan.changes, at=context.clock())
        lines = tuple(
            LineReport(change=change, hold=opened.get(change.item), waiting=change.entered is not None and context.worklist)
            for change in plan.changes
        )
        inputs_kept, plan_kept = canonical.encode_inputs(inputs), canonical.encode_plan(plan)
        report = replace(
            self._report,
            lines=lines,
            inputs=evidence.address_of(inputs_kept),
            plan=plan,
            plan_address=evidence.address_of(plan_kept),
            contents=(*self._report.contents, (inputs_kept, "inputs"), (plan_kept, "plan")),
            notices=(*self._report.notices, *plan.notices),
        )
        return replace(report, outcome=_planned_outcome(report, context))


def _agreement_reason(context: RunContext, agreement: Agreement | None, link: Link) -> Reason | None:
    if agreement is None:
        return Reason.AGREEMENT_NOT_FOUND
    if agreement.account != link.account:
        return Reason.AGREEMENT_OF_OTHER_ACCOUNT
    return Reason.AGREEMENT_ENDED if agreement.ended(context.date) else None


def _take_over_readings(context: RunContext, plan: Plan, agreement: Agreement, tenant_id: str) -> None:
    """Writes down what reading the PSA settled: lines seen, renewed lines, ended intents.

    The lines come first: after a crash in between, an intent that is still open finds its line already ours, and is settled by that;
    the other way round our own line would look like somebody else's (L5).
    """
    ledger_lines.take_over(
        context.destination_id,
        context.integration,
        tenant_id,
        plan.lines,
        seen=[(charge.id, charge.item) for charge in agreement.charges],
        agreement=agreement.number,
    )
    for resolution in plan.resolutions:
        ledger_intents.conclude(
            resolution.key,
            resolution.outcome,
            charge=resolution.charge,
            quantity=resolution.quantity,
            detail="",
            at=context.clock(),
            run=context.id,
        )


def _planned_outcome(report: TenantReport, context: RunContext) -> TenantOutcome:
    actions = {line.change.action for line in report.lines}
    if actions & {Action.HOLD, Action.MOVE}:
        return TenantOutcome.HELD
    if not actions & {Action.CREATE, Action.UPDATE}:
        return TenantOutcome.UNCHANGED
    if context.mode is Mode.PLAN and any(not line.waiting for line in report.lines if line.change.action is not Action.UNCHANGED):
        return TenantOutcome.PLANNED
    return TenantOutcome.WAITING if context.worklist else TenantOutcome.PLANNED


def after_applying(report: TenantReport) -> TenantReport:
    """The tenant's outcome once its lines have been written and read back: the worst of its lines."""
    failed = next((line for line in report.lines if line.failed is not None), None)
    if failed is not None:
        return replace(report, outcome=TenantOutcome.FAILED, reason=failed.failed, detail=_failed_sentence(failed))
    if any(line.change.action in (Action.HOLD, Action.MOVE) for line in report.lines):
        return replace(report, outcome=TenantOutcome.HELD)
    if any(line.waiting for line in report.lines):
        return replace(report, outcome=TenantOutcome.WAITING)
    written = any(line.written for line in report.lines)
    return replace(report, outcome=TenantOutcome.APPLIED if written else TenantOutcome.UNCHANGED)


def _failed_sentence(line: LineReport) -> str:
    sentence = line.detail or (line.failed.sentence if line.failed is not None else "")
    return f"{line.change.item}: {sentence}"
