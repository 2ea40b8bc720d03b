"""Usage × mappings → what each item of the agreement should be, and what is billed to nobody (design 6.1, 6.4)."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from tallybridge.billing.model import Category, Mapping, Quantity, Rules, Usage
from tallybridge.billing.plan import Part, Wanted
from tallybridge.billing.reasons import Reason


class NotBilled(NamedTuple):
    """Counted units that no line bills, and why. Silent leakage is a defect."""

    application: str
    category: Category | None
    quantity: int
    reason: Reason


def wanted_items(usage: Usage, rules: Rules) -> tuple[Wanted, ...]:
    """Every item that the mappings bill on, with the sum of the applications and categories mapped to it (also 0), sorted by item."""
    mappings = {mapping.application: mapping for mapping in rules.mappings}
    parts: dict[str, dict[tuple[str, Category | None], int]] = {item: {} for mapping in rules.mappings for item in mapping.items()}
    for quantity in usage.quantities:
        item = _item_for(quantity, mappings)
        if item is None:
            continue
        single = mappings[quantity.application].item is not None
        share = (quantity.application, None if single else quantity.category)
        parts[item][share] = parts[item].get(share, 0) + quantity.quantity
    return tuple(
        Wanted(
            item=item,
            quantity=sum(shares.values()),
            parts=tuple(
                Part(application=application, category=category, quantity=quantity) for (application, category), quantity in sorted(shares.items())
            ),
        )
        for item, shares in sorted(parts.items())
    )


def not_billed(usage: Usage, rules: Rules) -> tuple[NotBilled, ...]:
    """What was counted and is billed on no item, with quantities, for a tenant whose billing is on."""
    mappings = {mapping.application: mapping for mapping in rules.mappings}
    totals: dict[tuple[str, Category | None, Reason], int] = defaultdict(int)
    for quantity in usage.quantities:
        if _item_for(quantity, mappings) is None:
            totals[_leak(quantity, mappings.get(quantity.application))] += quantity.quantity
    return _sorted(totals)


def billed_to_nobody(usage: Usage, reason: Reason) -> tuple[NotBilled, ...]:
    """Everything that was counted, for a tenant without link or with billing off, or for devices of no tenant: per application."""
    totals: dict[tuple[str, Category | None, Reason], int] = defaultdict(int)
    for quantity in usage.quantities:
        totals[quantity.application, None, reason] += quantity.quantity
    return _sorted(totals)


def _item_for(quantity: Quantity, mappings: dict[str, Mapping]) -> str | None:
    mapping = mappings.get(quantity.application) if quantity.matched else None
    return mapping.item_for(quantity.category) if mapping is not None else None


def _leak(quantity: Quantity, mapping: Mapping | None) -> tuple[str, Category | None, Reason]:
    if not quantity.matched:
        return quantity.application, None, Reason.NAME_UNMATCHED
    if mapping is None:
        return quantity.application, None, Reason.NO_MAPPING
    if quantity.category is Category.UNCLASSIFIED:
        return quantity.application, quantity.category, Reason.UNCLASSIFIED_DEVICE
    return quantity.application, quantity.category, Reason.NO_MAPPING


def _sorted(totals: dict[tuple[str, Category | None, Reason], int]) -> tuple[NotBilled, ...]:
    # An application is billed as a whole or by category, never both, so no category is compared with none.
    return tuple(NotBilled(application, category, quantity, reason) for (application, category, reason), quantity in sorted(totals.items()))
