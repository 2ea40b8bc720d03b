"""The customers of an integration as rows: links as they are configured now, joined to what the newest runs made of each tenant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tallybridge.configuration.document import document_of
from tallybridge.configuration.records import Configuration, LinkSettings
from tallybridge.console import known_lists
from tallybridge.console.customers.states import State, state_of
from tallybridge.console.pending.edits import Edit, PendingChanges, key_of
from tallybridge.ledger import customer_queries, standing_queries
from tallybridge.ledger import tenants as ledger_tenants
from tallybridge.ledger.customer_queries import TenantInRun
from tallybridge.ledger.run_records import StoredRun
from tallybridge.runs.standing_runs import since_all_were_met, told_accounts

LOOKED_BACK = 62
"""Days: how far back a tenant's last observation is looked for."""
ACCOUNTS = "accounts"
"""Name of the list of accounts in `known_lists`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One row of the list: a tenant, a link, or both."""

    key: str
    """What its pages are found under: the tenant's unique id, or "account:" and a number for a link whose tenant no run has met."""
    name: str
    number: int | None
    link: LinkSettings | None
    link_key: str
    """Key of its link among the entries of the configuration (`pending.edits.key_of`); for a tenant without link, of the one it would get."""
    account_name: str
    record: TenantInRun | None
    state: State
    sentence: str
    counted_by: int | None
    """Number of the newest tenant run that counted it; None where none of the runs that matter has read it."""
    billed: int | None
    """Units on our lines of its agreement as they were last seen in the PSA; None without an agreement."""
    pending: Edit | None = None

    @property
    def tenant_id(self) -> str | None:
        """The unique id; None while no run has met the tenant."""
        return None if self.key.startswith("account:") else self.key

    @property
    def account(self) -> int | None:
        """Number of its account."""
        return self.link.account if self.link is not None else None

    @property
    def agreement(self) -> int | None:
        """Number of its agreement."""
        return self.link.agreement if self.link is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Every customer of an integration, in order of name, and the runs that this was learned from."""

    customers: tuple[Customer, ...]
    runs: tuple[StoredRun, ...]
    """From the newest run over all tenants on, oldest first."""
    accounts: Mapping[int, str]
    """Names of accounts as far as they were ever read."""
    accounts_read: datetime | None

    @property
    def newest_date(self) -> date | None:
        """Billing date of the newest run."""
        return self.runs[-1].date if self.runs else None

    def find(self, key: str) -> Customer | None:
        """The customer with this key."""
        return next((one for one in self.customers if one.key == key), None)

    def observed(self, integration: str, some: Sequence[Customer]) -> Mapping[str, datetime]:
        """When each of some customers was read whole last (UTC), by key."""
        at = {one.key: one.record.observed_at for one in some if one.record is not None and one.record.observed_at is not None}
        unread = [one.key for one in some if one.record is not None and one.key not in at]
        newest = self.newest_date
        earlier = customer_queries.last_observed(integration, newest - timedelta(days=LOOKED_BACK), unread) if unread and newest else {}
        return {**earlier, **at}


def read_fleet(configuration: Configuration, changes: PendingChanges | None = None) -> Fleet:
    """Every customer; reads the ledger in a fixed number of statements.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    name = configuration.integration.name
    runs = since_all_were_met(name)
    met = customer_queries.tenants_in([run.id for run in runs]) if runs else ()
    records = _newest_records(met)
    counted_by = {one.tenant_id: one.id for one in reversed(met) if one.observed_at is not None and one.kind != customer_queries.APPLYING}
    read = known_lists.known(name, ACCOUNTS)
    accounts = dict(told_accounts(runs)) | {one["account"]: one["name"] for one in (read.entries if read is not None else ())}
    billed: dict[int, int] = defaultdict(int)
    for line in standing_queries.standing_lines(name):
        billed[line.agreement] += line.written
    edits = {edit.key: edit for edit in changes.edits if edit.table == "link"} if changes else {}
    named = _Namesakes(records)
    made = []
    for link, record in _joined(configuration, records):
        state, sentence = state_of(link, record)
        link_key = key_of("link", {"tenant": link.tenant, "tenant_id": link.tenant_id}) if link else named.link_key(record)
        made.append(
            Customer(
                key=record.tenant_id if record else f"account:{link.account}" if link else "",
                name=record.tenant if record else (link.tenant or link.tenant_id or "" if link else ""),
                number=record.number if record else None,
                link=link,
                link_key=link_key,
                account_name=accounts.get(link.account, "") if link else "",
                record=record,
                state=state,
                sentence=sentence,
                counted_by=counted_by.get(record.tenant_id) if record else None,
                billed=billed.get(link.agreement, 0) if link is not None and link.agreement is not None else None,
                pending=edits.get(link_key),
            )
        )
    made.sort(key=lambda one: (one.name.casefold(), one.key))
    return Fleet(customers=tuple(made), runs=runs, accounts=accounts, accounts_read=read.at if read is not None else None)


class _Namesakes:
    """Which tenants share their name, so that a link must name them by their unique id."""

    def __init__(self, records: Iterable[TenantInRun]) -> None:
        self._count: dict[str, int] = defaultdict(int)
        for record in records:
            self._count[record.tenant] += 1

    def link_key(self, record: TenantInRun | None) -> str:
        if record is None:
            return ""
        return key_of("link", link_words(record.tenant_id, record.tenant, alone=self._count[record.tenant] == 1))


def link_words(tenant_id: str, name: str, *, alone: bool) -> dict[str, str]:
    """How a new link names its tenant: by name, or by unique id where several have that name."""
    return {"tenant": name} if alone and name else {"tenant_id": tenant_id}


def link_entry(configuration: Configuration, link: LinkSettings) -> dict[str, object]:
    """A link as the configuration spells it."""
    position = configuration.links.index(link)
    entry: dict[str, object] = document_of(configuration)["link"][position]
    return entry


def _newest_records(newest_first: Iterable[TenantInRun]) -> tuple[TenantInRun, ...]:
    """One record for each tenant, and one for each account: the newest."""
    tenants: set[str] = set()
    accounts: set[int] = set()
    kept = []
    for one in newest_first:
        if one.tenant_id in tenants or (one.account is not None and one.account in accounts):
            continue
        tenants.add(one.tenant_id)
        if one.account is not None:
            accounts.add(one.account)
        kept.append(one)
    return tuple(kept)


def _joined(configuration: Configuration, records: Sequence[TenantInRun]) -> list[tuple[LinkSettings | None, TenantInRun | None]]:
    """Each link with the record of its tenant, then the tenants that no link means."""
    by_account = {record.account: record for record in records if record.account is not None}
    by_id = {record.tenant_id: record for record in records}
    by_name = {record.tenant: record for record in reversed(records)}
    bound = _Bound(configuration.integration.name)
    joined: list[tuple[LinkSettings | None, TenantInRun | None]] = []
    used: set[str] = set()
    for link in configuration.links:
        record = by_account.get(link.account)
        if record is None or not _means(link, record, bound):
            record = by_id.get(link.tenant_id) if link.tenant_id is not None else by_name.get(link.tenant or "")
        if record is not None and record.tenant_id in used:
            record = None
        if record is not None:
            used.add(record.tenant_id)
        joined.append((link, record))
    # A record under its account's number is of a link that is there no more: there is no tenant behind it.
    left = (one for one in records if one.tenant_id not in used and one.tenant_id != f"account:{one.account}")
    return [*joined, *((None, record) for record in left)]


class _Bound:
    """The tenants that links are bound to, read only where some name does not say it."""

    def __init__(self, integration: str) -> None:
        self._integration = integration
        self._names: Mapping[int, str] | None = None

    def name(self, account: int) -> str | None:
        if self._names is None:
            self._names = {number: tenant.name for number, tenant in ledger_tenants.all_bound(self._integration).items()}
        return self._names.get(account)


def _means(link: LinkSettings, record: TenantInRun, bound: _Bound) -> bool:
    """Whether a link still means the tenant that a run met under its account."""
    if record.tenant_id == f"account:{record.account}":
        return True
    if link.tenant_id is not None:
        return link.tenant_id == record.tenant_id
    return link.tenant == record.tenant or bound.name(link.account) == link.tenant
