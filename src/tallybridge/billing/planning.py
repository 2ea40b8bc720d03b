"""Usage × charges → plan: the table of design 6.3, moves, and what is only reported. Pure; decides, never does.

`plan` walks every item that is wanted or has a line of ours and lets the first fitting row of the table decide.
"""

from __future__ import annotations

from dataclasses import replace

from tallybridge.billing.model import Notice
from tallybridge.billing.moving import Move, moves_of
from tallybridge.billing.plan import Action, Change, IntentOutcome, OpenIntent, OurLine, Plan, PlanningInputs, Resolution, Wanted
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
    wanted = {one.item: one for one in inputs.wanted}
    draft = _Draft(inputs, known)
    for item in sorted(wanted.keys() | known.lines.keys() | known.unresolved.keys()):
        draft.decide(item, wanted.get(item), present.get(item, ()))
    draft.hold_moves(present)
    draft.settle_worklist()
    return Plan(
        agreement=inputs.agreement.number,
        changes=tuple(draft.changes[item] for item in sorted(draft.changes)),
        resolutions=(*known.resolutions, *draft.superseded),
        lines=tuple(draft.lines[item] for item in sorted(draft.lines)),
        notices=tuple(sorted((*known.notices, *draft.notices), key=lambda notice: (notice.reason, notice.subject))),
        not_ours=tuple(sorted(draft.not_ours)),
    )


def left_behind(line: OurLine) -> Notice:
    """Says that a line of ours on another agreement, or of a tenant without billing, is billed and wanted nowhere (design 6.3)."""
    return Notice(reason=Reason.LEFT_BEHIND, subject=f"{line.item} on agreement {line.agreement}", expected=0, received=line.written)


class _Draft:
    """A plan in the making: one change per item."""

    def __init__(self, inputs: PlanningInputs, known: KnownLines) -> None:
        self.inputs = inputs
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
            self.lines[wanted.item] = replace(line, written=wanted.quantity, parts=wanted.parts)
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
        )

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

    def hold_moves(self, present: dict[str, tuple[Charge, ...]]) -> None:
        """Seats that one of our lines still bills must not be billed on another line too: both sides wait (design 6.3, moves)."""
        moves = moves_of(self.inputs, self.lines, self.changes, present)
        moving = {(source.agreement, source.item) for move in moves for source in move.sources}
        for line in self.inputs.elsewhere:
            if line.written > 0 and not line.closed and (line.agreement, line.item) not in moving:
                self.notices.append(left_behind(line))
        moved_items = {source.item for move in moves for source in move.sources if source.agreement == self.inputs.agreement.number}
        for item in moved_items:
            change = self.changes.get(item)
            if change is not None and change.action in (Action.CREATE, Action.UPDATE):
                self._put(replace(change, action=Action.HOLD, reason=Reason.MOVED))
        for move in moves:
            self._put(_moved(self.changes[move.item], move))
        self.notices = [one for one in self.notices if not (one.reason is Reason.LEFT_BEHIND and one.subject in moved_items)]

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


def _billed_since(agreement: Agreement, line: OurLine) -> bool:
    """Whether the agreement has been billed since the line was last seen: either of its two dates has moved on."""
    billed = agreement.last_billed is not None and (line.last_billed is None or agreement.last_billed > line.last_billed)
    advanced = agreement.next_billing is not None and line.next_billing is not None and agreement.next_billing > line.next_billing
    return billed or advanced
