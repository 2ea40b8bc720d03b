"""Moves that break off between two writes (design 6.3; L5): nobody is billed twice, and the next plan ends them right."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tallybridge.billing.plan import (
    Bounds,
    PlanningInputs,
    StandingDecision,
)
from tallybridge.billing.planning import plan
from tallybridge.billing.psa import Agreement, Charge
from tallybridge.billing.reasons import Reason
from tests.billing.builders import (
    ADVANCED,
    AGREEMENT,
    NOW,
    SELECT,
    TODAY,
    a_part,
    an_item,
    our_line,
    planning,
    wanting,
)
from tests.billing.carrying_out import billed, carry_out, in_order
from tests.billing.test_released_moves import released

FORMER = 1999
LONG_AGO = TODAY - timedelta(days=400)


def all_released(inputs: PlanningInputs) -> tuple[StandingDecision, ...]:
    """A person releases everything that waits as a move, as it is shown."""
    waiting = [change for change in plan(inputs).changes if change.reason is Reason.MOVED]
    return tuple(
        released(change.item, number, quantity=change.to_quantity or 0, written=change.last_written) for number, change in enumerate(waiting, start=1)
    )


APPLICATIONS = (ADVANCED, SELECT, "Third", "Fourth")
ITEMS = ("A", "B", "C", "D")


@st.composite
def remapped_tenants(draw: st.DrawFn) -> PlanningInputs:
    """Applications billed on items, some of them on a former agreement, and then mapped anew: old lines stand, new ones are wanted."""
    seats = {application: draw(st.integers(1, 90)) for application in APPLICATIONS[: draw(st.integers(1, 4))]}
    before = {application: (draw(st.sampled_from([AGREEMENT, AGREEMENT, FORMER])), draw(st.sampled_from(ITEMS))) for application in seats}
    after = {application: draw(st.sampled_from(ITEMS)) for application in seats}
    still_mapped = draw(st.booleans())
    places = sorted(set(before.values()))
    charges: dict[int, list[Charge]] = {AGREEMENT: [], FORMER: []}
    lines = []
    for number, (agreement, item) in enumerate(places, start=100):
        parts = tuple(a_part(seats[one], one) for one in sorted(seats) if before[one] == (agreement, item))
        quantity = sum(part.quantity for part in parts)
        charges[agreement].append(Charge(id=number, item=item, quantity=quantity))
        lines.append(replace(our_line(quantity, charge=number, item=item, agreement=agreement, parts=parts), since=LONG_AGO))
    mapped = set(after.values()) | ({item for agreement, item in places if agreement == AGREEMENT} if still_mapped else set())
    wanted = []
    for item in sorted(mapped):
        parts = tuple(a_part(seats[one], one) for one in sorted(seats) if after[one] == item)
        wanted.append(wanting(sum(part.quantity for part in parts), item, parts))
    there = tuple(line for line in lines if line.agreement == FORMER)
    former = PlanningInputs(
        agreement=Agreement(number=FORMER, account=1053145, charges=tuple(charges[FORMER])),
        wanted=tuple(wanting(0, line.item) for line in there),
        lines=there,
        seen=tuple(line.charge or 0 for line in there),
        items=tuple(an_item(item) for item in ITEMS),
        now=NOW,
        today=TODAY,
    )
    inputs = planning(
        charges=tuple(charges[AGREEMENT]),
        wanted=tuple(wanted),
        lines=tuple(line for line in lines if line.agreement == AGREEMENT),
        items=tuple(an_item(item) for item in ITEMS),
        bounds=Bounds(rise_units=5, rise_percent=5),
    )
    return replace(inputs, former=(former,) if there else ())


modest = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@modest
@given(remapped_tenants())
def test_while_a_move_is_held_neither_side_is_written(inputs: PlanningInputs) -> None:
    planned = plan(inputs)
    sources = {source[:2] for change in planned.changes for source in change.moved_from}
    for number, change in in_order(planned):
        assert change.moved_from == ()
        assert (number, change.item) not in sources


@modest
@given(remapped_tenants(), st.lists(st.integers(0, 3), max_size=8))
def test_wherever_it_breaks_off_nobody_is_billed_twice_and_all_ends_right(inputs: PlanningInputs, breaks: list[int]) -> None:
    inputs = replace(inputs, decisions=all_released(inputs))
    units = billed(inputs)
    assert units == sum(one.quantity for one in inputs.wanted), "the same seats, mapped anew"
    for writes in (*breaks, None, None):
        planned = plan(inputs)
        for so_far in range(len(in_order(planned)) + 1):
            if writes is None or so_far <= writes:
                assert billed(carry_out(inputs, planned, writes=so_far)) <= units, "billed twice"
        inputs = carry_out(inputs, planned, writes=writes)

    shown = {charge.item: charge.quantity for charge in inputs.agreement.charges}
    assert {item: quantity for item, quantity in shown.items() if quantity} == {one.item: one.quantity for one in inputs.wanted if one.quantity}
    assert all(charge.quantity == 0 for one in inputs.former for charge in one.agreement.charges)
    last = plan(inputs)
    assert in_order(last) == []
    assert {change.reason for change in last.changes} <= {None}
    assert carry_out(inputs, last).decisions == (), "no release outlives its move"
