"""Moves that break off between two writes (design 6.3; L5): nobody is billed twice, and the next plan ends them right."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from tallybridge.billing.plan import (
    Bounds,
    IntentKind,
    OpenIntent,
    OurLine,
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
    SECOND,
    SELECT,
    TODAY,
    a_part,
    an_item,
    our_line,
    planning,
    wanting,
)
from tests.billing.carrying_out import billed, carry_out, in_order
from tests.billing.modest import at_most
from tests.billing.test_released_moves import released

FORMER = 1999
LONG_AGO = TODAY - timedelta(days=400)


def all_released(inputs: PlanningInputs) -> tuple[StandingDecision, ...]:
    """A person releases everything that waits as a move, as it is shown; what was decided before on other items stands."""
    waiting = [change for change in plan(inputs).changes if change.reason is Reason.MOVED]
    stands = {one.item: one for one in inputs.decisions}
    newest = max((one.id for one in inputs.decisions), default=0)
    for number, change in enumerate(waiting, start=newest + 1):
        stands[change.item] = released(change.item, number, quantity=change.to_quantity or 0, written=change.last_written)
    return tuple(stands.values())


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


modest = at_most(100)


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


class Unanswered(NamedTuple):
    """A write whose end is not known, and what its line comes to once a person has put it right, or the call has arrived, or never will."""

    intent: OpenIntent
    charge: int
    in_the_end: int
    """0: the line is not there, or as it was before."""


class Unfinished(NamedTuple):
    """A tenant that was mapped anew while nobody knew how some of its writes had ended."""

    inputs: PlanningInputs
    unanswered: tuple[Unanswered, ...]


@st.composite
def unfinished_tenants(draw: st.DrawFn) -> Unfinished:
    """As `remapped_tenants`, without guards; some of the old lines were sent and stand there with another quantity, or are still on their way."""
    inputs = replace(draw(remapped_tenants()), bounds=None)
    unanswered: list[Unanswered] = []

    def unfinished(one: PlanningInputs) -> PlanningInputs:
        lines, intents, charges = [], [], {charge.id: charge for charge in one.agreement.charges}
        for line in one.lines:
            if draw(st.booleans()):
                lines.append(line)
                continue
            assert line.charge is not None
            before = draw(st.sampled_from([None, *line.parts[:1]])) if len(line.parts) > 1 else None
            if before is not None:
                lines.append(replace(line, parts=(before,), written=before.quantity))
            intents.append(_sent(line, before.quantity if before is not None else None))
            shown = draw(st.sampled_from([line.written + 3, max(line.written - 1, 1), before.quantity if before is not None else None]))
            arrives = draw(st.booleans())
            if shown is None:
                del charges[line.charge]
            else:
                charges[line.charge] = Charge(id=line.charge, item=line.item, quantity=shown)
            stays = before.quantity if before is not None else 0
            unanswered.append(Unanswered(intents[-1], line.charge, line.written if arrives else stays))
        seen = tuple(line.charge or 0 for line in lines)
        agreement = replace(one.agreement, charges=tuple(charges[charge] for charge in sorted(charges)))
        return replace(one, agreement=agreement, lines=tuple(lines), intents=tuple(intents), seen=seen)

    former = tuple(unfinished(one) for one in inputs.former)
    return Unfinished(replace(unfinished(inputs), former=former), tuple(unanswered))


def _sent(line: OurLine, before: int | None) -> OpenIntent:
    return OpenIntent(
        key=f"sent-{line.charge}",
        agreement=line.agreement,
        item=line.item,
        kind=IntentKind.CREATE if before is None else IntentKind.UPDATE,
        charge=None if before is None else line.charge,
        from_quantity=before,
        to_quantity=line.written,
        known=() if before is None else (line.charge or 0,),
        recorded=NOW - SECOND,
        parts=line.parts,
    )


def in_doubt(inputs: PlanningInputs) -> list[OpenIntent]:
    """Writes that reading has not settled."""
    return [
        intent
        for one, planned in zip((inputs, *inputs.former), (plan(inputs), *plan(inputs).former), strict=True)
        for intent in one.intents
        if intent.key not in {resolution.key for resolution in planned.resolutions}
    ]


def at(now: datetime, inputs: PlanningInputs) -> PlanningInputs:
    return replace(inputs, now=now, former=tuple(replace(one, now=now) for one in inputs.former))


def settled(unfinished: Unfinished, inputs: PlanningInputs) -> PlanningInputs:
    """All of it has come to its end, and the agreements show it."""

    def shown(one: PlanningInputs) -> PlanningInputs:
        charges = {charge.id: charge for charge in one.agreement.charges}
        for write in unfinished.unanswered:
            if write.intent.agreement == one.agreement.number:
                charges.pop(write.charge, None)
                if write.in_the_end:
                    charges[write.charge] = Charge(id=write.charge, item=write.intent.item, quantity=write.in_the_end)
        return replace(one, agreement=replace(one.agreement, charges=tuple(charges[number] for number in sorted(charges))))

    return replace(shown(inputs), former=tuple(shown(one) for one in inputs.former))


@modest
@given(unfinished_tenants())
def test_seats_that_a_write_of_unknown_end_may_bill_are_written_nowhere_else(unfinished: Unfinished) -> None:
    """L5: wherever such a write stands or may still arrive, and whatever a person has released."""
    inputs = replace(unfinished.inputs, decisions=all_released(unfinished.inputs))
    doubtful = {(one.agreement, one.item): {part.application for part in one.parts} for one in in_doubt(inputs)}
    for number, change in in_order(plan(inputs)):
        assert (number, change.item) not in doubtful
        assert not any({part.application for part in change.parts} & applications for applications in doubtful.values())


@modest
@given(unfinished_tenants(), st.lists(st.integers(0, 3), max_size=4), st.lists(st.integers(0, 3), max_size=6))
def test_once_unknown_ends_are_known_all_moves_end_right(unfinished: Unfinished, before: list[int], after: list[int]) -> None:
    inputs = unfinished.inputs
    units = sum(one.quantity for one in inputs.wanted)
    for so_many in before:
        inputs = replace(inputs, decisions=all_released(inputs))
        inputs = at(NOW, carry_out(inputs, plan(inputs), writes=so_many))
    inputs = at(NOW + timedelta(days=1), settled(unfinished, inputs))
    for writes in (*after, None, None, None):
        inputs = replace(inputs, decisions=all_released(inputs))
        planned = plan(inputs)
        for so_far in range(len(in_order(planned)) + 1):
            assert billed(carry_out(inputs, planned, writes=so_far)) <= units, "billed twice"
        inputs = carry_out(inputs, planned, writes=writes)

    shown = {charge.item: charge.quantity for charge in inputs.agreement.charges}
    assert {item: quantity for item, quantity in shown.items() if quantity} == {one.item: one.quantity for one in inputs.wanted if one.quantity}
    assert all(charge.quantity == 0 for one in inputs.former for charge in one.agreement.charges)
    assert in_order(plan(inputs)) == []
