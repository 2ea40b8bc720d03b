"""The laws of counting as properties of random companies (design 10)."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from tallybridge.billing.model import (
    DeviceForm,
    LicenseState,
    Observation,
)
from tallybridge.ledger import canonical
from tests.billing.builders import (
    NOW,
    SECOND,
    a_license,
    a_seat,
    quantities,
    totals,
)
from tests.billing.cloud_builders import (
    LINUX,
    RULES,
    WINDOWS,
    a_company,
    a_device,
    a_mailbox,
    a_statement,
    used,
)
from tests.billing.modest import at_most

Row = TypeVar("Row")

modest = at_most(150)
APPLICATIONS = (*(application.name for application in RULES.applications), "a name that nobody matches")
SERIALS = ("K1", "K2", "K3")


@st.composite
def companies(draw: st.DrawFn) -> Observation:
    """Companies with licenses of every application, among them expired and paused ones, devices of every form, mailboxes and statements."""
    licenses = [
        a_license(
            serial,
            draw(st.sampled_from(APPLICATIONS)),
            expires=draw(st.sampled_from([NOW, NOW + SECOND, NOW + SECOND])),
            state=draw(st.sampled_from([LicenseState.ACTIVE, LicenseState.ACTIVE, LicenseState.PAUSED])),
        )
        for serial in SERIALS
    ]
    systems = st.sampled_from([WINDOWS, LINUX, None])
    devices = [a_device(f"d{number}", draw(st.sampled_from(DeviceForm)), draw(systems)) for number in range(draw(st.integers(0, 7)))]
    uses = [(device.id, serial) for device in devices for serial in SERIALS]
    mailboxes = st.builds(a_mailbox, st.sampled_from(["a@x", "b@x", "c@x"]), st.sampled_from([*SERIALS, None]), protected=st.booleans())
    statements = st.builds(a_statement, st.integers(0, 9), st.sampled_from(APPLICATIONS))
    return a_company(
        licenses=licenses,
        devices=devices,
        seats=[a_seat(device, license) for device, license in sorted(draw(st.sets(st.sampled_from(uses), max_size=14)) if uses else ())],
        mailboxes=sorted(draw(st.sets(mailboxes, max_size=8)), key=repr),
        stated=draw(st.lists(statements, max_size=2, unique_by=lambda one: one.application)),
    )


@modest
@given(companies(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(company: Observation, random: Random) -> None:
    def shuffled(rows: tuple[Row, ...]) -> tuple[Row, ...]:
        return tuple(random.sample(rows, len(rows)))

    turned = replace(
        company,
        licenses=shuffled(company.licenses),
        devices=shuffled(company.devices),
        seats=shuffled(company.seats),
        mailboxes=shuffled(company.mailboxes),
        stated=shuffled(company.stated),
    )

    assert used(turned) == used(company)


@modest
@given(companies())
def test_seats_and_statements_add_up_to_the_quantities(company: Observation) -> None:
    """L9."""
    usage = used(company)

    assert len(usage.seats) + sum(one.quantity for one in usage.stated) == sum(totals(usage).values())
    for application, quantity in totals(usage).items():
        behind = [seat for seat in usage.seats if seat.application == application]
        told = [one.quantity for one in usage.stated if one.application == application]
        assert quantity == len(behind) + sum(told)
        assert not (behind and told)


@modest
@given(companies())
def test_no_device_and_no_mailbox_vanishes(company: Observation) -> None:
    """L3: each is in a seat or left out with a reason, unless its only licenses are listed as not counting."""
    usage = used(company)
    seats = {device for seat in usage.seats for device in (seat.device, *seat.devices)}
    known = seats | {one.device for one in usage.left_out}
    refused = {one.license for one in usage.left_out_licenses}

    assert {device.id for device in company.devices} <= known
    assert {one.address for one in company.mailboxes if one.license not in refused} <= known


@modest
@given(companies())
def test_splitting_a_license_keeps_the_totals(company: Observation) -> None:
    """Splitting or merging keys keeps totals (design 10)."""

    def half(place: int, serial: str) -> str:
        return "K9" if serial == "K1" and place % 2 else serial

    apart = replace(
        company,
        licenses=tuple(
            replace(one, serial=serial) for one in company.licenses for serial in ((one.serial, "K9") if one.serial == "K1" else (one.serial,))
        ),
        seats=tuple(seat._replace(license=half(place, seat.license)) for place, seat in enumerate(company.seats)),
        mailboxes=tuple(one._replace(license=half(place, one.license) if one.license else None) for place, one in enumerate(company.mailboxes)),
    )

    assert quantities(used(apart)) == quantities(used(company))


@modest
@given(companies())
def test_evidence_counts_as_what_was_read(company: Observation) -> None:
    read = canonical.decode_observation(canonical.encode_observation(company), started=company.started)

    assert used(read) == used(company)
