"""Plan → PSA: the only place that writes charges.

For each line: re-read (L4), commit the intent (L5), write once, read back, compare. What the reply says is a hint; what the PSA shows is the truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from tallybridge.billing.plan import Action, Change, IntentKind, IntentOutcome, OpenIntent, OurLine, Plan, PlanningInputs, Resolution
from tallybridge.billing.psa import Agreement, Charge
from tallybridge.billing.reasons import NOT_TRIED_AGAIN, UNANSWERED_WRITE, Reason
from tallybridge.billing.resolving import settle_intent, since
from tallybridge.destinations.base import ChargeWrite, DestinationError
from tallybridge.ledger import decisions, leases
from tallybridge.ledger import intents as ledger_intents
from tallybridge.ledger import lines as ledger_lines
from tallybridge.ledger.leases import HeldLease
from tallybridge.runs.context import RunContext
from tallybridge.runs.reports import LineReport

_UNVERIFIED = frozenset({Reason.WRITE_NOT_VERIFIED, Reason.WRITE_UNRESOLVED})
"""After these the tenant gets no further write in this run (design 6.4): what the PSA does is not what it shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What applying one tenant's plan came to."""

    lines: tuple[LineReport, ...]
    psa_writes: int


class Applying:
    """Applies one tenant's plan, line by line. Must be used under the agreement's lease: nothing in the PSA's interface is conditional."""

    def __init__(self, context: RunContext, inputs: PlanningInputs, plan: Plan, *, tenant_id: str, lease: HeldLease) -> None:
        self._context = context
        self._inputs = inputs
        self._plan = plan
        self._tenant_id = tenant_id
        self._lease = lease
        self._writes = 0
        self._shown: tuple[Charge, ...] | None = None

    def apply(self, lines: Iterable[LineReport], earlier: Iterable[LineReport] = ()) -> Applied:
        """Carries out the creates and updates among the lines; the others are passed through.

        Args:
            earlier: lines of the same tenant that were carried out before.

        Raises:
            LedgerUnwritable: an intent could not be recorded; it was not sent.
        """
        before = tuple(earlier)
        done: list[LineReport] = []
        for line in lines:
            if line.change.action not in (Action.CREATE, Action.UPDATE):
                done.append(line)
            elif self._context.worklist:
                done.append(self._put_on_worklist(line))
            elif self._context.stop.is_set() and not self._context.spread:
                done.append(replace(line, failed=Reason.STOPPED))
            elif self._context.sign_in_refused.is_set():
                done.append(replace(line, failed=Reason.SIGN_IN_REFUSED, detail=NOT_TRIED_AGAIN))
            elif any(one.failed in _UNVERIFIED for one in (*before, *done)) or _source_failed(line.change, (*before, *done)):
                done.append(replace(line, failed=Reason.EARLIER_WRITE_FAILED))
            else:
                done.append(self._write(line))
        return Applied(lines=tuple(done), psa_writes=self._writes)

    def _put_on_worklist(self, line: LineReport) -> LineReport:
        """A worklist entry is an intent without a call; one that already waits is not recorded again (L8)."""
        if line.change.entered is None:
            self._record(line.change, worklist=True)
        return replace(line, waiting=True)

    def _write(self, line: LineReport) -> LineReport:
        change = line.change
        try:
            before = self._shown if self._shown is not None else self._context.destination.charges(self._plan.agreement)
        except DestinationError as unread:
            return replace(line, failed=unread.reason, detail=str(unread))
        if not _as_planned(change, before):
            return replace(line, failed=Reason.PSA_MOVED)
        intent = self._record(change, worklist=False)
        if not self._lease.confirm():
            # This process stood still for so long that another one may be writing here by now.
            self._conclude(intent, Resolution(key=intent.key, outcome=IntentOutcome.NOT_WRITTEN, charge=None, quantity=None), "never sent")
            return replace(line, failed=Reason.BUSY)
        refusal, answered = self._call(intent)
        try:
            self._shown = self._context.destination.charges(self._plan.agreement)
        except DestinationError as unread:
            self._shown = None
            return replace(line, failed=Reason.WRITE_NOT_VERIFIED, detail=f"The line was sent, but could not be read back. {unread}")
        return self._verify(line, intent, refusal=refusal, answered=answered, shown=self._shown)

    def _call(self, intent: OpenIntent) -> tuple[DestinationError | None, bool]:
        """Makes the one call of an intent. Returns the PSA's refusal, if it refused, and whether it answered at all."""
        ledger_intents.mark_called(intent.key, self._context.clock())
        self._writes += 1
        try:
            reply = self._context.destination.write(
                ChargeWrite(agreement=intent.agreement, item=intent.item, quantity=intent.to_quantity, charge=intent.charge)
            )
        except DestinationError as refused:
            if refused.reason is Reason.SIGN_IN_REFUSED:
                self._context.sign_in_refused.set()
            return refused, True
        if not reply.answered:
            # The call may have been under way for as long as it was waited for; only from now on can "not there" come to mean "never".
            ledger_intents.mark_called(intent.key, self._context.clock())
        return None, reply.answered

    def _verify(
        self, line: LineReport, intent: OpenIntent, *, refusal: DestinationError | None, answered: bool, shown: tuple[Charge, ...]
    ) -> LineReport:
        found = tuple(charge for charge in shown if charge.item == intent.item)
        # An unanswered call may still arrive: only an answered one may be believed at once not to have written.
        waited = self._inputs.settle if refusal is not None else 0
        verdict = settle_intent(intent, found, waited_seconds=waited, settle=self._inputs.settle)
        if isinstance(verdict, Resolution) and verdict.outcome is IntentOutcome.APPLIED and verdict.charge is not None:
            self._take_over(intent, verdict.charge, shown)
            self._conclude(intent, verdict, "")
            return replace(line, written=True, charge=verdict.charge)
        if refusal is not None and isinstance(verdict, Resolution):
            self._conclude(intent, replace(verdict, outcome=IntentOutcome.REFUSED), str(refusal))
            return replace(line, failed=refusal.reason, detail=str(refusal))
        if not answered and not isinstance(verdict, Resolution) and verdict.reason is Reason.WRITE_UNRESOLVED:
            return replace(
                line,
                failed=Reason.WRITE_UNRESOLVED,
                detail=UNANSWERED_WRITE,
            )
        return replace(line, failed=Reason.WRITE_NOT_VERIFIED)

    def _record(self, change: Change, *, worklist: bool) -> OpenIntent:
        intent = OpenIntent(
            key="",
            agreement=self._plan.agreement,
            item=change.item,
            kind=IntentKind.CREATE if change.charge is None else IntentKind.UPDATE,
            charge=change.charge,
            from_quantity=change.from_quantity,
            to_quantity=change.to_quantity or 0,
            known=change.known,
            recorded=self._context.clock(),
            worklist=worklist,
            parts=change.parts,
        )
        context = self._context
        return ledger_intents.record(
            intent, destination=context.destination_id, integration=context.integration, tenant_id=self._tenant_id, run=context.id
        )

    def _take_over(self, intent: OpenIntent, charge_id: int, shown: tuple[Charge, ...]) -> None:
        context = self._context
        before = next((line for line in self._plan.lines if line.item == intent.item), None)
        line = our_line(self._inputs.agreement, intent, charge_id, shown, before, context.date)
        ledger_lines.take_over(
            context.destination_id,
            context.integration,
            self._tenant_id,
            (line,),
            seen=[(charge.id, charge.item) for charge in shown if charge.item == intent.item],
            agreement=intent.agreement,
        )

    def _conclude(self, intent: OpenIntent, verdict: Resolution, detail: str) -> None:
        context = self._context
        ledger_intents.conclude(
            intent.key, verdict.outcome, charge=verdict.charge, quantity=verdict.quantity, detail=detail, at=context.clock(), run=context.id
        )


def apply_plan(
    context: RunContext,
    inputs: PlanningInputs,
    plan: Plan,
    lines: Sequence[LineReport],
    *,
    tenant_id: str,
    lease: HeldLease,
    applying: type[Applying] = Applying,
) -> Applied:
    """Carries out one tenant's plan: what a released move gives up on former agreements first, then what falls, then what rises.

    In this order nobody is ever billed twice, wherever it breaks off; the next run goes on from there.

    Args:
        lines: as `all_changes` lists them.
        lease: on the plan's own agreement.
        applying: how each plan is applied, where another process has begun with it.

    Returns:
        the lines in the same order.
    """
    done: list[LineReport] = []
    writes = 0
    for former_inputs, former in zip(inputs.former, plan.former, strict=True):
        there = [line for line in lines if line.agreement == former.agreement]
        if not there:
            continue
        with leases.hold_lease(f"agreement:{context.destination_id}:{former.agreement}", patience=context.agreement_patience) as held:
            if held is None:
                done += [replace(line, failed=Reason.BUSY) for line in there]
                continue
            take_over_readings(context, former_inputs, former, tenant_id)
            applied = applying(context, former_inputs, former, tenant_id=tenant_id, lease=held).apply(there, done)
        done += applied.lines
        writes += applied.psa_writes
    here = sorted((line for line in lines if line.agreement == plan.agreement), key=lambda line: not _falls(line.change))
    applied = applying(context, inputs, plan, tenant_id=tenant_id, lease=lease).apply(here, done)
    by_place = {(line.agreement, line.change.item): line for line in (*done, *applied.lines)}
    return Applied(lines=tuple(by_place[line.agreement, line.change.item] for line in lines), psa_writes=writes + applied.psa_writes)


def all_changes(plan: Plan) -> tuple[tuple[int, Change], ...]:
    """Every change that a plan carries out or shows, with its agreement: on former agreements only what released moves give up."""
    given_up = {source[:2] for change in plan.changes if change.released is not None for source in change.moved_from}
    there = [(former.agreement, change) for former in plan.former for change in former.changes if (former.agreement, change.item) in given_up]
    return (*there, *((plan.agreement, change) for change in plan.changes))


def take_over_readings(context: RunContext, inputs: PlanningInputs, plan: Plan, tenant_id: str, *, why: str = "") -> None:
    """Writes down what reading the PSA settled: lines seen, renewed lines, ended intents and decisions.

    What has been written down before, as of a former agreement whose move is carried out later, is not written down again.

    The lines come first: after a crash in between, an intent that is still open finds its line already ours, and is settled by that;
    the other way round our own line would look like somebody else's (L5).

    Args:
        why: what is kept beside the ends of intents.
    """
    items = {one.item for one in inputs.wanted} | {line.item for line in inputs.lines} | {intent.item for intent in inputs.intents}
    ledger_lines.take_over(
        context.destination_id,
        context.integration,
        tenant_id,
        plan.lines,
        # Of other items nothing is decided here: one of their lines, renewed meanwhile, must still be new to the plan that looks after it.
        seen=[(charge.id, charge.item) for charge in inputs.agreement.charges if charge.item in items],
        agreement=inputs.agreement.number,
    )
    ends = plan.resolutions
    still_open = {intent.key for intent in ledger_intents.open_intents(context.destination_id, plan.agreement)} if ends else set()
    for resolution in (one for one in ends if one.key in still_open):
        ledger_intents.conclude(
            resolution.key,
            resolution.outcome,
            charge=resolution.charge,
            quantity=resolution.quantity,
            detail=why,
            at=context.clock(),
            run=context.id,
        )
    decisions.end(plan.ended, at=context.clock(), run=context.id)


def our_line(agreement: Agreement, intent: OpenIntent, charge_id: int, shown: Iterable[Charge], before: OurLine | None, today: date) -> OurLine:
    """Our line as it stands after a write was read back."""
    charge = next(charge for charge in shown if charge.id == charge_id)
    return OurLine(
        agreement=agreement.number,
        item=intent.item,
        charge=charge_id,
        written=charge.quantity,
        delete_after_invoicing=charge.delete_after_invoicing,
        last_billed=agreement.last_billed,
        next_billing=agreement.next_billing,
        parts=intent.parts,
        left=before.left if before is not None else (),
        since=since(before, today),
    )


def _falls(change: Change) -> bool:
    return (change.to_quantity or 0) < (change.from_quantity or 0)


def _source_failed(change: Change, earlier: Iterable[LineReport]) -> bool:
    """Whether a line that a released move takes seats from still bills them."""
    failed = {(line.agreement, line.change.item) for line in earlier if line.failed is not None}
    return any(source[:2] in failed for source in change.moved_from)


def _as_planned(change: Change, shown: Iterable[Charge]) -> bool:
    """Whether the item's lines are still what the plan was made from (L4)."""
    found = {charge.id: charge.quantity for charge in shown if charge.item == change.item}
    if tuple(sorted(found)) != tuple(sorted(change.known)):
        return False
    return change.charge is None or found.get(change.charge) == change.from_quantity
