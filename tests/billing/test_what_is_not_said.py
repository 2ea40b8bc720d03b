"""What a record means where its maker says nothing: a stored one that lacks a later member is read so (design 7), and so are settings left out."""

from __future__ import annotations

from tallybridge.billing.agreement_ends import SUCCESSOR_STARTS_WITHIN
from tallybridge.billing.linking import Assignment, Link
from tallybridge.billing.model import Application, KeyScope, License, Rules, Tenant, Unit
from tallybridge.billing.moving import Move
from tallybridge.billing.plan import Bounds, IntentKind, OpenIntent, OurLine, PlanningInputs
from tallybridge.billing.psa import Agreement, Charge, Item
from tests.billing.builders import NOW, TODAY


def test_a_license_is_no_subscription_and_ends() -> None:
    license = License(serial="K1", name=None, kind=None)
    assert (license.is_subscription, license.unlimited, license.installed) == (False, False, None)


def test_a_tenant_is_enabled_and_a_link_bills() -> None:
    assert Tenant(id="c-1", name="Contoso").enabled
    assert Link(account=1).billing


def test_an_assignment_binds_nothing_anew_and_stands_for_a_tenant() -> None:
    assignment = Assignment(link=None, tenant=None)
    assert (assignment.first_use, assignment.of_no_tenant) == (False, False)


def test_every_key_in_use_counts_OEM_does_not_and_an_application_counts_devices() -> None:  # noqa: N802 it is an abbreviation
    assert (Rules().key_scope, Rules().count_oem) == (KeyScope.USED, False)
    assert Application(name="A").unit is Unit.DEVICE


def test_a_charge_stays_after_invoicing_and_an_item_is_active_with_a_price_that_is_known() -> None:
    assert not Charge(id=1, item="KES", quantity=1).delete_after_invoicing
    item = Item(id="KES")
    assert (item.inactive, item.price_known) == (False, True)


def test_a_line_of_ours_stands_and_stays_after_invoicing() -> None:
    line = OurLine(agreement=1, item="KES", charge=1, written=1)
    assert (line.closed, line.delete_after_invoicing) == (False, False)


def test_a_write_is_a_call_and_its_end_is_believed_after_half_a_minute() -> None:
    intent = OpenIntent(
        key="k", agreement=1, item="KES", kind=IntentKind.CREATE, charge=None, from_quantity=None, to_quantity=1, known=(), recorded=NOW
    )
    inputs = PlanningInputs(agreement=Agreement(number=1, account=1), wanted=(), now=NOW, today=TODAY)
    assert (intent.worklist, inputs.worklist, inputs.settle) == (False, False, 30)


def test_the_line_that_takes_seats_can_be_written() -> None:
    assert Move(agreement=1, item="KES", sources=()).writable


def test_bounds_are_the_roundest_numbers_that_sort_the_examples_of_the_design() -> None:
    bounds = Bounds()
    assert (bounds.fall_units, bounds.fall_percent) == (10, 30)
    assert (bounds.rise_units, bounds.rise_percent, bounds.new_days) == (50, 100, 31)
    assert bounds.tenant_units == 3


def test_an_obvious_successor_starts_within_a_month() -> None:
    assert SUCCESSOR_STARTS_WITHIN == 31
