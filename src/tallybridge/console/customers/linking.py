"""A customer's link as a person wants it in a form, and the sentences that stand beside the fields where it cannot become so."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import QueryDict

from tallybridge.billing.link_wishes import LinkWish, Obstacle, obstacle_to_switching_on
from tallybridge.configuration.records import Configuration
from tallybridge.console.customers.fleet import Customer
from tallybridge.console.pending.edits import Entry, PendingChanges, key_of
from tallybridge.runs import link_wishes
from tallybridge.runs.link_wishes import CANNOT_ASK, Refused
from tallybridge.sources.base import Clock

Errors = dict[str, str]
"""Sentences by the field that they concern: `account`, `agreement` or `billing`."""


def wished(sent: QueryDict) -> LinkWish:
    """Reads the form."""
    return LinkWish(account=_number(sent.get("account", "")), agreement=_number(sent.get("agreement", "")), billing=sent.get("billing") == "on")


def entry_of(wish: LinkWish, tenant: Entry) -> Entry:
    """The link as the configuration spells it; `tenant` is how it names the tenant."""
    agreement = {"agreement": wish.agreement} if wish.agreement is not None else {}
    return {**tenant, "account": wish.account, **agreement, "billing": wish.billing}


def tenant_words(customer: Customer) -> Entry:
    """How the customer's link names its tenant, or would."""
    sort, _, value = customer.link_key.partition(" ")
    return {"tenant_id" if sort == "id" else "tenant": value}


def taken_by(changes: PendingChanges, account: int | None, customer: Customer) -> str | None:
    """The other customer that an account is linked to already, pending changes included; None where it is free."""
    others = (entry for entry in changes.entries("link") if entry["account"] == account and key_of("link", entry) != customer.link_key)
    return next((str(entry.get("tenant") or entry.get("tenant_id")) for entry in others), None)


def check(configuration: Configuration, changes: PendingChanges, customer: Customer, wish: LinkWish, clock: Clock) -> Errors:
    """What is wrong with a wish, in words; Tigerpaw is asked only where billing is to be on."""
    other = taken_by(changes, wish.account, customer)
    try:
        refused = link_wishes.check(configuration, wish, taken=other is not None, clock=clock)
    except CANNOT_ASK as error:
        return {"billing": f"Billing cannot be switched on while Tigerpaw cannot be asked. {error}"}
    return _in_words(refused, wish, other or "", configuration.destination.external_product) if refused is not None else {}


def _in_words(refused: Refused, wish: LinkWish, other: str, product: str) -> Errors:
    name = refused.account.name if refused.account is not None else str(wish.account)
    match refused.obstacle:
        case Obstacle.NO_ACCOUNT:
            return {"account": "Choose an account: search for a part of its name, or give its number."}
        case Obstacle.ACCOUNT_TAKEN:
            return {
                "account": f"Account {wish.account} is linked to “{other}” already. One account belongs to one customer: "
                f"choose another account, or remove the link of “{other}” first."
            }
        case Obstacle.NO_AGREEMENT:
            return {"agreement": no_agreement(wish.account)}
        case Obstacle.ACCOUNT_UNKNOWN:
            return {"account": f"Tigerpaw has no account {wish.account}. Search for a part of the account's name."}
        case Obstacle.NOT_CROSS_REFERENCED:
            return {"billing": not_cross_referenced(name, product)}
        case Obstacle.AGREEMENT_UNKNOWN:
            return {"agreement": f"Tigerpaw has no agreement {wish.agreement}. Choose one of account {wish.account}."}
        case Obstacle.AGREEMENT_OF_ANOTHER:
            of = refused.agreement.account if refused.agreement is not None else "another one"
            return {"agreement": f"Agreement {wish.agreement} belongs to account {of}. Choose one of account {wish.account}."}
        case Obstacle.AGREEMENT_ENDED:
            end = refused.agreement.end if refused.agreement is not None else "a past day"
            return {"agreement": f"Agreement {wish.agreement} ended on {end}. Choose one that goes on, or give it a later end in Tigerpaw."}


def no_agreement(account: int | None) -> str:
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
            continue
        account = entry["account"]
        obstacle = obstacle_to_switching_on(account=account, agreement=entry.get("agreement"), cross_referenced=account in ready) if on else None
        if obstacle is None:
            wanted.append((customer.link_key, {**entry, "billing": on}))
        elif obstacle is Obstacle.NO_AGREEMENT:
            refused.append(f"{customer.name}: {no_agreement(account)}")
        else:
            refused.append(f"{customer.name}: {not_cross_referenced(customer.account_name or str(account), product)}")
    changes.put_many("link", wanted)
    return len(wanted), tuple(refused)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 16 and int(text) > 0 else None
