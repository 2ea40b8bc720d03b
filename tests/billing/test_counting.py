"""Observation → usage (design 5): what counts once, what is left out and why, users, key scope."""

from __future__ import annotations

import pytest

from tallybridge.billing.counting import count
from tallybridge.billing.model import Application, Device, KeyScope, LicenseKind, Rules, Seat, Unit
from tallybridge.billing.reasons import Reason
from tests.billing.builders import (
    ADVANCED,
    ADVANCED_RULES,
    CLOUD,
    NON_WINDOWS,
    NOW,
    OFFICE_365,
    SECOND,
    SELECT,
    SERVER,
    UNCLASSIFIED,
    WORKSTATION,
    a_license,
    a_seat,
    a_subscription,
    an_application,
    an_observation,
    counted,
    linux,
    mobile,
    quantities,
    server,
    totals,
    unclassified,
    workstation,
)

COUNTING_SEATS = {
    "active key": a_seat(),
    "active key that expires on the device a second later": a_seat(expires=NOW + SECOND),
}

LEFT_OUT_SEATS = {
    "reserve key": (a_seat(active=False), Reason.RESERVE_KEY),
    "active or reserve not told": (a_seat(active=None), Reason.ACTIVE_FLAG_MISSING),
    "pending": (a_seat(pending=True), Reason.PENDING_SUBSCRIPTION),
    "expired on the device": (a_seat(expires=NOW - SECOND), Reason.EXPIRED_ON_DEVICE),
    "expires on the device at the run's instant": (a_seat(expires=NOW), Reason.EXPIRED_ON_DEVICE),
    "device that the tenant does not manage": (a_seat("gone", device_name="PC gone"), Reason.NOT_MANAGED),
}


@pytest.mark.parametrize("seat", [pytest.param(seat, id=name) for name, seat in COUNTING_SEATS.items()])
def test_a_seat_counts(seat: Seat) -> None:
    usage = counted(devices=[workstation("d1")], seats=[seat])

    assert [(one.application, one.category, one.device, one.devices, one.license) for one in usage.seats] == [(ADVANCED, WORKSTATION, "d1", (), "K1")]
    assert usage.left_out == ()


@pytest.mark.parametrize(("seat", "reason"), [pytest.param(seat, reason, id=name) for name, (seat, reason) in LEFT_OUT_SEATS.items()])
def test_a_seat_is_left_out(seat: Seat, reason: Reason) -> None:
    """L3: with its reason, its application and its license."""
    usage = counted(devices=[workstation("d1")], seats=[seat])

    assert usage.seats == ()
    assert usage.quantities == ()
    assert (reason, ADVANCED, seat.device, "K1") in usage.left_out


def test_a_device_without_any_license_is_listed() -> None:
    usage = counted(devices=[workstation("d1"), workstation("d2")], seats=[a_seat("d1")])

    assert usage.left_out == ((Reason.NO_LICENSE, None, "d2", None),)


def test_of_a_license_that_does_not_count_the_license_is_listed_and_its_devices_have_no_license() -> None:
    """L3: the license, its reason and its own device count; not its seats."""
    usage = counted(devices=[workstation("d1")], licenses=[a_license("K1", kind=LicenseKind.TRIAL, reported_devices=7)])

    assert usage.left_out_licenses == ((Reason.KIND_NOT_BILLABLE, ADVANCED, "K1", ADVANCED, 7),)
    assert usage.left_out == ((Reason.NO_LICENSE, None, "d1", None),)
    assert usage.quantities == ()


def test_a_license_that_does_not_count_is_listed_also_when_nobody_matches_its_name() -> None:
    usage = counted(licenses=[a_license("K1", SELECT, expires=NOW), a_license("K2", None, kind=None)])

    assert usage.left_out_licenses == (
        (Reason.LICENSE_EXPIRED, None, "K1", SELECT, None),
        (Reason.KIND_MISSING, None, "K2", None, None),
    )


def test_a_device_with_two_licenses_of_one_application_counts_once_and_the_other_license_is_listed() -> None:
    """L2; the license that is named is the same every day."""
    usage = counted(devices=[workstation("d1")], licenses=[a_license("K1"), a_subscription("K2")], seats=[a_seat("d1", "K2"), a_seat("d1", "K1")])

    assert quantities(usage) == {(ADVANCED, WORKSTATION): 1}
    assert [(one.device, one.license) for one in usage.seats] == [("d1", "K1")]
    assert usage.left_out == ((Reason.ALREADY_COUNTED, ADVANCED, "d1", "K2"),)


def test_several_products_that_report_one_license_are_one_seat_said_twice() -> None:
    """L2; nothing is left out, because no seat is."""
    usage = counted(devices=[workstation("d1")], seats=[a_seat("d1"), a_seat("d1", expires=NOW + SECOND)])

    assert quantities(usage) == {(ADVANCED, WORKSTATION): 1}
    assert usage.left_out == ()


def test_several_products_that_leave_out_one_license_for_one_reason_are_listed_once() -> None:
    usage = counted(devices=[workstation("d1")], seats=[a_seat("d1", active=False), a_seat("d1", active=False, expires=NOW + SECOND)])

    assert usage.left_out == ((Reason.RESERVE_KEY, ADVANCED, "d1", "K1"),)


def test_a_product_with_the_license_in_reserve_does_not_undo_another_with_it_active() -> None:
    usage = counted(devices=[workstation("d1")], seats=[a_seat("d1", active=False), a_seat("d1", active=True)])

    assert quantities(usage) == {(ADVANCED, WORKSTATION): 1}
    assert usage.left_out == ((Reason.RESERVE_KEY, ADVANCED, "d1", "K1"),)


def test_a_seat_that_does_not_count_does_not_take_the_place_of_one_that_does() -> None:
    usage = counted(
        devices=[workstation("d1")],
        licenses=[a_license("K1"), a_license("K2")],
        seats=[a_seat("d1", "K1", active=False), a_seat("d1", "K2")],
    )

    assert [(one.device, one.license) for one in usage.seats] == [("d1", "K2")]
    assert usage.left_out == ((Reason.RESERVE_KEY, ADVANCED, "d1", "K1"),)


def test_a_device_counts_once_for_each_of_its_applications() -> None:
    rules = Rules(applications=(an_application(), an_application(SELECT)))
    usage = counted(
        devices=[workstation("d1")],
        licenses=[a_license("K1", ADVANCED), a_license("K2", SELECT)],
        seats=[a_seat("d1", "K1"), a_seat("d1", "K2")],
        rules=rules,
    )

    assert totals(usage) == {ADVANCED: 1, SELECT: 1}
    assert usage.left_out == ()


def test_two_license_names_of_one_application_are_one_application() -> None:
    """L2 holds over names, too."""
    rules = Rules(applications=(Application(name=ADVANCED, exact=("KESB Advanced, 100-149 nodes",)),))
    usage = counted(
        devices=[workstation("d1"), workstation("d2")],
        licenses=[a_license("K1", ADVANCED), a_license("K2", "KESB Advanced, 100-149 nodes")],
        seats=[a_seat("d1", "K1"), a_seat("d1", "K2"), a_seat("d2", "K2")],
        rules=rules,
    )

    assert totals(usage) == {ADVANCED: 2}


def test_each_category_has_its_own_quantity_and_an_unclassified_device_is_counted() -> None:
    usage = counted(devices=[workstation("w1"), workstation("w2"), server("s1"), linux("n1"), unclassified("u1")])

    assert quantities(usage) == {(ADVANCED, WORKSTATION): 2, (ADVANCED, SERVER): 1, (ADVANCED, NON_WINDOWS): 1, (ADVANCED, UNCLASSIFIED): 1}
    assert {one.unit for one in usage.quantities} == {Unit.DEVICE}
    assert all(one.matched for one in usage.quantities)


def test_the_seats_of_an_application_by_mailbox_are_listed_and_count_no_device() -> None:
    rules = Rules(applications=(an_application(OFFICE_365, Unit.MAILBOX),))
    usage = counted(devices=[workstation("d1")], licenses=[a_license("K1", OFFICE_365)], rules=rules)

    assert usage.quantities == ()
    assert usage.left_out == ((Reason.UNIT_DIFFERS, OFFICE_365, "d1", "K1"),)

    in_reserve = counted(
        devices=[workstation("d1"), workstation("d2")],
        licenses=[a_license("K1", OFFICE_365)],
        seats=[a_seat("d1"), a_seat("d2", active=False)],
        rules=rules,
    )
    assert [one.reason for one in in_reserve.left_out] == [Reason.UNIT_DIFFERS, Reason.RESERVE_KEY]


def test_whatever_order_rows_come_in_usage_stands_in_one_order() -> None:
    """L8: equal usage is equal bytes."""
    rules = Rules(applications=(an_application(ADVANCED), an_application(SELECT)))
    usage = counted(
        devices=[workstation("d3"), server("d2"), workstation("d1"), linux("d4")],
        licenses=[a_license("K4", expires=NOW), a_license("K2", SELECT), a_license("K1"), a_license("K3", kind=None)],
        seats=[
            a_seat("d3", "K2"),
            a_seat("d3", "K1"),
            a_seat("d2", "K1"),
            a_seat("d1", "K1"),
            a_seat("d2", "K2", pending=True),
            a_seat("d2", "K2", active=False),
            a_seat("d1", "K2", active=False),
        ],
        rules=rules,
    )

    assert [(one.application, one.device) for one in usage.seats] == [(SELECT, "d3"), (ADVANCED, "d2"), (ADVANCED, "d1"), (ADVANCED, "d3")]
    assert [(one.device, one.license, one.reason) for one in usage.left_out] == [
        ("d1", "K2", Reason.RESERVE_KEY),
        ("d2", "K2", Reason.PENDING_SUBSCRIPTION),
        ("d2", "K2", Reason.RESERVE_KEY),
        ("d4", None, Reason.NO_LICENSE),
    ]
    assert [one.license for one in usage.left_out_licenses] == ["K3", "K4"]


def test_applications_stand_in_order_of_name() -> None:
    names = [f"Application {letter}" for letter in "FBDAEC"]
    usage = counted(
        devices=[workstation("d1")],
        licenses=[a_license(f"K{number}", name) for number, name in enumerate(names)],
        seats=[a_seat("d1", f"K{number}") for number in range(len(names))],
    )

    assert [one.application for one in usage.quantities] == sorted(names)
    assert [one.application for one in usage.seats] == sorted(names)


def test_what_is_left_out_on_a_device_stands_in_order_of_license_whatever_the_reasons() -> None:
    usage = counted(
        devices=[workstation("d1")],
        licenses=[a_license("K1"), a_license("K2")],
        seats=[a_seat("d1", "K2", pending=True), a_seat("d1", "K1", active=False)],
    )

    assert [(one.license, one.reason) for one in usage.left_out] == [("K1", Reason.RESERVE_KEY), ("K2", Reason.PENDING_SUBSCRIPTION)]


def test_users_stand_in_order_of_their_first_device() -> None:
    devices = [workstation("pc"), *(mobile(f"m{number}") for number in range(1, 5))]
    usage = counted(devices=devices, licenses=[a_subscription("K1", CLOUD)], rules=Rules(applications=(an_application(CLOUD, Unit.USER),)))

    assert [seat.devices for seat in usage.seats] == [("m3", "m4"), ("pc", "m1", "m2")]


def test_a_device_without_a_name_of_its_system_is_counted_by_its_type() -> None:
    usage = counted(devices=[Device("d1", "SRV", None, 0x9007)])

    assert quantities(usage) == {(ADVANCED, SERVER): 1}


def test_an_empty_tenant_has_empty_usage() -> None:
    usage = counted(licenses=[])
    assert (usage.quantities, usage.seats, usage.left_out, usage.left_out_licenses, usage.other_scope) == ((), (), (), (), ())


BY_USER = Rules(applications=(an_application(CLOUD, Unit.USER),))


@pytest.mark.parametrize(
    ("computers", "mobiles", "users"),
    [
        pytest.param(10, 12, 10, id="the vendor's first example"),
        pytest.param(10, 32, 16, id="the vendor's second example"),
        pytest.param(0, 3, 2, id="an odd half is rounded up"),
        pytest.param(0, 1, 1, id="one mobile alone"),
        pytest.param(0, 2, 1, id="two mobiles are one user"),
        pytest.param(5, 0, 5, id="computers alone"),
        pytest.param(2, 4, 2, id="as many as the computers cover"),
        pytest.param(2, 5, 3, id="one mobile more than the computers cover"),
    ],
)
def test_users_are_the_larger_of_computers_and_half_the_mobiles(computers: int, mobiles: int, users: int) -> None:
    devices = [*(workstation(f"c{number:02}") for number in range(computers)), *(mobile(f"m{number:02}") for number in range(mobiles))]
    usage = counted(devices=devices, licenses=[a_subscription("K1", CLOUD)], rules=BY_USER)

    assert quantities(usage) == {(CLOUD, None): users}
    assert len(usage.seats) == users, "L9"
    assert sorted(device for seat in usage.seats for device in seat.devices) == sorted(device.id for device in devices), "L3: each device once"


def test_a_user_has_one_computer_and_up_to_two_mobiles_in_order_of_id() -> None:
    devices = [server("c2"), linux("c1"), *(mobile(f"m{number}") for number in (3, 1, 2))]
    usage = counted(devices=devices, licenses=[a_subscription("K1", CLOUD)], rules=BY_USER)

    assert [(seat.unit, seat.device, seat.devices) for seat in usage.seats] == [
        (Unit.USER, "c1", ("c1", "m1", "m2")),
        (Unit.USER, "c2", ("c2", "m3")),
    ]


def test_a_user_application_leaves_out_seats_like_any_other() -> None:
    usage = counted(
        devices=[workstation("c1"), mobile("m1")],
        licenses=[a_subscription("K1", CLOUD)],
        seats=[a_seat("c1", active=False), a_seat("m1")],
        rules=BY_USER,
    )

    assert quantities(usage) == {(CLOUD, None): 1}
    assert usage.left_out == ((Reason.RESERVE_KEY, CLOUD, "c1", "K1"),)


DEVICES: tuple[Device, ...] = (workstation("d1"), workstation("d2"), server("s1"))


@pytest.mark.parametrize(
    ("scope", "own", "other"),
    [
        pytest.param(KeyScope.USED, {WORKSTATION: 2, SERVER: 1}, {(ADVANCED, WORKSTATION): 1, (ADVANCED, SERVER): 0}, id="used"),
        pytest.param(KeyScope.INSTALLED, {WORKSTATION: 1}, {(ADVANCED, WORKSTATION): 2, (ADVANCED, SERVER): 1}, id="installed"),
    ],
)
def test_a_run_reports_what_the_other_key_scope_would_have_changed(scope: KeyScope, own: dict[object, int], other: dict[object, int]) -> None:
    observation = an_observation(
        devices=DEVICES,
        licenses=[a_license("K1", installed=True), a_license("K2", installed=False)],
        seats=[a_seat("d1", "K1"), a_seat("d2", "K2"), a_seat("s1", "K2")],
    )
    usage = count(observation, Rules(key_scope=scope, applications=(an_application(),)), now=NOW)

    assert quantities(usage) == {(ADVANCED, category): quantity for category, quantity in own.items()}
    assert {(one.application, one.category): one.quantity for one in usage.other_scope} == other


def test_the_key_scope_installed_lists_the_licenses_it_leaves_out() -> None:
    observation = an_observation(licenses=[a_license("K1", installed=True), a_license("K2", installed=False), a_license("K3", installed=None)])
    usage = count(observation, Rules(key_scope=KeyScope.INSTALLED, applications=(an_application(),)), now=NOW)

    assert [(one.license, one.reason) for one in usage.left_out_licenses] == [
        ("K2", Reason.NOT_INSTALLED),
        ("K3", Reason.INSTALLED_FLAG_MISSING),
    ]


def test_nothing_is_said_of_the_other_key_scope_where_it_would_change_nothing() -> None:
    licenses = [a_license("K1", installed=True), a_license("K2", installed=False)]
    same_device_by_both = counted(devices=[workstation("d1")], licenses=licenses, seats=[a_seat("d1", "K1"), a_seat("d1", "K2")])
    trial_from_elsewhere = counted(devices=[workstation("d1")], licenses=[a_license("K1"), a_license("K2", kind=LicenseKind.TRIAL, installed=False)])

    assert same_device_by_both.other_scope == ()
    assert trial_from_elsewhere.other_scope == ()


def test_where_no_key_is_in_the_tenants_own_storage_the_other_scope_would_count_nothing() -> None:
    usage = counted(devices=[workstation("d1"), server("s1")], licenses=[a_license(installed=False)])

    assert [(one.application, one.category, one.quantity) for one in usage.other_scope] == [(ADVANCED, SERVER, 0), (ADVANCED, WORKSTATION, 0)]


def test_what_the_other_key_scope_would_change_stands_by_application_and_category() -> None:
    """L8: equal usage is equal bytes."""
    names = [f"Application {letter}" for letter in "FBDAEC"]
    devices = [workstation("d1"), server("s1"), linux("n1")]
    usage = counted(
        devices=devices,
        licenses=[a_license(f"K{number}", name, installed=False) for number, name in enumerate(names)],
        seats=[a_seat(device.id, f"K{number}") for number in range(len(names)) for device in devices],
    )

    by_name_and_category = [(name, category) for name in sorted(names) for category in (NON_WINDOWS, SERVER, WORKSTATION)]
    assert [(one.application, one.category) for one in usage.other_scope] == by_name_and_category


def test_the_other_key_scope_counts_at_the_same_instant() -> None:
    usage = counted(
        devices=[workstation("d1"), workstation("d2")],
        licenses=[a_license("K1"), a_license("K2", installed=False), a_license("K3", expires=NOW)],
        seats=[a_seat("d1", "K1", expires=NOW), a_seat("d2", "K1", expires=NOW + SECOND), a_seat("d1", "K2"), a_seat("d1", "K3")],
    )

    assert [(one.category, one.quantity) for one in usage.other_scope] == [(WORKSTATION, 1)]


def test_expiry_is_judged_at_the_runs_instant_not_at_the_read() -> None:
    """L10: the run's one instant decides, also for an observation read a moment earlier."""
    observation = an_observation(devices=[workstation("d1")], licenses=[a_license(expires=NOW + SECOND)])

    assert len(count(observation, ADVANCED_RULES, now=NOW).seats) == 1
    assert count(observation, ADVANCED_RULES, now=NOW + SECOND).seats == ()
