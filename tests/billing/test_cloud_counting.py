"""What companies use: mailboxes, users, the source's own word for a device, and counts that a person states (given page; design 5; contracts 5)."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from tallybridge.billing.categories import category_of, is_mobile
from tallybridge.billing.model import (
    Application,
    Category,
    Device,
    DeviceForm,
    License,
    LicenseKind,
    LicenseState,
    Mailbox,
    Rules,
    Unit,
)
from tallybridge.billing.reasons import Reason
from tallybridge.billing.wanting import not_billed, wanted_items
from tallybridge.ledger import canonical
from tests.billing.builders import (
    ADVANCED,
    CLOUD,
    NON_WINDOWS,
    NOW,
    OFFICE_365,
    SERVER,
    UNCLASSIFIED,
    WORKSTATION,
    a_license,
    a_seat,
    a_subscription,
    an_application,
    an_observation,
    quantities,
    totals,
)
from tests.billing.cloud_builders import (
    ANDROID,
    LINUX,
    MAC,
    OFFICE,
    RULES,
    WINDOWS,
    WINDOWS_SERVER,
    a_company,
    a_device,
    a_mailbox,
    a_statement,
    devices_of,
    left_out,
    used,
)


class TestMailboxes:
    """The quantity is the number of protected mailboxes (given page)."""

    def test_each_protected_mailbox_is_one_seat_under_its_address(self) -> None:
        usage = used(a_company(licenses=[OFFICE], mailboxes=[a_mailbox("b@x.example"), a_mailbox("a@x.example")]))

        assert quantities(usage) == {(OFFICE_365, None): 2}
        assert [(seat.unit, seat.device, seat.category, seat.devices, seat.license) for seat in usage.seats] == [
            (Unit.MAILBOX, "a@x.example", None, (), "M"),
            (Unit.MAILBOX, "b@x.example", None, (), "M"),
        ]
        assert left_out(usage) == []

    @pytest.mark.parametrize(
        ("mailbox", "license", "reason"),
        [
            pytest.param(a_mailbox(protected=False), OFFICE, Reason.NOT_PROTECTED, id="not protected"),
            pytest.param(a_mailbox(license=None), OFFICE, Reason.NO_LICENSE, id="protected without a license"),
            pytest.param(a_mailbox(license=None, protected=False), OFFICE, Reason.NOT_PROTECTED, id="neither protected nor licensed"),
            pytest.param(a_mailbox(), a_license("M", ADVANCED), Reason.UNIT_DIFFERS, id="under an application that counts devices"),
            pytest.param(a_mailbox(), a_license("M", CLOUD), Reason.UNIT_DIFFERS, id="under an application that counts users"),
        ],
    )
    def test_a_mailbox_is_left_out(self, mailbox: Mailbox, license: License, reason: Reason) -> None:
        """L3."""
        usage = used(a_company(licenses=[license], mailboxes=[mailbox]))

        assert totals(usage).total() == 0
        assert usage.seats == ()
        application = license.name if mailbox.license is not None else None
        assert usage.left_out == ((reason, application, mailbox.address, mailbox.license),)

    @pytest.mark.parametrize(
        ("license", "reason"),
        [
            (a_license("M", OFFICE_365, expires=NOW), Reason.LICENSE_EXPIRED),
            (a_license("M", OFFICE_365, kind=LicenseKind.TRIAL), Reason.KIND_NOT_BILLABLE),
            (a_license("M", OFFICE_365, kind=LicenseKind.OEM), Reason.OEM_NOT_COUNTED),
            (a_subscription("M", OFFICE_365, state=LicenseState.PAUSED), Reason.SUBSCRIPTION_NOT_ACTIVE),
            (a_license("M", OFFICE_365, state=LicenseState.CANCELED), Reason.SUBSCRIPTION_NOT_ACTIVE),
        ],
    )
    def test_of_a_license_that_does_not_count_the_license_is_listed_and_not_its_mailboxes(self, license: License, reason: Reason) -> None:
        """L3: the license, its reason and its own count are listed, not its seats."""
        usage = used(a_company(licenses=[license], mailboxes=[a_mailbox(), a_mailbox("b@x.example")]))

        assert (usage.quantities, usage.seats, usage.left_out) == ((), (), ())
        assert [(one.reason, one.license) for one in usage.left_out_licenses] == [(reason, "M")]

    def test_a_license_that_does_not_count_keeps_none_of_the_other_mailboxes_from_counting(self) -> None:
        usage = used(a_company(licenses=[a_license("A", OFFICE_365, expires=NOW), OFFICE], mailboxes=[a_mailbox(license="A"), a_mailbox()]))

        assert quantities(usage) == {(OFFICE_365, None): 1}

    def test_whatever_order_mailboxes_come_in_they_stand_by_address_and_without_a_license_first(self) -> None:
        """L8: equal usage is equal bytes."""
        mailboxes = [
            a_mailbox("b@x.example", "M2"),
            a_mailbox("c@x.example", "M1"),
            a_mailbox("a@x.example", "M1", protected=False),
            a_mailbox("a@x.example", None),
            a_mailbox("b@x.example", "M1"),
            a_mailbox("a0@x.example", "M2"),
        ]
        usage = used(a_company(licenses=[a_license("M2", OFFICE_365), a_license("M1", OFFICE_365)], mailboxes=mailboxes))

        assert [(seat.device, seat.license) for seat in usage.seats] == [
            ("a0@x.example", "M2"),
            ("b@x.example", "M1"),
            ("c@x.example", "M1"),
        ]
        assert [(one.device, one.license, one.reason) for one in usage.left_out] == [
            ("a@x.example", None, Reason.NO_LICENSE),
            ("a@x.example", "M1", Reason.NOT_PROTECTED),
            ("b@x.example", "M2", Reason.ALREADY_COUNTED),
        ]

    def test_an_address_under_two_licenses_of_the_application_counts_once_and_the_other_license_is_listed(self) -> None:
        """L2."""
        usage = used(
            a_company(
                licenses=[a_license("M2", OFFICE_365), a_license("M1", OFFICE_365)], mailboxes=[a_mailbox(license="M2"), a_mailbox(license="M1")]
            )
        )

        assert quantities(usage) == {(OFFICE_365, None): 1}
        assert [seat.license for seat in usage.seats] == ["M1"]
        assert [(one.reason, one.license) for one in usage.left_out] == [(Reason.ALREADY_COUNTED, "M2")]

    def test_an_address_counts_once_for_each_of_its_applications(self) -> None:
        other = "Kaspersky Security for Office 365"
        rules = replace(RULES, applications=(*RULES.applications, an_application(other, Unit.MAILBOX)))
        usage = used(a_company(licenses=[OFFICE, a_license("N", other)], mailboxes=[a_mailbox(), a_mailbox(license="N")]), rules)

        assert quantities(usage) == {(OFFICE_365, None): 1, (other, None): 1}

    def test_an_unprotected_row_does_not_undo_a_protected_one(self) -> None:
        usage = used(a_company(licenses=[OFFICE, a_license("A", OFFICE_365)], mailboxes=[a_mailbox(license="A", protected=False), a_mailbox()]))

        assert quantities(usage) == {(OFFICE_365, None): 1}
        assert left_out(usage) == [(Reason.NOT_PROTECTED, "anna@fabrikam.example")]

    def test_mailboxes_under_a_name_that_nobody_matches_are_shown_and_billed_to_nobody(self) -> None:
        """Names nobody has matched are shown, with their seats, never dropped (design 5)."""
        usage = used(a_company(licenses=[a_license("M", "Kaspersky Mail Wonder")], mailboxes=[a_mailbox(), a_mailbox("b@x.example")]))

        assert [(seat.unit, seat.device) for seat in usage.seats] == [(Unit.MAILBOX, "anna@fabrikam.example"), (Unit.MAILBOX, "b@x.example")]
        assert [(one.application, one.quantity, one.reason) for one in not_billed(usage, RULES)] == [
            ("Kaspersky Mail Wonder", 2, Reason.NAME_UNMATCHED)
        ]
        assert sum(one.quantity for one in wanted_items(usage, RULES)) == 0

    def test_devices_and_mailboxes_under_one_unmatched_name_are_both_shown(self) -> None:
        usage = used(
            a_company(licenses=[a_license("M", "Kaspersky Mail Wonder")], devices=[a_device("d1", DeviceForm.DESKTOP)], mailboxes=[a_mailbox()])
        )

        assert sorted((seat.unit, seat.device) for seat in usage.seats) == [(Unit.DEVICE, "d1"), (Unit.MAILBOX, "anna@fabrikam.example")]
        assert totals(usage) == {"Kaspersky Mail Wonder": 2}
        assert sum(one.quantity for one in usage.quantities) == len(usage.seats)

    def test_neither_would_count_under_the_other_key_scope_and_both_are_told(self) -> None:
        license = a_license("M", "Kaspersky Mail Wonder", installed=False)
        usage = used(a_company(licenses=[license], devices=[a_device("d1", DeviceForm.DESKTOP)], mailboxes=[a_mailbox()]))

        assert [(one.category, one.quantity) for one in usage.other_scope] == [(None, 0), (WORKSTATION, 0)]

    def test_a_device_under_the_mailbox_application_is_no_mailbox(self) -> None:
        usage = used(a_company(licenses=[OFFICE], devices=[a_device("d1", DeviceForm.DESKTOP)], mailboxes=[a_mailbox()]))

        assert quantities(usage) == {(OFFICE_365, None): 1}
        assert left_out(usage) == [(Reason.UNIT_DIFFERS, "d1")]


class TestUsers:
    """A user is one computer and up to two mobiles: the larger of computers and half the mobiles, rounded up (design 5)."""

    @pytest.mark.parametrize(
        ("computers", "mobiles", "users"),
        [(10, 12, 10), (10, 32, 16), (10, 33, 17), (0, 1, 1), (0, 2, 1), (0, 3, 2), (1, 2, 1), (1, 3, 2), (3, 0, 3), (0, 0, 0)],
    )
    def test_the_quantity(self, computers: int, mobiles: int, users: int) -> None:
        devices = devices_of(DeviceForm.LAPTOP, computers) + devices_of(DeviceForm.MOBILE, mobiles)
        usage = used(a_company(licenses=[a_license("U", CLOUD)], devices=devices))

        assert totals(usage)[CLOUD] == users
        assert {seat.unit for seat in usage.seats} <= {Unit.USER}
        assert {one.category for one in usage.quantities} <= {None}

    def test_desktops_laptops_and_file_servers_are_computers(self) -> None:
        devices = [*devices_of(DeviceForm.DESKTOP, 4), *devices_of(DeviceForm.LAPTOP, 4), *devices_of(DeviceForm.FILE_SERVER, 2)]
        usage = used(a_company(licenses=[a_license("U", CLOUD)], devices=[*devices, *devices_of(DeviceForm.MOBILE, 12)]))

        assert totals(usage) == {CLOUD: 10}

    @pytest.mark.parametrize("form", [form for form in DeviceForm if form is not DeviceForm.MOBILE])
    def test_the_sources_word_decides_and_not_the_name_of_the_system(self, form: DeviceForm) -> None:
        """A desktop that reports Android is a computer; a phone that reports Windows is a mobile."""
        assert not is_mobile(a_device("d1", form, ANDROID))
        assert is_mobile(a_device("m1", DeviceForm.MOBILE, WINDOWS))

    def test_each_user_lists_its_devices_and_every_device_stands_once(self) -> None:
        """L9: one computer and up to two mobiles, in order of id."""
        devices = [*devices_of(DeviceForm.DESKTOP, 1), *devices_of(DeviceForm.MOBILE, 5)]
        usage = used(a_company(licenses=[a_license("U", CLOUD)], devices=devices))

        assert [seat.devices for seat in usage.seats] == [
            ("desktop-000", "mobile-000", "mobile-001"),
            ("mobile-002", "mobile-003"),
            ("mobile-004",),
        ]
        assert [seat.device for seat in usage.seats] == ["desktop-000", "mobile-002", "mobile-004"]
        assert left_out(usage) == []

    def test_a_device_under_two_licenses_of_the_application_is_in_one_user(self) -> None:
        """L2."""
        devices = devices_of(DeviceForm.LAPTOP, 2)
        seats = [a_seat(device.id, serial) for device in devices for serial in ("U1", "U2")]
        usage = used(a_company(licenses=[a_license("U1", CLOUD), a_license("U2", CLOUD)], devices=devices, seats=seats))

        assert totals(usage) == {CLOUD: 2}
        assert left_out(usage) == [(Reason.ALREADY_COUNTED, device.id) for device in devices]

    @pytest.mark.parametrize("seed", range(5))
    def test_the_order_of_the_devices_changes_nothing(self, seed: int) -> None:
        """L8."""
        company = a_company(licenses=[a_license("U", CLOUD)], devices=devices_of(DeviceForm.DESKTOP, 3) + devices_of(DeviceForm.MOBILE, 9))
        devices, seats = list(company.devices), list(company.seats)
        Random(seed).shuffle(devices)
        Random(seed + 1).shuffle(seats)

        assert used(replace(company, devices=tuple(devices), seats=tuple(seats))) == used(company)


@pytest.mark.parametrize(
    ("form", "os_name", "category"),
    [
        (DeviceForm.DESKTOP, WINDOWS, WORKSTATION),
        (DeviceForm.LAPTOP, WINDOWS, WORKSTATION),
        (DeviceForm.FILE_SERVER, WINDOWS_SERVER, SERVER),
        (DeviceForm.FILE_SERVER, "WINDOWS 10", SERVER),
        (DeviceForm.FILE_SERVER, LINUX, NON_WINDOWS),
        (DeviceForm.FILE_SERVER, None, UNCLASSIFIED),
        (DeviceForm.DESKTOP, WINDOWS_SERVER, SERVER),
        (DeviceForm.LAPTOP, MAC, NON_WINDOWS),
        (DeviceForm.DESKTOP, LINUX, NON_WINDOWS),
        (DeviceForm.DESKTOP, None, UNCLASSIFIED),
        (DeviceForm.DESKTOP, "  ", UNCLASSIFIED),
        (DeviceForm.MOBILE, ANDROID, NON_WINDOWS),
        (DeviceForm.MOBILE, "Windows 10 Mobile", NON_WINDOWS),
        (DeviceForm.MOBILE, None, NON_WINDOWS),
    ],
)
def test_the_category_follows_type_and_name(form: DeviceForm, os_name: str | None, category: Category) -> None:
    """Contracts 5: mobile → non-Windows; file_server with Windows → Windows server; else by OS name."""
    device = a_device("d1", form, os_name)

    assert category_of(device) is category
    assert quantities(used(a_company(licenses=[a_license()], devices=[device]))) == {(ADVANCED, category): 1}


class TestStatedCounts:
    """What a person states takes the place of whatever was read for the application."""

    def test_it_is_a_quantity_without_seats_that_is_wanted_on_the_item(self) -> None:
        usage = used(a_company(stated=[a_statement(40)]))

        assert quantities(usage) == {(OFFICE_365, None): 40}
        assert (usage.seats, usage.stated) == ((), (a_statement(40),))
        assert {one.item: one.quantity for one in wanted_items(usage, RULES)}["M365"] == 40
        assert [one.unit for one in usage.quantities] == [Unit.MAILBOX]

    def test_the_mailboxes_that_were_read_are_listed_and_not_counted(self) -> None:
        """L3: nothing vanishes."""
        usage = used(a_company(licenses=[OFFICE], mailboxes=[a_mailbox(), a_mailbox("b@x.example", protected=False)], stated=[a_statement(40)]))

        assert totals(usage) == {OFFICE_365: 40}
        assert set(left_out(usage)) == {(Reason.STATED_INSTEAD, "anna@fabrikam.example"), (Reason.NOT_PROTECTED, "b@x.example")}

    def test_every_device_of_a_user_is_listed(self) -> None:
        devices = [*devices_of(DeviceForm.DESKTOP, 1), *devices_of(DeviceForm.MOBILE, 3)]
        usage = used(a_company(licenses=[a_license("U", CLOUD)], devices=devices, stated=[a_statement(7, CLOUD)]))

        assert totals(usage) == {CLOUD: 7}
        assert set(usage.left_out) == {(Reason.STATED_INSTEAD, CLOUD, device.id, "U") for device in devices}
        assert len(usage.left_out) == len(devices)

    def test_by_category_each_is_wanted_on_its_item(self) -> None:
        statements = [a_statement(9, ADVANCED, WORKSTATION), a_statement(2, ADVANCED, SERVER)]
        usage = used(a_company(licenses=[a_license()], devices=devices_of(DeviceForm.DESKTOP, 3), stated=statements))

        assert quantities(usage) == {(ADVANCED, WORKSTATION): 9, (ADVANCED, SERVER): 2}
        wanted = {one.item: one.quantity for one in wanted_items(usage, RULES)}
        assert (wanted["KES-WKS"], wanted["KES-SRV"], wanted["KES-NIX"]) == (9, 2, 0)
        assert {reason for reason, _ in left_out(usage)} == {Reason.STATED_INSTEAD}

    def test_other_applications_go_on_being_counted(self) -> None:
        usage = used(a_company(licenses=[a_license()], devices=devices_of(DeviceForm.DESKTOP, 3), stated=[a_statement(40)]))

        assert quantities(usage) == {(ADVANCED, WORKSTATION): 3, (OFFICE_365, None): 40}
        assert len(usage.seats) == 3

    def test_the_seats_of_other_applications_are_not_listed_as_replaced(self) -> None:
        usage = used(
            a_company(licenses=[a_license(), OFFICE], devices=devices_of(DeviceForm.DESKTOP, 3), mailboxes=[a_mailbox()], stated=[a_statement(40)])
        )

        assert left_out(usage) == [(Reason.STATED_INSTEAD, "anna@fabrikam.example")]

    def test_quantities_stand_by_application_and_category_whatever_was_stated(self) -> None:
        """L8: equal usage is equal bytes."""
        unmatched = "Kaspersky Mail Wonder"
        usage = used(
            a_company(
                licenses=[a_license("M", unmatched)],
                devices=[a_device("s1", DeviceForm.FILE_SERVER, WINDOWS_SERVER), a_device("d1", DeviceForm.DESKTOP)],
                mailboxes=[a_mailbox()],
                stated=[a_statement(2, ADVANCED, WORKSTATION), a_statement(9, ADVANCED, SERVER)],
            )
        )

        assert [(one.application, one.category) for one in usage.quantities] == [
            (ADVANCED, SERVER),
            (ADVANCED, WORKSTATION),
            (unmatched, None),
            (unmatched, SERVER),
            (unmatched, WORKSTATION),
        ]

    def test_it_is_the_same_under_the_other_key_scope(self) -> None:
        licenses = [a_license("K1"), a_license("K2", installed=False), a_license("M", OFFICE_365, installed=False)]
        devices = devices_of(DeviceForm.DESKTOP, 2)
        seats = [a_seat(devices[0].id, "K1"), a_seat(devices[1].id, "K2")]
        usage = used(a_company(licenses=licenses, devices=devices, seats=seats, mailboxes=[a_mailbox()], stated=[a_statement(40)]))

        assert [(one.application, one.quantity) for one in usage.other_scope] == [(ADVANCED, 1)]

    def test_zero_is_a_count(self) -> None:
        usage = used(a_company(licenses=[OFFICE], mailboxes=[a_mailbox()], stated=[a_statement(0)]))

        assert totals(usage)[OFFICE_365] == 0
        assert {one.item: one.quantity for one in wanted_items(usage, RULES)}["M365"] == 0
        assert left_out(usage) == [(Reason.STATED_INSTEAD, "anna@fabrikam.example")]

    def test_for_an_application_that_nobody_matches_it_is_shown_and_billed_to_nobody(self) -> None:
        usage = used(a_company(stated=[a_statement(5, "Kaspersky Mail Wonder")]))

        assert [(one.application, one.quantity, one.reason) for one in not_billed(usage, RULES)] == [
            ("Kaspersky Mail Wonder", 5, Reason.NAME_UNMATCHED)
        ]
        assert sum(one.quantity for one in wanted_items(usage, RULES)) == 0

    def test_for_an_unmapped_application_it_is_shown_and_billed_to_nobody(self) -> None:
        usage = used(a_company(stated=[a_statement(5)]), replace(RULES, mappings=()))

        assert [(one.application, one.quantity, one.reason) for one in not_billed(usage, replace(RULES, mappings=()))] == [
            (OFFICE_365, 5, Reason.NO_MAPPING)
        ]

    def test_the_order_in_which_it_was_stated_changes_nothing(self) -> None:
        statements = [a_statement(9, ADVANCED, WORKSTATION), a_statement(2, ADVANCED, SERVER), a_statement(40)]

        assert used(a_company(stated=statements[::-1])) == used(a_company(stated=statements))


def test_evidence_of_a_company_is_read_back_as_it_was_and_counts_the_same() -> None:
    """Replay (design 7)."""
    company = a_company(
        licenses=[a_license("U", CLOUD), a_license("M", OFFICE_365, unlimited=True, expires=None)],
        devices=[*devices_of(DeviceForm.DESKTOP, 1), *devices_of(DeviceForm.MOBILE, 3), a_device("x", DeviceForm.LAPTOP, None)],
        mailboxes=[a_mailbox(), a_mailbox("b@x.example", None), a_mailbox("c@x.example", protected=False)],
        stated=[a_statement(9, ADVANCED, WORKSTATION), a_statement(0, ADVANCED, SERVER)],
    )

    stored = canonical.encode_observation(company)
    read = canonical.decode_observation(stored, started=company.started)

    assert read == company
    assert canonical.encode_observation(read) == stored
    assert used(read) == used(company)
    assert canonical.decode_usage(canonical.encode_usage(used(company))) == used(company)


def test_evidence_without_mailboxes_and_statements_has_the_bytes_of_former_versions() -> None:
    """Evidence that is unchanged costs no new bytes after an upgrade (design 7)."""
    stored = canonical.encode_observation(an_observation(devices=[Device("d1", "PC", WINDOWS, 0x1007)]))

    assert b"mailboxes" not in stored
    assert b"stated" not in stored


def test_a_catalog_entry_decides_the_unit() -> None:
    """Which applications count by device, user or mailbox is data (design 5)."""
    rules = Rules(applications=(Application(name=ADVANCED, unit=Unit.USER),))

    assert [one.unit for one in used(a_company(licenses=[a_license()], devices=devices_of(DeviceForm.LAPTOP, 2)), rules).quantities] == [Unit.USER]
