"""What is billed to nobody: grouped by application and reason, and what it would come to where the price book gives a price."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tallybridge.billing import model
from tallybridge.billing.model import Category
from tallybridge.billing.psa import Item
from tallybridge.billing.reasons import Reason
from tallybridge.runs.standing import Leak

CUSTOMERS_SHOWN = 12
"""Of a group; all of them are in the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What units would come to in one billing period, as far as prices are known."""

    money: Decimal
    unpriced: int
    """Units whose price is not known."""
    priced: int
    """Units whose price is known."""

    @property
    def known(self) -> Decimal | None:
        """The money; None where no unit has a known price."""
        return self.money if self.priced else None

    def __add__(self, other: Worth) -> Worth:
        return Worth(money=self.money + other.money, unpriced=self.unpriced + other.unpriced, priced=self.priced + other.priced)


NOTHING = Worth(money=Decimal(0), unpriced=0, priced=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakOf:
    """One customer's part."""

    leak: Leak
    worth: Worth


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakGroup:
    """The units of one application that nobody is billed for, for one reason."""

    application: str
    category: Category | None
    reason: Reason
    quantity: int
    worth: Worth
    of: tuple[LeakOf, ...]
    """The most units first."""

    @property
    def shown(self) -> tuple[LeakOf, ...]:
        """Those that are listed on the page."""
        return self.of[:CUSTOMERS_SHOWN]


class Prices:
    """What the units of an application would be billed on, and at which price."""

    def __init__(self, mappings: Iterable[model.Mapping], items: Mapping[str, Item]) -> None:
        self._mappings = {one.application: one for one in mappings}
        self._items = items

    def by_category(self, application: str) -> bool:
        """Whether the application's price depends on the category of each device."""
        mapping = self._mappings.get(application)
        return mapping is not None and mapping.item is None

    def worth(self, application: str, category: Category | None, units: int) -> Worth:
        """What so many units would come to."""
        mapping = self._mappings.get(application)
        name = mapping.item_for(category) if mapping is not None else None
        item = self._items.get(name) if name is not None else None
        if item is None or item.price is None:
            return Worth(money=Decimal(0), unpriced=units, priced=0)
        return Worth(money=units * item.price, unpriced=0, priced=units)


Counted = Mapping[int, Mapping[tuple[str, Category | None], int]]


def priced(leaks: Sequence[Leak], prices: Prices, counted: Counted) -> tuple[LeakOf, ...]:
    """Each leak with what it would come to.

    Args:
        counted: units per application and category, by the number of the tenant run, of those for which `needs_categories` asks.
    """
    return tuple(LeakOf(leak=one, worth=_worth(one, prices, counted)) for one in leaks)


def needs_categories(leaks: Iterable[Leak], prices: Prices) -> frozenset[int]:
    """Numbers of the tenant runs whose categories decide on a price, though the leak itself tells none."""
    return frozenset(one.record.id for one in leaks if one.not_billed.category is None and prices.by_category(one.not_billed.application))


def grouped(leaks: Iterable[LeakOf]) -> tuple[LeakGroup, ...]:
    """The leaks by application, category and reason, the most units first."""
    groups: dict[tuple[str, Category | None, Reason], list[LeakOf]] = {}
    for one in leaks:
        told = one.leak.not_billed
        groups.setdefault((told.application, told.category, told.reason), []).append(one)
    made = [
        LeakGroup(
            application=application,
            category=category,
            reason=reason,
            quantity=sum(one.leak.not_billed.quantity for one in found),
            worth=total(found),
            of=tuple(found),
        )
        for (application, category, reason), found in groups.items()
    ]
    return tuple(sorted(made, key=lambda one: (-one.quantity, one.application)))


def total(leaks: Iterable[LeakOf]) -> Worth:
    """What leaks would come to together."""
    return sum((one.worth for one in leaks), NOTHING)


def _worth(leak: Leak, prices: Prices, counted: Counted) -> Worth:
    told = leak.not_billed
    if told.category is not None or not prices.by_category(told.application):
        return prices.worth(told.application, told.category, told.quantity)
    parts = counted.get(leak.record.id, {})
    found = [prices.worth(application, category, units) for (application, category), units in parts.items() if application == told.application]
    return sum(found, NOTHING) if found else Worth(money=Decimal(0), unpriced=told.quantity, priced=0)
