"""Accounts of the PSA that no customer is linked to: those that a run found cross-referenced first, all others on demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tallybridge.configuration.records import Configuration
from tallybridge.console import known_lists
from tallybridge.console.customers.fleet import ACCOUNTS, Fleet
from tallybridge.ledger.run_records import StoredRun
from tallybridge.runs.standing_runs import told_accounts
from tallybridge.runs.unlinked_accounts import linked_elsewhere

MOST_FOUND = 25
"""Accounts that a search shows at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotIntegrated:
    """An account without customer."""

    account: int
    name: str
    cross_referenced: bool | None
    """None where only a list knows it that does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An account that a search has found."""

    account: int
    name: str
    cross_referenced: bool | None
    linked_to: str
    """The customer that it is linked to already; "" where it is free."""


def told(configuration: Configuration, runs: Sequence[StoredRun]) -> tuple[NotIntegrated, ...]:
    """The cross-referenced accounts that the newest run which asked found without customer, and that nobody has linked since."""
    left = _without_links(configuration, [NotIntegrated(account=number, name=name, cross_referenced=True) for number, name in told_accounts(runs)])
    return tuple(sorted(left, key=_by_name))


def every(configuration: Configuration) -> tuple[tuple[NotIntegrated, ...], datetime | None]:
    """All accounts without customer of the list that was last read, and when it was read (UTC)."""
    read = known_lists.known(configuration.integration.name, ACCOUNTS)
    if read is None:
        return (), None
    listed = [NotIntegrated(account=one["account"], name=one["name"], cross_referenced=one["cross_referenced"]) for one in read.entries]
    return tuple(sorted(_without_links(configuration, listed), key=_by_name)), read.at


def search(fleet: Fleet, integration: str, text: str, linked: dict[int, str]) -> tuple[tuple[Found, ...], int]:
    """The accounts whose name or number contains a text, free ones first, at most `MOST_FOUND`; and how many there are in all.

    Args:
        linked: the customers' names by account, pending changes included.
    """
    read = known_lists.known(integration, ACCOUNTS)
    ready: dict[int, Any] = {one["account"]: one["cross_referenced"] for one in (read.entries if read is not None else ())}
    ready |= {number: True for number, _ in told_accounts(fleet.runs)}
    wanted = text.casefold()
    found = [
        Found(account=number, name=name, cross_referenced=ready.get(number), linked_to=linked.get(number, ""))
        for number, name in fleet.accounts.items()
        if wanted in name.casefold() or wanted in str(number)
    ]
    found.sort(key=lambda one: (bool(one.linked_to), not one.name.casefold().startswith(wanted), one.name.casefold(), one.account))
    return tuple(found[:MOST_FOUND]), len(found)


def _without_links(configuration: Configuration, accounts: list[NotIntegrated]) -> list[NotIntegrated]:
    linked = {link.account for link in configuration.links}
    left = [one for one in accounts if one.account not in linked]
    elsewhere = linked_elsewhere(configuration) if left else frozenset()
    return [one for one in left if one.account not in elsewhere]


def _by_name(one: NotIntegrated) -> tuple[str, int]:
    return one.name.casefold(), one.account
