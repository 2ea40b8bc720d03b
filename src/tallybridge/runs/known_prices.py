"""What price book items were last seen to cost, told by the ledger alone: the newest plans have read them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from tallybridge.billing.plan import PlanningInputs
from tallybridge.billing.psa import Item
from tallybridge.ledger import canonical, counted_days, evidence

_PLANS_ASKED = 5
"""Each plan knows every mapped item; several are asked for those that were mapped only lately."""


def items_in_plans(integration: str) -> Mapping[str, Item]:
    """The price book items that the integration's newest plans were made with, by id, as the newest of them read them.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    found: dict[str, Item] = {}
    newest = counted_days.newest_inputs(integration, _PLANS_ASKED)
    contents = evidence.get_many({address for address, _, _ in newest})
    for address, started, day in newest:
        for item in canonical.decode_inputs(contents[address], now=started, today=day).items:
            found.setdefault(item.id, item)
    return found


def price_of(inputs: PlanningInputs | None, item: str, charge: int | None) -> Decimal | None:
    """What one unit costs: the price of the line where it has one, else that of the price book; None where neither was read."""
    if inputs is None:
        return None
    of_line = next((one.price for one in inputs.agreement.charges if one.id == charge), None) if charge is not None else None
    return of_line if of_line is not None else next((one.price for one in inputs.items if one.id == item), None)
