"""The fakes do what their fault plan says, at the call it says, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tallybridge.billing.model import Device, License, LicenseKind, Observation, Seat, Tenant
from tallybridge.billing.psa import Account, Agreement, Charge, Item
from tallybridge.billing.reasons import Reason
from tallybridge.conformance import EXAMPLE_TENANTS, Deed, FakeDestination, FakeSource, Fault, PsaWorld, TenantWorld
from tallybridge.destinations.base import ChargeWrite, DestinationError, DestinationFailed, ReadFailed, WriteRefused
from tallybridge.sources.base import SourceError, SourceFailed, TenantBlocked, TenantNotObserved

NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
CONTOSO = Tenant(id="c-1", name="Contoso Dental")
KEY = License(serial="K-1", name="Kaspersky A", kind=LicenseKind.COMMERCIAL)
PC = Device("d-1", "PC", None, None)
SEAT = Seat("K-1", "d-1", True, False, None, "")
WHOLE = TenantWorld(tenant=CONTOSO, licenses=(KEY,), devices=(PC,), seats=(SEAT,))

LINE = Charge(id=9001, item="KES-WKS", quantity=42)
PSA = PsaWorld(
    accounts=(Account(number=1, name="Contoso Dental", cross_referenced=True),),
    agreements=(Agreement(number=2001, account=1, charges=(LINE,)), Agreement(number=2002, account=1)),
    items=(Item(id="KES-WKS"), Item(id="KES-SRV")),
)
UPDATE = ChargeWrite(agreement=2001, item="KES-WKS", quantity=43, charge=9001)


def plenty() -> float:
    return 60.0


def observed(source: FakeSource) -> Observation:
    return source.observe(CONTOSO, deadline=plenty)


def quantities(psa: FakeDestination) -> list[int]:
    return [line.quantity for line in psa.charges(2001)]


def test_the_source_gives_what_is_true_at_the_instant_of_its_clock() -> None:
    expected = Observation(tenant=CONTOSO, started=NOW, licenses=(KEY,), devices=(PC,), seats=(SEAT,))

    assert observed(FakeSource([WHOLE], clock=lambda: NOW)) == expected


def test_what_is_put_is_true_from_then_on_and_what_is_removed_is_unknown() -> None:
    source = FakeSource([WHOLE])
    source.put(replace(WHOLE, devices=(), seats=()))

    assert observed(source).devices == ()

    source.remove("c-1")
    assert source.tenants().tenants == ()
    with pytest.raises(TenantNotObserved):
        observed(source)


SOURCE_DEEDS: list[tuple[Deed, type[SourceError], Reason]] = [
    (Deed.REFUSE, TenantBlocked, Reason.NO_ACCESS),
    (Deed.UNREADABLE, TenantNotObserved, Reason.OBSERVATION_INCOMPLETE),
    (Deed.UNREACHABLE, TenantNotObserved, Reason.OBSERVATION_INCOMPLETE),
]


@pytest.mark.parametrize(("deed", "kind", "reason"), SOURCE_DEEDS)
def test_a_tenant_is_not_observed_as_planned(deed: Deed, kind: type[SourceError], reason: Reason) -> None:
    source = FakeSource([WHOLE], faults=[Fault(call="observe", do=deed)])

    with pytest.raises(TenantNotObserved) as caught:
        observed(source)

    assert (type(caught.value), caught.value.reason) == (kind, reason)
    assert observed(source).seats == (SEAT,), "once"


LISTING_DEEDS = [
    (Deed.REFUSE_SIGN_IN, Reason.SIGN_IN_REFUSED),
    (Deed.UNREADABLE, Reason.OBSERVATION_INCOMPLETE),
    (Deed.UNREACHABLE, Reason.SOURCE_UNREACHABLE),
]


@pytest.mark.parametrize(("deed", "reason"), LISTING_DEEDS)
def test_the_tenants_are_not_listed_as_planned(deed: Deed, reason: Reason) -> None:
    source = FakeSource([WHOLE], faults=[Fault(call="tenants", do=deed)])

    with pytest.raises(SourceFailed) as caught:
        source.tenants()

    assert caught.value.reason is reason


def test_a_slow_tenant_waits_no_longer_than_its_deadline() -> None:
    slept: list[float] = []
    source = FakeSource([WHOLE], faults=[Fault(call="*", do=Deed.SLOW, seconds=90, times=0)], sleep=slept.append)

    source.tenants()
    observed(source)

    assert slept == [90, 60]


CONTRADICTIONS = {
    "a seat of no license": replace(WHOLE, licenses=()),
    "one serial, two licenses": replace(WHOLE, licenses=(KEY, replace(KEY, name="Kaspersky B"))),
    "one id, two devices": replace(WHOLE, devices=(PC, PC._replace(name="Other"))),
}


@pytest.mark.parametrize("what", CONTRADICTIONS)
def test_l1_a_world_that_contradicts_itself_gives_no_observation(what: str) -> None:
    with pytest.raises(TenantNotObserved) as caught:
        observed(FakeSource([CONTRADICTIONS[what]]))

    assert caught.value.reason is Reason.OBSERVATION_INCOMPLETE


def test_a_disabled_tenant_is_blocked() -> None:
    with pytest.raises(TenantBlocked) as caught:
        observed(FakeSource([replace(WHOLE, tenant=replace(CONTOSO, enabled=False))]))

    assert caught.value.reason is Reason.TENANT_DISABLED


def test_a_fault_about_one_tenant_spares_the_others_and_is_counted_for_it_alone() -> None:
    source = FakeSource(EXAMPLE_TENANTS, faults=[Fault(call="observe", do=Deed.UNREADABLE, about="t-2", nth=2)])
    first, second, _ = source.tenants().tenants
    for tenant in (first, first, second, first):
        source.observe(tenant, deadline=plenty)

    with pytest.raises(TenantNotObserved):
        source.observe(second, deadline=plenty)


WRITE_DEEDS: list[tuple[Deed, bool, int]] = [
    (Deed.DROP, False, 42),
    (Deed.LOSE_REPLY, False, 43),
    (Deed.UNREADABLE, False, 43),
    (Deed.WRONG_QUANTITY, True, 44),
    (Deed.SLOW, True, 43),
    (Deed.ACT_LATE, False, 42),
]


@pytest.mark.parametrize(("deed", "answered", "quantity"), WRITE_DEEDS)
def test_what_becomes_of_a_write(deed: Deed, answered: bool, quantity: int) -> None:
    psa = FakeDestination(PSA, faults=[Fault(call="write", do=deed, seconds=5)], sleep=lambda _: None, elapsed=lambda: 0.0)

    assert psa.write(UPDATE).answered is answered
    assert quantities(psa) == [quantity]
    assert psa.writes == [UPDATE]


FAILING_WRITES: list[tuple[Deed, type[DestinationError], Reason]] = [
    (Deed.REFUSE, WriteRefused, Reason.WRITE_REFUSED),
    (Deed.REFUSE_SIGN_IN, DestinationFailed, Reason.SIGN_IN_REFUSED),
    (Deed.UNREACHABLE, DestinationFailed, Reason.PSA_UNREACHABLE),
]


@pytest.mark.parametrize(("deed", "kind", "reason"), FAILING_WRITES)
def test_a_write_fails_as_planned_and_changes_nothing(deed: Deed, kind: type[DestinationError], reason: Reason) -> None:
    psa = FakeDestination(PSA, faults=[Fault(call="write", do=deed)])

    with pytest.raises(kind) as caught:
        psa.write(UPDATE)

    assert caught.value.reason is reason
    assert quantities(psa) == [42]
    assert psa.writes == [UPDATE]


def test_a_late_write_is_done_when_its_time_has_come_and_not_before() -> None:
    now = [100.0]
    psa = FakeDestination(PSA, faults=[Fault(call="write", do=Deed.ACT_LATE, seconds=30)], elapsed=lambda: now[0])
    psa.write(UPDATE)

    now[0] = 129.9
    assert quantities(psa) == [42]
    now[0] = 130.0
    assert quantities(psa) == [43]


def test_a_late_write_to_a_line_that_is_gone_by_then_does_nothing() -> None:
    now = [0.0]
    psa = FakeDestination(PSA, faults=[Fault(call="write", do=Deed.ACT_LATE, seconds=1)], elapsed=lambda: now[0])
    psa.write(UPDATE)
    psa.put(Agreement(number=2001, account=1))
    now[0] = 2.0

    assert quantities(psa) == []


def test_a_new_line_never_takes_the_number_of_one_that_was_there() -> None:
    psa = FakeDestination(PSA)
    psa.put(Agreement(number=2001, account=1, charges=(LINE, replace(LINE, id=9500))))
    psa.put(Agreement(number=2001, account=1))

    assert psa.write(replace(UPDATE, charge=None)).charge == 9501


READS: dict[str, Callable[[FakeDestination], object]] = {
    "account": lambda psa: psa.account(1),
    "all_accounts": lambda psa: psa.all_accounts(),
    "agreements": lambda psa: psa.agreements(1),
    "agreement": lambda psa: psa.agreement(2001),
    "charges": lambda psa: psa.charges(2001),
    "items": lambda psa: psa.items(["KES-WKS"]),
    "search_items": lambda psa: psa.search_items(""),
}


@pytest.mark.parametrize("call", READS)
def test_a_read_fails_as_planned(call: str) -> None:
    psa = FakeDestination(PSA, faults=[Fault(call=call, do=Deed.UNREADABLE), Fault(call=call, do=Deed.UNREACHABLE, nth=2)])

    with pytest.raises(ReadFailed):
        READS[call](psa)
    with pytest.raises(DestinationFailed):
        READS[call](psa)
    assert READS[call](psa)


def test_without_the_list_of_accounts_the_psa_cannot_be_used() -> None:
    psa = FakeDestination(PSA, faults=[Fault(call="accounts", do=Deed.UNREADABLE)])

    with pytest.raises(DestinationFailed):
        psa.accounts()


def test_a_fault_fires_from_its_nth_call_as_often_as_it_says() -> None:
    psa = FakeDestination(PSA, faults=[Fault(call="write", do=Deed.DROP, nth=2, times=2, about="2001")])
    other = ChargeWrite(agreement=2002, item="KES-SRV", quantity=1, charge=None)

    assert [psa.write(change).answered for change in (UPDATE, other, UPDATE, other, UPDATE, UPDATE)] == [True, True, False, True, False, True]


def test_other_faults_take_the_place_of_all_and_are_counted_anew() -> None:
    psa = FakeDestination(PSA, faults=[Fault(call="write", do=Deed.DROP, times=0)])
    assert not psa.write(UPDATE).answered

    psa.plan_faults(Fault(call="write", do=Deed.LOSE_REPLY))
    assert [psa.write(UPDATE).answered for _ in range(2)] == [False, True]

    psa.plan_faults()
    assert psa.write(UPDATE).answered


NEVER = {
    "an unknown call": Fault(call="wirte", do=Deed.DROP),
    "a deed that a read cannot meet": Fault(call="charges", do=Deed.LOSE_REPLY),
    "before the first call": Fault(call="write", do=Deed.DROP, nth=0),
    "less than never": Fault(call="write", do=Deed.DROP, times=-1),
}


@pytest.mark.parametrize("what", NEVER)
def test_a_fault_that_could_never_fire_is_refused(what: str) -> None:
    with pytest.raises(ValueError, match="can never fire"):
        FakeDestination(PSA, faults=[NEVER[what]])
