"""The suite for sources can fail: for each of its checks there are fakes that break exactly that promise."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from unittest import SkipTest

import pytest

from tallybridge.billing.model import Device, Notice, Observation, Seat
from tallybridge.billing.reasons import Reason
from tallybridge.conformance import NotConforming, SourceBreakage, SourceConformance, SourceStage, checks_of
from tallybridge.sources.base import TenantListing, TenantNotObserved
from tallybridge.wire.checks import Check
from tests.conformance.broken_sources import (
    AsReported,
    ClosedAfterListing,
    ClosedOnce,
    Forgetful,
    Grudging,
    InOrderOfArrival,
    Kind,
    LastSeen,
    LastTenantWins,
    LateToGiveUp,
    NewIds,
    NoTenantUnderAnotherId,
    OneAtATime,
    Shrinking,
    Talkative,
    Timeless,
    checking,
    empty,
    failed,
    failed_because_of,
    instead_of_a_failed_list,
    instead_of_failing,
    listed,
    raising,
    reversed_,
    seen,
    without,
)
from tests.conformance.stages_of_fakes import SECRET, FakeSourceStage

NAIVE = datetime(2098, 1, 1)  # noqa: DTZ001 - that is the defect
NOTICE = Notice(reason=Reason.COUNT_DIFFERS, subject="K-1")
NO_LIST = TenantListing(tenants=(), version="1", unassigned=None)
NOT_READ = TenantNotObserved(Reason.OBSERVATION_INCOMPLETE, "It could not be read.")

DEFECTS: dict[str, dict[str, Kind]] = {
    "test_every_tenant_is_listed_once": {
        "one is missing": listed(lambda found: replace(found, tenants=found.tenants[1:])),
        "one comes twice": listed(lambda found: replace(found, tenants=found.tenants + found.tenants[:1])),
        "all have one id": listed(lambda found: replace(found, tenants=tuple(replace(tenant, id="x") for tenant in found.tenants))),
        "an id is empty": listed(lambda found: replace(found, tenants=(replace(found.tenants[0], id=""), *found.tenants[1:]))),
        "no version": listed(lambda found: replace(found, version="")),
    },
    "test_a_tenant_keeps_its_id": {
        "the name is the id": listed(lambda found: replace(found, tenants=tuple(replace(tenant, id=tenant.name) for tenant in found.tenants))),
        "a new id each time": NewIds,
    },
    "test_l1_an_observation_is_whole": {
        "a license is missing": seen(without("licenses")),
        "a device is missing": seen(without("devices")),
        "a seat is missing": seen(without("seats")),
        "a mailbox is missing": seen(without("mailboxes")),
        "a device too much": seen(lambda found: replace(found, devices=(*found.devices, Device("x", "X", None, None)))),
        "expiries are lost": seen(lambda found: replace(found, licenses=tuple(replace(one, expires=None) for one in found.licenses))),
        "kinds are lost": seen(lambda found: replace(found, licenses=tuple(replace(one, kind=None) for one in found.licenses))),
        "all mailboxes protected": seen(lambda found: replace(found, mailboxes=tuple(one._replace(protected=True) for one in found.mailboxes))),
    },
    "test_an_observation_is_of_the_tenant_that_was_asked_for": {
        "another's": seen(lambda found: replace(found, tenant=replace(found.tenant, id="other"))),
    },
    "test_an_observation_is_sorted_and_free_of_repetitions": {
        "licenses unsorted": seen(reversed_("licenses")),
        "devices unsorted": seen(reversed_("devices")),
        "seats unsorted": seen(reversed_("seats")),
        "mailboxes unsorted": seen(reversed_("mailboxes")),
        "seats repeated": seen(lambda found: replace(found, seats=tuple(sorted(found.seats * 2)))),
        "devices repeated": seen(lambda found: replace(found, devices=tuple(sorted(found.devices * 2)))),
        "a device with two names": seen(lambda found: replace(found, devices=tuple(sorted([*found.devices, *found.devices[:1], _other(found)])))),
        "notices repeated": seen(lambda found: replace(found, notices=(NOTICE, NOTICE))),
        "notices unsorted": seen(lambda found: replace(found, notices=(replace(NOTICE, subject="K-2"), NOTICE))),
        "devices in a list": seen(lambda found: replace(found, devices=list(found.devices))),  # type: ignore[arg-type]  # that is the defect
        "seats in a list": seen(lambda found: replace(found, seats=list(found.seats))),  # type: ignore[arg-type]  # that is the defect
    },
    "test_repetitions_in_the_world_change_nothing": {"seats as often as reported": AsReported},
    "test_the_order_of_the_world_changes_nothing": {"in order of arrival": InOrderOfArrival},
    "test_observing_twice_gives_equal_evidence": {"a volatile value": LastSeen},
    "test_l10_instants_are_aware_and_utc": {
        "local time": seen(lambda found: replace(found, started=found.started.astimezone(timezone(timedelta(hours=2))))),
        "naive": seen(lambda found: replace(found, started=found.started.replace(tzinfo=None))),
        "naive expiry": seen(lambda found: replace(found, licenses=tuple(replace(one, expires=NAIVE) for one in found.licenses))),
        "naive expiry on a device": seen(lambda found: replace(found, seats=tuple(seat._replace(expires=NAIVE) for seat in found.seats))),
    },
    "test_every_seat_has_its_license_in_the_observation": {
        "a seat without": seen(lambda found: replace(found, seats=(*found.seats, Seat("?", "d", True, False, None, "")))),
        "a mailbox without": seen(lambda found: replace(found, mailboxes=tuple(one._replace(license="?") for one in found.mailboxes))),
    },
    "test_a_managed_device_is_named_in_one_place": {
        "named by its seats": seen(lambda found: replace(found, seats=tuple(seat._replace(device_name="PC") for seat in found.seats))),
    },
    "test_devices_of_no_tenant_are_no_tenant": {
        "a tenant": listed(lambda found: replace(found, unassigned=found.tenants[0])),
        "observed as another": NoTenantUnderAnotherId,
    },
    "test_l1_an_unknown_tenant_gives_no_observation": {
        "an empty one": instead_of_failing(empty),
        "another error": instead_of_failing(raising(KeyError("t-unknown"))),
        "no sentence": instead_of_failing(raising(TenantNotObserved(Reason.OBSERVATION_INCOMPLETE, "404"))),
    },
    "test_l1_an_unreadable_tenant_gives_no_observation": {
        "an empty one": instead_of_failing(empty),
        "another error": instead_of_failing(raising(OSError("unreadable"))),
        "no reason": instead_of_failing(raising(TenantNotObserved("broken", "It could not be read."))),  # type: ignore[arg-type]  # that is the defect
        "a secret in the sentence": instead_of_failing(raising(TenantNotObserved(Reason.OBSERVATION_INCOMPLETE, f"GET /?key={SECRET} failed."))),
    },
    "test_l1_an_unreadable_part_gives_no_smaller_observation": {"an empty one": instead_of_failing(empty)},
    "test_l7_a_failing_tenant_does_not_disturb_another": {
        "others fail too": Grudging,
        "others shrink": Shrinking,
        "others are not listed": Forgetful,
    },
    "test_l7_without_time_left_there_is_no_observation": {
        "does not look": Timeless,
        "another reason": instead_of_failing(raising(NOT_READ)),
    },
    "test_l7_a_slow_tenant_is_given_up_in_time": {
        "does not look": Timeless,
        "another reason": instead_of_failing(raising(NOT_READ)),
        "gives up late": LateToGiveUp,
    },
    "test_l1_a_source_that_is_down_lists_nothing_and_says_so": {
        "an empty list": instead_of_a_failed_list(lambda _: NO_LIST),
        "another error": instead_of_a_failed_list(raising(OSError("down"))),  # type: ignore[arg-type]  # it never returns
        "no sentence": instead_of_a_failed_list(failed(Reason.SOURCE_UNREACHABLE, "down")),
    },
    "test_l11_a_refused_sign_in_fails_the_source_without_showing_a_secret": {
        "another reason": instead_of_a_failed_list(failed(Reason.SOURCE_UNREACHABLE, "The sign-in was refused.")),
        "a secret in the sentence": instead_of_a_failed_list(failed(Reason.SIGN_IN_REFUSED, f"The password {SECRET} was refused.")),
        "a secret in the cause": instead_of_a_failed_list(failed_because_of(ValueError({"headers": {"Authorization": SECRET}}))),
    },
    "test_l11_no_secret_is_shown_where_all_is_well": {
        "by the source": Talkative,
        "by the listing": listed(lambda found: replace(found, version=f"15.1 {SECRET}")),
        "by an observation": seen(lambda found: replace(found, notices=(replace(NOTICE, subject=SECRET),))),
    },
    "test_the_checks_tell_a_sound_source_from_one_that_is_down": {
        "none": checking(lambda _: ()),
        "always well": checking(lambda _: (Check(name="A", ok=True, detail="all is well"),)),
        "never well": checking(lambda _: (Check(name="A", ok=False, detail="nothing is well", advice="Do something."),)),
        "without advice": checking(lambda found: tuple(replace(check, advice="") for check in found)),
        "without a name": checking(lambda found: tuple(replace(check, name="") for check in found)),
        "with a secret": checking(lambda found: tuple(replace(check, detail=SECRET) for check in found)),
    },
    "test_two_threads_observe_two_tenants_at_once": {"one at a time": OneAtATime, "mixed up": LastTenantWins},
    "test_close_may_be_called_twice": {"only once": ClosedOnce, "only after listing": ClosedAfterListing},
}
CASES = [(check, defect) for check, defects in DEFECTS.items() for defect in defects]


def _other(found: Observation) -> Device:
    return Device("id-pc-01", f"Other of {found.tenant.name}", None, None)


def suite_over(stage: SourceStage) -> SourceConformance:
    class Over(SourceConformance):
        closing_seconds = 0.5

        def stage(self) -> SourceStage:
            return stage

    return Over()


@pytest.mark.parametrize(("check", "defect"), CASES, ids=[f"{check.removeprefix('test_')}: {defect}" for check, defect in CASES])
def test_a_defect_is_found_by_its_check(check: str, defect: str) -> None:
    stage = FakeSourceStage(kind=DEFECTS[check][defect])

    with pytest.raises(NotConforming):
        getattr(suite_over(stage), check)()

    assert stage.closed, "the stage is closed whatever is found"


def test_every_check_has_a_defect_that_it_finds() -> None:
    assert set(DEFECTS) == set(checks_of(SourceConformance))


@pytest.mark.parametrize("check", sorted(DEFECTS))
def test_a_sound_source_passes(check: str) -> None:
    getattr(suite_over(FakeSourceStage()), check)()


def test_what_a_stage_cannot_bring_about_is_shown_as_not_checked() -> None:
    possible = tuple(how for how in SourceBreakage if how is not SourceBreakage.SLOW)

    with pytest.raises(SkipTest, match=r"NOT CHECKED: .*a second or more"):
        suite_over(FakeSourceStage(breakages=possible)).test_l7_a_slow_tenant_is_given_up_in_time()


NEEDED = {
    "test_l1_an_unreadable_tenant_gives_no_observation": (SourceBreakage.UNREADABLE,),
    "test_l1_a_source_that_is_down_lists_nothing_and_says_so": (SourceBreakage.DOWN,),
    "test_l1_an_unreadable_part_gives_no_smaller_observation": (
        SourceBreakage.LICENSES_UNREADABLE,
        SourceBreakage.DEVICES_UNREADABLE,
        SourceBreakage.SEATS_UNREADABLE,
    ),
}


@pytest.mark.parametrize("check", NEEDED)
def test_l1_is_not_passed_by_a_stage_that_cannot_break_it(check: str) -> None:
    possible = tuple(how for how in SourceBreakage if how not in NEEDED[check])

    with pytest.raises(NotConforming, match="L1"):
        getattr(suite_over(FakeSourceStage(breakages=possible)), check)()


def test_a_suite_without_a_stage_says_so() -> None:
    with pytest.raises(NotImplementedError):
        SourceConformance().test_every_tenant_is_listed_once()
