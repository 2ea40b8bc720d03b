"""Agreements that a tenant was billed on before: what still stands there, so that seats are never billed on both (design 6.3, moves)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from tallybridge.billing.plan import OurLine, Plan, PlanningInputs, Resolution, Wanted
from tallybridge.billing.psa import Agreement, Item
from tallybridge.billing.resolving import ends_of_no_use, know_lines
from tallybridge.ledger import intents as ledger_intents
from tallybridge.ledger import leases
from tallybridge.ledger import lines as ledger_lines
from tallybridge.runs.applying import take_over_readings
from tallybridge.runs.context import RunContext


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerAgreements:
    """The other agreements that a tenant's seats may be billed on."""

    standing: tuple[PlanningInputs, ...]
    """Those that planning has to know of, with 0 wanted on each line."""
    over: tuple[PlanningInputs, ...]
    """Those on which nothing is written any more and a write is open: they have ended, or are not there."""


def former_agreements(context: RunContext, tenant_id: str, agreement: int, elsewhere: tuple[OurLine, ...]) -> FormerAgreements:
    """What planning has to know of the other agreements that our lines for the tenant still bill on.

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
    standing, over = [], []
    for number in numbers:
        of_unknown_end = {item for place, item in unfinished if place == number}
        there = context.destination.agreement(number)
        if there is None or there.ended(context.date):
            there = there if there is not None else Agreement(number=number, account=0)
            over += [_former(context, there, elsewhere, of_unknown_end)] if of_unknown_end else []
            continue
        # By item, not by id: our line may have come back under another id.
        billing = {charge.item for charge in there.charges if charge.quantity > 0}
        items = {line.item for line in elsewhere if line.agreement == number and line.item in billing} | of_unknown_end
        standing += [_former(context, there, elsewhere, items)] if items else []
    return FormerAgreements(standing=tuple(standing), over=tuple(over))


def _former(context: RunContext, agreement: Agreement, elsewhere: tuple[OurLine, ...], items: Collection[str]) -> PlanningInputs:
    intents = ledger_intents.open_intents(context.destination_id, agreement.number)
    return PlanningInputs(
        agreement=agreement,
        wanted=tuple(Wanted(item=item, quantity=0, parts=()) for item in sorted(items)),
        lines=tuple(line for line in elsewhere if line.agreement == agreement.number and line.item in items),
        seen=ledger_lines.seen(context.destination_id, agreement.number),
        intents=tuple(intent for intent in intents if intent.item in items),
        items=known_items(context, items),
        now=context.started,
        today=context.date,
        settle=context.settle,
        worklist=context.worklist,
    )


def close_what_ended(context: RunContext, tenant_id: str, plans: Iterable[tuple[PlanningInputs, Plan]], over: Iterable[PlanningInputs]) -> None:
    """Writes down how earlier writes on former agreements ended: otherwise they would stay open, and be read again in every run, for ever.

    Only that: whatever else is planned there happens as part of a released move.

    Args:
        plans: the agreements that planning has looked at.
        over: those on which nothing is written any more.
    """
    for inputs, plan in plans:
        _close(context, tenant_id, inputs, plan.resolutions, "Read after the customer was billed on another agreement.")
    for inputs in over:
        known = know_lines(inputs)
        _close(context, tenant_id, inputs, (*known.resolutions, *ends_of_no_use(known)), "Read after the agreement had ended or was gone.")


def _close(context: RunContext, tenant_id: str, inputs: PlanningInputs, resolutions: tuple[Resolution, ...], why: str) -> None:
    if not resolutions:
        return
    number = inputs.agreement.number
    items = {intent.item for intent in inputs.intents if intent.key in {one.key for one in resolutions}}
    with leases.hold_lease(f"agreement:{context.destination_id}:{number}") as held:
        if held is None:
            return
        of_these = replace(inputs, wanted=(), lines=(), intents=tuple(intent for intent in inputs.intents if intent.item in items))
        lines = tuple(line for item, line in sorted(know_lines(inputs).lines.items()) if item in items)
        take_over_readings(context, of_these, Plan(agreement=number, changes=(), resolutions=resolutions, lines=lines), tenant_id, why=why)


def known_items(context: RunContext, wanted: Collection[str]) -> tuple[Item, ...]:
    """The price book items among these that exist; one that no mapping bills on is asked for now, the others were at the run's beginning.

    Raises:
        ReadFailed, DestinationFailed: the price book could not be read.
    """
    mapped = {item for mapping in context.rules.mappings for item in mapping.items()}
    unmapped = set(wanted) - mapped - context.items.keys()
    items = dict(context.items) | dict(context.destination.items(unmapped) if unmapped else {})
    return tuple(items[item] for item in sorted(wanted) if item in items)
