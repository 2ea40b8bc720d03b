"""How fast one server is called, over all threads: at most so many calls a second, and none for a while after it said that it is too much."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Pauses:
    """Until when nobody calls (seconds of the clock of those who call)."""

    def __init__(self) -> None:
        self.until = 0.0
        self._guard = threading.Lock()

    def last_until(self, instant: float) -> None:
        """Lets nobody call before this instant."""
        with self._guard:
            self.until = max(self.until, instant)


class Pace:
    """Gives each call its turn. Safe to use from several threads.

    Args:
        calls_per_second: the most calls that begin in a second, evenly spread; None sets no limit.
        now, sleep: the clock in seconds, and waiting; for tests.
        pauses: shared with others who call the same server.
    """

    def __init__(
        self,
        calls_per_second: float | None = None,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        pauses: Pauses | None = None,
    ) -> None:
        self._interval = 1 / calls_per_second if calls_per_second else 0.0
        self._now = now
        self._sleep = sleep
        self._next = 0.0
        self._pauses = pauses or Pauses()
        self._guard = threading.Lock()

    def share(self, calls_per_second: float | None) -> Pace:
        """The pace of some of the callers, who keep to a number of calls of their own and pause with all others."""
        return Pace(calls_per_second, now=self._now, sleep=self._sleep, pauses=self._pauses)

    def await_turn(self, *, most: float) -> float | None:
        """Waits until the next call may begin, and returns for how many seconds; None where `most` was not enough, and the turn is left to others."""
        with self._guard:
            now = self._now()
            begins = max(now, self._next, self._pauses.until)
            wait = begins - now
            if wait <= most:
                self._next = begins + self._interval
        if wait > 0:
            self._sleep(max(0.0, min(wait, most)))
        return wait if wait <= most else None

    def pause(self, seconds: float) -> None:
        """No call begins for so long from now; calls under way are not touched."""
        self._pauses.last_until(self._now() + seconds)
