"""Somebody's hands in the PSA: every edit that an MSP makes there, and its invoice run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from tallybridge.billing.psa import Agreement, Charge
from tests.simulation.world import World


def edit_one_agreement(world: World, a: int, b: int, c: int) -> None:
    """Somebody edits one agreement."""
    number = sorted(world.state)[a % len(world.state)] if b % 3 == 0 else 2001 + a % len(world.customers)
    lines = sorted(world.state[number].lines)
    chosen = lines[b % len(lines)] if lines else None
    item = ("ALPHA", "BETA", "ALPHA-WKS", "ALPHA")[b % 4]

    def on_line(change: Callable[[Charge], Charge | None]) -> Callable[[Agreement], Agreement]:
        def within(agreement: Agreement) -> Agreement:
            changed = [change(charge) if charge.id == chosen else charge for charge in agreement.charges]
            return replace(agreement, charges=tuple(charge for charge in changed if charge is not None))

        return within

    edits: tuple[Callable[[Agreement], Agreement], ...] = (
        on_line(lambda line: replace(line, quantity=line.quantity + 1 + c % 3)),
        on_line(lambda line: replace(line, quantity=max(0, line.quantity - 1))),
        on_line(lambda line: None),
        lambda agreement: _with_line_again(world, agreement, chosen),
        lambda agreement: replace(agreement, charges=(*agreement.charges, world.new_line(item, 1 + c % 9))),
        on_line(lambda line: replace(line, price=Decimal(c), description=f"agreed by telephone {c}")),
        on_line(lambda line: replace(line, delete_after_invoicing=not line.delete_after_invoicing)),
        on_line(lambda line: replace(world.new_line(line.item, line.quantity), description=line.description)),
        lambda agreement: replace(agreement, end=None if agreement.end is not None else (world.now - timedelta(days=2)).date()),
        lambda agreement: _with_ours_as_it_was(world, agreement),
    )
    world.edit(number, edits[c % len(edits)])


def _with_line_again(world: World, agreement: Agreement, chosen: int | None) -> Agreement:
    line = next((charge for charge in agreement.charges if charge.id == chosen), None)
    if line is None:
        return agreement
    return replace(agreement, charges=(*agreement.charges, world.new_line(line.item, line.quantity)))


def _with_ours_as_it_was(world: World, agreement: Agreement) -> Agreement:
    """A person takes edits back."""

    def as_it_was(line: Charge) -> Charge:
        known = world.book.ours.get((agreement.number, line.item))
        return replace(line, quantity=min(known.believable)) if known is not None and known.id == line.id else line

    return replace(agreement, charges=tuple(as_it_was(line) for line in agreement.charges))


def invoice(world: World, a: int, b: int) -> None:
    """The PSA invoices one customer's agreement, or all."""
    for number in sorted(world.state):
        if b % 2 or number == 2001 + a % len(world.customers):
            world.bill(number)
