"""What a person's decision means, in the model's words (design 6.6)."""

from __future__ import annotations

from datetime import date

from tallybridge.runs.deciding import Decided
from tests.simulation.book import Decision
from tests.simulation.model import Want
from tests.simulation.world import World

MAY_BE_ADOPTED = ("line_not_ours", "duplicate_lines", "entered_differently", "not_as_written")


def note_decision(world: World, decided: Decided, until: date) -> None:
    """The book learns of a decision; what it means is worked out here, from the design."""
    hold, book = decided.hold, world.book
    place, kind, today = (hold.agreement, hold.item), decided.kind.value, world.ran.orders.today
    tenant, wanted = world.ran.orders.wanted[hold.agreement]
    want = wanted.get(hold.item, Want())
    shown = book.shown[place]
    if kind in ("adopt", "take-over", "pin") and hold.reason in MAY_BE_ADOPTED:
        book.adopt(place, tenant, next(line for line in shown if line.id == decided.charge), want.parts, today)
    elif kind in ("take-over", "pin") and hold.reason == "edited_in_psa":
        book.adopt(place, tenant, next(line for line in shown if line.id == hold.charge), want.parts, today)
    elif kind in ("take-over", "pin") and hold.reason == "line_removed":
        book.ours[place].closed = book.ours[place].maybe_closed = True
    if kind == "adopt":
        book.decided.pop(place, None)
        return
    quantity = decided.quantity if kind == "pin" else hold.wanted
    book.decided[place] = Decision(kind, shown, quantity, until if kind == "pin" else None, hold.last_written, hold.reason.value)
