"""What stands in the way of a link that a person wants (design 6.4)."""

from __future__ import annotations

from datetime import date

import pytest

from tallybridge.billing.link_wishes import LinkWish, Obstacle, obstacle_at_hand, obstacle_to_billing, obstacle_to_switching_on
from tallybridge.billing.psa import Account, Agreement

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("account", "agreement", "billing", "taken", "said"),
    [
        (None, None, False, False, Obstacle.NO_ACCOUNT),
        (None, 2041, True, True, Obstacle.NO_ACCOUNT),
        (1, 2041, True, True, Obstacle.ACCOUNT_TAKEN),
        (1, None, False, True, Obstacle.ACCOUNT_TAKEN),
        (1, None, True, False, Obstacle.NO_AGREEMENT),
        (1, None, False, False, None),
        (1, 2041, True, False, None),
    ],
)
def test_one_account_belongs_to_one_tenant_and_billing_needs_an_agreement(
    account: int | None, agreement: int | None, billing: bool, taken: bool, said: Obstacle | None
) -> None:
    assert obstacle_at_hand(LinkWish(account=account, agreement=agreement, billing=billing), taken=taken) is said


@pytest.mark.parametrize(
    ("account", "agreement", "said"),
    [
        (None, None, Obstacle.ACCOUNT_UNKNOWN),
        (Account(number=1, name="Contoso", cross_referenced=False), Agreement(number=2, account=1), Obstacle.NOT_CROSS_REFERENCED),
        (Account(number=1, name="Contoso", cross_referenced=True), None, Obstacle.AGREEMENT_UNKNOWN),
        (Account(number=1, name="Contoso", cross_referenced=True), Agreement(number=2, account=9), Obstacle.AGREEMENT_OF_ANOTHER),
        (Account(number=1, name="Contoso", cross_referenced=True), Agreement(number=2, account=1, end=date(2026, 11, 21)), Obstacle.AGREEMENT_ENDED),
        (Account(number=1, name="Contoso", cross_referenced=True), Agreement(number=2, account=1, end=TODAY), None),
        (Account(number=1, name="Contoso", cross_referenced=True), Agreement(number=2, account=1), None),
    ],
)
def test_billing_needs_the_cross_reference_and_an_agreement_of_the_account_that_goes_on(
    account: Account | None, agreement: Agreement | None, said: Obstacle | None
) -> None:
    assert obstacle_to_billing(LinkWish(account=1, agreement=2, billing=True), account, agreement, TODAY) is said


@pytest.mark.parametrize(
    ("account", "agreement", "cross_referenced", "said"),
    [
        (None, None, False, Obstacle.NO_ACCOUNT),
        (1, None, True, Obstacle.NO_AGREEMENT),
        (1, 2, False, Obstacle.NOT_CROSS_REFERENCED),
        (1, 2, True, None),
    ],
)
def test_a_link_is_switched_on_only_where_it_can_be_billed(
    account: int | None, agreement: int | None, cross_referenced: bool, said: Obstacle | None
) -> None:
    assert obstacle_to_switching_on(account=account, agreement=agreement, cross_referenced=cross_referenced) is said
