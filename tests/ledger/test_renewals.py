"""One thread renews all leases of the process, and is there only while there are any (design 8)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tallybridge.ledger import renewals
from tallybridge.ledger.errors import LedgerUnwritable

OFTEN, SELDOM = 0.002, 3600.0
ENOUGH = 10.0


def _threads() -> int:
    return sum(thread.name == "leases" for thread in threading.enumerate())


def _told(renewed: threading.Event) -> Callable[[], bool]:
    def renew() -> bool:
        renewed.set()
        return True

    return renew


def test_several_leases_are_renewed_by_one_thread_that_ends_with_the_last(ledger: Path) -> None:
    first, second = threading.Event(), threading.Event()
    assert _threads() == 0
    with renewals.repeated(_told(first), every=OFTEN):
        with renewals.repeated(_told(second), every=OFTEN):
            assert first.wait(ENOUGH)
            assert second.wait(ENOUGH)
            assert _threads() == 1
        assert _threads() == 1
        first.clear()
        assert first.wait(ENOUGH)
    assert _threads() == 0


def test_a_lease_that_is_due_earlier_than_the_others_does_not_wait_for_them(ledger: Path) -> None:
    soon = threading.Event()
    with renewals.repeated(lambda: True, every=SELDOM), renewals.repeated(_told(soon), every=OFTEN):
        assert soon.wait(ENOUGH)


def test_a_renewal_that_fails_is_tried_again(ledger: Path) -> None:
    again = threading.Event()
    outcomes = iter([LedgerUnwritable("locked")])

    def renew() -> bool:
        failure = next(outcomes, None)
        if failure is not None:
            raise failure
        again.set()
        return True

    with renewals.repeated(renew, every=OFTEN):
        assert again.wait(ENOUGH)


def test_a_lost_lease_is_not_renewed_any_more_and_the_others_are(ledger: Path) -> None:
    kept, tried = threading.Event(), []

    def lost() -> bool:
        tried.append(1)
        return False

    with renewals.repeated(lost, every=OFTEN), renewals.repeated(_told(kept), every=OFTEN):
        for _ in range(5):
            kept.clear()
            assert kept.wait(ENOUGH)
    assert len(tried) == 1


@pytest.mark.parametrize("at_once", [2, 8])
def test_leases_may_come_and_go_in_several_threads(ledger: Path, at_once: int) -> None:
    def come_and_go() -> None:
        for _ in range(20):
            with renewals.repeated(lambda: True, every=OFTEN):
                pass

    with ExitStack() as ends:
        for _ in range(at_once):
            thread = threading.Thread(target=come_and_go)
            thread.start()
            ends.callback(thread.join)
    assert _threads() == 0
