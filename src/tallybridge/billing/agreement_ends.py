"""When an agreement ends, and which other one of its account obviously goes on in its place: said before the end costs money (design 6.4).

Nothing is billed on an ended agreement, so whoever links its successor a day late has lost that day.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

from tallybridge.billing.model import Notice
from tallybridge.billing.psa import Agreement
from tallybridge.billing.reasons import Reason

SUCCESSOR_STARTS_WITHIN = 31
"""Days after the last day of an agreement: what starts later is a new business and no obvious successor."""


class EndStage(StrEnum):
    """How near an agreement's end is; the first one that fits."""

    ENDED = "ended"
    WITHIN_1_DAY = "within_1_day"
    """Today or tomorrow is its last day."""
    WITHIN_7_DAYS = "within_7_days"
    WITHIN_30_DAYS = "within_30_days"


_STAGES = ((-1, EndStage.ENDED), (1, EndStage.WITHIN_1_DAY), (7, EndStage.WITHIN_7_DAYS), (30, EndStage.WITHIN_30_DAYS))


def days_left(end: date, today: date) -> int:
    """Days from a billing date to an agreement's last day: 0 on the last day itself, negative once it has ended."""
    return (end - today).days


def end_stage(days: int) -> EndStage | None:
    """How near the end is, for so many days left; None while there is nothing to tell."""
    return next((stage for most, stage in _STAGES if days <= most), None)


def is_to_be_told(agreement: Agreement, today: date) -> bool:
    """Whether the agreement has ended, or ends soon enough to be told."""
    return agreement.end is not None and end_stage(days_left(agreement.end, today)) is not None


def obvious_successor(agreement: Agreement, of_account: Iterable[Agreement], today: date) -> Agreement | None:
    """The one other agreement of the same account that goes on when this one ends; None where there is none, or more than one.

    It has not ended, has started or starts within 31 days after the end of this one, and ends later than it or never. Agreements of the same
    type come before all others.

    Args:
        of_account: the agreements of the account; this one may be among them.
        today: the billing date.
    """
    end = agreement.end
    if end is None:
        return None
    starts_by = max(today, end + timedelta(days=SUCCESSOR_STARTS_WITHIN))
    going_on = [
        one
        for one in of_account
        if one.number != agreement.number
        and one.account == agreement.account
        and not one.ended(today)
        and (one.start is None or one.start <= starts_by)
        and (one.end is None or one.end > end)
    ]
    candidates = [one for one in going_on if one.type == agreement.type] or going_on
    return candidates[0] if len(candidates) == 1 else None


def notices_of_end(agreement: Agreement, of_account: Iterable[Agreement], today: date) -> tuple[Notice, ...]:
    """What a run tells of an agreement that has ended or ends soon; nothing of any other.

    `agreement_ends` has the agreement's number as its subject and in `expected` the days left (`days_left`); `agreement_successor` has the
    subject "2041 → 2099" and in `received` the number of the successor.
    """
    if agreement.end is None or not is_to_be_told(agreement, today):
        return ()
    ends = Notice(reason=Reason.AGREEMENT_ENDS, subject=str(agreement.number), expected=days_left(agreement.end, today))
    successor = obvious_successor(agreement, of_account, today)
    if successor is None:
        return (ends,)
    goes_on = Notice(reason=Reason.AGREEMENT_SUCCESSOR, subject=f"{agreement.number} → {successor.number}", received=successor.number)
    return ends, goes_on


def told_end(notices: Iterable[Notice], agreement: int, on: date) -> date | None:
    """The last day of an agreement, as the notices of a run of this billing date tell it; None where they do not."""
    days = next((one.expected for one in notices if one.reason is Reason.AGREEMENT_ENDS and one.subject == str(agreement)), None)
    return on + timedelta(days=days) if days is not None else None


def told_successor(notices: Iterable[Notice], agreement: int) -> int | None:
    """The number of an agreement's obvious successor, as the notices of a run tell it; None where they do not."""
    told = (one for one in notices if one.reason is Reason.AGREEMENT_SUCCESSOR and one.subject.startswith(f"{agreement} "))
    return next((one.received for one in told), None)
