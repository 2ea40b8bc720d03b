"""Which workers there are: each keeps a lease of its own, so one that has died is known as soon as any other lease of its would be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from tallybridge.ledger import leases

_PREFIX = "worker:"
_FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSeen:
    """A worker, and when it was heard of last (UTC)."""

    host: str
    pid: int
    last_seen: datetime
    alive: bool
    parts: tuple[str, ...]
    """The runs whose parts it is at, one entry for each part."""


@contextmanager
def present() -> Iterator[None]:
    """For the length of a `with` block this process is known as a worker."""
    with leases.hold_lease(f"{_PREFIX}{uuid4().hex}"):
        yield


def workers_seen(now: datetime) -> tuple[WorkerSeen, ...]:
    """The workers of the last day, those that are alive first, then by machine and process."""
    at_work = [(lease, lease.key.split(":")[1]) for lease in leases.under("part:") if leases.is_live(lease, now)]
    found = [lease for lease in leases.under(_PREFIX) if lease.expires > now - _FORGOTTEN_AFTER]
    seen = [
        WorkerSeen(
            host=lease.owner.host.split(" ")[0],
            pid=lease.owner.pid,
            last_seen=lease.expires - leases.TTL,
            alive=leases.is_live(lease, now),
            parts=tuple(run for part, run in at_work if _same_process(part.owner, lease.owner)),
        )
        for lease in found
    ]
    return tuple(sorted(seen, key=lambda one: (not one.alive, one.host, one.pid)))


def any_alive(now: datetime) -> bool:
    """Whether there is a worker to hand work to."""
    return any(leases.is_live(lease, now) for lease in leases.under(_PREFIX))


def _same_process(one: leases.Owner, other: leases.Owner) -> bool:
    return (one.host, one.pid, one.process_started) == (other.host, other.pid, other.process_started)
