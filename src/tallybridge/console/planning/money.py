"""What a plan changes in money: units × price, as far as a price is known. The prices are those that the plan itself was made with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from tallybridge.billing.plan import Change
from tallybridge.ledger import canonical, evidence, plan_queries
from tallybridge.ledger.run_records import StoredRun
from tallybridge.runs.approving import ToWrite
from tallybridge.runs.known_prices import price_of
from tallybridge.runs.prescriptions import WRITING


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What lines change together."""

    lines: int
    tenants: int
    rises: int
    """Units by which charges rise."""
    falls: int
    """Units by which charges fall, not negative."""
    money: Decimal
    """What those units with a known price come to, signed; of the agreement's currency and billing period."""
    unpriced: int
    """Lines whose price is not known."""

    @property
    def units(self) -> int:
        """The difference in units, signed."""
        return self.rises - self.falls


def units_of(change: Change) -> int | None:
    """By how many units a change would change its line; None where it waits or changes nothing."""
    if change.action not in WRITING or change.to_quantity is None:
        return None
    return change.to_quantity - (change.from_quantity or 0)


def difference(run: StoredRun) -> Difference:
    """What the plan's lines change together. A finished run never changes, so its prices are looked up once while the console runs."""
    return _difference(run.id, run.started, run.date)


def difference_of(lines: Iterable[ToWrite]) -> tuple[int, int]:
    """Units by which lines rise and fall together, neither negative."""
    units = [units_of(one.change) or 0 for one in lines]
    return sum(one for one in units if one > 0), -sum(one for one in units if one < 0)


@lru_cache(maxsize=16)
def _difference(run: str, started: datetime, day: date) -> Difference:
    writing = [one for one in plan_queries.planned_tenants(run) if one.writes]
    places = plan_queries.addresses([one.row for one in writing])
    kept = evidence.get_many({address for place in places.values() for address in place})
    rises = falls = unpriced = 0
    money = Decimal(0)
    for place in places.values():
        inputs = canonical.decode_inputs(kept[place.inputs], now=started, today=day)
        for change in canonical.decode_plan(kept[place.plan]).changes:
            units = units_of(change)
            if units is None:
                continue
            rises, falls = rises + max(0, units), falls + max(0, -units)
            price = price_of(inputs, change.item, change.charge)
            if price is None:
                unpriced += 1
            else:
                money += units * price
    return Difference(lines=sum(len(one.writes) for one in writing), tenants=len(writing), rises=rises, falls=falls, money=money, unpriced=unpriced)
