"""The independent model, first half: what is true at the source comes to which quantities, and which of them nobody is billed for.

Written from design 5 and 6.1 in plain loops over plain values. Where it and the product disagree, one of the two is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from tests.simulation.customers import Customer, Key, Use

Part = tuple[str, str | None]
"""Application and category; None for an item that serves all devices."""
Leak = tuple[str, str | None, str]
"""Application or license name, category, reason."""
Target = str | Mapping[str, str] | None
"""Where an application is billed: on one item, on one per category, or nowhere."""

NAMES = {"Alpha": "Alpha", "Alpha, 10-24 nodes": "Alpha", "Beta": "Beta"}
"""License name → application; the configuration of every sequence declares these and no others."""


@dataclass
class Want:
    """What one item of one agreement should be."""

    parts: set[Part] = field(default_factory=set)
    seats: set[tuple[str, str]] = field(default_factory=set)
    """(application, machine)."""
    pinned: int | None = None
    """What a person has decided, whatever is counted."""

    @property
    def quantity(self) -> int:
        """Seats, or what a person has decided."""
        return len(self.seats) if self.pinned is None else self.pinned


@dataclass(frozen=True)
class Counted:
    """One customer at one instant."""

    machines_by_name: Mapping[str, Mapping[str, str]]
    """Application, or a license name that is none → machine → kind."""

    def wanted(self, targets: Mapping[str, Target]) -> dict[str, Want]:
        """Item → what it should be; every item that is billed on is there, also with 0."""
        wanted = {item: Want() for target in targets.values() for item in _items(target)}
        for name, machines in self.machines_by_name.items():
            target = targets.get(name)
            for machine, kind in machines.items():
                item = target if isinstance(target, str) else (target or {}).get(kind)
                if item is not None:
                    wanted[item].seats.add((name, machine))
                    wanted[item].parts.add((name, None if isinstance(target, str) else kind))
        return wanted

    def leaks(self, targets: Mapping[str, Target]) -> Counter[Leak]:
        """What is used and billed to nobody although the customer is billed."""
        leaks: Counter[Leak] = Counter()
        for name, machines in self.machines_by_name.items():
            target = targets.get(name)
            for kind in machines.values():
                if name not in NAMES.values():
                    leaks[name, None, "name_unmatched"] += 1
                elif target is None:
                    leaks[name, None, "no_mapping"] += 1
                elif not isinstance(target, str) and kind not in target:
                    leaks[name, kind, "unclassified_device" if kind == "unclassified" else "no_mapping"] += 1
        return leaks

    def all_leaks(self, reason: str) -> Counter[Leak]:
        """What a customer uses that is not billed at all."""
        return Counter({(name, None, reason): len(machines) for name, machines in self.machines_by_name.items()})


def counted(customer: Customer, now: datetime) -> Counted:
    """Counts a customer at an instant (UTC): each machine once per application."""
    found: dict[str, dict[str, str]] = {}
    for (serial, machine), use in customer.uses.items():
        key = customer.keys[serial]
        if _counts(key, now) and _is_seat(use) and machine in customer.machines:
            found.setdefault(NAMES.get(key.name, key.name), {})[machine] = customer.machines[machine]
    return Counted(found)


def _counts(key: Key, now: datetime) -> bool:
    bought = key.kind == "commercial" or (key.kind == "subscription" and key.state == "active")
    return bought and key.expires is not None and key.expires > now


def _is_seat(use: Use) -> bool:
    return use.active is True and not use.pending


def _items(target: Target) -> tuple[str, ...]:
    if target is None:
        return ()
    return (target,) if isinstance(target, str) else tuple(target.values())


def local_date(instant: datetime) -> date:
    """The date in Berlin: one hour ahead of UTC, two from the last Sunday of March to that of October, each at 01:00 UTC."""
    begins, ends = (_last_sunday(instant.year, month) for month in (3, 10))
    return (instant + timedelta(hours=2 if begins <= instant < ends else 1)).date()


def _last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return last - timedelta(days=(last.weekday() + 1) % 7)
