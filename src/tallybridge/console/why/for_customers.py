"""Why a charge is not what was counted, in words for the end customer, who knows neither Tallybridge nor its reasons."""

from __future__ import annotations

from tallybridge.billing.reasons import Reason

_BY_HAND = frozenset({Reason.KEPT, Reason.PINNED, Reason.PRESCRIBED, Reason.EDITED_IN_PSA, Reason.ENTERED_DIFFERENTLY})
_SOON = frozenset({Reason.NOT_YET_APPLIED, Reason.TO_BE_ENTERED})


def said_to_customers(decision: str | None, *, counted: int, charged: int) -> str:
    """One sentence or two; "" where what is charged is what was counted.

    Args:
        decision: the reason why they differ (`runs.explaining`); None where none is known.
    """
    if counted == charged:
        return ""
    more = "more" if charged > counted else "fewer"
    difference = f"{abs(charged - counted)} {more} than counted."
    if decision in _BY_HAND:
        return f"{difference} Your service provider has set this quantity by hand."
    if decision in _SOON:
        return f"{difference} The charge has not been brought to the new count yet."
    return f"{difference} Your service provider checks the new count before the charge changes."
