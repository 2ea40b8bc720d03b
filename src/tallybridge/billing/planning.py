"""Usage × charges → plan: the table of design 6.3, moves, decisions, guards, and what is only reported. Pure; decides, never does.

`plan` walks every item that is wanted or has a line of ours and lets the first fitting row of the table decide. Then moves, and then the guards,
hold what must wait for a person; what a person has decided before stands (design 6.6).
"""

from __future__ import annotations

from dataclasses import replace

from tallybridge.billing.guards import guard
from tallybridge.billing.model import Notice
from tallybridge.billing.moving import Move, lines_that_bill, moves_of, passing
from tallybridge.billing.plan import (
    Action,
    Change,
    DecisionKind,
    IntentOutcome,
    OpenIntent,
    OurLine,
    Plan,
    PlanningInputs,
    Resolution,
    StandingDecision,
    Wanted,
)
from tallybridge.billing.psa import Agreement, Charge
from tallybridge.billing.reasons import Reason
from tallybridge.billing.resolving import KnownLines, charges_by_item, know_lines


def plan(inputs: PlanningInputs) -> Plan:
    """What should happen to one agreement's charges.

    Applying the plan and planning again from what the PSA then shows gives no create and no update (L8).
    Quantities are the only thing a plan changes (L6).
    """
    known = know_lines(inputs)
    present = charges_by_item(inputs.agreement.charges)
    former = tuple(plan(one) for one in inputs.former)
    draft = _Draft(inputs, known, former)
    for item in sorted(draft.wanted.keys() | known.lines.keys() | known.unresolved.keys()):
        draft.decide(item, draft.wanted.get(item), present.get(item, ()))
    draft.decide_moves(present)
    draft.settle_worklist()
    draft.guard()
    return Plan(
        agreement=inputs.agreement.number,
        changes=tuple(draft.changes[item] for item in sorted(draft.changes)),
        resolutions=(*known.resolutions, *draft.superseded),
        lines=tuple(draft.lines[item] for item in sorted(draft.lines)),
        notices=tuple(sorted((*known.notices, *draft.notices), key=lambda notice: (notice.reason, notice.subject))),
        not_ours=tuple(sorted(draft.not_ours)),
        former=former,
        ended=tuple(sorted(draft.ended)),
    )


def left_behind(line: OurLine) -> Notice:
    """Says that a line of ours on another agreement, or of a tenant without billing, is billed and wanted nowhere (design 6.3)."""
    return Notice(reason=Reason.LEFT_BEHIND, subject=f"{line.item} on agreement {line.agreement}", expected=0, received=line.written)


class _Draft:
    """A plan in the making: one change per item."""

    def __init__(self, inputs: PlanningInputs, known: KnownLines, former: tuple[Plan, ...]) -> None:
        self.inputs = inputs
        self.former = former
        self.decisions = {one.item: one for one in inputs.decisions}
        self.ended: set[int] = set()
        self.wanted = {one.item: one for one in inputs.wanted}
        for pin in (one for one in inputs.decisions if one.kind is DecisionKind.PIN):
            self._pin(pin)
        self.known = known
        self.lines = dict(known.lines)
        self.unresolved = known.unresolved
        self.items = {item.id: item for item in inputs.items}
        self.changes: dict[str, Change] = {}
        self.notices: list[Notice] = []
        self.superseded: list[Resolution] = []
        self.not_ours: list[int] = []

    def decide(self, item: str, wanted: Wanted | None, found: tuple[Charge, ...]) -> None:
        """Lets the first row of the table that fits decide about one item."""
        line = self.lines.get(item)
        present = tuple(charge for charge in found if line is None or charge.id not in line.left)
        unresolved = self.unresolved.get(item)
        if self._is_kept(item, wanted, line, found):
            return
        if unresolved is not None and unresolved.reason is not None:
            self._put(self._hold(item, wanted, line, present, unresolved.reason))
        elif wanted is None:
            self._leave_behind(item, line, present)
        elif not present:
            self._decide_without_line(wanted, line)
        elif len(present) > 1:
            self._put(self._hold(item, wanted, line, present, Reason.DUPLICATE_LINES))
        elif line is None or line.closed or line.charge != present[0].id:
            self._decide_foreign(wanted, line, present[0])
        else:
            self._decide_ours(wanted, line, present[0])

    def _pin(self, pin: StandingDecision) -> None:
        """A pinned line wants its pinned quantity, whatever is counted (design 6.1), until its last day is over."""
        if pin.until is not None and pin.until < self.inputs.today:
            self.ended.add(pin.id)
            del self.decisions[pin.item]
            return
        counted = self.wanted.get(pin.item)
        self.wanted[pin.item] = Wanted(item=pin.item, quantity=pin.quantity or 0, parts=counted.parts if counted is not None else ())

    def _is_kept(self, item: str, wanted: Wanted | None, line: OurLine | None, found: tuple[Charge, ...]) -> bool:
        """Leaves a line as a person decided, until the PSA's lines for the item change; a write that may still arrive is waited for first."""
        decision = self.decisions.get(item)
        unresolved = self.unresolved.get(item)
        if decision is None or decision.kind is not DecisionKind.KEEP or wanted is None:
            return False
        if unresolved is not None and unresolved.reason is Reason.WRITE_UNRESOLVED:
            return False
        if tuple((charge.id, charge.quantity) for charge in found) != decision.shown:
            self.ended.add(decision.id)
            return False
        kept = self._hold(item, wanted, line, tuple(charge for charge in found if line is None or charge.id not in line.left), Reason.KEPT)
        self._put(replace(kept, action=Action.UNCHANGED, to_quantity=kept.from_quantity, known=tuple(charge.id for charge in found)))
        return True

    def _decide_without_line(self, wanted: Wanted, line: OurLine | None) -> None:
        if wanted.quantity == 0:
            if line is not None:
                self.lines[wanted.item] = replace(line, charge=None, closed=True)
        elif line is None or line.closed or (line.delete_after_invoicing and _billed_since(self.inputs.agreement, line)):
            self._put(self._write(Action.CREATE, wanted, line, None))
        else:
            self._put(self._hold(wanted.item, wanted, line, (), Reason.LINE_REMOVED))

    def _decide_foreign(self, wanted: Wanted, line: OurLine | None, charge: Charge) -> None:
        if wanted.quantity == 0 and (line is None or line.closed):
            self.not_ours.append(charge.id)
            self.notices.append(Notice(reason=Reason.BILLED_BUT_UNUSED, subject=wanted.item, expected=0, received=charge.quantity))
        else:
            self._put(self._hold(wanted.item, wanted, line, (charge,), Reason.LINE_NOT_OURS))

    def _decide_ours(self, wanted: Wanted, line: OurLine, charge: Charge) -> None:
        agreement = self.inputs.agreement
        line = replace(
            line,
            delete_after_invoicing=charge.delete_after_invoicing,
            last_billed=agreement.last_billed,
            next_billing=agreement.next_billing,
        )
        self.lines[wanted.item] = line
        if charge.quantity == wanted.quantity:
            # A pinned quantity for which nothing is counted is still made of what it was: those seats may be wanted on another line.
            self.lines[wanted.item] = replace(
                line, written=wanted.quantity, parts=wanted.parts if wanted.parts or not wanted.quantity else line.parts
            )
            self._put(self._write(Action.UNCHANGED, wanted, line, charge))
        elif charge.quantity == line.written:
            self._put(self._write(Action.UPDATE, wanted, line, charge))
        else:
            self._put(self._hold(wanted.item, wanted, line, (charge,), Reason.EDITED_IN_PSA))

    def _leave_behind(self, item: str, line: OurLine | None, present: tuple[Charge, ...]) -> None:
        """Our line of an item that no mapping bills on any more stays as it is (design 6.3)."""
        charge = next((charge for charge in present if line is not None and charge.id == line.charge), None)
        if charge is not None and charge.quantity > 0:
            self.notices.append(Notice(reason=Reason.LEFT_BEHIND, subject=item, expected=0, received=charge.quantity))

    def _write(self, action: Action, wanted: Wanted, line: OurLine | None, charge: Charge | None) -> Change:
        """A line that should say what is wanted, or a hold where the price book does not let it."""
        item = self.items.get(wanted.item)
        if action is not Action.UNCHANGED:
            present = (charge,) if charge is not None else ()
            if item is None:
                return self._hold(wanted.item, wanted, line, present, Reason.ITEM_MISSING)
            if item.inactive:
                return self._hold(wanted.item, wanted, line, present, Reason.ITEM_INACTIVE)
        if item is not None and item.price_known and not item.price and wanted.quantity > 0:
            self.notices.append(Notice(reason=Reason.NO_PRICE, subject=wanted.item))
        return Change(
            action=action,
            item=wanted.item,
            from_quantity=charge.quantity if charge is not None else None,
            to_quantity=wanted.quantity,
            charge=charge.id if charge is not None else None,
            parts=wanted.parts,
            known=tuple(one.id for one in self.inputs.agreement.charges if one.item == wanted.item),
            last_written=line.written if line is not None and not line.closed else None,
            reason=Reason.PINNED if self._is_pinned(wanted.item) else None,
        )

    def _is_pinned(self, item: str) -> bool:
        decision = self.decisions.get(item)
        return decision is not None and decision.kind is DecisionKind.PIN

    def _hold(self, item: str, wanted: Wanted | None, line: OurLine | None, present: tuple[Charge, ...], reason: Reason) -> Change:
        single = present[0] if len(present) == 1 else None
        return Change(
            action=Action.HOLD,
            item=item,
            from_quantity=single.quantity if single is not None else None,
            to_quantity=wanted.quantity if wanted is not None else None,
            charge=single.id if single is not None else None,
            reason=reason,
            parts=wanted.parts if wanted is not None else (),
            known=tuple(charge.id for charge in present),
            last_written=line.written if line is not None and not line.closed else None,
        )

    def decide_moves(self, present: dict[str, tuple[Charge, ...]]) -> None:
        """Seats that one of our lines still bills must not be billed on another line too: both sides wait for a person's release (design 6.3)."""
        elsewhere = tuple(line for former in self.inputs.former for line in lines_that_bill(former, know_lines(former)))
        moves = moves_of(self.inputs, self.changes, lines_that_bill(self.inputs, self.known), elsewhere)
        writable = tuple(move for move in moves if move.writable)
        self._say_what_is_left_behind(writable, elsewhere)
        here = {source.item: source for move in moves for source in move.sources if source.agreement == self.inputs.agreement.number}
        given_up = {item: self._given_up(item, present) for item in here if any(_takes_from(move, here[item]) for move in writable)}
        fitting = self._fitting_releases()
        passed = passing(moves, fitting, self._written(given_up))
        for item in sorted(here):
            if any(_takes_from(move, here[item]) and move.item not in passed for move in moves):
                self._hold_source(item)
            elif (change := given_up[item]) is not None:
                self._put(replace(change, released=next(passed[move.item] for move in moves if _takes_from(move, here[item]))))
        for move in writable:
            taken = _moved(self.changes[move.item], move)
            released = passed.get(move.item)
            self._put(taken if released is None else replace(taken, action=self.changes[move.item].action, reason=None, released=released))
        moving = {move.item for move in moves} | here.keys()
        released_moves = [one for one in self.inputs.decisions if one.reason is Reason.MOVED and _is_release(one)]
        self.ended |= {one.id for one in released_moves if one.item not in moving or one.item not in fitting}

    def _fitting_releases(self) -> dict[str, StandingDecision]:
        """A release is good for what our line was when it was given: the release of a move never lets the way back pass.

        A line that stands right already at what was released is one side of a move that broke off: the other side may still follow.
        """
        written = {item: line.written for item, line in self.lines.items() if not line.closed}
        stands = {item for item, change in self.changes.items() if change.action is Action.UNCHANGED}
        return {
            item: one
            for item, one in self.decisions.items()
            if one.written == written.get(item) or (item in stands and one.quantity == written.get(item))
        }

    def _say_what_is_left_behind(self, moves: tuple[Move, ...], elsewhere: tuple[OurLine, ...]) -> None:
        moving = {(source.agreement, source.item) for move in moves for source in move.sources}
        self.notices += [left_behind(line) for line in elsewhere if (line.agreement, line.item) not in moving]
        moved = {item for agreement, item in moving if agreement == self.inputs.agreement.number}
        self.notices = [one for one in self.notices if not (one.reason is Reason.LEFT_BEHIND and one.subject in moved)]

    def _given_up(self, item: str, present: dict[str, tuple[Charge, ...]]) -> Change | None:
        """What becomes of a line whose seats are wanted on others: what is still wanted on it, else 0; None where it cannot be written now."""
        if item not in self.wanted:
            self.decide(item, Wanted(item=item, quantity=0, parts=()), present.get(item, ()))
            change = self.changes.get(item)
            if change is not None and change.action is not Action.HOLD:
                del self.changes[item]
        else:
            change = self.changes.get(item)
        return change if change is not None and _reaches_its_quantity(change) else None

    def _written(self, given_up: dict[str, Change | None]) -> set[tuple[int, str]]:
        """The source lines that this plan can bring to their new quantity."""
        written = {(self.inputs.agreement.number, item) for item, change in given_up.items() if change is not None}
        return written | {(plan.agreement, change.item) for plan in self.former for change in plan.changes if _reaches_its_quantity(change)}

    def _hold_source(self, item: str) -> None:
        change = self.changes.get(item)
        if change is not None and change.action in (Action.CREATE, Action.UPDATE):
            self._put(replace(change, action=Action.HOLD, reason=Reason.MOVED))
        # Where it stands right already, it is still known by what it was made of, until the move is released.
        if item in self.known.lines:
            self.lines[item] = replace(self.lines[item], parts=self.known.lines[item].parts)

    def guard(self) -> None:
        """Lets the guards hold what must wait for a person (design 6.5)."""
        guarded = guard(self.inputs, (self.changes[item] for item in sorted(self.changes)), self.lines, self.wanted)
        for change in guarded.changes:
            self._put(change)
        self.ended = (self.ended | set(guarded.ended)) - {change.released for change in guarded.changes}

    def settle_worklist(self) -> None:
        """An entry that still waits is repeated as it is; one that is not wanted any more gives way to the newer change, if there is one."""
        for item, unresolved in sorted(self.unresolved.items()):
            if unresolved.reason is not None:
                continue
            change = self.changes.get(item)
            if change is not None and self.inputs.worklist and _repeats(change, unresolved.intent):
                self._put(replace(change, entered=unresolved.intent.key))
            else:
                self.superseded.append(Resolution(key=unresolved.intent.key, outcome=IntentOutcome.SUPERSEDED, charge=None, quantity=None))

    def _put(self, change: Change) -> None:
        self.changes[change.item] = change


def _repeats(change: Change, entry: OpenIntent) -> bool:
    """Whether a change asks for exactly what a worklist entry asks for already."""
    same_write = change.action in (Action.CREATE, Action.UPDATE) and change.charge == entry.charge
    return same_write and change.to_quantity == entry.to_quantity


def _moved(change: Change, move: Move) -> Change:
    sources = tuple((source.agreement, source.item, source.charge or 0, source.written) for source in move.sources)
    return replace(change, action=Action.MOVE, reason=Reason.MOVED, moved_from=sources)


def _takes_from(move: Move, line: OurLine) -> bool:
    return any((source.agreement, source.item) == (line.agreement, line.item) for source in move.sources)


def _reaches_its_quantity(change: Change) -> bool:
    return change.action is Action.UPDATE or (change.action is Action.UNCHANGED and change.reason is not Reason.KEPT)


def _is_release(decision: StandingDecision) -> bool:
    return decision.kind is DecisionKind.RELEASE


def _billed_since(agreement: Agreement, line: OurLine) -> bool:
    """Whether the agreement has been billed since the line was last seen: either of its two dates has moved on."""
    billed = agreement.last_billed is not None and (line.last_billed is None or agreement.last_billed > line.last_billed)
    advanced = agreement.next_billing is not None and line.next_billing is not None and agreement.next_billing > line.next_billing
    return billed or advanced
