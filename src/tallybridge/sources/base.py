"""The door to a source: what every source of usage must offer, and how it says that it could not read.

A source never returns a part. It gives a whole `Observation` or raises one of the errors below (L1). The errors:

    SourceError                 base: a sentence for a person, and the `Reason` for programs
    ├── SourceFailed            nothing of this source can be read now (unreachable, sign-in refused, wrong certificate): fails the run
    └── TenantNotObserved       this tenant gave no observation; other tenants go on (L7)
        └── TenantBlocked       … and a person must act (no right, another tenant under that name)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tallybridge.billing.model import Observation, Tenant
from tallybridge.billing.reasons import Reason
from tallybridge.wire.checks import Check


class SourceError(Exception):
    """The source could not be read; the text says what happened and what to do, never a secret (L11)."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class SourceFailed(SourceError):
    """Nothing of this source can be read now."""


class TenantNotObserved(SourceError):
    """One tenant could not be read whole; nothing may be written for it (L1)."""


class TenantBlocked(TenantNotObserved):
    """One tenant cannot be read until a person acts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantListing:
    """Every tenant of the source, read to the end of the list."""

    tenants: tuple[Tenant, ...]
    version: str
    """The source's own version, for people."""
    unassigned: Tenant | None
    """Stands for the devices that belong to no tenant (KSC: those connected directly to the main server); observed, never billed."""
    problems: tuple[str, ...] = ()
    """What of the source could not be read and concerns no one tenant, a sentence each; a person must look."""


class Source(Protocol):
    """A source of usage. Safe to use from several threads; each observation uses one connection at a time."""

    def tenants(self) -> TenantListing:
        """Signs in and lists every tenant. Must be called before `observe`.

        Raises:
            SourceFailed: the source cannot be read; a refused sign-in is never retried.
        """
        ...

    def observe(self, tenant: Tenant, *, deadline: Callable[[], float]) -> Observation:
        """Reads one tenant whole.

        Args:
            tenant: as listed by `tenants`.
            deadline: seconds that are left for this tenant; at 0 or below the read is given up (`Reason.TIME_LIMIT`, L7).

        Raises:
            TenantNotObserved: the read could not be proved whole.
            TenantBlocked: a person must act first.
        """
        ...

    def checks(self) -> tuple[Check, ...]:
        """Tests connection, certificate, credentials and version without reading any tenant's usage."""
        ...

    def close(self) -> None:
        """Ends sessions and connections. May be called more than once."""
        ...


Clock = Callable[[], datetime]
"""Gives the present instant, aware and in UTC (L10)."""
