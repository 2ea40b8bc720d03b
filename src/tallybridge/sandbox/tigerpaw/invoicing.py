"""The invoice run of the simulated Tigerpaw (contracts 4; Tigerpaw reference 4.3): bills every agreement's period once."""

from __future__ import annotations

import calendar
from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING, Any

from tallybridge.sandbox.tigerpaw.index import index_of
from tallybridge.sandbox.tigerpaw.models import billing_period_key

if TYPE_CHECKING:
    from tallybridge.sandbox.scenario import Agreement
    from tallybridge.sandbox.world import World

_MONTHS = {"monthly": 1, "quarterly": 3, "semiannually": 6, "annually": 12}


def run_invoices(world: World) -> dict[str, Any]:
    """Bills each agreement: removes lines with DeleteAfterInvoicing, notes the day billed, and advances the billing period.

    The day billed is the old NextBillingPeriod, or today where there is none. Returns
    `{"billed": n, "removed": n, "agreements": [{"agreement", "last_billed", "next_billing_period", "removed": [detail ids]}]}`.
    our choice: the run does not wait for the day to come; it leaves out agreements that ended before the period and those that
    are never billed (DoNotBill).
    """
    with world.lock:
        today = world.now().astimezone(UTC).date()
        # the index notes the highest line id before lines go, so that no id comes back
        agreements = [owned.agreement for owned in index_of(world).agreements.values()]
        billed = [_bill(agreement, today) for agreement in agreements if _is_billed(agreement, today)]
    return {"billed": len(billed), "removed": sum(len(each["removed"]) for each in billed), "agreements": billed}


def advanced(day: date, billing_period: str, day_to_bill: int) -> date | None:
    """The first day of the next period, or None when there is none (InFull).

    A month that is too short cuts the day; `day_to_bill` brings it back afterwards. our choice: an unknown period is monthly.
    """
    period = billing_period_key(billing_period)
    if period == "infull":
        return None
    if period == "weekly":
        return day + timedelta(days=7)
    was_cut = day.day == calendar.monthrange(day.year, day.month)[1] and day_to_bill > day.day
    years, month = divmod(day.month - 1 + _MONTHS.get(period, 1), 12)
    year = day.year + years
    wanted_day = day_to_bill if was_cut else day.day
    return date(year, month + 1, min(wanted_day, calendar.monthrange(year, month + 1)[1]))


def _is_billed(agreement: Agreement, today: date) -> bool:
    if billing_period_key(agreement.billing_period) == "donotbill":
        return False
    return agreement.end is None or agreement.end >= (agreement.next_billing_period or today)


def _bill(agreement: Agreement, today: date) -> dict[str, Any]:
    removed = [charge.detail_id for charge in agreement.charges if charge.delete_after_invoicing]
    agreement.charges[:] = [charge for charge in agreement.charges if not charge.delete_after_invoicing]
    agreement.last_billed = agreement.next_billing_period or today
    if agreement.next_billing_period is not None:
        agreement.next_billing_period = advanced(agreement.next_billing_period, agreement.billing_period, agreement.day_to_bill)
    return {
        "agreement": agreement.number,
        "last_billed": agreement.last_billed.isoformat(),
        "next_billing_period": agreement.next_billing_period.isoformat() if agreement.next_billing_period else None,
        "removed": removed,
    }
