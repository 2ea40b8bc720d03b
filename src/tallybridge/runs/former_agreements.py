"""Agreements that a tenant was billed on before: what still stands there, so that seats are never billed on both (design 6.3, moves)."""

from __future__ import annotations

from collections.abc import Collection

from tallybridge.billing.plan import OurLine, PlanningInputs, Wanted
from tallybridge.billing.psa import Item
from tallybridge.ledger import intents as ledger_intents
from tallybridge.ledger import lines as ledger_lines
from tallybridge.runs.context import RunContext


def former_agreements(context: RunContext, tenant_id: str, agreement: int, elsewhere: tuple[OurLine, ...]) -> tuple[PlanningInputs, ...]:
    """What planning has to know of the other agreements that our lines for the tenant still bill on, with 0 wanted on each line.

    A write there whose end is not known may have made a line that the ledger does not know yet; it counts like one until reading has settled it.
    A line that was removed or set to 0, and every line on an ended agreement, is left out: it does not hold its successor.

    Args:
        agreement: the one that the tenant is billed on now.
        elsewhere: our lines on others.

    Raises:
        ReadFailed, DestinationFailed: an agreement could not be read.
    """
    unfinished = [place for place in context.unfinished.get(tenant_id, ()) if place[0] != agreement]
    numbers = dict.fromkeys([*(line.agreement for line in elsewhere), *(number for number, _ in unfinished)])
    found = (_former(context, number, elsewhere, {item for place, item in unfinished if place == number}) for number in numbers)
    return tuple(inputs for inputs in found if inputs is not None)


def _former(context: RunContext, number: int, elsewhere: tuple[OurLine, ...], unfinished: Collection[str]) -> PlanningInputs | None:
    agreement = context.destination.agreement(number)
    if agreement is None or agreement.ended(context.date):
        return None
    # By item, not by id: our line may have come back under another id.
    billing = {charge.item for charge in agreement.charges if charge.quantity > 0}
    lines = tuple(line for line in elsewhere if line.agreement == number and (line.item in billing or line.item in unfinished))
    items = {line.item for line in lines} | set(unfinished)
    if not items:
        return None
    intents = ledger_intents.open_intents(context.destination_id, number)
    return PlanningInputs(
        agreement=agreement,
        wanted=tuple(Wanted(item=item, quantity=0, parts=()) for item in sorted(items)),
        lines=lines,
        seen=ledger_lines.seen(context.destination_id, number),
        intents=tuple(intent for intent in intents if intent.item in items),
        items=known_items(context, items),
        now=context.started,
        today=context.date,
        settle=context.settle,
        worklist=context.worklist,
    )


def known_items(context: RunContext, wanted: Collection[str]) -> tuple[Item, ...]:
    """The price book items among these that exist; one that no mapping bills on is asked for now, the others were at the run's beginning.

    Raises:
        ReadFailed, DestinationFailed: the price book could not be read.
    """
    mapped = {item for mapping in context.rules.mappings for item in mapping.items()}
    unmapped = set(wanted) - mapped - context.items.keys()
    items = dict(context.items) | dict(context.destination.items(unmapped) if unmapped else {})
    return tuple(items[item] for item in sorted(wanted) if item in items)
