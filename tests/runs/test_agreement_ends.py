"""What a run tells of an agreement's end, what it asks the PSA for that, and what it does where the PSA does not answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

import pytest

from tallybridge.billing.psa import Agreement
from tallybridge.conformance.fakes import FakeDestination
from tallybridge.conformance.faults import Deed, Fault
from tallybridge.conformance.worlds import PsaWorld
from tallybridge.destinations.base import Destination
from tallybridge.runs.agreement_ends import end_notices
from tallybridge.runs.context import RunContext

TODAY = date(2026, 11, 22)


@dataclass(frozen=True)
class _Asked:
    """As much of a run's context as is looked at."""

    destination: Destination
    date: date = TODAY


def told(days: int | None, *others: Agreement, fault: Fault | None = None) -> list[tuple[str, str, int | None, int | None]]:
    """The notices of an agreement with so many days left, beside these."""
    agreement = Agreement(number=2041, account=7, end=TODAY + timedelta(days=days) if days is not None else None)
    psa = FakeDestination(PsaWorld(agreements=(agreement, *others)), faults=[fault] if fault else [])
    notices = end_notices(cast("RunContext", _Asked(psa)), agreement)
    return [(one.reason.value, one.subject, one.expected, one.received) for one in notices]


SUCCESSOR = Agreement(number=2099, account=7, start=TODAY)


@pytest.mark.parametrize("days", [-1, 0, 1, 7, 30])
def test_an_end_is_told_with_its_successor(days: int) -> None:
    assert told(days, SUCCESSOR) == [("agreement_ends", "2041", days, None), ("agreement_successor", "2041 → 2099", None, 2099)]


@pytest.mark.parametrize("days", [None, 31])
def test_while_no_end_is_near_nothing_is_told(days: int | None) -> None:
    assert told(days, SUCCESSOR) == []


@pytest.mark.parametrize("deed", [Deed.UNREACHABLE, Deed.UNREADABLE, Deed.REFUSE_SIGN_IN])
def test_l7_a_psa_that_does_not_tell_of_successors_fails_no_tenant(deed: Deed) -> None:
    assert told(1, SUCCESSOR, fault=Fault(call="agreements", do=deed, times=0)) == [("agreement_ends", "2041", 1, None)]


@pytest.mark.parametrize(("days", "asked"), [(None, 0), (31, 0), (30, 1), (-1, 1)])
def test_only_where_an_end_is_near_one_call_more_is_made(days: int | None, asked: int) -> None:
    class Counting(FakeDestination):
        def agreements(self, account: int) -> tuple[Agreement, ...]:
            calls.append(account)
            return super().agreements(account)

    calls: list[int] = []
    end = TODAY + timedelta(days=days) if days is not None else None
    end_notices(cast("RunContext", _Asked(Counting())), Agreement(number=2041, account=7, end=end))
    assert calls == [7] * asked
