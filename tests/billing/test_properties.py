"""The laws of counting and planning as properties of random tenants and random agreements (design 10)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tallybridge.billing.counting import count
from tallybridge.billing.eligibility import license_reason
from tallybridge.billing.model import (
    Application,
    Device,
    KeyScope,
    License,
    LicenseKind,
    LicenseState,
    Mapping,
    Observation,
    Rules,
    Seat,
    Unit,
    Usage,
)
from tallybridge.billing.plan import Action, IntentKind, IntentOutcome, OpenIntent, OurLine, Part, PlanningInputs
from tallybridge.billing.planning import plan
from tallybridge.billing.psa import Agreement, Charge
from tallybridge.billing.reasons import Reason
from tallybridge.billing.wanting import not_billed, wanted_items
from tests.billing.builders import (
    ADVANCED,
    CLOUD,
    NEXT_YEAR,
    NOW,
    OFFICE_365,
    SECOND,
    SELECT,
    a_license,
    a_part,
    a_seat,
    an_item,
    an_observation,
    by_category,
    linux,
    mobile,
    our_line,
    planning,
    server,
    totals,
    unclassified,
    wanting,
    workstation,
)
from tests.billing.modest import at_most

modest = at_most(120)

APPLICATIONS = (
    Application(name=ADVANCED, exact=("KESB Advanced, 100-149 nodes",)),
    Application(name=SELECT),
    Application(name=CLOUD, unit=Unit.USER),
    Application(name=OFFICE_365, unit=Unit.MAILBOX),
)
NAMES = (*(application.name for application in APPLICATIONS), "KESB Advanced, 100-149 nodes", "a name that nobody matches", None)
MAKERS = (workstation, server, linux, unclassified, mobile)
EXPIRIES = (None, NOW - SECOND, NOW, NOW + SECOND, NEXT_YEAR)


@st.composite
def licenses(draw: st.DrawFn) -> tuple[License, ...]:
    kinds = st.sampled_from([LicenseKind.COMMERCIAL, LicenseKind.SUBSCRIPTION, *LicenseKind, None])
    return tuple(
        a_license(
            f"K{number}",
            draw(st.sampled_from(NAMES)),
            kind=draw(kinds),
            is_subscription=draw(st.booleans()),
            state=draw(st.sampled_from([LicenseState.ACTIVE, LicenseState.ACTIVE, *LicenseState, None])),
            expires=draw(st.sampled_from([NEXT_YEAR, NEXT_YEAR, *EXPIRIES])),
            unlimited=draw(st.booleans()),
            installed=draw(st.sampled_from([True, False, None])),
        )
        for number in range(draw(st.integers(0, 5)))
    )


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    """Tenants with every kind of license, device and seat; some seats twice, some on devices of nobody."""
    keys = draw(licenses())
    devices = tuple(draw(st.sampled_from(MAKERS))(f"d{number}") for number in range(draw(st.integers(0, 8))))
    places = [*(device.id for device in devices), "gone"]
    seats = (
        st.lists(
            st.builds(
                a_seat,
                st.sampled_from(places),
                st.sampled_from([key.serial for key in keys]),
                active=st.sampled_from([True, True, True, False, None]),
                pending=st.sampled_from([False, False, False, True]),
                expires=st.sampled_from([None, None, *EXPIRIES]),
            ),
            max_size=25,
        )
        if keys
        else st.just([])
    )
    return an_observation(devices=devices, licenses=keys, seats=draw(seats))


rules = st.builds(Rules, key_scope=st.sampled_from(KeyScope), count_oem=st.booleans(), applications=st.just(APPLICATIONS))


def simple_observations() -> st.SearchStrategy[tuple[tuple[Device, ...], tuple[str, ...]]]:
    """Devices, and those of them (with repetitions) that use one and the same license."""

    def uses(devices: tuple[Device, ...]) -> st.SearchStrategy[tuple[tuple[Device, ...], tuple[str, ...]]]:
        ids = [device.id for device in devices]
        return st.tuples(st.just(devices), st.lists(st.sampled_from(ids), max_size=12).map(tuple) if ids else st.just(()))

    makers = st.lists(st.sampled_from(MAKERS), max_size=8)
    return makers.map(lambda made: tuple(make(f"d{number}") for number, make in enumerate(made))).flatmap(uses)


def counted(observation: Observation, given_rules: Rules) -> Usage:
    return count(observation, given_rules, now=NOW)


@modest
@given(observations(), rules)
def test_a_device_counts_once_per_application_however_many_keys_and_products_report_it(observation: Observation, rules: Rules) -> None:
    """L2."""
    usage = counted(observation, rules)
    units = Counter((seat.application, device) for seat in usage.seats for device in (seat.devices or (seat.device,)))
    assert all(times == 1 for times in units.values())


@modest
@given(observations(), rules)
def test_every_device_counts_or_is_listed_with_a_reason(observation: Observation, rules: Rules) -> None:
    """L3, of devices."""
    usage = counted(observation, rules)
    in_use = {device for seat in usage.seats for device in (seat.devices or (seat.device,))}
    listed = {seat.device for seat in usage.left_out}
    assert {device.id for device in observation.devices} <= in_use | listed
    assert in_use <= {device.id for device in observation.devices}
    assert not in_use & {seat.device for seat in usage.left_out if seat.reason is Reason.NO_LICENSE}


@modest
@given(observations(), rules)
def test_every_seat_of_a_counting_license_counts_or_is_listed_with_a_reason(observation: Observation, rules: Rules) -> None:
    """L3, of seats."""
    usage = counted(observation, rules)
    counting = {key.serial for key in observation.licenses} - {key.license for key in usage.left_out_licenses}
    by_license = {(seat.device, seat.license) for seat in usage.seats}
    in_groups = {device for seat in usage.seats for device in seat.devices}
    listed = {(seat.device, seat.license) for seat in usage.left_out}
    for seat in observation.seats:
        if seat.license in counting:
            place = (seat.device, seat.license)
            assert place in by_license or place in listed or seat.device in in_groups


@modest
@given(observations(), rules)
def test_every_license_claims_its_seats_or_is_left_out(observation: Observation, rules: Rules) -> None:
    """L3, of licenses: the seats of one that is left out neither count nor are listed."""
    usage = counted(observation, rules)
    left_out = {key.license: key.reason for key in usage.left_out_licenses}
    for key in observation.licenses:
        assert left_out.get(key.serial) is license_reason(key, now=NOW, rules=rules)
    assert not left_out.keys() & {seat.license for seat in usage.seats}
    assert not left_out.keys() & {seat.license for seat in usage.left_out}


@modest
@given(observations(), rules)
def test_the_seats_behind_a_quantity_are_as_many_as_it_says_and_it_is_an_integer(observation: Observation, rules: Rules) -> None:
    """L9."""
    usage = counted(observation, rules)
    listed = Counter((seat.application, seat.category, seat.unit) for seat in usage.seats)
    assert {(one.application, one.category, one.unit): one.quantity for one in usage.quantities} == dict(listed)
    assert all(type(one.quantity) is int and one.quantity > 0 for one in usage.quantities)
    assert all(type(one.quantity) is int for one in usage.other_scope)


@modest
@given(observations(), rules, st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(observation: Observation, rules: Rules, random: Random) -> None:
    shuffled = replace(
        observation,
        licenses=tuple(random.sample(observation.licenses, len(observation.licenses))),
        devices=tuple(random.sample(observation.devices, len(observation.devices))),
        seats=tuple(random.sample(observation.seats, len(observation.seats))),
    )
    assert counted(shuffled, rules) == counted(observation, rules)


@modest
@given(observations(), rules)
def test_the_other_key_scope_is_what_a_run_under_it_would_count(observation: Observation, rules: Rules) -> None:
    other = KeyScope.INSTALLED if rules.key_scope is KeyScope.USED else KeyScope.USED
    ours, theirs = counted(observation, rules), counted(observation, replace(rules, key_scope=other))
    own = {one[:3]: one.quantity for one in ours.quantities}
    would = {one[:3]: one.quantity for one in theirs.quantities}
    differing = {place: would.get(place, 0) for place in own.keys() | would.keys() if own.get(place, 0) != would.get(place, 0)}
    assert {one[:3]: one.quantity for one in ours.other_scope} == differing


@modest
@given(simple_observations(), st.sampled_from([ADVANCED, CLOUD, "a name that nobody matches"]), st.randoms(use_true_random=False))
def test_splitting_a_key_in_two_or_merging_two_keeps_every_quantity(
    case: tuple[tuple[Device, ...], tuple[str, ...]], name: str, random: Random
) -> None:
    devices, uses = case
    rules = Rules(applications=APPLICATIONS)
    merged = an_observation(devices=devices, licenses=[a_license("K1", name)], seats=[a_seat(device, "K1") for device in uses])
    split_seats: list[Seat] = [a_seat(device, random.choice(["K1", "K2"])) for device in uses]
    split = an_observation(devices=devices, licenses=[a_license("K1", name), a_license("K2", name)], seats=split_seats)

    assert counted(split, rules).quantities == counted(merged, rules).quantities


@modest
@given(observations(), st.sets(st.sampled_from([ADVANCED, SELECT, CLOUD])), st.booleans())
def test_what_is_billed_and_what_is_not_are_together_all_that_was_counted(observation: Observation, mapped: set[str], split: bool) -> None:
    mappings = [Mapping(application=name, item="KES") for name in sorted(mapped)]
    if split and ADVANCED in mapped:
        mappings = [mapping if mapping.application != ADVANCED else by_category() for mapping in mappings]
    rules = Rules(applications=APPLICATIONS, mappings=tuple(mappings))
    usage = counted(observation, rules)
    wanted = wanted_items(usage, rules)

    assert all(one.quantity == sum(part.quantity for part in one.parts) for one in wanted), "a line is the sum of its parts"
    billed = sum(one.quantity for one in wanted)
    assert billed + sum(one.quantity for one in not_billed(usage, rules)) == sum(totals(usage).values())


ITEMS = ("A", "B", "C")


@st.composite
def agreements(draw: st.DrawFn) -> PlanningInputs:
    """An agreement with random lines, of which some were ours, some were edited, and some are wanted."""
    charges = tuple(
        Charge(id=100 + number, item=draw(st.sampled_from(ITEMS)), quantity=draw(st.integers(0, 4)), delete_after_invoicing=draw(st.booleans()))
        for number in range(draw(st.integers(0, 4)))
    )
    lines = []
    for item in sorted(draw(st.sets(st.sampled_from(ITEMS)))):
        ids = [charge.id for charge in charges if charge.item == item] + [50]
        written = draw(st.integers(0, 4))
        # Half of the lines bill another application than their item is wanted for: moves.
        parts = (a_part(written, draw(st.sampled_from(ITEMS))),) if written else ()
        left = tuple(sorted(draw(st.sets(st.sampled_from(ids)))))
        ours = draw(st.sampled_from(ids))
        lines.append(
            our_line(
                written,
                item=item,
                charge=ours,
                closed=draw(st.booleans()),
                delete_after_invoicing=draw(st.booleans()),
                parts=parts,
                left=tuple(charge for charge in left if charge != ours),
            )
        )
    wanted = tuple(
        wanting(quantity, item, (a_part(quantity, item),) if quantity else ())
        for item in sorted(draw(st.sets(st.sampled_from(ITEMS))))
        for quantity in [draw(st.integers(0, 4))]
    )
    known_items = tuple(an_item(item, inactive=draw(st.booleans())) for item in ITEMS if draw(st.booleans()))
    return planning(charges=charges, wanted=wanted, lines=tuple(lines), items=known_items)


def day_after(inputs: PlanningInputs) -> PlanningInputs:
    """A simulated PSA and ledger: the plan's creates and updates are written and read back, and our lines remembered."""
    planned = plan(inputs)
    charges = {charge.id: charge for charge in inputs.agreement.charges}
    lines = {line.item: line for line in planned.lines}
    for change in planned.changes:
        if change.action not in (Action.CREATE, Action.UPDATE):
            continue
        assert type(change.to_quantity) is int
        if change.action is Action.CREATE:
            charge = Charge(id=max(charges, default=0) + 1000, item=change.item, quantity=change.to_quantity)
        else:
            assert change.charge is not None
            charge = replace(charges[change.charge], quantity=change.to_quantity)
        charges[charge.id] = charge
        lines[change.item] = read_back(inputs.agreement, charge, lines.get(change.item), change.parts)
    agreement = replace(inputs.agreement, charges=tuple(charges.values()))
    seen = tuple(sorted({*inputs.seen, *charges}))
    later = inputs.now + timedelta(days=1)
    return replace(inputs, agreement=agreement, lines=tuple(lines[item] for item in sorted(lines)), seen=seen, now=later)


def read_back(agreement: Agreement, charge: Charge, before: OurLine | None, parts: tuple[Part, ...]) -> OurLine:
    return our_line(
        charge.quantity,
        charge=charge.id,
        item=charge.item,
        agreement=agreement.number,
        delete_after_invoicing=charge.delete_after_invoicing,
        last_billed=agreement.last_billed,
        next_billing=agreement.next_billing,
        parts=parts,
        left=before.left if before is not None else (),
    )


def writes(inputs: PlanningInputs) -> list[tuple[Action, str]]:
    return [(change.action, change.item) for change in plan(inputs).changes if change.action in (Action.CREATE, Action.UPDATE)]


@modest
@given(agreements())
def test_a_plan_applied_and_made_again_writes_nothing(inputs: PlanningInputs) -> None:
    """L8."""
    assert writes(day_after(inputs)) == []


@modest
@given(agreements())
def test_on_the_worklist_a_plan_made_again_makes_no_new_entry_and_none_once_all_are_entered(inputs: PlanningInputs) -> None:
    """L8, where a person enters the changes."""
    inputs = replace(inputs, worklist=True)
    entries = tuple(
        OpenIntent(
            key=f"entry-{change.item}",
            agreement=inputs.agreement.number,
            item=change.item,
            kind=IntentKind.CREATE if change.charge is None else IntentKind.UPDATE,
            charge=change.charge,
            from_quantity=change.from_quantity,
            to_quantity=change.to_quantity or 0,
            known=change.known,
            recorded=inputs.now,
            worklist=True,
            parts=change.parts,
        )
        for change in plan(inputs).changes
        if change.action in (Action.CREATE, Action.UPDATE)
    )
    waiting = replace(inputs, lines=plan(inputs).lines, intents=entries)
    again = plan(waiting)
    assert [change.entered for change in again.changes if change.entered is not None] == [entry.key for entry in entries]
    assert writes(waiting) == writes(inputs)
    assert again.resolutions == ()

    entered = replace(waiting, agreement=day_after(inputs).agreement)
    assert writes(entered) == []
    assert {one.outcome for one in plan(entered).resolutions} <= {IntentOutcome.APPLIED}
    assert len(plan(entered).resolutions) == len(entries)


@modest
@given(agreements())
def test_after_a_write_the_line_stands_at_what_is_wanted(inputs: PlanningInputs) -> None:
    wanted = {one.item: one.quantity for one in inputs.wanted}
    after = day_after(inputs)
    lines = {line.item: line for line in after.lines}
    for _, item in writes(inputs):
        shown = {charge.id: charge.quantity for charge in after.agreement.charges}
        assert shown[lines[item].charge or 0] == wanted[item]


@modest
@given(agreements())
def test_only_lines_of_ours_are_ever_updated_and_no_line_is_made_beside_another(inputs: PlanningInputs) -> None:
    """L6."""
    ours = {line.charge for line in inputs.lines if not line.closed}
    left = {charge for line in inputs.lines for charge in line.left}
    for change in plan(inputs).changes:
        if change.action is Action.UPDATE:
            assert change.charge in ours
        if change.action is Action.CREATE:
            assert {charge.id for charge in inputs.agreement.charges if charge.item == change.item} <= left


@modest
@given(agreements())
def test_the_order_of_what_the_psa_sends_changes_no_plan(inputs: PlanningInputs) -> None:
    turned = replace(inputs, agreement=replace(inputs.agreement, charges=inputs.agreement.charges[::-1]))
    assert [
        (change.action, change.item, change.reason, change.charge, change.to_quantity, sorted(change.known)) for change in plan(turned).changes
    ] == [(change.action, change.item, change.reason, change.charge, change.to_quantity, sorted(change.known)) for change in plan(inputs).changes]
    assert plan(turned).lines == plan(inputs).lines
