"""What the PSA holds, as the rules see it: accounts, agreements, charges and price book items."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One Additional Charge on an agreement. Quantity is the PSA's integer; price and text are the MSP's and never ours to change (L6)."""

    id: int
    item: str
    quantity: int
    description: str = ""
    price: Decimal | None = None
    delete_after_invoicing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A recurring agreement with its charges, read in one call. Dates are the PSA's local dates."""

    number: int
    account: int
    type: str = ""
    start: date | None = None
    end: date | None = None
    last_billed: date | None = None
    next_billing: date | None = None
    charges: tuple[Charge, ...] = ()

    def ended(self, today: date) -> bool:
        """Whether the agreement's last day lies before `today`."""
        return self.end is not None and self.end < today


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The MSP's customer as the PSA knows it."""

    number: int
    name: str
    cross_referenced: bool
    """Cross-referenced to the integration's External Product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A price book item. `price` is the selling price of the default price level, None where the price book shows none or could not be asked."""

    id: str
    description: str = ""
    inactive: bool = False
    price: Decimal | None = None
    price_known: bool = True
    """False where the item is there but its price could not be read: nobody can say then that it has none."""
