"""The pool of tenant runs: order, isolation of the stop, errors that are not lost."""

from __future__ import annotations

import threading
import time

import pytest

from tallybridge.runs.pool import run_all


def test_results_come_in_the_order_of_the_work_whoever_is_done_first() -> None:
    def slow_for_small(number: int) -> int:
        time.sleep(0.02 if number == 0 else 0)
        return number * 10

    assert run_all([0, 1, 2, 3], slow_for_small, threads=4, stop=threading.Event()) == [0, 10, 20, 30]


def test_no_more_threads_work_at_once_than_allowed() -> None:
    working = threading.Semaphore(2)
    too_many = threading.Event()

    def work(_: int) -> None:
        if not working.acquire(blocking=False):
            too_many.set()
        time.sleep(0.002)
        working.release()

    run_all(list(range(12)), work, threads=2, stop=threading.Event())
    assert not too_many.is_set()


def test_a_stop_lets_the_work_under_way_end_and_begins_nothing_new() -> None:
    stop = threading.Event()

    def stop_at_two(number: int) -> int:
        if number == 2:
            stop.set()
        return number

    assert run_all(list(range(100)), stop_at_two, threads=1, stop=stop) == [0, 1, 2]


def test_an_error_is_raised_to_the_caller_after_the_others_have_ended() -> None:
    stop = threading.Event()
    ended = []

    def fail_at_one(number: int) -> None:
        if number == 1:
            raise LookupError("the second one")
        time.sleep(0.01)
        ended.append(number)

    with pytest.raises(LookupError, match="the second one"):
        run_all([0, 1, 2, 3, 4, 5], fail_at_one, threads=2, stop=stop)
    assert stop.is_set()
    assert 0 in ended


def test_nothing_to_do_is_done_at_once() -> None:
    assert run_all([], lambda number: number, threads=2, stop=threading.Event()) == []
