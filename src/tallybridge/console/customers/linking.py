"""A customer's link as a person wants it: checked before it becomes a pending change, with sentences that stand beside the fields."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import QueryDict

from tallybridge.billing.psa import Agreement
from tallybridge.configuration.errors import ConfigurationError
from tallybridge.configuration.records import Configuration
from tallybridge.console.customers.fleet import Customer
from tallybridge.console.pending.edits import Entry, PendingChanges, key_of
from tallybridge.destinations.base import Destination, DestinationError
from tallybridge.destinations.tigerpaw import DialectError
from tallybridge.runs.day import billing_date
from tallybridge.runs.listing import destination_of
from tallybridge.sources.base import Clock

Errors = dict[str, str]
"""Sentences by the field that they concern: `account`, `agreement` or `billing`."""

CANNOT_ASK = (ConfigurationError, DestinationError, DialectError)
"""Why the PSA could not be asked; the text of each is a sentence for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wished:
    """What was chosen in the form; None where nothing was, or no number."""

    account: int | None
    agreement: int | None
    billing: bool

    @classmethod
    def of(cls, sent: QueryDict) -> Wished:
        """Reads the form."""
        return cls(account=_number(sent.get("account", "")), agreement=_number(sent.get("agreement", "")), billing=sent.get("billing") == "on")

    def entry(self, tenant: Entry) -> Entry:
        """The link as the configuration spells it; `tenant` is how it names the tenant."""
        agreement = {"agreement": self.agreement} if self.agreement is not None else {}
        return {**tenant, "account": self.account, **agreement, "billing": self.billing}


def tenant_words(customer: Customer) -> Entry:
    """How the customer's link names its tenant, or would."""
    sort, _, value = customer.link_key.partition(" ")
    return {"tenant_id" if sort == "id" else "tenant": value}


def taken_by(changes: PendingChanges, account: int, customer: Customer) -> str | None:
    """The other customer that an account is linked to already, pending changes included; None where it is free."""
    others = (entry for entry in changes.entries("link") if entry["account"] == account and key_of("link", entry) != customer.link_key)
    return next((str(entry.get("tenant") or entry.get("tenant_id")) for entry in others), None)


def check(configuration: Configuration, changes: PendingChanges, customer: Customer, wished: Wished, clock: Clock) -> Errors:
    """What is wrong with a wish; asks the PSA only where billing is to be on.

    Switching billing on needs an agreement of the account that has not ended, and the account's cross-reference to the External Product.
    """
    if wished.account is None:
        return {"account": "Choose an account: search for a part of its name, or give its number."}
    other = taken_by(changes, wished.account, customer)
    if other is not None:
        return {
            "account": f"Account {wished.account} is linked to “{other}” already. One account belongs to one customer: "
            f"choose another account, or remove the link of “{other}” first."
        }
    if not wished.billing:
        return {}
    if wished.agreement is None:
        return {"agreement": no_agreement(wished.account)}
    try:
        with destination_of(configuration, clock) as destination:
            return _in_the_psa(configuration, destination, wished.account, wished.agreement, clock)
    except CANNOT_ASK as error:
        return {"billing": f"Billing cannot be switched on while Tigerpaw cannot be asked. {error}"}


def no_agreement(account: int) -> str:
    """What to do where billing has no agreement to go to."""
    return (
        f"Billing needs an agreement. Choose one of account {account}; if it has none that goes on, add a recurring agreement to the account "
        "in Tigerpaw, then open this page again."
    )


def not_cross_referenced(name: str, product: str) -> str:
    """What to do where the account is not cross-referenced."""
    return (
        f"Billing needs the cross-reference: {name} is not cross-referenced to the External Product “{product}”. "
        f"In Tigerpaw, open the account {name}, External Products, and add “{product}” (Tigerpaw help: Assign External Products to an Account)."
    )


def open_agreements(configuration: Configuration, account: int, clock: Clock) -> tuple[Agreement, ...]:
    """The agreements of an account that have not ended, as the PSA shows them now. Raises one of `CANNOT_ASK`."""
    today = billing_date(configuration, clock())
    with destination_of(configuration, clock) as destination:
        return tuple(one for one in destination.agreements(account) if not one.ended(today))


def ready_accounts(configuration: Configuration, clock: Clock) -> frozenset[int]:
    """Numbers of the accounts that are cross-referenced, as the PSA shows them now. Raises one of `CANNOT_ASK`."""
    with destination_of(configuration, clock) as destination:
        return frozenset(destination.accounts())


def switch(changes: PendingChanges, customers: Iterable[Customer], *, on: bool, ready: frozenset[int], product: str) -> tuple[int, tuple[str, ...]]:
    """Makes billing of several customers pending to be switched on or off.

    Args:
        ready: the cross-referenced accounts; needed only to switch on.

    Returns:
        how many were changed, and a sentence for each that could not be.
    """
    entries = {key_of("link", entry): entry for entry in changes.entries("link")}
    wanted: list[tuple[str, Entry | None]] = []
    refused = []
    for customer in customers:
        entry = entries.get(customer.link_key)
        if entry is None:
            refused.append(f"{customer.name}: it is linked to no account yet.")
        elif on and entry.get("agreement") is None:
            refused.append(f"{customer.name}: {no_agreement(entry['account'])}")
        elif on and entry["account"] not in ready:
            refused.append(f"{customer.name}: {not_cross_referenced(customer.account_name or str(entry['account']), product)}")
        else:
            wanted.append((customer.link_key, {**entry, "billing": on}))
    changes.put_many("link", wanted)
    return len(wanted), tuple(refused)


def _in_the_psa(configuration: Configuration, destination: Destination, number: int, agreement_number: int, clock: Clock) -> Errors:
    account = destination.account(number)
    if account is None:
        return {"account": f"Tigerpaw has no account {number}. Search for a part of the account's name."}
    if not account.cross_referenced:
        return {"billing": not_cross_referenced(account.name, configuration.destination.external_product)}
    agreement = destination.agreement(agreement_number)
    if agreement is None:
        return {"agreement": f"Tigerpaw has no agreement {agreement_number}. Choose one of account {number}."}
    if agreement.account != number:
        return {"agreement": f"Agreement {agreement_number} belongs to account {agreement.account}. Choose one of account {number}."}
    if agreement.ended(billing_date(configuration, clock())):
        return {"agreement": f"Agreement {agreement_number} ended on {agreement.end}. Choose one that goes on, or give it a later end in Tigerpaw."}
    return {}


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 16 and int(text) > 0 else None
