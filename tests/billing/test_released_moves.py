"""Released moves (design 6.3, 6.6): both sides are written, or neither; wherever it breaks off, nobody is billed twice and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

import pytest

from tallybridge.billing.plan import (
    Action,
    Bounds,
    DecisionKind,
    IntentKind,
    IntentOutcome,
    OpenIntent,
    Plan,
    PlanningInputs,
    StandingDecision,
)
from tallybridge.billing.planning import plan
from tallybridge.billing.psa import Charge
from tallybridge.billing.reasons import Reason
from tests.billing.builders import (
    AGREEMENT,
    NON_WINDOWS,
    NOW,
    SECOND,
    SELECT,
    SERVER,
    TODAY,
    WORKSTATION,
    a_charge,
    a_part,
    an_item,
    change_of,
    decided,
    former_agreement,
    our_line,
    planning,
    said,
    wanting,
)
from tests.billing.carrying_out import carry_out

OLD, NEW, FORMER = "OLD", "NEW", 1999
CREATE, UPDATE, UNCHANGED = (Action.CREATE, None), (Action.UPDATE, None), (Action.UNCHANGED, None)
MOVE, HELD = (Action.MOVE, Reason.MOVED), (Action.HOLD, Reason.MOVED)


def released(item: str, number: int = 1, *, quantity: int = 0, written: int | None = None) -> StandingDecision:
    return StandingDecision(id=number, item=item, kind=DecisionKind.RELEASE, reason=Reason.MOVED, quantity=quantity, written=written)


def releasing(inputs: PlanningInputs, *items: str) -> tuple[StandingDecision, ...]:
    """Each was released on what our line stood at then."""
    written = {line.item: line.written for line in inputs.lines if not line.closed}
    return tuple(released(item, number, written=written.get(item)) for number, item in enumerate(items, start=1))


def kept(item: str, *shown: tuple[int, int]) -> StandingDecision:
    return StandingDecision(id=9, item=item, kind=DecisionKind.KEEP, reason=Reason.MOVED, shown=shown)


def verdicts(planned: Plan) -> dict[str, tuple[Action, Reason | None]]:
    return {change.item: (change.action, change.reason) for change in planned.changes}


def written(planned: Plan) -> dict[str, tuple[int | None, int | None]]:
    """From which quantity to which each line is written."""
    return {one.item: (one.from_quantity, one.to_quantity) for one in planned.changes if one.action in (Action.CREATE, Action.UPDATE)}


ITEM_CHANGED = planning(charges=(a_charge(42, item=OLD),), wanted=(wanting(45, NEW), wanting(0, OLD)), lines=(our_line(42, item=OLD),))
OLD_UNMAPPED = planning(
    charges=(a_charge(42, item=OLD),), wanted=(wanting(45, NEW),), lines=(our_line(42, item=OLD),), items=(an_item(NEW), an_item(OLD))
)
SPLIT = (
    wanting(2, "NIX", (a_part(2, category=NON_WINDOWS),)),
    wanting(10, "SRV", (a_part(10, category=SERVER),)),
    wanting(90, "WKS", (a_part(90, category=WORKSTATION),)),
)
ONE_TO_CATEGORIES = planning(charges=(a_charge(102, item=OLD),), wanted=(*SPLIT, wanting(0, OLD)), lines=(our_line(102, item=OLD),))
CATEGORIES_TO_ONE = planning(
    charges=(a_charge(10, charge=1, item="SRV"), a_charge(90, charge=2, item="WKS")),
    wanted=(wanting(100, NEW), wanting(0, "SRV"), wanting(0, "WKS")),
    lines=(
        our_line(10, charge=1, item="SRV", parts=(a_part(10, category=SERVER),)),
        our_line(90, charge=2, item="WKS", parts=(a_part(90, category=WORKSTATION),)),
    ),
)
GOES_ON_AS_WORKSTATIONS = planning(
    charges=(a_charge(100, item=OLD),),
    wanted=(wanting(90, OLD, (a_part(90, category=WORKSTATION),)), wanting(10, "SRV", (a_part(10, category=SERVER),))),
    lines=(our_line(100, item=OLD),),
)
JOINS_ANOTHER = planning(
    charges=(a_charge(42, item=OLD), a_charge(7, charge=9002, item=NEW)),
    wanted=(wanting(49, NEW, (a_part(42), a_part(7, SELECT))), wanting(0, OLD)),
    lines=(our_line(42, item=OLD), our_line(7, charge=9002, item=NEW, parts=(a_part(7, SELECT),))),
)
EXCHANGED = planning(
    charges=(a_charge(5, charge=1, item="A"), a_charge(8, charge=2, item="B")),
    wanted=(wanting(8, "A", (a_part(8, SELECT),)), wanting(5, "B")),
    lines=(our_line(5, charge=1, item="A"), our_line(8, charge=2, item="B", parts=(a_part(8, SELECT),))),
)
CHAIN = planning(
    charges=(a_charge(8, charge=1, item="S"), a_charge(5, charge=2, item="X")),
    wanted=(wanting(0, "S"), wanting(8, "X", (a_part(8, SELECT),)), wanting(5, "Y")),
    lines=(our_line(8, charge=1, item="S", parts=(a_part(8, SELECT),)), our_line(5, charge=2, item="X")),
)
"""S gives its seats to X, which gives its own to Y."""

BOTH_SIDES = {
    "item changed": (ITEM_CHANGED, (NEW, OLD), {NEW: (None, 45), OLD: (42, 0)}),
    "item changed, the new side alone is released": (ITEM_CHANGED, (NEW,), {NEW: (None, 45), OLD: (42, 0)}),
    "item changed, and the old one is mapped to nothing": (OLD_UNMAPPED, (NEW,), {NEW: (None, 45), OLD: (42, 0)}),
    "one item to items by category": (
        ONE_TO_CATEGORIES,
        ("NIX", "SRV", "WKS", OLD),
        {"NIX": (None, 2), "SRV": (None, 10), "WKS": (None, 90), OLD: (102, 0)},
    ),
    "items by category to one item": (CATEGORIES_TO_ONE, (NEW, "SRV", "WKS"), {NEW: (None, 100), "SRV": (10, 0), "WKS": (90, 0)}),
    "the one item goes on as the workstations": (GOES_ON_AS_WORKSTATIONS, ("SRV", OLD), {"SRV": (None, 10), OLD: (100, 90)}),
    "to a line of ours that stands already": (JOINS_ANOTHER, (NEW, OLD), {NEW: (7, 49), OLD: (42, 0)}),
    "two items exchanged": (EXCHANGED, ("A", "B"), {"A": (5, 8), "B": (8, 5)}),
    "a line that takes and gives": (CHAIN, ("S", "X", "Y"), {"S": (8, 0), "X": (5, 8), "Y": (None, 5)}),
}


@pytest.mark.parametrize(("inputs", "items", "quantities"), [pytest.param(*row, id=name) for name, row in BOTH_SIDES.items()])
class TestBothSides:
    def test_unreleased_nothing_is_written(
        self, inputs: PlanningInputs, items: tuple[str, ...], quantities: Mapping[str, tuple[int | None, int]]
    ) -> None:
        planned = plan(inputs)
        assert written(planned) == {}
        assert {planned_item for planned_item in verdicts(planned) if verdicts(planned)[planned_item] in (MOVE, HELD)} >= set(items)

    def test_released_both_are_written(
        self, inputs: PlanningInputs, items: tuple[str, ...], quantities: Mapping[str, tuple[int | None, int]]
    ) -> None:
        planned = plan(replace(inputs, decisions=releasing(inputs, *items)))
        assert written(planned) == quantities
        assert all(change.released is not None and change.reason is None for change in planned.changes)
        assert (planned.ended, said(planned)) == ((), set())

    def test_a_released_move_is_not_guarded(
        self, inputs: PlanningInputs, items: tuple[str, ...], quantities: Mapping[str, tuple[int | None, int]]
    ) -> None:
        """Nothing is known of the seats, and the run may lower nothing: a person has let it pass."""
        planned = plan(_guarded(inputs, items))
        assert written(planned) == quantities
        assert planned.ended == ()

    def test_it_ends_when_it_is_carried_out(
        self, inputs: PlanningInputs, items: tuple[str, ...], quantities: Mapping[str, tuple[int | None, int]]
    ) -> None:
        inputs = _guarded(inputs, items)
        after = plan(carry_out(inputs, plan(inputs)))
        assert written(after) == {}
        assert after.ended == tuple(range(1, len(items) + 1))


def _guarded(inputs: PlanningInputs, items: Iterable[str]) -> PlanningInputs:
    tight = Bounds(fall_units=0, fall_percent=0, rise_units=0, rise_percent=0, new_days=0, tenant_units=1)
    return replace(inputs, decisions=releasing(inputs, *items), bounds=tight, may_fall=0)


def test_a_released_move_waits_for_no_other_one() -> None:
    inputs = planning(
        charges=(a_charge(42, item=OLD), a_charge(7, charge=9002, item="OTHER-OLD")),
        wanted=(wanting(42, NEW), wanting(0, OLD), wanting(7, "OTHER-NEW", (a_part(7, SELECT),)), wanting(0, "OTHER-OLD")),
        lines=(our_line(42, item=OLD), our_line(7, charge=9002, item="OTHER-OLD", parts=(a_part(7, SELECT),))),
    )

    planned = plan(replace(inputs, decisions=releasing(inputs, NEW)))

    assert written(planned) == {NEW: (None, 42), OLD: (42, 0)}
    assert verdicts(planned)["OTHER-NEW"] == MOVE
    assert verdicts(planned)["OTHER-OLD"] == HELD
    both = plan(replace(inputs, decisions=releasing(inputs, NEW, "OTHER-NEW")))
    assert {change.item: change.released for change in both.changes} == {NEW: 1, OLD: 1, "OTHER-NEW": 2, "OTHER-OLD": 2}


def test_a_released_change_says_which_lines_it_takes_from() -> None:
    change = change_of(plan(replace(CATEGORIES_TO_ONE, decisions=releasing(CATEGORIES_TO_ONE, NEW))), NEW)
    assert change is not None
    assert change.moved_from == ((AGREEMENT, "SRV", 1, 10), (AGREEMENT, "WKS", 2, 90))


class TestNothingPasses:
    """A line gives its seats away only where everything that takes them is released and it can be written itself."""

    @pytest.mark.parametrize("items", [("SRV",), ("NIX", "SRV"), (OLD,), ("NIX", OLD, "SRV")])
    def test_where_only_some_of_the_targets_are_released(self, items: tuple[str, ...]) -> None:
        planned = plan(replace(ONE_TO_CATEGORIES, decisions=releasing(ONE_TO_CATEGORIES, *items)))
        assert verdicts(planned) == {"NIX": MOVE, "SRV": MOVE, "WKS": MOVE, OLD: HELD}
        assert planned.ended == (), "the release waits for the others"

    @pytest.mark.parametrize("items", [("X",), ("Y",), ("S", "X"), ("S", "Y")])
    def test_where_a_line_takes_and_gives_and_only_one_of_both_is_released(self, items: tuple[str, ...]) -> None:
        planned = plan(replace(CHAIN, decisions=releasing(CHAIN, *items)))
        assert written(planned) == {}
        assert all(change.reason is Reason.MOVED for change in planned.changes)

    def test_where_the_line_that_takes_and_gives_cannot_take(self) -> None:
        """S was edited, so X waits, so X still bills what Y would take."""
        charges = (a_charge(3, charge=1, item="S"), a_charge(5, charge=2, item="X"))
        planned = plan(replace(CHAIN, agreement=replace(CHAIN.agreement, charges=charges), decisions=releasing(CHAIN, "S", "X", "Y")))
        assert written(planned) == {}
        assert verdicts(planned) == {"S": (Action.HOLD, Reason.EDITED_IN_PSA), "X": MOVE, "Y": MOVE}

    def test_of_a_release_for_something_else(self) -> None:
        other = replace(released(NEW), reason=Reason.RISE_BOUND)
        assert decided(plan(replace(ITEM_CHANGED, decisions=(other,))), NEW) == MOVE

    @pytest.mark.parametrize(
        ("charges", "reason"),
        [
            pytest.param((a_charge(50, item=OLD),), Reason.EDITED_IN_PSA, id="edited in the PSA"),
            pytest.param((a_charge(42, item=OLD), a_charge(1, charge=7001, item=OLD)), Reason.DUPLICATE_LINES, id="another line beside it"),
        ],
    )
    @pytest.mark.parametrize("inputs", [pytest.param(ITEM_CHANGED, id="mapped"), pytest.param(OLD_UNMAPPED, id="unmapped")])
    def test_from_a_line_that_somebody_changed(self, inputs: PlanningInputs, charges: tuple[Charge, ...], reason: Reason) -> None:
        """The person is asked about it, also where no mapping bills on its item any more."""
        planned = plan(replace(inputs, agreement=replace(inputs.agreement, charges=charges), decisions=releasing(inputs, NEW)))
        assert verdicts(planned) == {NEW: MOVE, OLD: (Action.HOLD, reason)}
        assert planned.ended == ()

    @pytest.mark.parametrize("inputs", [pytest.param(ITEM_CHANGED, id="mapped"), pytest.param(OLD_UNMAPPED, id="unmapped")])
    def test_from_a_line_whose_item_is_not_in_the_price_book(self, inputs: PlanningInputs) -> None:
        planned = plan(replace(inputs, items=(an_item(NEW),), decisions=releasing(inputs, NEW)))
        assert verdicts(planned) == {NEW: MOVE, OLD: (Action.HOLD, Reason.ITEM_MISSING)}

    @pytest.mark.parametrize("inputs", [pytest.param(ITEM_CHANGED, id="mapped"), pytest.param(OLD_UNMAPPED, id="unmapped")])
    def test_from_a_line_with_an_unanswered_write(self, inputs: PlanningInputs) -> None:
        planned = plan(replace(inputs, intents=(an_update(AGREEMENT, 40, age=SECOND),), decisions=releasing(inputs, NEW)))
        assert verdicts(planned) == {NEW: MOVE, OLD: (Action.HOLD, Reason.WRITE_UNRESOLVED)}

    def test_from_a_line_that_a_person_keeps(self) -> None:
        planned = plan(replace(ITEM_CHANGED, decisions=(*releasing(ITEM_CHANGED, NEW), kept(OLD, (9001, 42)))))
        assert verdicts(planned) == {NEW: MOVE, OLD: (Action.UNCHANGED, Reason.KEPT)}

    TAKES_NOTHING: ClassVar = {
        "a line that is not ours": ((a_charge(1, charge=7001, item=NEW),), (), (Action.HOLD, Reason.LINE_NOT_OURS)),
        "an item that is not in the price book": ((), (), (Action.HOLD, Reason.ITEM_MISSING)),
        "a line that a person keeps as it is": ((), (kept(NEW),), (Action.UNCHANGED, Reason.KEPT)),
    }

    @pytest.mark.parametrize(("charges", "decisions", "verdict"), [pytest.param(*row, id=name) for name, row in TAKES_NOTHING.items()])
    def test_to_a_line_that_waits_for_another_reason(
        self, charges: tuple[Charge, ...], decisions: tuple[StandingDecision, ...], verdict: tuple[Action, Reason]
    ) -> None:
        """The old line goes on billing the seats: else they would be billed to nobody."""
        items = ITEM_CHANGED.items if verdict[1] is not Reason.ITEM_MISSING else (an_item(OLD),)
        agreement = replace(ITEM_CHANGED.agreement, charges=(*ITEM_CHANGED.agreement.charges, *charges))
        planned = plan(replace(ITEM_CHANGED, agreement=agreement, items=items, decisions=(*releasing(ITEM_CHANGED, OLD), *decisions)))
        assert verdicts(planned) == {NEW: verdict, OLD: HELD}

    def test_to_two_lines_of_which_one_waits_for_another_reason(self) -> None:
        agreement = replace(ONE_TO_CATEGORIES.agreement, charges=(a_charge(102, item=OLD), a_charge(1, charge=7001, item="NIX")))
        planned = plan(replace(ONE_TO_CATEGORIES, agreement=agreement, decisions=releasing(ONE_TO_CATEGORIES, "NIX", "SRV", "WKS", OLD)))
        assert verdicts(planned) == {"NIX": (Action.HOLD, Reason.LINE_NOT_OURS), "SRV": MOVE, "WKS": MOVE, OLD: HELD}


class TestForWhatItWasGiven:
    """A release lets pass what the person saw, from where our line stood then."""

    @pytest.mark.parametrize(
        "given",
        [
            pytest.param(released(NEW, quantity=49, written=5), id="our line stood elsewhere"),
            pytest.param(released(NEW, quantity=7, written=5), id="our line stands at what was released and more is wanted now"),
        ],
    )
    def test_otherwise_it_has_ended_and_the_person_is_asked(self, given: StandingDecision) -> None:
        planned = plan(replace(JOINS_ANOTHER, decisions=(given,)))
        assert (verdicts(planned), planned.ended) == ({NEW: MOVE, OLD: HELD}, (1,))

    def test_a_line_that_was_closed_before_stands_nowhere(self) -> None:
        closed = our_line(7, charge=9002, item=NEW, closed=True)
        planned = plan(replace(ITEM_CHANGED, lines=(closed, *ITEM_CHANGED.lines), decisions=(released(NEW, quantity=45, written=None),)))
        assert written(planned) == {NEW: (None, 45), OLD: (42, 0)}


def test_a_line_that_falls_only_because_its_seats_move_is_made_of_nothing_afterwards() -> None:
    planned = plan(replace(OLD_UNMAPPED, decisions=(released(NEW),)))
    assert {change.item: change.parts for change in planned.changes} == {NEW: (a_part(45),), OLD: ()}


class TestNoMoveAnyMore:
    @pytest.mark.parametrize(
        ("charges", "verdict"),
        [pytest.param((a_charge(0, item=OLD),), UNCHANGED, id="already 0"), pytest.param((), None, id="removed")],
    )
    def test_the_old_line_bills_nothing(self, charges: tuple[Charge, ...], verdict: tuple[Action, Reason | None] | None) -> None:
        agreement = replace(ITEM_CHANGED.agreement, charges=charges)
        planned = plan(replace(ITEM_CHANGED, agreement=agreement, decisions=releasing(ITEM_CHANGED, NEW, OLD)))
        assert (decided(planned, NEW), decided(planned, OLD)) == (CREATE, verdict)
        assert planned.ended == (1, 2)

    def test_a_new_line_that_was_entered_before_the_old_one_fell_does_not_end_it(self) -> None:
        """On the worklist a person may enter the new line first: the old one still bills the same seats."""
        lines = (our_line(45, charge=9002, item=NEW), our_line(42, item=OLD))
        agreement = replace(OLD_UNMAPPED.agreement, charges=(a_charge(42, item=OLD), a_charge(45, charge=9002, item=NEW)))
        inputs = replace(OLD_UNMAPPED, agreement=agreement, lines=lines)
        assert decided(plan(inputs), NEW) == MOVE
        planned = plan(replace(inputs, decisions=releasing(inputs, NEW), bounds=Bounds()))
        assert written(planned) == {OLD: (42, 0)}
        assert (decided(planned, NEW), planned.ended) == (UNCHANGED, ())
        before = released(NEW, quantity=45, written=None)
        assert written(plan(replace(inputs, decisions=(before,), bounds=Bounds()))) == {OLD: (42, 0)}, "it was released as the line now stands"
        for other in (replace(before, quantity=46), replace(before, kind=DecisionKind.KEEP)):
            assert written(plan(replace(inputs, decisions=(other,), bounds=Bounds()))) == {}

    def test_a_pinned_old_line_goes_on_and_the_person_is_asked(self) -> None:
        """The pin says what is billed there; whether the same seats are billed on the new line too is a question."""
        pin = StandingDecision(id=5, item=OLD, kind=DecisionKind.PIN, reason=Reason.FALL_BOUND, quantity=42, until=TODAY)
        first = plan(replace(OLD_UNMAPPED, decisions=(pin,)))
        assert verdicts(first) == {NEW: MOVE, OLD: (Action.UNCHANGED, Reason.PINNED)}
        again = plan(replace(OLD_UNMAPPED, lines=first.lines, decisions=(pin,)))
        assert decided(again, NEW) == MOVE, "what the line is made of is not forgotten"
        answered = plan(replace(OLD_UNMAPPED, decisions=(pin, released(NEW))))
        assert written(answered) == {NEW: (None, 45)}

    def test_a_pinned_old_line_that_is_mapped_to_nothing_for_a_day_is_known_by_what_it_bills(self) -> None:
        pin = StandingDecision(id=5, item=OLD, kind=DecisionKind.PIN, reason=Reason.FALL_BOUND, quantity=42, until=TODAY)
        unmapped = plan(replace(OLD_UNMAPPED, wanted=(), decisions=(pin,)))
        assert decided(plan(replace(OLD_UNMAPPED, lines=unmapped.lines, decisions=(pin,))), NEW) == MOVE


class TestHalfDone:
    """A released move that broke off after the old line fell: the guards do not ask about the rest."""

    BROKEN_OFF = planning(
        charges=(a_charge(0, item=OLD), a_charge(7, charge=9002, item=NEW)),
        wanted=(wanting(90, NEW, (a_part(83), a_part(7, SELECT))), wanting(0, OLD)),
        lines=(our_line(7, charge=9002, item=NEW, parts=(a_part(7, SELECT),)), our_line(0, item=OLD)),
        bounds=Bounds(),
    )

    @pytest.mark.parametrize(
        ("shown", "verdict", "ended"),
        [
            pytest.param(90, UPDATE, (), id="as shown; it stands until it is written"),
            pytest.param(91, UPDATE, (), id="less far"),
            pytest.param(89, (Action.HOLD, Reason.RISE_BOUND), (1,), id="further than was shown"),
        ],
    )
    def test_the_new_line_still_rises(self, shown: int, verdict: tuple[Action, Reason | None], ended: tuple[int, ...]) -> None:
        planned = plan(replace(self.BROKEN_OFF, decisions=(released(NEW, quantity=shown, written=7),)))
        assert (decided(planned, NEW), planned.ended) == (verdict, ended)

    def test_a_fall_is_not_let_pass_once_there_is_no_move(self) -> None:
        """The mapping went back: what falls now is not what was released."""
        back = planning(charges=(a_charge(42, item=OLD),), wanted=(wanting(30, OLD),), lines=(our_line(42, item=OLD),), bounds=Bounds())
        planned = plan(replace(back, decisions=(released(OLD, quantity=0, written=42),)))
        assert (decided(planned, OLD), planned.ended) == ((Action.HOLD, Reason.FALL_UNPROVED), (1,))


class TestUnchangedQuantities:
    """Seats that come and seats that leave may be as many: the line stands right and is still one side of a move."""

    GIVES = planning(
        charges=(a_charge(100, item=OLD),),
        wanted=(wanting(60, NEW), wanting(100, OLD, (a_part(100, SELECT),))),
        lines=(our_line(100, item=OLD, parts=(a_part(60), a_part(40, SELECT))),),
    )
    TAKES = planning(
        charges=(a_charge(7, item=OLD), a_charge(7, charge=9002, item=NEW)),
        wanted=(wanting(7, NEW), wanting(0, OLD)),
        lines=(our_line(7, item=OLD), our_line(7, charge=9002, item=NEW, parts=(a_part(7, SELECT),))),
    )

    def test_a_line_that_gives(self) -> None:
        planned = plan(self.GIVES)
        assert verdicts(planned) == {NEW: MOVE, OLD: UNCHANGED}
        assert decided(plan(replace(self.GIVES, lines=planned.lines)), NEW) == MOVE, "also on the next day"
        assert written(plan(replace(self.GIVES, decisions=releasing(self.GIVES, NEW)))) == {NEW: (None, 60)}

    def test_a_line_that_takes(self) -> None:
        assert verdicts(plan(self.TAKES)) == {NEW: MOVE, OLD: HELD}
        planned = plan(replace(self.TAKES, decisions=releasing(self.TAKES, NEW), bounds=Bounds()))
        assert verdicts(planned) == {NEW: UNCHANGED, OLD: UPDATE}
        assert written(planned) == {OLD: (7, 0)}


def an_update(agreement: int, to_quantity: int, *, age: timedelta, item: str = OLD) -> OpenIntent:
    return OpenIntent(
        key="unanswered",
        agreement=agreement,
        item=item,
        kind=IntentKind.UPDATE,
        charge=9001,
        from_quantity=42,
        to_quantity=to_quantity,
        known=(9001,),
        recorded=NOW - age,
        parts=(a_part(to_quantity),) if to_quantity else (),
    )


class TestFromAnotherAgreement:
    ELSEWHERE = planning(wanted=(wanting(45, NEW),), elsewhere=(our_line(42, item=OLD, agreement=FORMER),))

    def test_unreleased_it_is_held(self) -> None:
        planned = plan(self.ELSEWHERE)
        assert verdicts(planned) == {NEW: MOVE}
        assert [change.released for change in planned.changes] == [None]

    def test_released_the_plan_says_what_happens_there(self) -> None:
        planned = plan(replace(self.ELSEWHERE, decisions=releasing(self.ELSEWHERE, NEW)))
        (new,) = planned.changes
        assert (new.action, new.released, new.moved_from) == (Action.CREATE, 1, ((FORMER, OLD, 9001, 42),))
        (there,) = planned.former
        assert there.agreement == FORMER
        assert [(one.action, one.item, one.from_quantity, one.to_quantity, one.charge) for one in there.changes] == [
            (Action.UPDATE, OLD, 42, 0, 9001)
        ]
        assert said(planned) == set()

    def test_a_line_that_was_edited_there_waits(self) -> None:
        former = (former_agreement(our_line(42, item=OLD, agreement=FORMER), quantity=50),)
        assert verdicts(plan(replace(self.ELSEWHERE, former=former, decisions=releasing(self.ELSEWHERE, NEW)))) == {NEW: MOVE}

    @pytest.mark.parametrize(
        ("shown", "age", "new", "outcome"),
        [
            pytest.param(0, timedelta(days=1), CREATE, IntentOutcome.APPLIED, id="it arrived: no move any more"),
            pytest.param(42, timedelta(days=1), CREATE, IntentOutcome.NOT_WRITTEN, id="it never arrived: released, it is written again"),
            pytest.param(42, SECOND, MOVE, None, id="it may still arrive"),
        ],
    )
    def test_an_open_intent_there_is_resolved_first(
        self, shown: int, age: timedelta, new: tuple[Action, Reason | None], outcome: IntentOutcome | None
    ) -> None:
        """L5."""
        there = former_agreement(our_line(42, item=OLD, agreement=FORMER), quantity=shown)
        former = (replace(there, intents=(an_update(FORMER, 0, age=age),)),)
        planned = plan(replace(self.ELSEWHERE, former=former, decisions=releasing(self.ELSEWHERE, NEW)))
        assert verdicts(planned) == {NEW: new}
        assert [one.outcome for one in planned.former[0].resolutions] == ([outcome] if outcome is not None else [])

    def test_a_line_there_whose_seats_are_wanted_nowhere_is_left_behind(self) -> None:
        former = (former_agreement(our_line(42, item=OLD, agreement=FORMER, parts=(a_part(42, SELECT),))),)
        planned = plan(replace(self.ELSEWHERE, former=former, decisions=releasing(self.ELSEWHERE, NEW)))
        assert verdicts(planned) == {NEW: CREATE}
        assert said(planned) == {(Reason.LEFT_BEHIND, f"{OLD} on agreement {FORMER}")}

    def test_seats_from_both_agreements_move_together_or_not_at_all(self) -> None:
        here = planning(
            charges=(a_charge(3, charge=5, item=OLD),), wanted=(wanting(45, NEW), wanting(0, OLD)), lines=(our_line(3, charge=5, item=OLD),)
        )
        former = (former_agreement(our_line(42, agreement=FORMER)),)
        planned = plan(replace(here, former=former, decisions=releasing(here, NEW)))
        assert written(planned) == {NEW: (None, 45), OLD: (3, 0)}
        edited = (former_agreement(our_line(42, agreement=FORMER), quantity=41),)
        assert verdicts(plan(replace(here, former=edited, decisions=releasing(here, NEW)))) == {NEW: MOVE, OLD: HELD}
