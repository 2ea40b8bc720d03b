"""A source, and the counts that people have stated beside it: laid over what is read in each run."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from tallybridge.billing.model import Observation, Rules, Tenant
from tallybridge.configuration.records import BusinessHubSourceSettings
from tallybridge.ledger import stated_counts
from tallybridge.ledger import tenants as ledger_tenants
from tallybridge.ledger.stated_counts import StatedFor
from tallybridge.runs.doors import links_of, open_source
from tallybridge.runs.orders import Order, billing_date
from tallybridge.sources.base import Clock, Source, TenantListing
from tallybridge.wire.checks import Check

_BY_HAND = "by hand: "


def is_by_hand(tenant: Tenant) -> bool:
    """Whether a tenant is known only by what was stated: no link is bound to it, because its first export brings the real unique id."""
    return tenant.id.startswith(_BY_HAND)


def open_source_of_run(order: Order, rules: Rules, started: datetime, *, among_processes: bool = False) -> Source:
    """The integration's source, not yet contacted, with what people have stated beside it. `among_processes` as for `open_source`.

    Raises:
        MissingSecret: its password is missing.
    """
    configuration = order.configuration
    stated = stated_counts.in_force(order.integration, billing_date(configuration, started))
    source = open_source(configuration, rules, order.clock, among_processes=among_processes)
    if not stated:
        return source
    bound = ledger_tenants.all_bound(order.integration)
    return WithStatedCounts(
        source,
        stated,
        clock=order.clock,
        lists_by_hand=isinstance(configuration.source, BusinessHubSourceSettings),
        read_before=[link.label for link in links_of(configuration) if link.account in bound],
    )


class WithStatedCounts:
    """A source and the counts that people have stated beside it.

    Args:
        source: what reads.
        stated: the counts in force on the run's billing date.
        clock: the present instant.
        lists_by_hand: whether a stated tenant that the source does not list is one all the same (a source of files: a customer may have none).
        read_before: tenants, as their links name them, of which the source has told before: for these a count is no reading (L1).
    """

    def __init__(
        self, source: Source, stated: tuple[StatedFor, ...], *, clock: Clock, lists_by_hand: bool, read_before: Collection[str] = ()
    ) -> None:
        self._source = source
        self._stated = stated
        self._clock = clock
        self._lists_by_hand = lists_by_hand
        self._read_before = frozenset(read_before)

    def tenants(self) -> TenantListing:
        """The source's tenants, and those that are known only by what was stated."""
        listing = self._source.tenants()
        if not self._lists_by_hand:
            return listing
        known = {label for tenant in listing.tenants for label in (tenant.id, tenant.name)}
        names = sorted({one.tenant for one in self._stated} - known - self._read_before)
        by_hand = tuple(Tenant(id=f"{_BY_HAND}{name}", name=name) for name in names)
        return replace(listing, tenants=listing.tenants + by_hand)

    def observe(self, tenant: Tenant, *, deadline: Callable[[], float]) -> Observation:
        """What the source reads, with the counts that were stated for this tenant."""
        stated = tuple(sorted(one.stated for one in self._stated if one.tenant in (tenant.id, tenant.name)))
        if is_by_hand(tenant):
            return Observation(tenant=tenant, started=self._clock(), licenses=(), devices=(), seats=(), stated=stated)
        observation = self._source.observe(tenant, deadline=deadline)
        return replace(observation, stated=stated) if stated else observation

    def checks(self) -> tuple[Check, ...]:
        """The source's own checks."""
        return self._source.checks()

    def close(self) -> None:
        """Closes the source."""
        self._source.close()
