"""Leases: one at a time, and a dead process cannot keep one (design 8)."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from tallybridge.ledger import leases
from tallybridge.ledger.opening import close_thread
from tallybridge.ledger.processes import Owner, _start_of, is_gone, this_process
from tests.ledger.examples import START, StandingClock

KEY = "agreement:1:2041"
linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems do not tell when a process started")


def _elsewhere() -> Owner:
    return Owner(host="elsewhere", pid=1, process_started="then")


@contextmanager
def _another_process() -> Iterator[Owner]:
    """The owner that a process on this host is; the process has ended after the block."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        yield replace(this_process(), pid=process.pid, process_started=_start_of(process.pid) or "")
    finally:
        process.communicate(b"\n")


def test_a_lease_is_had_by_one_at_a_time(ledger: Path) -> None:
    first, second = this_process(), this_process()
    assert leases.acquire(KEY, owner=first, now=START)
    assert not leases.acquire(KEY, owner=second, now=START)
    assert leases.acquire("another key", owner=second, now=START)
    leases.release(KEY, owner=first)
    assert leases.acquire(KEY, owner=second, now=START)


def test_who_has_a_lease_may_take_it_again(ledger: Path) -> None:
    owner = this_process()
    assert leases.acquire(KEY, owner=owner, now=START)
    assert leases.acquire(KEY, owner=owner, now=START + timedelta(seconds=5))


@pytest.mark.parametrize(("seconds", "taken_over"), [(0, False), (44, False), (45, True), (3600, True)])
def test_a_lease_of_another_host_is_taken_over_once_it_has_expired(ledger: Path, seconds: int, taken_over: bool) -> None:
    assert leases.acquire(KEY, owner=_elsewhere(), now=START)
    assert leases.acquire(KEY, owner=this_process(), now=START + timedelta(seconds=seconds)) is taken_over


def test_a_renewed_lease_lasts_from_its_renewal(ledger: Path) -> None:
    owner = _elsewhere()
    leases.acquire(KEY, owner=owner, now=START)
    assert leases.renew(KEY, owner=owner, now=START + timedelta(seconds=40))
    assert not leases.acquire(KEY, owner=this_process(), now=START + timedelta(seconds=84))
    assert leases.acquire(KEY, owner=this_process(), now=START + timedelta(seconds=85))


def test_who_has_lost_a_lease_neither_renews_nor_releases_it(ledger: Path) -> None:
    lost, owner = _elsewhere(), this_process()
    leases.acquire(KEY, owner=lost, now=START)
    leases.acquire(KEY, owner=owner, now=START + timedelta(minutes=2))
    assert not leases.renew(KEY, owner=lost, now=START + timedelta(minutes=2))
    leases.release(KEY, owner=lost)
    current = leases.current(KEY)
    assert current == leases.Lease(key=KEY, owner=owner, expires=START + timedelta(minutes=2) + leases.TTL)


@linux_only
def test_a_lease_of_an_ended_process_on_this_host_is_taken_over_at_once(ledger: Path) -> None:
    with _another_process() as owner:
        assert leases.acquire(KEY, owner=owner, now=START)
        assert not leases.acquire(KEY, owner=this_process(), now=START)
    assert leases.acquire(KEY, owner=this_process(), now=START)


@linux_only
@pytest.mark.parametrize("started", ["another boot 17", ""])
def test_a_process_id_that_is_used_again_does_not_keep_a_lease(ledger: Path, started: str) -> None:
    gone = replace(this_process(), process_started=started)
    assert leases.acquire(KEY, owner=gone, now=START)
    assert leases.acquire(KEY, owner=this_process(), now=START)


@linux_only
def test_whether_a_process_is_gone_can_be_told_only_on_its_own_host() -> None:
    assert is_gone(this_process()) is False
    assert is_gone(_elsewhere()) is None
    with _another_process() as owner:
        assert is_gone(owner) is False
    assert is_gone(owner) is True


@linux_only
def test_a_process_that_has_ended_and_was_not_waited_for_is_gone() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert _start_of(process.pid) is None
    process.wait()


def test_two_threads_that_come_at_once_do_not_both_get_it(ledger: Path) -> None:
    together = threading.Barrier(4)
    got: list[bool] = []

    def take() -> None:
        together.wait()
        got.append(leases.acquire(KEY, owner=this_process(), now=START))
        close_thread()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [False, False, False, True]


def test_a_held_lease_is_given_back_at_the_end_of_the_block(ledger: Path) -> None:
    with leases.hold_lease(KEY) as held:
        assert held
        with leases.hold_lease(KEY) as second:
            assert not second
        assert leases.current(KEY) is not None
    assert leases.current(KEY) is None


def test_a_held_lease_is_given_back_after_an_error(ledger: Path) -> None:
    with pytest.raises(RuntimeError), leases.hold_lease(KEY):
        raise RuntimeError
    assert leases.current(KEY) is None


def test_a_held_lease_is_renewed_meanwhile(ledger: Path, clock: StandingClock) -> None:
    with leases.hold_lease(KEY, renew_every=timedelta(milliseconds=5)) as held:
        assert held
        clock.advance(50)
        renewed = threading.Event()
        for _ in range(400):
            current = leases.current(KEY)
            assert current is not None
            if current.expires == clock.now + leases.TTL:
                break
            renewed.wait(0.005)
        else:
            pytest.fail("the lease was not renewed")


def test_what_comes_after_a_lease_is_awaited_on_the_disk_again(ledger: Path) -> None:
    """A lease means nothing without its process, so a loss of power may take it; what is recorded must not be lost (L5)."""

    def awaited() -> object:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous" if connection.vendor == "sqlite" else "SHOW synchronous_commit")
            return cursor.fetchone()[0]

    with leases.hold_lease(KEY):
        while_held = awaited()

    assert {while_held, awaited()} <= {2, "on"}
