"""What both sides hold, as documents for people and programs: tenants, accounts, agreements, price book items, applications.

Everything here only reads. Each document is a plain dictionary, ready for `--json`; dates are ISO 8601, prices are texts, so that no digit is lost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

from tallybridge.billing.linking import Assignment, Link, assign
from tallybridge.billing.model import Mapping, Quantity, Unit
from tallybridge.billing.psa import Account, Agreement, Item
from tallybridge.configuration.catalog import rules_of
from tallybridge.configuration.records import Configuration
from tallybridge.destinations.base import Destination
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger import tenants as ledger_tenants
from tallybridge.ledger.run_records import StoredRun, StoredTenantRun
from tallybridge.runs.day import billing_date
from tallybridge.runs.doors import links_of, open_destination, open_source, require_secrets
from tallybridge.sources.base import Clock, Source

Document = dict[str, Any]

PRICED_AT_MOST = 50
"""A price costs two more calls per item, so longer lists come without prices unless they are asked for."""

LOOKED_BACK = timedelta(days=31)
"""How far back from the newest run one is looked for that read something."""


@contextmanager
def source_of(configuration: Configuration, clock: Clock) -> Iterator[Source]:
    """The integration's source, closed afterwards."""
    require_secrets(configuration)
    with closing(open_source(configuration, rules_of(configuration), clock)) as source:
        yield source


@contextmanager
def destination_of(configuration: Configuration, clock: Clock, *, hurried: bool = False) -> Iterator[Destination]:
    """The integration's PSA, closed afterwards. `hurried` as in `open_destination`."""
    require_secrets(configuration)
    with closing(open_destination(configuration, clock, hurried=hurried)) as destination:
        yield destination


def tenants(configuration: Configuration, clock: Clock) -> list[Document]:
    """Every link with its tenant, then every tenant without link.

    Raises:
        SourceFailed: the source cannot be read.
    """
    with source_of(configuration, clock) as source:
        listed = source.tenants().tenants
    assignments = assign(links_of(configuration), listed, ledger_tenants.all_bound(configuration.integration.name))
    return [_tenant(configuration, assignment) for assignment in assignments]


def _tenant(configuration: Configuration, assignment: Assignment) -> Document:
    tenant, link = assignment.tenant, assignment.link
    return {
        "integration": configuration.integration.name,
        "tenant": assignment.label,
        "tenant_id": tenant.id if tenant is not None else (link.tenant_id if link is not None else None),
        "number": tenant.number if tenant is not None else None,
        "enabled": tenant.enabled if tenant is not None else None,
        "account": link.account if link is not None else None,
        "agreement": link.agreement if link is not None else None,
        "billing": link.billing if link is not None else False,
        "reason": assignment.blocked.value if assignment.blocked is not None else None,
    }


def accounts(configuration: Configuration, clock: Clock, *, text: str = "") -> list[Document]:
    """Every account of the PSA whose name contains `text`, in order of name, with the tenant it is linked to.

    Raises:
        DestinationError: the PSA cannot be read.
    """
    with destination_of(configuration, clock) as destination:
        found = destination.all_accounts()
    links = {link.account: link for link in links_of(configuration)}
    wanted = [account for account in found if text.casefold() in account.name.casefold()]
    return [_account(configuration, account, links.get(account.number)) for account in sorted(wanted, key=lambda one: (one.name, one.number))]


def _account(configuration: Configuration, account: Account, link: Link | None) -> Document:
    return {
        "integration": configuration.integration.name,
        "account": account.number,
        "name": account.name,
        "cross_referenced": account.cross_referenced,
        "tenant": link.label if link is not None else None,
        "agreement": link.agreement if link is not None else None,
        "billing": link.billing if link is not None else False,
    }


def agreements(configuration: Configuration, clock: Clock, *, account: int | None = None) -> list[Document]:
    """The agreements of one account, else of every linked account, each with the number of its charges.

    Raises:
        DestinationError: the PSA cannot be read.
    """
    numbers = [account] if account is not None else [link.account for link in configuration.links]
    with destination_of(configuration, clock) as destination:
        return [
            _agreement(configuration, number, agreement, len(destination.charges(agreement.number)), clock)
            for number in numbers
            for agreement in destination.agreements(number)
        ]


def _agreement(configuration: Configuration, account: int, agreement: Agreement, charges: int, clock: Clock) -> Document:
    link = next((link for link in links_of(configuration) if link.account == account), None)
    return {
        "integration": configuration.integration.name,
        "account": account,
        "tenant": link.label if link is not None else None,
        "agreement": agreement.number,
        "type": agreement.type,
        "start": agreement.start.isoformat() if agreement.start is not None else None,
        "end": agreement.end.isoformat() if agreement.end is not None else None,
        "ended": agreement.ended(billing_date(configuration, clock())),
        "charges": charges,
        "linked": link is not None and link.agreement == agreement.number,
    }


def items(configuration: Configuration, clock: Clock, *, text: str = "", prices: bool = False) -> list[Document]:
    """Price book items whose id or description contains `text`, with what is billed on them.

    Args:
        prices: read the price of each item however many there are; else only of up to `PRICED_AT_MOST`.

    Raises:
        DestinationError: the PSA cannot be read.
    """
    with destination_of(configuration, clock) as destination:
        found = {item.id: item for item in destination.search_items(text)}
        priced = bool(found) and (prices or len(found) <= PRICED_AT_MOST)
        if priced:
            found |= destination.items(found)
    return [_item(configuration, item, priced=priced) for _, item in sorted(found.items())]


def _item(configuration: Configuration, item: Item, *, priced: bool) -> Document:
    return {
        "integration": configuration.integration.name,
        "item": item.id,
        "description": item.description,
        "price": str(item.price) if item.price is not None else None,
        "price_read": priced and item.price_known,
        "inactive": item.inactive,
        "mapped": [use for mapping in configuration.mappings for use in _uses(mapping, item.id)],
    }


def _uses(mapping: Mapping, item: str) -> Iterator[Document]:
    if mapping.item == item:
        yield {"application": mapping.application, "category": None}
    for category, of_category in mapping.by_category:
        if of_category == item:
            yield {"application": mapping.application, "category": category.value}


def applications(configuration: Configuration) -> list[Document]:
    """What the newest run saw in use, then the rest of the catalog, each with the items it is mapped to. Needs no connection.

    `known` is False for a license name that no application claims; `run` is None where no run of the last month has read anything.
    """
    run, tenant_runs = _newest_that_read(configuration.integration.name)
    seen = _seen(tenant_runs)
    rules = rules_of(configuration)
    units = {one.name: one.unit for one in rules.applications}
    mappings = {mapping.application: mapping for mapping in rules.mappings}
    names = (*sorted(seen), *sorted((units.keys() | mappings.keys()) - seen.keys()))
    return [
        {
            "integration": configuration.integration.name,
            "application": name,
            "unit": (seen[name].unit if name in seen else units.get(name, Unit.DEVICE)).value,
            "known": name in units or name in mappings,
            "quantity": seen[name].quantity if name in seen else 0,
            "tenants": len(seen[name].tenants) if name in seen else 0,
            "categories": seen[name].categories if name in seen else {},
            "mapping": _mapping(mappings.get(name)),
            "run": run.id if run is not None else None,
        }
        for name in names
    ]


def _newest_that_read(integration: str) -> tuple[StoredRun | None, tuple[StoredTenantRun, ...]]:
    """The newest run that read any tenant: one that was refused at the door says nothing about what is in use."""
    newest = ledger_runs.latest_run(integration)
    if newest is None:
        return None, ()
    for run in reversed(ledger_runs.runs_of(integration, newest.date - LOOKED_BACK, newest.date)):
        tenant_runs = ledger_runs.tenant_runs(run.id)
        if any(one.evidence is not None for one in tenant_runs):
            return run, tenant_runs
    return None, ()


class _Seen:
    """One application over all tenants of a run."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.quantity = 0
        self.tenants: set[str] = set()
        self.categories: dict[str, int] = defaultdict(int)

    def add(self, tenant: str, quantity: Quantity) -> None:
        self.quantity += quantity.quantity
        self.tenants.add(tenant)
        if quantity.category is not None:
            self.categories[quantity.category.value] += quantity.quantity


def _seen(tenant_runs: tuple[StoredTenantRun, ...]) -> dict[str, _Seen]:
    seen: dict[str, _Seen] = {}
    for tenant_run in tenant_runs:
        for quantity in tenant_run.quantities:
            seen.setdefault(quantity.application, _Seen(quantity.unit)).add(tenant_run.tenant_id, quantity)
    return seen


def _mapping(mapping: Mapping | None) -> Document | None:
    if mapping is None:
        return None
    return {"item": mapping.item} if mapping.item is not None else {category.value: item for category, item in mapping.by_category}
