"""Finds seats that one of our lines bills and that are now wanted on another line (design 6.3, moves)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tallybridge.billing.plan import Action, Change, OurLine, Part, PlanningInputs
from tallybridge.billing.psa import Charge


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A line that should be written with seats that other lines of ours still bill."""

    item: str
    sources: tuple[OurLine, ...]


def moves_of(
    inputs: PlanningInputs,
    lines: Mapping[str, OurLine],
    changes: Mapping[str, Change],
    present: Mapping[str, tuple[Charge, ...]],
) -> tuple[Move, ...]:
    """The changes that take over seats of another line of ours which still stands in the PSA with a quantity above zero."""
    wanted = {one.item: one.parts for one in inputs.wanted}
    here = [line for line in lines.values() if _still_bills(line, present.get(line.item, ()))]
    moves = []
    for item, change in sorted(changes.items()):
        if change.action not in (Action.CREATE, Action.UPDATE):
            continue
        sources = [line for line in here if line.item != item and _shares(_given_up(line.parts, wanted.get(line.item, ())), change.parts)]
        sources += [line for line in inputs.elsewhere if line.written > 0 and not line.closed and _shares(line.parts, change.parts)]
        if sources:
            moves.append(Move(item=item, sources=tuple(sources)))
    return tuple(moves)


def _still_bills(line: OurLine, present: tuple[Charge, ...]) -> bool:
    return not line.closed and line.written > 0 and any(charge.id == line.charge and charge.quantity > 0 for charge in present)


def _given_up(billed: Iterable[Part], wanted: tuple[Part, ...]) -> tuple[Part, ...]:
    """The parts that a line bills and that are not wanted on it any more; of all devices, one category that stays gives up the others."""
    still = {(part.application, part.category) for part in wanted}
    return tuple(part for part in billed if (part.application, part.category) not in still)


def _shares(some: Iterable[Part], others: tuple[Part, ...]) -> bool:
    return any(_same_seats(part, other) for part in some for other in others)


def _same_seats(one: Part, other: Part) -> bool:
    """A part without category serves all devices of its application, so it shares seats with each category."""
    return one.application == other.application and (one.category is None or other.category is None or one.category is other.category)
