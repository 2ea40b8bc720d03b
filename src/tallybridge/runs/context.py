"""What every part of one run shares."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from tallybridge.billing.model import Rules
from tallybridge.billing.plan import Bounds
from tallybridge.billing.psa import Account, Item
from tallybridge.destinations.base import Destination
from tallybridge.runs.breaker import Breaker
from tallybridge.runs.reports import Mode, TenantReport
from tallybridge.sources.base import Clock


class Signal(Protocol):
    """Something that is known to every part of a run once it has come: an event of threads, or a word in the ledger."""

    def is_set(self) -> bool:
        """Whether it has come."""
        ...

    def set(self) -> None:
        """It has come."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """One run: its identity, its instant, its rules and the PSA that it bills in."""

    id: str
    integration: str
    mode: Mode
    date: date
    """The billing date in the integration's time zone (L10)."""
    started: datetime
    """UTC; the one instant that decides what has expired."""
    rules: Rules
    destination: Destination
    destination_id: int
    """The ledger's id of the PSA: our lines are kept by it."""
    accounts: Mapping[int, Account]
    """Accounts that are cross-referenced to the External Product, read once."""
    items: Mapping[str, Item]
    """The price book items that the mappings bill on, those that exist, read once."""
    settle: int
    worklist: bool
    unfinished: Mapping[str, tuple[tuple[int, str], ...]]
    """Agreement and item of each write of earlier runs whose end is not known yet, by tenant."""
    bounds: Bounds
    """How far a charge may change without a person (design 6.5)."""
    breaker: Breaker
    """How far this run may still lower charges in all."""
    tenant_seconds: float
    """How long one tenant may take before it is given up for today (L7)."""
    clock: Clock
    sign_in_refused: Signal = field(default_factory=threading.Event)
    """Set once the PSA has refused the sign-in of a write: no further write is tried in this run, because repeated refusals may lock the account."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Set when the run is asked to stop: what is under way comes to a clean end, nothing new is begun."""
    progress: Callable[[TenantReport], None] = lambda _: None
    """Told of each tenant as it is done."""
    spread: bool = False
    """Whether other processes carry out parts of this run, too: what this one is stopped at is given back to them, not recorded as stopped."""
    still_ours: Callable[[], bool] = lambda: True
    """Whether this process may still record the part that it carries out; asked before its plan is recorded."""
    agreement_patience: float = 0
    """Seconds for which the lease on an agreement is waited for: a process that has just ended elsewhere keeps its own until it expires."""
