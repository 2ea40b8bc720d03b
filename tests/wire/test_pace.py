"""A server is called no faster than it may be, over all threads, and left alone for a while once it says that it is too much."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tallybridge.wire.pace import Pace


@dataclass
class Clock:
    """Seconds that pass only by waiting."""

    now: float = 100.0
    waits: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waits.append(round(seconds, 6))
        self.now += seconds


def paced(clock: Clock, calls_per_second: float | None) -> Pace:
    return Pace(calls_per_second, now=lambda: clock.now, sleep=clock.sleep)


def test_calls_begin_evenly_spread() -> None:
    clock = Clock()
    pace = paced(clock, 4)

    waited = [pace.await_turn(most=60) for _ in range(3)]
    clock.now += 10
    waited.append(pace.await_turn(most=60))

    assert waited == [0, 0.25, 0.25, 0]
    assert clock.waits == [0.25, 0.25]


def test_without_a_limit_nothing_waits() -> None:
    clock = Clock()
    pace = paced(clock, None)

    assert [pace.await_turn(most=60) for _ in range(100)] == [0] * 100
    assert clock.waits == []


@pytest.mark.parametrize("calls_per_second", [None, 1000])
def test_after_a_pause_calls_begin_again(calls_per_second: float | None) -> None:
    clock = Clock()
    pace = paced(clock, calls_per_second)
    pace.pause(2)

    assert pace.await_turn(most=60) == 2
    assert clock.waits == [2]


def test_a_turn_that_comes_too_late_is_left_to_others() -> None:
    clock = Clock()
    pace = paced(clock, 1)
    pace.await_turn(most=60)

    assert pace.await_turn(most=0.25) is None
    assert pace.await_turn(most=60) == 0.75
    assert clock.waits == [0.25, 0.75]


def test_shares_keep_to_their_own_number_of_calls_and_pause_together() -> None:
    clock = Clock()
    whole = paced(clock, None)
    one, other = whole.share(2), whole.share(2)

    assert [one.await_turn(most=0), one.await_turn(most=0), other.await_turn(most=0)] == [0, None, 0]
    clock.now += 0.5
    other.pause(3)
    assert [one.await_turn(most=60), other.await_turn(most=60), whole.await_turn(most=60)] == [3, 0, 0]
