"""The part of a tenant run that concerns the PSA: plan → apply → verify, under the agreement's lease (design 2, 6)."""

from __future__ import annotations

from dataclasses import replace

from tallybridge.billing.guards import lowered_by
from tallybridge.billing.linking import Assignment, Link
from tallybridge.billing.plan import Action, Plan, PlanningInputs
from tallybridge.billing.planning import plan as make_plan
from tallybridge.billing.proving import Reading
from tallybridge.billing.psa import Agreement
from tallybridge.billing.reasons import Reason
from tallybridge.billing.resolving import know_lines
from tallybridge.billing.wanting import billed_to_nobody, not_billed, wanted_items
from tallybridge.destinations.base import DestinationError
from tallybridge.ledger import canonical, decisions, evidence, holds, leases
from tallybridge.ledger import intents as ledger_intents
from tallybridge.ledger import lines as ledger_lines
from tallybridge.runs.agreement_ends import end_notices
from tallybridge.runs.applying import all_changes, apply_plan, take_over_readings
from tallybridge.runs.context import RunContext
from tallybridge.runs.falls import proofs_of_falls
from tallybridge.runs.former_agreements import FormerAgreements, close_what_ended, former_agreements, known_items
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
        self._former = FormerAgreements(standing=(), over=())
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
            with leases.hold_lease(f"agreement:{context.destination_id}:{self._link.agreement}", patience=context.agreement_patience) as held:
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
        if agreement is not None:
            self._report = replace(self._report, notices=(*self._report.notices, *end_notices(context, agreement)))
        if (reason := _agreement_reason(context, agreement, self._link)) is not None or agreement is None:
            return self._blocked(reason or Reason.AGREEMENT_NOT_FOUND)
        inputs, plan = self._plan(agreement)
        planned = self._take_plan(inputs, plan)
        writes = context.mode is not Mode.PLAN and any(line.change.action in (Action.CREATE, Action.UPDATE) for line in planned.lines)
        report = record_plan(context, planned, writes_follow=writes)
        if not writes:
            return report
        applied = apply_plan(context, inputs, plan, report.lines, tenant_id=self._counted.tenant.id, lease=lease)
        report = after_applying(replace(report, lines=applied.lines, psa_writes=applied.psa_writes))
        record_outcome(context, report)
        return report

    def _plan(self, agreement: Agreement) -> tuple[PlanningInputs, Plan]:
        """The plan, made while no other plan of this run is: what it lowers charges by is taken from what the run may (design 6.5)."""
        read = self._inputs(agreement)

        def make(left: int | None) -> tuple[tuple[PlanningInputs, Plan], int]:
            inputs = replace(read, may_fall=left)
            plan = make_plan(inputs)
            return (inputs, plan), lowered_by(plan.changes)

        inputs, plan = self._context.breaker.plan(self._counted.tenant.id, make)
        if not any(change.reason is Reason.RUN_BOUND for change in plan.changes):
            # What the run has left changes from tenant to tenant; kept only where it decided something, equal days keep equal inputs.
            inputs = replace(inputs, may_fall=None)
        return inputs, plan

    def _inputs(self, agreement: Agreement) -> PlanningInputs:
        context = self._context
        lines = ledger_lines.lines_of(context.destination_id, agreement.number)
        intents = ledger_intents.open_intents(context.destination_id, agreement.number)
        elsewhere = ledger_lines.lines_elsewhere(context.destination_id, context.integration, self._counted.tenant.id, agreement.number)
        self._former = former_agreements(context, self._counted.tenant.id, agreement.number, elsewhere)
        wanted = wanted_items(self._counted.usage, context.rules)
        ours = {one.item for one in wanted}
        # An agreement may be billed by several integrations, each its own items: what another one looks after is none of this plan's business.
        theirs = ledger_lines.items_of_others(context.destination_id, agreement.number, context.integration)
        if intents:
            theirs |= ledger_intents.items_of_others(context.destination_id, agreement.number, context.integration)
        theirs -= ours
        lines = tuple(line for line in lines if line.item not in theirs)
        inputs = PlanningInputs(
            agreement=agreement,
            wanted=wanted,
            lines=lines,
            former=self._former.standing,
            seen=ledger_lines.seen(context.destination_id, agreement.number),
            intents=tuple(intent for intent in intents if intent.item not in theirs),
            items=known_items(context, ours | {line.item for line in lines}),
            now=context.started,
            today=context.date,
            settle=context.settle,
            worklist=context.worklist,
            decisions=tuple(one for one in decisions.standing(context.destination_id, agreement.number) if one.item not in theirs),
            bounds=context.bounds,
        )
        # After reading: a line whose write has only now been seen to have arrived may fall, too.
        known = know_lines(inputs).lines.values()
        today = Reading(observation=self._counted.observation, rules=context.rules, usage=self._counted.usage)
        return replace(inputs, proofs=proofs_of_falls(context.destination_id, known, {one.item: one for one in wanted}, today))

    def _take_plan(self, inputs: PlanningInputs, plan: Plan) -> TenantReport:
        """Records what reading told, opens and closes holds, and puts the plan into the report."""
        context = self._context
        tenant = self._counted.tenant
        take_over_readings(context, inputs, plan, tenant.id)
        close_what_ended(context, tenant.id, zip(inputs.former, plan.former, strict=True), self._former.over)
        opened = holds.keep_up(context.destination_id, context.integration, tenant.id, tenant.name, plan.agreement, plan.changes, at=context.clock())
        lines = tuple(
            LineReport(
                change=change,
                agreement=number,
                hold=opened.get(change.item) if number == plan.agreement else None,
                waiting=change.entered is not None and context.worklist,
            )
            for number, change in all_changes(plan)
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
