"""How fast one server is called, over all threads: at most so many calls a second, and none for a while after it said that it is too much."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Pace:
    """Gives each call its turn. Safe to use from several threads.

    Args:
        calls_per_second: the most calls that begin in a second, evenly spread; None sets no limit.
        now, sleep: the clock in seconds, and waiting; for tests.
    """

    def __init__(
        self, calls_per_second: float | None = None, *, now: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._interval = 1 / calls_per_second if calls_per_second else 0.0
        self._now = now
        self._sleep = sleep
        self._next = 0.0
        self._guard = threading.Lock()

    def await_turn(self, *, most: float) -> float | None:
        """Waits until the next call may begin, and returns for how many seconds; None where `most` was not enough, and the turn is left to others."""
        with self._guard:
            now = self._now()
            begins = max(now, self._next)
            wait = begins - now
            if wait <= most:
                self._next = begins + self._interval
        if wait > 0:
            self._sleep(max(0.0, min(wait, most)))
        return wait if wait <= most else None

    def pause(self, seconds: float) -> None:
        """No call begins for so long from now; calls under way are not touched."""
        with self._guard:
            self._next = max(self._next, self._now() + seconds)
