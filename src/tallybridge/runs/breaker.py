"""The run's circuit breaker (design 6.5): how far one run may lower charges in all, shared by the threads that bill its tenants."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class CircuitBreaker:
    """Units by which the run may still lower charges. Plans are made one at a time, so that two of them never use the same units.

    Args:
        may_fall: units in all; None: without limit, for plans whose quantities a person has approved.
    """

    def __init__(self, may_fall: int | None) -> None:
        self._left = may_fall
        self._lock = threading.Lock()

    @contextmanager
    def planning(self) -> Iterator[int | None]:
        """Gives the units that are left, for one plan; `lower` must be called before it ends."""
        with self._lock:
            yield self._left

    def lower(self, units: int) -> None:
        """Takes the units by which a plan lowers charges; to be called within `planning`."""
        if self._left is not None:
            self._left -= units
