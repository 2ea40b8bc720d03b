"""Whether a link may become what a person wants it to be: one-to-one, and billed only on an agreement that can be billed (design 6.4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tallybridge.billing.psa import Account, Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkWish:
    """A link as a person wants it; None where nothing was chosen."""

    account: int | None
    agreement: int | None
    billing: bool


class Obstacle(StrEnum):
    """Why a link may not become so."""

    NO_ACCOUNT = "no_account"
    ACCOUNT_TAKEN = "account_taken"
    NO_AGREEMENT = "no_agreement"
    ACCOUNT_UNKNOWN = "account_unknown"
    NOT_CROSS_REFERENCED = "not_cross_referenced"
    AGREEMENT_UNKNOWN = "agreement_unknown"
    AGREEMENT_OF_ANOTHER = "agreement_of_another"
    AGREEMENT_ENDED = "agreement_ended"


def obstacle_at_hand(wish: LinkWish, *, taken: bool) -> Obstacle | None:
    """What stands in the way by the configuration alone.

    Args:
        taken: whether the account is linked to another tenant.
    """
    if wish.account is None:
        return Obstacle.NO_ACCOUNT
    if taken:
        return Obstacle.ACCOUNT_TAKEN
    return Obstacle.NO_AGREEMENT if wish.billing and wish.agreement is None else None


def obstacle_to_billing(wish: LinkWish, account: Account | None, agreement: Agreement | None, today: date) -> Obstacle | None:
    """What stands in the way of billing, by what the PSA says of the account and the agreement that are wanted; None where it has no such.

    Args:
        today: today's billing date.
    """
    if account is None:
        return Obstacle.ACCOUNT_UNKNOWN
    if not account.cross_referenced:
        return Obstacle.NOT_CROSS_REFERENCED
    if agreement is None:
        return Obstacle.AGREEMENT_UNKNOWN
    if agreement.account != wish.account:
        return Obstacle.AGREEMENT_OF_ANOTHER
    return Obstacle.AGREEMENT_ENDED if agreement.ended(today) else None


def obstacle_to_switching_on(*, account: int | None, agreement: int | None, cross_referenced: bool) -> Obstacle | None:
    """What stands in the way of switching billing of a link on as it is: it has no account yet, no agreement, or its account is not ready."""
    if account is None:
        return Obstacle.NO_ACCOUNT
    if agreement is None:
        return Obstacle.NO_AGREEMENT
    return None if cross_referenced else Obstacle.NOT_CROSS_REFERENCED
