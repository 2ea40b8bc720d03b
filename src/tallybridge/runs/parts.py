"""The parts of a run, one per tenant, and what all of them share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from tallybridge.billing.model import Rules
from tallybridge.destinations.base import Destination
from tallybridge.ledger import at_work
from tallybridge.runs.breaker import Breaker, CircuitBreaker, SharedBreaker
from tallybridge.runs.briefing import Brief, units_that_may_fall
from tallybridge.runs.context import RunContext
from tallybridge.runs.orders import Order, billing_date, destination_id
from tallybridge.runs.reports import TenantReport

AGREEMENT_PATIENCE = 60.0
"""Seconds: longer than a dead process can keep the lease on an agreement."""


def context_in_one_process(
    order: Order, run_id: str, started: datetime, rules: Rules, destination: Destination, brief: Brief, progress: Callable[[TenantReport], None]
) -> RunContext:
    """What the parts of a run share that one process carries out alone."""
    breaker = CircuitBreaker(units_that_may_fall(order.configuration))
    return _context(order, run_id, started, rules, destination, brief, breaker, progress=progress)


def context_of_several(order: Order, run_id: str, started: datetime, rules: Rules, destination: Destination, brief: Brief) -> RunContext:
    """What the parts of a spread run share: the same in each of its processes, because what changes stands in the ledger."""
    return _context(
        order,
        run_id,
        started,
        rules,
        destination,
        brief,
        SharedBreaker(run_id),
        progress=order.progress,
        sign_in_refused=_RefusedWrites(run_id),
        spread=True,
        agreement_patience=AGREEMENT_PATIENCE,
    )


def _context(
    order: Order, run_id: str, started: datetime, rules: Rules, destination: Destination, brief: Brief, breaker: Breaker, **more: Any
) -> RunContext:
    configuration = order.configuration
    return RunContext(
        id=run_id,
        integration=order.integration,
        mode=order.mode,
        date=billing_date(configuration, started),
        started=started,
        rules=rules,
        destination=destination,
        destination_id=destination_id(configuration),
        accounts={account.number: account for account in brief.accounts},
        items={item.id: item for item in brief.items},
        settle=int(configuration.destination.settle),
        worklist=configuration.destination.write_mode == "worklist",
        unfinished=brief.unfinished,
        bounds=configuration.guards.bounds,
        breaker=breaker,
        tenant_seconds=configuration.source.tenant_minutes * 60,
        clock=order.clock,
        stop=order.stop,
        **more,
    )


class _RefusedWrites:
    """Whether the PSA has refused the sign-in of a write, as all processes of a run know it."""

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._known = threading.Event()

    def is_set(self) -> bool:
        if not self._known.is_set() and at_work.writes_refused(self._run_id):
            self._known.set()
        return self._known.is_set()

    def set(self) -> None:
        self._known.set()
        at_work.refuse_writes(self._run_id)


def billed_agreements(order: Order) -> Sequence[int]:
    """The agreements that the integration bills."""
    return [link.agreement for link in order.configuration.links if link.billing and link.agreement is not None]
