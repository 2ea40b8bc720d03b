"""When an agreement's end is told, and which other agreement of the account obviously goes on: a table each."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tallybridge.billing.agreement_ends import (
    EndStage,
    days_left,
    end_stage,
    is_to_be_told,
    notices_of_end,
    obvious_successor,
    told_end,
    told_successor,
)
from tallybridge.billing.model import Notice
from tallybridge.billing.psa import Agreement
from tallybridge.billing.reasons import Reason

TODAY = date(2026, 11, 22)
LAST_DAY = date(2026, 12, 31)
NEXT = 2099


def an_agreement(
    number: int = 2041, *, end: date | None = LAST_DAY, start: date | None = date(2026, 1, 1), kind: str = "", account: int = 7
) -> Agreement:
    return Agreement(number=number, account=account, type=kind, start=start, end=end)


def another(number: int = NEXT, *, end: date | None = None, start: date | None = date(2027, 1, 1), kind: str = "", account: int = 7) -> Agreement:
    """Goes on without an end from the day after, unless said otherwise."""
    return an_agreement(number, end=end, start=start, kind=kind, account=account)


STAGES = {
    -400: EndStage.ENDED,
    -1: EndStage.ENDED,
    0: EndStage.WITHIN_1_DAY,
    1: EndStage.WITHIN_1_DAY,
    2: EndStage.WITHIN_7_DAYS,
    7: EndStage.WITHIN_7_DAYS,
    8: EndStage.WITHIN_30_DAYS,
    30: EndStage.WITHIN_30_DAYS,
    31: None,
    400: None,
}


@pytest.mark.parametrize(("days", "stage"), STAGES.items())
def test_an_end_is_told_30_7_and_1_days_before_it_and_from_then_on(days: int, stage: EndStage | None) -> None:
    agreement = an_agreement(end=TODAY + timedelta(days=days))
    assert end_stage(days) is stage
    assert is_to_be_told(agreement, TODAY) is (stage is not None)
    assert agreement.ended(TODAY) is (stage is EndStage.ENDED)
    assert bool(notices_of_end(agreement, (), TODAY)) is (stage is not None)


def test_an_agreement_without_an_end_never_ends() -> None:
    assert not is_to_be_told(an_agreement(end=None), TODAY)
    assert notices_of_end(an_agreement(end=None), (another(),), TODAY) == ()


@pytest.mark.parametrize(
    ("end", "today", "days"),
    [
        (date(2026, 3, 29), date(2026, 3, 28), 1),
        (date(2026, 3, 30), date(2026, 3, 29), 1),
        (date(2026, 10, 26), date(2026, 10, 25), 1),
        (date(2027, 1, 1), date(2026, 12, 31), 1),
        (date(2028, 3, 1), date(2028, 2, 28), 2),
    ],
    ids=["into the day of 23 hours", "out of it", "out of the day of 25 hours", "over the year", "over a leap day"],
)
def test_days_are_those_of_the_calendar(end: date, today: date, days: int) -> None:
    assert days_left(end, today) == days


DAY_AFTER = LAST_DAY + timedelta(days=1)
SUCCESSORS: dict[str, tuple[tuple[Agreement, ...], int | None]] = {
    "no other": ((), None),
    "itself": ((an_agreement(),), None),
    "itself, given a later end since it was read": ((an_agreement(end=DAY_AFTER),), None),
    "starts the day after": ((another(),), NEXT),
    "has started long ago": ((another(start=date(2020, 1, 1)),), NEXT),
    "does not say when it starts": ((another(start=None),), NEXT),
    "starts 31 days after": ((another(start=LAST_DAY + timedelta(days=31)),), NEXT),
    "starts 32 days after": ((another(start=LAST_DAY + timedelta(days=32)),), None),
    "ends later": ((another(end=DAY_AFTER),), NEXT),
    "ends on the same day": ((another(end=LAST_DAY, start=date(2026, 1, 1)),), None),
    "ends before": ((another(end=LAST_DAY - timedelta(days=1), start=date(2026, 1, 1)),), None),
    "has ended": ((another(end=TODAY - timedelta(days=1), start=date(2020, 1, 1)),), None),
    "of another account": ((another(account=8),), None),
    "of another type, and the only one": ((another(kind="Backup"),), NEXT),
    "two of other types": ((another(kind="Backup"), another(2100, kind="Hosting")), None),
    "one of the same type beside another": ((another(2100, kind="Backup"), another(kind="Managed")), NEXT),
    "one of the same type that has ended": ((another(2100, kind="Managed", end=date(2026, 1, 1), start=None), another(kind="Backup")), NEXT),
    "two of the same type": ((another(kind="Managed"), another(2100, kind="Managed")), None),
    "one of two has ended": ((another(), another(2100, end=date(2026, 1, 1), start=date(2020, 1, 1))), NEXT),
}


@pytest.mark.parametrize(("others", "successor"), SUCCESSORS.values(), ids=SUCCESSORS)
def test_the_obvious_successor_is_the_one_that_goes_on(others: tuple[Agreement, ...], successor: int | None) -> None:
    found = obvious_successor(an_agreement(kind="Managed"), others, TODAY)
    assert (found.number if found is not None else None) == successor


def test_of_an_agreement_that_has_ended_long_ago_a_successor_may_have_started_at_any_time_since() -> None:
    ended = an_agreement(end=date(2026, 1, 31))
    assert obvious_successor(ended, (another(start=TODAY),), TODAY) == another(start=TODAY)
    assert obvious_successor(ended, (another(start=TODAY + timedelta(days=1)),), TODAY) is None


def test_what_has_gone_on_after_an_agreement_and_has_ended_too_is_no_successor() -> None:
    ended = an_agreement(end=date(2026, 1, 31))
    assert obvious_successor(ended, (another(start=date(2026, 2, 1), end=date(2026, 9, 30)),), TODAY) is None


def test_an_agreement_without_an_end_has_no_successor() -> None:
    assert obvious_successor(an_agreement(end=None), (another(),), TODAY) is None


@pytest.mark.parametrize("days", [-3, 0, 30])
def test_what_the_notices_say_is_read_from_them_again(days: int) -> None:
    agreement = an_agreement(end=TODAY + timedelta(days=days))
    told = notices_of_end(agreement, (another(start=TODAY),), TODAY)
    assert told == (
        Notice(reason=Reason.AGREEMENT_ENDS, subject="2041", expected=days),
        Notice(reason=Reason.AGREEMENT_SUCCESSOR, subject="2041 → 2099", received=NEXT),
    )
    assert told_end(told, 2041, TODAY) == agreement.end
    assert told_successor(told, 2041) == NEXT
    assert (told_end(told, 204, TODAY), told_successor(told, 204)) == (None, None)


def test_other_notices_that_speak_of_the_same_number_tell_no_end_and_no_successor() -> None:
    others = (
        Notice(reason=Reason.COUNT_DIFFERS, subject="2041", expected=5, received=4),
        Notice(reason=Reason.BILLED_BUT_UNUSED, subject="2041 licenses", expected=0, received=7),
    )
    assert (told_end(others, 2041, TODAY), told_successor(others, 2041)) == (None, None)
