"""Asks the PSA what a person must know to link a tenant, and whether what they want can be billed. Somebody waits: so it is asked in a hurry."""

from __future__ import annotations

from dataclasses import dataclass

from tallybridge.billing.link_wishes import LinkWish, Obstacle, obstacle_at_hand, obstacle_to_billing
from tallybridge.billing.psa import Account, Agreement
from tallybridge.configuration.errors import ConfigurationError
from tallybridge.configuration.records import Configuration
from tallybridge.destinations.base import DestinationError
from tallybridge.destinations.tigerpaw import DialectError
from tallybridge.runs.day import billing_date
from tallybridge.runs.listing import destination_of
from tallybridge.sources.base import Clock

CANNOT_ASK = (ConfigurationError, DestinationError, DialectError)
"""Why the PSA could not be asked; the text of each is a sentence for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why a link may not become what a person wants, with what the PSA said of it."""

    obstacle: Obstacle
    account: Account | None = None
    agreement: Agreement | None = None


def check(configuration: Configuration, wish: LinkWish, *, taken: bool, clock: Clock) -> Refused | None:
    """Why a link may not become so; None where it may. The PSA is asked only where billing is to be on.

    Args:
        taken: whether the account is linked to another tenant.

    Raises:
        one of `CANNOT_ASK`.
    """
    obstacle = obstacle_at_hand(wish, taken=taken)
    if obstacle is not None:
        return Refused(obstacle=obstacle)
    if not wish.billing or wish.account is None or wish.agreement is None:
        return None
    today = billing_date(configuration, clock())
    with destination_of(configuration, clock, hurried=True) as destination:
        account = destination.account(wish.account)
        ready = account is not None and account.cross_referenced
        agreement = destination.agreement(wish.agreement) if ready else None
    obstacle = obstacle_to_billing(wish, account, agreement, today)
    return Refused(obstacle=obstacle, account=account, agreement=agreement) if obstacle is not None else None


def open_agreements(configuration: Configuration, account: int, clock: Clock) -> tuple[Agreement, ...]:
    """The agreements of an account that have not ended, as the PSA shows them now. Raises one of `CANNOT_ASK`."""
    today = billing_date(configuration, clock())
    with destination_of(configuration, clock, hurried=True) as destination:
        return tuple(one for one in destination.agreements(account) if not one.ended(today))


def ready_accounts(configuration: Configuration, clock: Clock) -> frozenset[int]:
    """Numbers of the accounts that are cross-referenced, as the PSA shows them now. Raises one of `CANNOT_ASK`."""
    with destination_of(configuration, clock, hurried=True) as destination:
        return frozenset(destination.accounts())
