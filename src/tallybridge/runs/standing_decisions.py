"""What people have decided on lines and what of it is in force today: nobody should forget a pin, or wonder at a line that stays (design 6.6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tallybridge.ledger import decisions
from tallybridge.ledger.decisions import StoredDecision

PIN_ENDS_WITHIN = 7
"""Days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionInForce:
    """A keep, a pin or a release that is not used yet."""

    stored: StoredDecision
    days_left: int | None
    """Of a pin with a last day, 0 on that day; else None."""

    @property
    def ends_soon(self) -> bool:
        """Whether it ends by itself within 7 days; the line then bills what is counted."""
        return self.days_left is not None and self.days_left <= PIN_ENDS_WITHIN


def decisions_in_force(integration: str, today: date) -> tuple[DecisionInForce, ...]:
    """The decisions of one integration that stand on this billing date: those with the nearest last day first, then the oldest.

    A pin whose last day is over is left out: the next run ends it, and plans as if it had.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    found = [
        DecisionInForce(stored=one, days_left=(one.decision.until - today).days if one.decision.until is not None else None)
        for one in decisions.all_standing(integration)
        if one.decision.until is None or one.decision.until >= today
    ]
    return tuple(sorted(found, key=lambda one: (one.days_left is None, one.days_left or 0)))
