"""Quantities that a person prescribes for lines of ours: the way back to before a run, and zero for what is left behind (decision 0019).

They become a plan like any other, made by the same rules from a fresh reading, so all that protects a line protects it here too: open writes are
resolved first (L5), an edited line is held (L6), and the plan is applied as it is or not at all (L4). Only the guards do not look at it, because a
person has prescribed it. Neither source nor usage is read, so such a run is no day's run, and it opens and closes no holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any

from tallybridge.billing.model import Tenant
from tallybridge.billing.plan import Action, DecisionKind, OurLine, Plan, PlanningInputs, StandingDecision, Wanted
from tallybridge.billing.planning import plan as make_plan
from tallybridge.billing.psa import Account, Agreement, Item
from tallybridge.billing.reasons import Reason
from tallybridge.configuration.catalog import rules_of
from tallybridge.destinations.base import Destination, DestinationError
from tallybridge.ledger import canonical, decisions, evidence, leases
from tallybridge.ledger import intents as ledger_intents
from tallybridge.ledger import lines as ledger_lines
from tallybridge.ledger import runs as ledger_runs
from tallybridge.runs.applying import take_over_readings
from tallybridge.runs.breaker import CircuitBreaker
from tallybridge.runs.context import RunContext
from tallybridge.runs.day import Order, begin, billing_date, destination_id, new_run_id, report_on
from tallybridge.runs.doors import open_destination
from tallybridge.runs.prescriptions import TAIL, WRITING, LeftAlone, Prescribed, PrescribedItem, Prescribing, Prescription
from tallybridge.runs.recording import record_plan
from tallybridge.runs.reports import LineReport, Mode, TenantOutcome, TenantReport, totals
from tallybridge.runs.tenant_reports import contained


def prescribe(order: Order, prescriptions: Iterable[Prescription], prescribing: Prescribing) -> Prescribed:
    """Makes and records a plan of prescribed quantities, which `saved_plans.save_plan` can save. Writes nothing to the PSA.

    Args:
        order: its mode does not matter: the run is one of kind `plan`.
        prescriptions: of each tenant at most one, because a run records a tenant once.

    Raises:
        ConfigurationError: a secret is missing; nothing was contacted.
        LedgerError: the ledger cannot be written.
        KeyboardInterrupt: it was stopped; the run is recorded as stopped.
    """
    order = replace(order, mode=Mode.PLAN)
    begun = order.clock()
    started, run_id = begun.replace(microsecond=0), new_run_id(begun)
    with (
        closing(open_destination(order.configuration, order.clock, writing=False)) as destination,
        leases.hold_lease(f"integration:{order.integration}") as held,
    ):
        if not held:
            return Prescribed(report=report_on(order, run_id, started, reason=Reason.BUSY))
        begin(order, run_id, started, rules_of(order.configuration))
        return _Prescribing(order, run_id, started, destination, prescribing).carry_out(tuple(prescriptions))


class _Prescribing:
    """One run of kind `plan` under its lease."""

    def __init__(self, order: Order, run_id: str, started: datetime, destination: Destination, prescribing: Prescribing) -> None:
        self._order = order
        self._run_id = run_id
        self._started = started
        self._destination = destination
        self._prescribing = prescribing
        self._left_alone: list[LeftAlone] = []
        self._done: list[TenantReport] = []

    def carry_out(self, prescriptions: tuple[Prescription, ...]) -> Prescribed:
        try:
            accounts = dict(self._destination.accounts())
            items = dict(self._destination.items({one.item for each in prescriptions for one in each.items}))
            context = self._context(accounts, items)
            self._order.begun(len(prescriptions))
            for prescription in prescriptions:
                if self._order.stop.is_set():
                    return self._finish(reason=Reason.STOPPED)
                report = contained(context, _broken_off(prescription), partial(self._tenant, context, prescription))
                if report.plan is not None or report.reason is not None:
                    self._done.append(report)
        except DestinationError as failed:
            return self._finish(reason=failed.reason, detail=str(failed))
        except KeyboardInterrupt:
            self._finish(reason=Reason.STOPPED)
            raise
        return self._finish()

    def _context(self, accounts: dict[int, Account], items: dict[str, Item]) -> RunContext:
        configuration = self._order.configuration
        return RunContext(
            id=self._run_id,
            integration=self._order.integration,
            mode=self._order.mode,
            date=billing_date(configuration, self._started),
            started=self._started,
            rules=rules_of(configuration),
            destination=self._destination,
            destination_id=destination_id(configuration),
            accounts=accounts,
            items=items,
            settle=int(configuration.destination.settle),
            worklist=configuration.destination.write_mode == "worklist",
            bounds=configuration.guards.bounds,
            unfinished={},
            breaker=CircuitBreaker(None),
            tenant_seconds=configuration.source.tenant_minutes * 60,
            clock=self._order.clock,
            stop=self._order.stop,
            progress=self._order.progress,
        )

    def _finish(self, *, reason: Reason | None = None, detail: str = "") -> Prescribed:
        report = report_on(self._order, self._run_id, self._started, tenants=tuple(self._done), reason=reason, detail=detail)
        told = self._prescribing
        tail: dict[str, Any] = {
            "reason": reason.value if reason is not None else None,
            # Such a run is for single tenants, so it never counts as a day's run (L12).
            "only": ", ".join(one.name for one in self._done),
            "problems": [],
            "accounts_not_linked": None,
            TAIL: {"what": told.what, "author": told.author, "because": told.because, "run": told.run},
        }
        head = ledger_runs.finish(report.id, report.outcome.value, totals(report.tenants), report.finished, tail)
        return Prescribed(report=replace(report, head=head), left_alone=tuple(self._left_alone))

    def _tenant(self, context: RunContext, prescription: Prescription) -> TenantReport:
        report = replace(_broken_off(prescription), reason=None)
        try:
            with leases.hold_lease(f"agreement:{context.destination_id}:{prescription.agreement}") as held:
                if held is None:
                    return record_plan(context, replace(report, outcome=TenantOutcome.BLOCKED, reason=Reason.BUSY))
                agreement = self._destination.agreement(prescription.agreement)
                if (reason := _agreement_reason(context, agreement, prescription)) is not None or agreement is None:
                    return record_plan(context, replace(report, outcome=TenantOutcome.BLOCKED, reason=reason or Reason.AGREEMENT_NOT_FOUND))
                report = replace(report, account=agreement.account)
                return self._plan(context, agreement, prescription, report)
        except DestinationError as unread:
            return record_plan(context, replace(report, outcome=TenantOutcome.FAILED, reason=unread.reason, detail=str(unread)))

    def _plan(self, context: RunContext, agreement: Agreement, prescription: Prescription, report: TenantReport) -> TenantReport:
        lines = {line.item: line for line in ledger_lines.lines_of(context.destination_id, agreement.number)}
        items = self._undecided(context, prescription, lines)
        if not items:
            return report
        inputs = _inputs(context, agreement, items, lines)
        plan = make_plan(inputs)
        if prescription.only_as_written and (touched := _touched(inputs, plan)):
            for item, sentence in touched.items():
                self._leave_alone(prescription, item, sentence)
            items = [one for one in items if one.item not in touched]
            if not items:
                return report
            inputs = _inputs(context, agreement, items, lines)
            plan = make_plan(inputs)
        take_over_readings(context, inputs, plan, prescription.tenant_id)
        return record_plan(context, _planned(context, report, inputs, plan))

    def _undecided(self, context: RunContext, prescription: Prescription, lines: dict[str, OurLine]) -> list[PrescribedItem]:
        """The items that nobody has kept or pinned: what one person has decided a line should be, another does not overrule unseen."""
        decided = {one.item: one for one in decisions.standing(context.destination_id, prescription.agreement) if _fixes(one, context.date)}
        free = []
        for one in prescription.items:
            line = lines.get(one.item)
            if line is None or line.closed:
                self._leave_alone(prescription, one.item, "The ledger knows no line of ours there any more.")
            elif one.item in decided:
                word = "kept as it is" if decided[one.item].kind is DecisionKind.KEEP else "pinned"
                sentence = f"A person has decided that it is {word}. To end that decision: tallybridge holds list --decided, then holds release"
                self._leave_alone(prescription, one.item, sentence)
            else:
                free.append(one)
        return free

    def _leave_alone(self, prescription: Prescription, item: str, sentence: str) -> None:
        self._left_alone.append(LeftAlone(tenant=prescription.tenant, agreement=prescription.agreement, item=item, sentence=sentence))


def _broken_off(prescription: Prescription) -> TenantReport:
    return TenantReport(
        name=prescription.tenant,
        tenant=Tenant(id=prescription.tenant_id, name=prescription.tenant, number=prescription.number),
        account=prescription.account,
        agreement=prescription.agreement,
        outcome=TenantOutcome.FAILED,
        reason=Reason.INTERNAL_ERROR,
    )


def _agreement_reason(context: RunContext, agreement: Agreement | None, prescription: Prescription) -> Reason | None:
    """Why nothing may be written on an agreement: what a daily run asks for, and that the agreement has stayed with its account (design 6.4)."""
    if agreement is None:
        return Reason.AGREEMENT_NOT_FOUND
    if prescription.account not in (None, agreement.account):
        return Reason.AGREEMENT_OF_OTHER_ACCOUNT
    if agreement.ended(context.date):
        return Reason.AGREEMENT_ENDED
    return None if agreement.account in context.accounts else Reason.NOT_CROSS_REFERENCED


def _fixes(decision: StandingDecision, today: date) -> bool:
    """Whether a decision says what the line is, today."""
    if decision.kind is DecisionKind.PIN:
        return decision.until is None or decision.until >= today
    return decision.kind is DecisionKind.KEEP


def _inputs(context: RunContext, agreement: Agreement, items: list[PrescribedItem], lines: dict[str, OurLine]) -> PlanningInputs:
    """Everything of the agreement that concerns the prescribed items, and nothing else: a new line of another item stays unseen for its own plan."""
    wanted = tuple(Wanted(item=one.item, quantity=one.quantity, parts=one.parts) for one in sorted(items, key=lambda one: one.item))
    named = {one.item for one in wanted}
    return PlanningInputs(
        agreement=replace(agreement, charges=tuple(charge for charge in agreement.charges if charge.item in named)),
        wanted=wanted,
        lines=tuple(lines[one.item] for one in wanted),
        seen=ledger_lines.seen(context.destination_id, agreement.number),
        intents=tuple(one for one in ledger_intents.open_intents(context.destination_id, agreement.number) if one.item in named),
        items=tuple(context.items[item] for item in sorted(named) if item in context.items),
        now=context.started,
        today=context.date,
        settle=context.settle,
        worklist=context.worklist,
        decisions=tuple(one for one in decisions.standing(context.destination_id, agreement.number) if one.item in named),
    )


def _touched(inputs: PlanningInputs, plan: Plan) -> dict[str, str]:
    """The lines that the plan takes for right only because a person's hand in the PSA has come to the same, each with a sentence."""
    ended = {one.key for one in plan.resolutions}
    by_our_writes = {one.item for one in inputs.intents if one.key in ended}
    now = {one.item: one for one in plan.lines}
    touched = {}
    for line in inputs.lines:
        if now[line.item].closed and not line.closed:
            touched[line.item] = "It was removed in Tigerpaw by hand, and that stays as it is."
        elif now[line.item].written != line.written and line.item not in by_our_writes:
            touched[line.item] = f"It was brought to {now[line.item].written} in Tigerpaw by hand, and that stays as it is."
    return touched


def _planned(context: RunContext, report: TenantReport, inputs: PlanningInputs, plan: Plan) -> TenantReport:
    inputs_kept, plan_kept = canonical.encode_inputs(inputs), canonical.encode_plan(plan)
    lines = tuple(
        LineReport(change=change, agreement=plan.agreement, waiting=change.entered is not None and context.worklist) for change in plan.changes
    )
    return replace(
        report,
        outcome=_outcome(lines),
        lines=lines,
        inputs=evidence.address_of(inputs_kept),
        plan=plan,
        plan_address=evidence.address_of(plan_kept),
        contents=((inputs_kept, "inputs"), (plan_kept, "plan")),
        notices=plan.notices,
    )


def _outcome(lines: tuple[LineReport, ...]) -> TenantOutcome:
    if any(line.change.action in (Action.HOLD, Action.MOVE) for line in lines):
        return TenantOutcome.HELD
    writing = [line for line in lines if line.change.action in WRITING]
    if not writing:
        return TenantOutcome.UNCHANGED
    return TenantOutcome.WAITING if all(line.waiting for line in writing) else TenantOutcome.PLANNED
