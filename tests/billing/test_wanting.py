"""Usage × mappings → what each item should be, and what is billed to nobody (design 6.1, 6.4)."""

from __future__ import annotations

import pytest

from tallybridge.billing.model import Category, Mapping, Quantity, Rules, Unit, Usage
from tallybridge.billing.reasons import Reason
from tallybridge.billing.wanting import billed_to_nobody, not_billed, wanted_items
from tests.billing.builders import ADVANCED, CLOUD, NON_WINDOWS, SELECT, SERVER, UNCLASSIFIED, WORKSTATION, a_part, by_category


def usage_of(*quantities: Quantity) -> Usage:
    return Usage(quantities=quantities, seats=(), left_out=(), left_out_licenses=(), other_scope=())


def used(
    quantity: int, category: Category | None = WORKSTATION, application: str = ADVANCED, *, unit: Unit = Unit.DEVICE, matched: bool = True
) -> Quantity:
    return Quantity(application, category, unit, quantity, matched)


FLEET = usage_of(used(5, NON_WINDOWS), used(1, UNCLASSIFIED), used(10, SERVER), used(90, WORKSTATION))


def wanted(usage: Usage, *mappings: Mapping) -> dict[str, int]:
    return {one.item: one.quantity for one in wanted_items(usage, Rules(mappings=mappings))}


def test_one_item_takes_all_devices_unclassified_ones_too() -> None:
    (one,) = wanted_items(FLEET, Rules(mappings=(Mapping(application=ADVANCED, item="KES"),)))

    assert (one.item, one.quantity) == ("KES", 106)
    assert one.parts == (a_part(106),)
    assert not_billed(FLEET, Rules(mappings=(Mapping(application=ADVANCED, item="KES"),))) == ()


def test_items_by_category_take_a_category_each() -> None:
    rules = Rules(mappings=(by_category(),))

    assert [(one.item, one.quantity, one.parts) for one in wanted_items(FLEET, rules)] == [
        ("KES-NIX", 5, (a_part(5, category=NON_WINDOWS),)),
        ("KES-SRV", 10, (a_part(10, category=SERVER),)),
        ("KES-WKS", 90, (a_part(90, category=WORKSTATION),)),
    ]


def test_an_item_is_the_sum_of_the_applications_and_categories_mapped_to_it() -> None:
    select_by_category = Mapping(application=SELECT, by_category=((WORKSTATION, "KES"), (SERVER, "KES"), (NON_WINDOWS, "NIX")))
    usage = usage_of(used(4, SERVER), used(3), used(20, NON_WINDOWS, SELECT), used(1, WORKSTATION, SELECT), used(2, SERVER, SELECT))
    rules = Rules(mappings=(Mapping(application=ADVANCED, item="KES"), select_by_category))

    assert {one.item: (one.quantity, one.parts) for one in wanted_items(usage, rules)} == {
        "KES": (10, (a_part(2, SELECT, SERVER), a_part(1, SELECT, WORKSTATION), a_part(7, ADVANCED))),
        "NIX": (20, (a_part(20, SELECT, NON_WINDOWS),)),
    }


def test_a_mapped_item_without_usage_is_wanted_at_zero() -> None:
    """So that a line of ours falls to 0 when its last seat is gone."""
    assert wanted(usage_of(), Mapping(application=SELECT, item="SELECT"), by_category()) == {"SELECT": 0, "KES-WKS": 0, "KES-SRV": 0, "KES-NIX": 0}


def test_users_take_one_item() -> None:
    usage = usage_of(used(16, None, CLOUD, unit=Unit.USER))
    assert wanted(usage, Mapping(application=CLOUD, item="CLOUD")) == {"CLOUD": 16}


SERVERS_ONLY = Mapping(application=ADVANCED, by_category=((SERVER, "KES-SRV"),))

NOT_BILLED: dict[str, tuple[Usage, tuple[Mapping, ...], list[tuple[str, Category | None, int, Reason]]]] = {
    "application without mapping": (usage_of(used(3), used(2, SERVER)), (), [(ADVANCED, None, 5, Reason.NO_MAPPING)]),
    "category without item": (usage_of(used(3), used(2, SERVER)), (SERVERS_ONLY,), [(ADVANCED, WORKSTATION, 3, Reason.NO_MAPPING)]),
    "unclassified device where items are per category": (
        usage_of(used(1, UNCLASSIFIED), used(3)),
        (by_category(),),
        [(ADVANCED, UNCLASSIFIED, 1, Reason.UNCLASSIFIED_DEVICE)],
    ),
    "name that nobody matches": (
        usage_of(used(1, UNCLASSIFIED, "unheard of", matched=False), used(4, SERVER, "unheard of", matched=False)),
        (by_category(),),
        [("unheard of", None, 5, Reason.NAME_UNMATCHED)],
    ),
    "serial of a nameless license that reads like an application": (
        usage_of(used(4, WORKSTATION, ADVANCED, matched=False)),
        (by_category(),),
        [(ADVANCED, None, 4, Reason.NAME_UNMATCHED)],
    ),
    "users where items are per category": (
        usage_of(used(7, None, ADVANCED, unit=Unit.USER)),
        (by_category(),),
        [(ADVANCED, None, 7, Reason.NO_MAPPING)],
    ),
}


@pytest.mark.parametrize(("usage", "mappings", "leaks"), [pytest.param(*row, id=name) for name, row in NOT_BILLED.items()])
def test_what_no_item_bills_is_listed_with_its_quantity(
    usage: Usage, mappings: tuple[Mapping, ...], leaks: list[tuple[str, Category | None, int, Reason]]
) -> None:
    assert list(not_billed(usage, Rules(mappings=mappings))) == leaks


@pytest.mark.parametrize("mappings", [(), (by_category(),), (SERVERS_ONLY,), (Mapping(application=ADVANCED, item="KES"),)])
def test_billed_and_not_billed_together_are_all_that_was_counted(mappings: tuple[Mapping, ...]) -> None:
    """L3: silent leakage is a defect."""
    rules = Rules(mappings=mappings)
    billed = sum(one.quantity for one in wanted_items(FLEET, rules))
    assert billed + sum(one.quantity for one in not_billed(FLEET, rules)) == 106


NOBODY = (Reason.NOT_LINKED, Reason.BILLING_OFF, Reason.NO_TENANT)


@pytest.mark.parametrize("reason", NOBODY)
def test_a_tenant_that_is_billed_to_nobody_has_its_quantities_per_application(reason: Reason) -> None:
    usage = usage_of(*FLEET.quantities, used(2, SERVER, SELECT))

    assert billed_to_nobody(usage, reason) == ((SELECT, None, 2, reason), (ADVANCED, None, 106, reason))


def test_what_is_not_billed_stands_by_application_and_category() -> None:
    """L8: equal usage is equal bytes."""
    only_workstations = Rules(mappings=(Mapping(application=ADVANCED, by_category=((WORKSTATION, "WKS"),)),))
    usage = usage_of(used(4, WORKSTATION, SELECT), used(10, SERVER), used(1, UNCLASSIFIED), used(2, SERVER, "Aardvark", matched=False))

    assert [(one.application, one.category, one.reason) for one in not_billed(usage, only_workstations)] == [
        ("Aardvark", None, Reason.NAME_UNMATCHED),
        (SELECT, None, Reason.NO_MAPPING),
        (ADVANCED, UNCLASSIFIED, Reason.UNCLASSIFIED_DEVICE),
        (ADVANCED, SERVER, Reason.NO_MAPPING),
    ]
