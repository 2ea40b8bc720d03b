"""Proofs of falls (design 6.5): each missing seat has a positive reason, or the fall is unproved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybridge.billing.counting import count
from tallybridge.billing.model import (
    Application,
    Category,
    Device,
    KeyScope,
    License,
    LicenseKind,
    LicenseState,
    Mailbox,
    Mapping,
    Notice,
    Rules,
    Seat,
    Stated,
    Unit,
)
from tallybridge.billing.plan import Proof
from tallybridge.billing.proving import Reading, prove_fall
from tallybridge.billing.reasons import Reason
from tests.billing.builders import (
    ADVANCED,
    CLOUD,
    NOW,
    OFFICE_365,
    SECOND,
    SELECT,
    a_license,
    a_seat,
    a_subscription,
    an_observation,
    by_category,
    linux,
    mobile,
    server,
    unclassified,
    workstation,
)
from tests.billing.modest import at_most

KES, WKS, SRV = "KES", "KES-WKS", "KES-SRV"
RENAMED = "a name that nobody matches"

ONE_ITEM = Rules(
    applications=(
        Application(name=ADVANCED),
        Application(name=SELECT),
        Application(name=CLOUD, unit=Unit.USER),
        Application(name=OFFICE_365, unit=Unit.MAILBOX),
    ),
    mappings=(
        Mapping(application=ADVANCED, item=KES),
        Mapping(application=SELECT, item="KES-SELECT"),
        Mapping(application=CLOUD, item="KES-CLOUD"),
        Mapping(application=OFFICE_365, item="KS-365"),
    ),
)
BY_CATEGORY = replace(ONE_ITEM, mappings=(by_category(), *ONE_ITEM.mappings[1:]))

BOTH_ON_ONE_ITEM = replace(
    ONE_ITEM, mappings=(Mapping(application=ADVANCED, item=KES), Mapping(application=SELECT, item=KES), *ONE_ITEM.mappings[2:])
)

PCS = (workstation("d1"), workstation("d2"), workstation("d3"))
IN_USE = tuple(a_seat(device.id) for device in PCS)
SELECT_KEY, SELECT_SEAT = a_license("K2", SELECT), a_seat("d3", "K2")


def read(
    *,
    devices: Iterable[Device] = PCS,
    licenses: Iterable[License] = (a_license(),),
    seats: Iterable[Seat] = IN_USE,
    mailboxes: tuple[Mailbox, ...] = (),
    stated: tuple[Stated, ...] = (),
    notices: tuple[Notice, ...] = (),
    rules: Rules = ONE_ITEM,
) -> Reading:
    """Three workstations that use one key, and what differs from that."""
    observation = replace(an_observation(devices=devices, licenses=licenses, seats=seats), mailboxes=mailboxes, stated=stated, notices=notices)
    return Reading(observation=observation, rules=rules, usage=count(observation, rules, now=NOW))


def with_seat(seat: Seat) -> tuple[Seat, ...]:
    """The first device's seat looks like this; the others' are as before."""
    return (seat, *IN_USE[1:])


def stating(quantity: int, application: str = ADVANCED) -> tuple[Stated, ...]:
    return (Stated(application, None, quantity, "ada", "counted by hand", date(2026, 12, 31)),)


STATED_BY_CATEGORY = (
    Stated(ADVANCED, Category.WINDOWS_SERVER, 4, "ada", "counted by hand", date(2026, 12, 31)),
    Stated(ADVANCED, Category.WINDOWS_WORKSTATION, 9, "ada", "counted by hand", date(2026, 12, 31)),
)
DIFFERS = (Notice(reason=Reason.COUNT_DIFFERS, subject="devices", expected=4, received=3),)


AS_IT_WAS = read()


@dataclass(frozen=True)
class Case:
    today: Reading
    missing: int
    doubts: tuple[tuple[Reason, int], ...] = ()
    before: Reading = AS_IT_WAS
    item: str = KES


def mailbox(address: str, *, protected: bool = True, license: str | None = "M") -> Mailbox:
    return Mailbox(address, protected, license)


OFFICE = a_license("M", OFFICE_365)
BOXES = (mailbox("a@contoso.example"), mailbox("b@contoso.example"))
WITH_BOXES = read(licenses=(a_license(), OFFICE), mailboxes=BOXES)

PHONES = (workstation("d1"), mobile("m1"), mobile("m2"))
A_USER = read(devices=PHONES, licenses=(a_license("C", CLOUD),), seats=[a_seat(one.id, "C") for one in PHONES])
SPLIT = read(rules=BY_CATEGORY)

POSITIVE_REASONS = {
    "the device is gone": Case(read(devices=PCS[1:], seats=IN_USE[1:]), 1),
    "the device is unassigned, and the key still names it": Case(read(devices=PCS[1:]), 1),
    "the license is only the reserve key there": Case(read(seats=with_seat(a_seat(active=False))), 1),
    "the license expired": Case(read(licenses=(a_license(expires=NOW - SECOND),)), 3),
    "the subscription is canceled": Case(read(licenses=(a_subscription(state=LicenseState.CANCELED),)), 3, before=read(licenses=(a_subscription(),))),
    "the subscription is paused": Case(read(licenses=(a_subscription(state=LicenseState.PAUSED),)), 3, before=read(licenses=(a_subscription(),))),
    "OEM does not count any more": Case(
        read(licenses=(a_license(kind=LicenseKind.OEM),)),
        3,
        before=read(licenses=(a_license(kind=LicenseKind.OEM),), rules=replace(ONE_ITEM, count_oem=True)),
    ),
    "the license turned out to be a trial": Case(read(licenses=(a_license(kind=LicenseKind.TRIAL),)), 3),
    "the license turned out to be a trial, in a state that no reference names": Case(
        read(licenses=(a_license(kind=LicenseKind.TRIAL, state=LicenseState.OTHER),)), 3
    ),
    "a new unmatched key is in reserve on the device": Case(
        read(licenses=(a_license(), a_license("NEW", RENAMED)), seats=with_seat(a_seat("d1", "NEW", active=False))), 1
    ),
    "its users are billed on another item now, whatever is not said of another key": Case(
        read(
            devices=PHONES,
            licenses=(a_license("C", CLOUD), a_license("C2", CLOUD, kind=None)),
            seats=[a_seat(one.id, "C") for one in PHONES],
            rules=replace(ONE_ITEM, mappings=(Mapping(application=CLOUD, item=KES),)),
        ),
        3,
        before=A_USER,
        item="KES-CLOUD",
    ),
    "the key is not in the tenant's own storage": Case(
        read(licenses=(a_license(installed=False),), rules=replace(ONE_ITEM, key_scope=KeyScope.INSTALLED)), 3
    ),
    "the key is no longer listed": Case(
        read(licenses=(SELECT_KEY,), seats=(SELECT_SEAT,)), 3, before=read(licenses=(a_license(), SELECT_KEY), seats=(*IN_USE, SELECT_SEAT))
    ),
    "the device is no longer in the key's list": Case(read(seats=IN_USE[1:]), 1),
    "the key lists no device any more": Case(read(seats=()), 3),
    "the license expired on the device": Case(read(seats=with_seat(a_seat(expires=NOW - SECOND))), 1),
    "the device is a server now": Case(read(devices=(server("d1"), *PCS[1:]), rules=BY_CATEGORY), 1, before=SPLIT, item=WKS),
    "the device runs Linux now": Case(read(devices=(linux("d1"), *PCS[1:]), rules=BY_CATEGORY), 1, before=SPLIT, item=WKS),
    "the device uses another application now": Case(
        read(licenses=(a_license(), SELECT_KEY), seats=with_seat(a_seat("d1", "K2"))), 1, before=read(licenses=(a_license(), SELECT_KEY))
    ),
    "the mailbox is gone": Case(read(licenses=(a_license(), OFFICE), mailboxes=BOXES[:1]), 1, before=WITH_BOXES, item="KS-365"),
    "the mailbox is not protected any more": Case(
        read(licenses=(a_license(), OFFICE), mailboxes=(BOXES[0], mailbox("b@contoso.example", protected=False))),
        1,
        before=WITH_BOXES,
        item="KS-365",
    ),
    "the mailboxes' license expired": Case(
        read(licenses=(a_license(), a_license("M", OFFICE_365, expires=NOW)), mailboxes=BOXES), 2, before=WITH_BOXES, item="KS-365"
    ),
    "a person states the count instead": Case(read(stated=stating(2)), 3),
    "a person states less than before": Case(read(stated=stating(30)), 0, before=read(stated=stating(50))),
    "a stated count ended, and what was read takes its place": Case(read(), 0, before=read(stated=stating(50))),
    "of a user, the computer is gone": Case(
        read(devices=PHONES[1:], licenses=(a_license("C", CLOUD),), seats=[a_seat(one.id, "C") for one in PHONES[1:]]),
        1,
        before=A_USER,
        item="KES-CLOUD",
    ),
    "of a user, both phones are gone": Case(
        read(devices=PHONES[:1], licenses=(a_license("C", CLOUD),), seats=[a_seat("d1", "C")]), 2, before=A_USER, item="KES-CLOUD"
    ),
    "nothing is missing": Case(read(), 0),
    "nothing is missing, though a category is unclassified where one item serves all": Case(read(devices=(unclassified("d1"), *PCS[1:])), 0),
}

UNPROVED = {
    "the active flag is missing": Case(read(seats=with_seat(a_seat(active=None))), 1, ((Reason.ACTIVE_FLAG_MISSING, 1),)),
    "the kind is missing": Case(read(licenses=(a_license(kind=None),)), 3, ((Reason.KIND_MISSING, 3),)),
    "the kind is a number that no reference names": Case(read(licenses=(a_license(kind=LicenseKind.OTHER),)), 3, ((Reason.KIND_NOT_BILLABLE, 3),)),
    "the expiry is missing": Case(read(licenses=(a_license(expires=None),)), 3, ((Reason.EXPIRY_MISSING, 3),)),
    "the state is missing": Case(
        read(licenses=(a_subscription(state=None),)), 3, ((Reason.STATE_MISSING, 3),), before=read(licenses=(a_subscription(),))
    ),
    "the state is a number that no reference names": Case(
        read(licenses=(a_subscription(state=LicenseState.OTHER),)),
        3,
        ((Reason.SUBSCRIPTION_NOT_ACTIVE, 3),),
        before=read(licenses=(a_subscription(),)),
    ),
    "the installed flag is missing": Case(
        read(licenses=(a_license(installed=None),), rules=replace(ONE_ITEM, key_scope=KeyScope.INSTALLED)), 3, ((Reason.INSTALLED_FLAG_MISSING, 3),)
    ),
    "the license was renamed": Case(read(licenses=(a_license(name=RENAMED),)), 3, ((Reason.NAME_UNMATCHED, 3),)),
    "the license has no name any more": Case(read(licenses=(a_license(name=None),)), 3, ((Reason.NAME_UNMATCHED, 3),)),
    "a new unmatched key is on the device": Case(
        read(licenses=(a_license(), a_license("NEW", RENAMED)), seats=with_seat(a_seat("d1", "NEW"))), 1, ((Reason.NAME_UNMATCHED, 1),)
    ),
    "a new unmatched key is on the device, and its active flag is missing": Case(
        read(licenses=(a_license(), a_license("NEW", RENAMED)), seats=with_seat(a_seat("d1", "NEW", active=None))), 1, ((Reason.NAME_UNMATCHED, 1),)
    ),
    "a new unmatched key's kind is missing": Case(
        read(licenses=(a_license(), a_license("NEW", RENAMED, kind=None)), seats=IN_USE[1:]), 1, ((Reason.KIND_MISSING, 1),)
    ),
    "the mailboxes' license was renamed": Case(
        read(licenses=(a_license(), a_license("M", RENAMED)), mailboxes=BOXES), 2, ((Reason.NAME_UNMATCHED, 2),), before=WITH_BOXES, item="KS-365"
    ),
    "the mailboxes' license has no expiry any more": Case(
        read(licenses=(a_license(), a_license("M", OFFICE_365, expires=None)), mailboxes=BOXES),
        2,
        ((Reason.EXPIRY_MISSING, 2),),
        before=WITH_BOXES,
        item="KS-365",
    ),
    "the category is unclassified where items are per category": Case(
        read(devices=(unclassified("d1"), *PCS[1:]), rules=BY_CATEGORY), 1, ((Reason.UNCLASSIFIED_DEVICE, 1),), before=SPLIT, item=WKS
    ),
    "announced and received numbers differ": Case(read(devices=PCS[1:], seats=IN_USE[1:], notices=DIFFERS), 1, ((Reason.COUNT_DIFFERS, 0),)),
    "no licenses at all": Case(read(licenses=(), seats=()), 3, ((Reason.NOTHING_SHOWN, 0),)),
    "no devices at all": Case(read(devices=(), seats=()), 3, ((Reason.NOTHING_SHOWN, 0),)),
    "no devices at all, though the key still names them": Case(read(devices=()), 3, ((Reason.NOTHING_SHOWN, 0),)),
    "no mailboxes at all": Case(read(licenses=(a_license(), OFFICE)), 2, ((Reason.NOTHING_SHOWN, 0),), before=WITH_BOXES, item="KS-365"),
    "a stated count ended with nothing in its place": Case(
        read(seats=()), 50, ((Reason.COUNT_ENDED, 50),), before=read(seats=(), stated=stating(50))
    ),
    "of two applications on the item, a stated count ended and a seat is gone": Case(
        read(licenses=(a_license(), SELECT_KEY), seats=()),
        51,
        ((Reason.COUNT_ENDED, 50),),
        before=read(licenses=(a_license(), SELECT_KEY), seats=(SELECT_SEAT,), stated=stating(50), rules=BOTH_ON_ONE_ITEM),
    ),
    "of two applications on the item, a stated count ended and a seat is in doubt": Case(
        read(licenses=(a_license(), SELECT_KEY), seats=(a_seat("d3", "K2", active=None),)),
        51,
        ((Reason.ACTIVE_FLAG_MISSING, 1), (Reason.COUNT_ENDED, 50)),
        before=read(licenses=(a_license(), SELECT_KEY), seats=(SELECT_SEAT,), stated=stating(50), rules=BOTH_ON_ONE_ITEM),
    ),
    "a stated count of a category ended": Case(
        read(seats=(), rules=BY_CATEGORY),
        9,
        ((Reason.COUNT_ENDED, 9),),
        before=read(seats=(), stated=STATED_BY_CATEGORY, rules=BY_CATEGORY),
        item=WKS,
    ),
    "a stated count ended, and announced and received numbers differ": Case(
        read(seats=(), notices=DIFFERS), 50, ((Reason.COUNT_DIFFERS, 0), (Reason.COUNT_ENDED, 50)), before=read(seats=(), stated=stating(50))
    ),
    "two stated counts of the item ended": Case(
        read(seats=()), 57, ((Reason.COUNT_ENDED, 57),), before=read(seats=(), stated=(*stating(50), *stating(7, SELECT)), rules=BOTH_ON_ONE_ITEM)
    ),
    "of a user, the flag of one phone is missing": Case(
        read(devices=PHONES, licenses=(a_license("C", CLOUD),), seats=[a_seat("d1", "C"), a_seat("m1", "C", active=None), a_seat("m2", "C")]),
        1,
        ((Reason.ACTIVE_FLAG_MISSING, 1),),
        before=A_USER,
        item="KES-CLOUD",
    ),
    "one is gone and one is not said": Case(
        read(devices=PCS[:2], seats=(a_seat("d1", active=None), a_seat("d2"))), 2, ((Reason.ACTIVE_FLAG_MISSING, 1),)
    ),
    "two doubts, each with its number": Case(
        read(
            licenses=(a_license(), a_license("NEW", RENAMED)),
            seats=(a_seat("d1", active=None), a_seat("d2", "NEW"), a_seat("d3", "NEW")),
        ),
        3,
        ((Reason.ACTIVE_FLAG_MISSING, 1), (Reason.NAME_UNMATCHED, 2)),
    ),
}


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in POSITIVE_REASONS.items()])
def test_it_is_proved(case: Case) -> None:
    assert prove_fall(case.item, case.before, case.today) == Proof(item=case.item, missing=case.missing)


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in UNPROVED.items()])
def test_it_is_unproved(case: Case) -> None:
    """L1: what was not shown is not gone."""
    assert prove_fall(case.item, case.before, case.today) == Proof(item=case.item, missing=case.missing, doubts=case.doubts)


class TestAnUnrelatedApplication:
    """A doubt about another application does not disturb; the device of ours is gone for a reason of its own."""

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param(a_license("K2", SELECT, kind=None), id="its kind is missing"),
            pytest.param(a_license("K2", SELECT, kind=LicenseKind.OTHER), id="its kind is a number that no reference names"),
            pytest.param(a_license("K2", SELECT, expires=None), id="its expiry is missing"),
            pytest.param(a_subscription("K2", SELECT, state=None), id="its state is missing"),
        ],
    )
    def test_its_license(self, other: License) -> None:
        before = read(licenses=(a_license(), SELECT_KEY), seats=(*IN_USE, SELECT_SEAT))
        today = read(licenses=(a_license(), other), seats=(*IN_USE[1:], SELECT_SEAT))
        assert prove_fall(KES, before, today) == Proof(item=KES, missing=1)
        assert prove_fall("KES-SELECT", before, today).doubts, "its own fall is"

    def test_its_seat_on_the_same_device(self) -> None:
        today = read(licenses=(a_license(), SELECT_KEY), seats=with_seat(a_seat("d1", "K2", active=None)))
        assert prove_fall(KES, read(), today) == Proof(item=KES, missing=1)

    def test_an_unmatched_key_on_another_device(self) -> None:
        today = read(licenses=(a_license(), a_license("NEW", RENAMED)), seats=(*IN_USE[1:], a_seat("d3", "NEW")))
        assert prove_fall(KES, read(), today) == Proof(item=KES, missing=1)

    def test_a_stated_count_that_ended_of_one_that_is_billed_on_nothing(self) -> None:
        assert prove_fall(KES, read(stated=stating(50, RENAMED)), read(seats=IN_USE[1:])) == Proof(item=KES, missing=1)

    def test_a_stated_count_of_it_that_ended(self) -> None:
        assert prove_fall(KES, read(stated=stating(50, SELECT)), read(seats=IN_USE[1:])) == Proof(item=KES, missing=1)


class TestWithoutEarlierEvidence:
    """An adopted line: nobody knows which seats its quantity stood for, so only a reading without any doubt proves its fall."""

    def test_a_reading_without_doubt_proves_it(self) -> None:
        assert prove_fall(KES, None, read()) == Proof(item=KES, missing=0)

    def test_so_does_a_reading_with_mailboxes_only(self) -> None:
        assert prove_fall("KS-365", None, read(devices=(), licenses=(OFFICE,), seats=(), mailboxes=BOXES)).doubts == ()

    def test_so_does_a_stated_count(self) -> None:
        assert prove_fall(KES, None, read(devices=(), licenses=(), seats=(), stated=stating(5))).doubts == ()

    @pytest.mark.parametrize(
        ("today", "doubts"),
        [
            pytest.param(read(seats=with_seat(a_seat(active=None))), ((Reason.ACTIVE_FLAG_MISSING, 1),), id="an active flag"),
            pytest.param(read(licenses=(a_license(kind=None),)), ((Reason.KIND_MISSING, 0),), id="a kind"),
            pytest.param(read(licenses=(a_license(kind=LicenseKind.OTHER),)), ((Reason.KIND_NOT_BILLABLE, 0),), id="an unknown kind"),
            pytest.param(read(licenses=(a_license(name=RENAMED),)), ((Reason.NAME_UNMATCHED, 3),), id="a name"),
            pytest.param(read(notices=DIFFERS), ((Reason.COUNT_DIFFERS, 0),), id="the announced number"),
            pytest.param(read(licenses=(), seats=()), ((Reason.NOTHING_SHOWN, 0),), id="no licenses"),
            pytest.param(read(devices=(), seats=()), ((Reason.NOTHING_SHOWN, 0),), id="no devices"),
        ],
    )
    def test_any_doubt_leaves_it_unproved(self, today: Reading, doubts: tuple[tuple[Reason, int], ...]) -> None:
        assert prove_fall(KES, None, today) == Proof(item=KES, missing=0, doubts=doubts)

    def test_a_category_only_where_items_are_per_category(self) -> None:
        devices = (unclassified("d1"), *PCS[1:])
        assert prove_fall(WKS, None, read(devices=devices, rules=BY_CATEGORY)).doubts == ((Reason.UNCLASSIFIED_DEVICE, 1),)
        assert prove_fall(KES, None, read(devices=devices)).doubts == ()

    @pytest.mark.parametrize(
        "today",
        [
            pytest.param(read(licenses=(a_license(), a_license("K2", SELECT, kind=None))), id="its kind"),
            pytest.param(read(licenses=(a_license(), SELECT_KEY), seats=(*IN_USE, a_seat("d3", "K2", active=None))), id="an active flag"),
            pytest.param(
                read(
                    devices=(*PCS, unclassified("u1")),
                    licenses=(a_license(), SELECT_KEY),
                    seats=(*IN_USE, a_seat("u1", "K2")),
                    rules=replace(ONE_ITEM, mappings=(ONE_ITEM.mappings[0], by_category(SELECT))),
                ),
                id="a category",
            ),
        ],
    )
    def test_a_doubt_about_another_application_does_not_disturb(self, today: Reading) -> None:
        assert prove_fall(KES, None, today).doubts == ()

    def test_a_doubt_about_its_own_license_does(self) -> None:
        today = read(licenses=(a_license(), a_license("K2", SELECT, kind=None)))
        assert prove_fall("KES-SELECT", None, today).doubts == ((Reason.KIND_MISSING, 0),)

    def test_a_doubt_about_a_license_that_may_be_of_any_application_does(self) -> None:
        today = read(licenses=(a_license(), a_license("K2", RENAMED, kind=None)))
        assert prove_fall(KES, None, today).doubts == ((Reason.KIND_MISSING, 0),)

    def test_doubts_stand_in_one_order(self) -> None:
        today = read(licenses=(a_license(), a_license("NEW", RENAMED)), seats=(*IN_USE, a_seat("d3", "NEW")), notices=DIFFERS)
        assert prove_fall(KES, None, today).doubts == ((Reason.COUNT_DIFFERS, 0), (Reason.NAME_UNMATCHED, 1))


modest = at_most(120)
CHANGES = ("as before", "gone", "reserve", "expired there", "not listed", "flag missing", "renamed")
DOUBTFUL = {"flag missing": Reason.ACTIVE_FLAG_MISSING, "renamed": Reason.NAME_UNMATCHED}


@modest
@given(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=8))
def test_a_fall_is_proved_exactly_when_every_missing_seat_has_a_positive_reason(changes: list[str]) -> None:
    devices = tuple(workstation(f"d{number}") for number in range(len(changes)))
    before = read(devices=devices, seats=[a_seat(device.id) for device in devices])
    seats = []
    for device, change in zip(devices, changes, strict=True):
        if change not in ("gone", "not listed"):
            seats.append(
                a_seat(
                    device.id,
                    "NEW" if change == "renamed" else "K1",
                    active={"reserve": False, "flag missing": None}.get(change, True),
                    expires=NOW - SECOND if change == "expired there" else None,
                )
            )
    kept = [device for device, change in zip(devices, changes, strict=True) if change != "gone"]
    # A device that never counts, so that the tenant always shows something.
    today = read(devices=(*kept, workstation("other")), licenses=(a_license(), a_license("NEW", RENAMED)), seats=seats)
    proof = prove_fall(KES, before, today)

    assert proof.missing == sum(change != "as before" for change in changes)
    assert dict(proof.doubts) == {reason: changes.count(change) for change, reason in DOUBTFUL.items() if change in changes}
    assert proof.missing == sum(one.quantity for one in before.usage.quantities) - len(
        [seat for seat in today.usage.seats if seat.application == ADVANCED]
    ), "as many are missing as the quantity falls by"
