"""Link suggestions for pages: looked for in the background, kept until they are looked for anew, confirmed one by one or all exact ones at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tallybridge.configuration.records import Configuration
from tallybridge.console import known_lists
from tallybridge.console.customers.fleet import ACCOUNTS, link_words
from tallybridge.console.pending.edits import Entry, PendingChanges, key_of
from tallybridge.runs import listing
from tallybridge.runs.proposing import propose_links
from tallybridge.sources.base import Clock

SUGGESTIONS = "suggestions"
"""Name of the list of suggestions in `known_lists`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """One suggestion that is still open."""

    number: int
    """Its place among those that were found."""
    tenant: str
    tenant_id: str
    account: int
    account_name: str
    agreement: int | None
    agreements: tuple[int, ...]
    """Those of the account that have not ended."""
    likeness: int
    """Percent."""
    exact: bool
    cross_referenced: bool

    @property
    def why_off(self) -> str:
        """Why billing stays off with the link; "" where it can be switched on."""
        if not self.agreements:
            return "billing stays off: the account has no agreement that goes on"
        return "" if self.cross_referenced else "billing stays off: the account is not cross-referenced"


def read_accounts(configuration: Configuration, clock: Clock) -> list[dict[str, Any]]:
    """Reads every account of the PSA and keeps the list. Raises what `listing.accounts` raises."""
    found = listing.accounts(configuration, clock)
    kept = [{"account": one["account"], "name": one["name"], "cross_referenced": one["cross_referenced"]} for one in found]
    known_lists.keep(configuration.integration.name, ACCOUNTS, kept)
    return kept


def look(configuration: Configuration, clock: Clock) -> None:
    """Reads both sides, and keeps the accounts and the suggestions. Raises what `propose_links` raises."""
    ready = {one["account"] for one in read_accounts(configuration, clock) if one["cross_referenced"]}
    found = [one | {"cross_referenced": one["account"] in ready} for one in propose_links(configuration, clock)]
    known_lists.keep(configuration.integration.name, SUGGESTIONS, found)


def offered(integration: str, changes: PendingChanges) -> tuple[tuple[Offered, ...], datetime | None]:
    """The kept suggestions whose tenant and account are still free, pending changes included, and when they were looked for (UTC)."""
    kept = known_lists.known(integration, SUGGESTIONS)
    if kept is None:
        return (), None
    links = changes.entries("link")
    accounts = {entry["account"] for entry in links}
    tenants = {key_of("link", entry) for entry in links}
    free = []
    for number, one in enumerate(kept.entries):
        keys = {f"id {one['tenant_id']}", f"name {one['tenant']}"} if "\ntenant_id = " not in one["block"] else {f"id {one['tenant_id']}"}
        if one["account"] not in accounts and tenants.isdisjoint(keys):
            free.append(_offered(number, one))
    return tuple(free), kept.at


def confirm(integration: str, changes: PendingChanges, chosen: dict[int, int | None]) -> int:
    """Makes the links of some suggestions pending; returns how many. Billing is on only where nothing that it needs is missing.

    Args:
        chosen: the numbers of suggestions, each with the agreement that was chosen; one that is not among its own counts as none.
    """
    kept = known_lists.known(integration, SUGGESTIONS)
    free, _ = offered(integration, changes)
    entries: list[tuple[str, Entry | None]] = []
    for one in free:
        if one.number not in chosen or kept is None:
            continue
        asked = chosen[one.number]
        agreement = asked if asked in one.agreements else None
        by_id = "\ntenant_id = " in kept.entries[one.number]["block"]
        words = link_words(one.tenant_id, one.tenant, alone=not by_id)
        entry: Entry = {**words, "account": one.account, **({"agreement": agreement} if agreement is not None else {})}
        entry["billing"] = agreement is not None and one.cross_referenced
        entries.append((key_of("link", entry), entry))
    changes.put_many("link", entries)
    return len(entries)


def _offered(number: int, one: dict[str, Any]) -> Offered:
    return Offered(
        number=number,
        tenant=one["tenant"],
        tenant_id=one["tenant_id"],
        account=one["account"],
        account_name=one["account_name"],
        agreement=one["agreement"],
        agreements=tuple(one["agreements"]),
        likeness=round(one["likeness"] * 100),
        exact=one["exact"],
        cross_referenced=one["cross_referenced"],
    )
