"""The rules of the given page, "How automatic billing works", by their words (B1 to B10 of the integration reference)."""

from __future__ import annotations

from tallybridge.billing.model import Application, LicenseKind, LicenseState, Mapping, Rules, Unit
from tallybridge.billing.plan import Action
from tallybridge.billing.planning import plan
from tallybridge.billing.reasons import Reason
from tallybridge.billing.wanting import not_billed, wanted_items
from tests.billing.builders import (
    ADVANCED,
    NOW,
    OFFICE_365,
    SECOND,
    SELECT,
    SERVER,
    WORKSTATION,
    a_license,
    a_seat,
    a_subscription,
    an_application,
    an_item,
    by_category,
    counted,
    linux,
    planning,
    quantities,
    server,
    workstation,
)


def test_kaspersky_endpoint_security_for_business_advanced_on_90_workstations_and_10_servers() -> None:
    """The worked example: 100 devices on one license make an Additional Charge on 90 devices and one on 10 devices."""
    devices = [*(workstation(f"w{number:03}") for number in range(90)), *(server(f"s{number:03}") for number in range(10))]
    rules = Rules(applications=(an_application(),), mappings=(by_category(),))

    usage = counted(devices=devices, rules=rules)
    wanted = wanted_items(usage, rules)
    planned = plan(planning(wanted=wanted, items=tuple(an_item(one.item) for one in wanted)))

    assert quantities(usage) == {(ADVANCED, WORKSTATION): 90, (ADVANCED, SERVER): 10}
    assert [(change.action, change.item, change.from_quantity, change.to_quantity) for change in planned.changes] == [
        (Action.CREATE, "KES-SRV", None, 10),
        (Action.CREATE, "KES-WKS", None, 90),
    ]


def test_without_the_option_one_item_takes_all_100_devices() -> None:
    devices = [*(workstation(f"w{number:03}") for number in range(90)), *(server(f"s{number:03}") for number in range(10))]
    rules = Rules(applications=(an_application(),), mappings=(Mapping(application=ADVANCED, item="KES"),))

    assert [(one.item, one.quantity) for one in wanted_items(counted(devices=devices, rules=rules), rules)] == [("KES", 100)]


def test_three_items_take_servers_workstations_and_non_windows_devices_each() -> None:
    rules = Rules(applications=(an_application(),), mappings=(by_category(),))
    usage = counted(devices=[workstation("w1"), workstation("w2"), workstation("w3"), server("s1"), linux("n1"), linux("n2")], rules=rules)

    assert {one.item: one.quantity for one in wanted_items(usage, rules)} == {"KES-WKS": 3, "KES-SRV": 1, "KES-NIX": 2}


def test_charges_are_made_only_for_applications_that_are_mapped() -> None:
    rules = Rules(applications=(an_application(), an_application(SELECT)), mappings=(Mapping(application=ADVANCED, item="KES"),))
    usage = counted(
        devices=[workstation("w1"), workstation("w2")],
        licenses=[a_license("K1", ADVANCED), a_license("K2", SELECT)],
        seats=[a_seat("w1", "K1"), a_seat("w1", "K2"), a_seat("w2", "K2")],
        rules=rules,
    )

    assert [(one.item, one.quantity) for one in wanted_items(usage, rules)] == [("KES", 1)]
    assert [(one.application, one.quantity, one.reason) for one in not_billed(usage, rules)] == [(SELECT, 2, Reason.NO_MAPPING)]


def test_only_unexpired_and_active_commercial_keys_and_subscriptions_are_counted() -> None:
    licenses = {
        "commercial": a_license("commercial"),
        "subscription": a_subscription("subscription"),
        "expired": a_license("expired", expires=NOW - SECOND),
        "paused": a_subscription("paused", state=LicenseState.PAUSED),
        "trial": a_license("trial", kind=LicenseKind.TRIAL),
        "beta": a_license("beta", kind=LicenseKind.BETA),
    }
    usage = counted(
        devices=[workstation(f"on-{serial}") for serial in licenses],
        licenses=licenses.values(),
        seats=[a_seat(f"on-{serial}", serial) for serial in licenses],
    )

    assert {seat.device for seat in usage.seats} == {"on-commercial", "on-subscription"}


def test_only_devices_that_the_virtual_server_manages_are_counted() -> None:
    usage = counted(devices=[workstation("w1")], seats=[a_seat("w1"), a_seat("elsewhere", device_name="PC of another server")])

    assert quantities(usage) == {(ADVANCED, WORKSTATION): 1}


def test_devices_are_no_unit_of_an_application_whose_protected_mailboxes_count() -> None:
    rules = Rules(applications=(Application(name=OFFICE_365, unit=Unit.MAILBOX),), mappings=(Mapping(application=OFFICE_365, item="KS365"),))
    usage = counted(devices=[workstation("w1")], licenses=[a_license("K1", OFFICE_365)], rules=rules)

    assert [(one.item, one.quantity) for one in wanted_items(usage, rules)] == [("KS365", 0)]
    assert [(one.reason, one.device) for one in usage.left_out] == [(Reason.UNIT_DIFFERS, "w1")]
