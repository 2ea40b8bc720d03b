"""The run's circuit breaker (design 6.5): how far one run may lower charges in all, shared by everybody who bills its tenants."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol, TypeVar

from tallybridge.ledger import at_work

Made = TypeVar("Made")

Make = Callable[[int | None], tuple[Made, int]]
"""Gives, for the units that are left (None: without limit), a plan and the units by which it lowers charges."""


class Breaker(Protocol):
    """Units by which the run may still lower charges. Two plans never use the same units."""

    def plan(self, tenant_id: str, make: Make[Made]) -> Made:
        """Makes one tenant's plan with the units that are left, and takes from them what it lowers charges by."""
        ...


class CircuitBreaker:
    """For a run in one process: plans are made one at a time.

    Args:
        may_fall: units in all; None: without limit, for plans whose quantities a person has approved.
    """

    def __init__(self, may_fall: int | None) -> None:
        self._left = may_fall
        self._lock = threading.Lock()

    def plan(self, tenant_id: str, make: Make[Made]) -> Made:  # noqa: ARG002 - a plan that is made again belongs to another run
        """See `Breaker`."""
        with self._lock:
            made, lowers = make(self._left)
            if self._left is not None:
                self._left -= lowers
            return made


class SharedBreaker:
    """For a run of several processes: what has been taken stands in the ledger, and one plan at a time takes from it.

    A plan that lowers nothing takes nothing, so it need not wait for others. What the plan of a process that has died has taken stays taken once
    that plan is recorded, because its writes may have been made; before, the tenant's next plan gives it back.
    """

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id

    def plan(self, tenant_id: str, make: Make[Made]) -> Made:
        """See `Breaker`."""
        made, lowers = make(None)
        return made if lowers == 0 else at_work.take_fall(self._run_id, tenant_id, make)
