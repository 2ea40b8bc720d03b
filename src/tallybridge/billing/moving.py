"""Finds seats that one of our lines bills and that are now wanted on another line, and which of these moves a person has released (design 6.3)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from tallybridge.billing.plan import Action, Change, DecisionKind, OurLine, Part, PlanningInputs, StandingDecision
from tallybridge.billing.psa import Charge
from tallybridge.billing.reasons import Reason
from tallybridge.billing.resolving import KnownLines, Unresolved, charges_by_item


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A line that should bill seats that other lines of ours still bill, whether its own quantity changes by them or not."""

    agreement: int
    item: str
    sources: tuple[OurLine, ...]
    writable: bool = True
    """False: the line that takes the seats waits for a reason of its own, so the others must go on billing them."""


def moves_of(
    inputs: PlanningInputs,
    changes: Mapping[str, Change],
    here: Iterable[OurLine],
    elsewhere: Iterable[OurLine],
) -> tuple[Move, ...]:
    """The changes that take over seats which another line bills, or may bill.

    Args:
        here: what bills on this agreement, made of what it was last written for: `lines_that_bill`.
        elsewhere: what bills on others.
    """
    wanted = {one.item: one.parts for one in inputs.wanted}
    here, elsewhere = tuple(here), tuple(elsewhere)
    moves = []
    for item, change in sorted(changes.items()):
        writable = change.action is not Action.HOLD and change.reason is not Reason.KEPT
        sources = [line for line in here if line.item != item and _shares(_given_up(line.parts, wanted.get(line.item, ())), change.parts)]
        sources += [line for line in elsewhere if _shares(line.parts, change.parts)]
        if sources:
            moves.append(Move(agreement=inputs.agreement.number, item=item, sources=tuple(sources), writable=writable))
    return tuple(moves)


def lines_that_bill(inputs: PlanningInputs, known: KnownLines) -> tuple[OurLine, ...]:
    """Our lines of one agreement that bill, and what writes whose end is not known may have made of them, or beside them; one of each item.

    Such a write may stand there with another quantity, or still arrive: its seats may be billed there, and are billed nowhere else until it is
    settled.
    """
    present = charges_by_item(inputs.agreement.charges)
    standing = {item: _as_it_bills(line, present.get(item, ())) for item, line in known.lines.items()}
    found = {item: line for item, line in standing.items() if line is not None}
    for item, unresolved in known.unresolved.items():
        if unresolved.may_bill:
            line = found.get(item)
            found[item] = _perhaps_a_line(unresolved) if line is None else replace(line, parts=(*line.parts, *unresolved.intent.parts))
    return tuple(found[item] for item in sorted(found))


def _perhaps_a_line(unresolved: Unresolved) -> OurLine:
    intent, shown = unresolved.intent, unresolved.shown
    charge, quantity = (shown[0].id, shown[0].quantity) if len(shown) == 1 else (intent.charge, intent.to_quantity)
    return OurLine(agreement=intent.agreement, item=intent.item, charge=charge, written=quantity, parts=intent.parts)


def _as_it_bills(line: OurLine, present: tuple[Charge, ...]) -> OurLine | None:
    """Our line where it stands in the PSA with a quantity above zero, or may stand; None where it does not bill.

    Where it is gone and another line for its item has exactly its quantity, but is not the only new one (design 6.2), nobody can say that it was
    entered anew; but its seats may be billed there.
    """
    if line.closed or line.written <= 0:
        return None
    same = next((charge for charge in present if charge.id == line.charge), None)
    if same is not None:
        return line if same.quantity > 0 else None
    perhaps = next((charge for charge in present if charge.quantity == line.written and charge.id not in line.left), None)
    return replace(line, charge=perhaps.id) if perhaps is not None else None


def passing(moves: Iterable[Move], decisions: Mapping[str, StandingDecision], written: Collection[tuple[int, str]]) -> dict[str, int]:
    """The moves that a person has released and that can be carried out whole: the decision's number by item.

    A line gives its seats away only where everything that takes them is released, and is written itself: nobody is billed twice, and nothing is
    left billed to nobody. A line may take seats and give others away; then it is written with both, or with neither.

    Args:
        decisions: the standing decision on each item.
        written: agreement and item of each source line that the plan can bring to its new quantity.
    """
    moves = tuple(moves)
    released = {move.item: decisions[move.item].id for move in moves if move.writable and _is_released(decisions.get(move.item))}
    while True:
        stuck = {key for move in moves if move.item not in released for key in _lines_of(move)}
        waiting = {
            move.item
            for move in moves
            if move.item in released and (stuck.intersection(_lines_of(move)) or any(_key(line) not in written for line in move.sources))
        }
        if not waiting:
            return released
        released = {item: number for item, number in released.items() if item not in waiting}


def _is_released(decision: StandingDecision | None) -> bool:
    return decision is not None and decision.kind is DecisionKind.RELEASE and decision.reason is Reason.MOVED


def _lines_of(move: Move) -> set[tuple[int, str]]:
    return {(move.agreement, move.item), *(_key(line) for line in move.sources)}


def _key(line: OurLine) -> tuple[int, str]:
    return line.agreement, line.item


def _given_up(billed: Iterable[Part], wanted: tuple[Part, ...]) -> tuple[Part, ...]:
    """The parts that a line bills and that are not wanted on it any more; of all devices, one category that stays gives up the others."""
    still = {(part.application, part.category) for part in wanted}
    return tuple(part for part in billed if (part.application, part.category) not in still)


def _shares(some: Iterable[Part], others: tuple[Part, ...]) -> bool:
    return any(_same_seats(part, other) for part in some for other in others)


def _same_seats(one: Part, other: Part) -> bool:
    """A part without category serves all devices of its application, so it shares seats with each category."""
    return one.application == other.application and (one.category is None or other.category is None or one.category is other.category)
