"""What a run reads once, before its tenants: who is run, the accounts, the mapped items. Any process can carry out a tenant's part from it."""

from __future__ import annotations

import msgspec

from tallybridge.billing.linking import Assignment, assign
from tallybridge.billing.model import Rules
from tallybridge.billing.psa import Account, Item
from tallybridge.configuration.records import Configuration
from tallybridge.destinations.base import Destination
from tallybridge.ledger import canonical
from tallybridge.ledger import intents as ledger_intents
from tallybridge.ledger import lines as ledger_lines
from tallybridge.ledger import tenants as ledger_tenants
from tallybridge.ledger.errors import LedgerDamaged
from tallybridge.runs.doors import links_of
from tallybridge.runs.orders import Order, RunRefused, destination_id
from tallybridge.runs.reports import TenantReport
from tallybridge.runs.unlinked_accounts import accounts_not_linked
from tallybridge.sources.base import Source, TenantListing


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """What was read once for a run. Nothing in it changes from one day to the next by itself, so an equal day keeps equal bytes."""

    assignments: tuple[Assignment, ...]
    """The parts of the run: who is run, billable tenants first, so that nobody's bill waits for somebody who is not billed."""
    accounts: tuple[Account, ...]
    """Accounts that are cross-referenced to the External Product."""
    items: tuple[Item, ...]
    """The price book items that the mappings bill on, those that exist."""
    unfinished: dict[str, tuple[tuple[int, str], ...]] = {}
    """Agreement and item of each write of earlier runs whose end is not known yet, by tenant."""
    problems: tuple[str, ...] = ()
    """What of the source could not be read and concerns no one tenant."""
    accounts_not_linked: tuple[Account, ...] | None = None
    """None in a run for one tenant."""


_decoder = msgspec.json.Decoder(Brief)


def encode(brief: Brief) -> bytes:
    """Canonical bytes: equal briefs give equal bytes."""
    return canonical.encode(brief)


def decode(data: bytes) -> Brief:
    """The brief behind `encode`.

    Raises:
        LedgerDamaged: these are not the bytes of a brief.
    """
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise LedgerDamaged(f"What was read once for the run can no longer be read: {error}. Nothing was written.") from error


class Reading:
    """Reads what a run reads once; what was read before something failed can still be told."""

    def __init__(self, order: Order, rules: Rules) -> None:
        self._order = order
        self._rules = rules
        self.problems: tuple[str, ...] = ()
        self.accounts_not_linked: tuple[Account, ...] | None = None

    def read(self, source: Source, destination: Destination) -> Brief:
        """Signs in to both sides and reads their lists.

        Raises:
            SourceError, DestinationError: they cannot be read now.
            RunRefused: an unknown tenant was asked for.
        """
        order = self._order
        listing = source.tenants()
        self.problems = listing.problems
        accounts = dict(destination.accounts())
        if order.only is None:
            self.accounts_not_linked = accounts_not_linked(order.configuration, accounts)
        items = dict(destination.items({item for mapping in self._rules.mappings for item in mapping.items()}))
        return Brief(
            assignments=tuple(_assignments(order, listing)),
            accounts=tuple(accounts[number] for number in sorted(accounts)),
            items=tuple(items[name] for name in sorted(items)),
            unfinished=ledger_intents.places_of_open_intents(destination_id(order.configuration), order.integration),
            problems=self.problems,
            accounts_not_linked=self.accounts_not_linked,
        )


def units_that_may_fall(configuration: Configuration) -> int:
    """Units by which a run that begins now may lower charges in all (design 6.5)."""
    return configuration.guards.may_fall(ledger_lines.units_billed(destination_id(configuration), configuration.integration.name))


def kept_id(assignment: Assignment) -> str:
    """The id under which the assignment's tenant run is kept in the ledger."""
    if assignment.tenant is not None:
        return assignment.tenant.id
    return f"account:{assignment.link.account if assignment.link is not None else None}"


def nothing_there(report: TenantReport) -> bool:
    """The main server itself is reported only when devices stand directly on it."""
    if report.tenant is None or report.tenant.number != 0:
        return False
    return report.empty


def _assignments(order: Order, listing: TenantListing) -> list[Assignment]:
    configuration = order.configuration
    assignments = list(assign(links_of(configuration), listing.tenants, ledger_tenants.all_bound(order.integration)))
    if listing.unassigned is not None:
        assignments.append(Assignment(link=None, tenant=listing.unassigned, of_no_tenant=True))
    if order.only is not None:
        return [_only(order.only, assignments)]
    if not configuration.source.read_unlinked:
        assignments = [one for one in assignments if one.link is not None]
    return sorted(assignments, key=lambda one: one.link is None or not one.link.billing)


def _only(name: str, assignments: list[Assignment]) -> Assignment:
    found = [one for one in assignments if name in (one.label, one.tenant.id if one.tenant is not None else None, one.link and one.link.label)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(sorted(f"“{one.label}”" for one in assignments))
    if found:
        raise RunRefused(f"More than one tenant is called “{name}”. Nothing was written. Name it by its unique id: tallybridge tenants.")
    raise RunRefused(f"No tenant is called “{name}”. Nothing was written. The source lists: {names}.")
