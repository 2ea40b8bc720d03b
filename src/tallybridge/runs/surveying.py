"""What is in use at the source before anything is mapped: each tenant read once and counted, nothing kept in the ledger (first start)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from tallybridge.billing.counting import count
from tallybridge.billing.linking import assign
from tallybridge.billing.model import Rules, Tenant, Unit, Usage
from tallybridge.configuration.catalog import rules_of
from tallybridge.configuration.records import Configuration
from tallybridge.runs.doors import links_of
from tallybridge.runs.listing import source_of
from tallybridge.runs.pool import run_all
from tallybridge.sources.base import Clock, Source, TenantNotObserved


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenApplication:
    """An application in use. `matched` is False for a license name that no application claims."""

    name: str
    unit: Unit
    matched: bool
    quantity: int
    tenants: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What is in use, names that nobody has matched first, and the tenants that could not be read, a sentence each."""

    applications: tuple[SeenApplication, ...]
    unread: tuple[str, ...]


def survey(
    configuration: Configuration,
    clock: Clock,
    *,
    begin: Callable[[int], None] = lambda _: None,
    step: Callable[[], None] = lambda: None,
    stop: threading.Event | None = None,
) -> Survey:
    """Reads every linked tenant, or every enabled tenant where none is linked yet, and counts what is in use. Writes nothing.

    Args:
        begin: told once how many tenants there are.
        step: told after each of them.
        stop: set to end early; what was read so far is given.

    Raises:
        MissingSecret: nothing was contacted.
        SourceFailed: the source cannot be read.
    """
    rules = rules_of(configuration)
    unread: list[str] = []

    def read(source: Source, tenant: Tenant) -> Usage | None:
        try:
            return _usage(source, tenant, rules, clock, seconds=configuration.source.tenant_minutes * 60)
        except TenantNotObserved as failed:
            unread.append(str(failed))
            return None
        finally:
            step()

    with source_of(configuration, clock) as source:
        tenants = _worth_reading(configuration, source.tenants().tenants)
        begin(len(tenants))
        found = run_all(tenants, lambda one: read(source, one), threads=configuration.source.max_sessions, stop=stop or threading.Event())
    return Survey(applications=_applications([one for one in found if one is not None]), unread=tuple(sorted(unread)))


def _worth_reading(configuration: Configuration, listed: tuple[Tenant, ...]) -> list[Tenant]:
    assigned = assign(links_of(configuration), listed, {})
    linked = [one.tenant for one in assigned if one.link is not None and one.tenant is not None]
    return [tenant for tenant in (linked or listed) if tenant.enabled]


def _usage(source: Source, tenant: Tenant, rules: Rules, clock: Clock, *, seconds: float) -> Usage:
    ends = monotonic() + seconds
    observation = source.observe(tenant, deadline=lambda: ends - monotonic())
    return count(observation, rules, now=clock())


def _applications(usages: list[Usage]) -> tuple[SeenApplication, ...]:
    units: dict[str, tuple[Unit, bool]] = {}
    quantities: dict[str, int] = {}
    tenants: dict[str, int] = {}
    for usage in usages:
        for quantity in usage.quantities:
            units[quantity.application] = quantity.unit, quantity.matched
            quantities[quantity.application] = quantities.get(quantity.application, 0) + quantity.quantity
        for name in {quantity.application for quantity in usage.quantities}:
            tenants[name] = tenants.get(name, 0) + 1
    seen = [
        SeenApplication(name=name, unit=unit, matched=matched, quantity=quantities[name], tenants=tenants[name])
        for name, (unit, matched) in units.items()
    ]
    return tuple(sorted(seen, key=lambda one: (one.matched, -one.quantity, one.name)))
