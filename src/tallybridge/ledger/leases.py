"""Leases: one at a time may work under a key (design 8).

A dead process cannot keep a lease: it is taken over at once on the same machine, from elsewhere once it expires.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import Any

from django.db import transaction

from tallybridge.ledger import plain_sql, renewals
from tallybridge.ledger.errors import LedgerUnwritable, ledger_errors
from tallybridge.ledger.opening import clock, without_awaiting_the_disk
from tallybridge.ledger.prepared import models
from tallybridge.ledger.processes import Owner, is_gone, this_process

__all__ = ["TTL", "HeldLease", "Lease", "Owner", "acquire", "current", "hold_lease", "is_live", "release", "renew", "this_process", "under"]

TTL = timedelta(seconds=45)
"""With the time until somebody looks, what a process held that has died on another machine is taken over within a minute."""
_TRY_AGAIN = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Who may work under a key until when (UTC)."""

    key: str
    owner: Owner
    expires: datetime


@ledger_errors()
def acquire(key: str, *, owner: Owner, now: datetime, ttl: timedelta = TTL) -> bool:
    """Takes the lease if it is free, the owner's already, expired, or held by a process that has ended; tells whether the owner has it now."""
    if _take_free(key, owner, now + ttl):
        return True
    with transaction.atomic():
        row = models.Lease.objects.select_for_update().filter(key=key).first()
        if row is None:
            return _take_free(key, owner, now + ttl)
        holder = _owner(row)
        if holder != owner and row.expires > now and not is_gone(holder):
            return False
        models.Lease.objects.filter(key=key).update(**_columns(owner, now + ttl))
        return True


def _take_free(key: str, owner: Owner, expires: datetime) -> bool:
    """Takes a lease that nobody has; False where somebody has it, or takes it at the same moment."""
    lease = {"key": key, **_columns(owner, expires), "expires": plain_sql.instant(expires)}
    with without_awaiting_the_disk():
        return bool(plain_sql.add("ledger_lease", list(lease), [list(lease.values())], unless_known=True))


@ledger_errors()
def renew(key: str, *, owner: Owner, now: datetime, ttl: timedelta = TTL) -> bool:
    """Puts off the expiry; False where the owner no longer has the lease."""
    return bool(models.Lease.objects.filter(key=key, token=owner.token).update(expires=now + ttl))


@ledger_errors()
def release(key: str, *, owner: Owner) -> None:
    """Gives the lease back; does nothing where the owner no longer has it."""
    with without_awaiting_the_disk():
        plain_sql.change("DELETE FROM ledger_lease WHERE key = %s AND token = %s", key, owner.token)


@ledger_errors()
def current(key: str) -> Lease | None:
    """The lease under a key, expired or not; None where nobody has it."""
    row = models.Lease.objects.filter(key=key).first()
    return Lease(key=key, owner=_owner(row), expires=row.expires) if row else None


@ledger_errors()
def under(prefix: str) -> tuple[Lease, ...]:
    """The leases whose keys begin so, expired or not, sorted by key."""
    rows = models.Lease.objects.filter(key__startswith=prefix).order_by("key")
    return tuple(Lease(key=row.key, owner=_owner(row), expires=row.expires) for row in rows)


def is_live(lease: Lease, now: datetime) -> bool:
    """Whether its owner may still work under it: it has not expired, and the owner's process has not ended as far as can be told from here."""
    return lease.expires > now and not is_gone(lease.owner)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldLease:
    """A lease that this process has taken. A process that was stopped for a while may have lost it without knowing: it asks before it acts."""

    key: str
    owner: Owner
    ttl: timedelta

    def confirm(self) -> bool:
        """Whether the lease is still ours; if so, nobody else can have it for another whole `ttl`."""
        return renew(self.key, owner=self.owner, now=clock(), ttl=self.ttl)


@contextmanager
def hold_lease(key: str, *, ttl: timedelta = TTL, renew_every: timedelta | None = None, patience: float = 0) -> Iterator[HeldLease | None]:
    """Tries to take a lease for the length of a `with` block; gives None where somebody else has it. It is renewed meanwhile (`ledger.renewals`).

    Args:
        renew_every: how often it is renewed; a third of `ttl` where not given.
        patience: seconds for which it is tried again and again where somebody has it.
    """
    owner = this_process()
    if not _acquire_patiently(key, owner, ttl, patience):
        yield None
        return
    interval = (renew_every or ttl / 3).total_seconds()
    try:
        with renewals.repeated(lambda: renew(key, owner=owner, now=clock(), ttl=ttl), every=interval):
            yield HeldLease(key=key, owner=owner, ttl=ttl)
    finally:
        with suppress(LedgerUnwritable):  # the lease then ends with this process, or expires
            release(key, owner=owner)


def _acquire_patiently(key: str, owner: Owner, ttl: timedelta, patience: float) -> bool:
    ends = monotonic() + patience
    while not acquire(key, owner=owner, now=clock(), ttl=ttl):
        if monotonic() >= ends:
            return False
        sleep(min(_TRY_AGAIN, max(0.0, ends - monotonic())))
    return True


def _columns(owner: Owner, expires: datetime) -> dict[str, Any]:
    return {
        "host": owner.host,
        "pid": owner.pid,
        "process_started": owner.process_started,
        "token": owner.token,
        "expires": expires,
    }


def _owner(row: models.Lease) -> Owner:
    return Owner(host=row.host, pid=row.pid, process_started=row.process_started, token=row.token)
