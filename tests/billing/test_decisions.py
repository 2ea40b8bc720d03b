"""Decisions on a line that waits (design 6.6): what later plans make of them, and when they end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import ClassVar

import pytest

from tallybridge.billing.decisions import POSSIBLE, possible_for
from tallybridge.billing.plan import Action, Bounds, DecisionKind, IntentOutcome, OpenIntent, OurLine, Plan, PlanningInputs, Proof, StandingDecision
from tallybridge.billing.planning import plan
from tallybridge.billing.psa import Charge
from tallybridge.billing.reasons import Reason
from tests.billing.builders import ITEM, SECOND, TODAY, a_charge, a_part, an_intent, an_item, change_of, decided, our_line, planning, said, wanting

KEEP, TAKE_OVER, ADOPT, PIN, RELEASE = (
    DecisionKind.KEEP,
    DecisionKind.TAKE_OVER,
    DecisionKind.ADOPT,
    DecisionKind.PIN,
    DecisionKind.RELEASE,
)
OURS, FOREIGN = 9001, 7001
UPDATE = (Action.UPDATE, None)
KEPT = (Action.UNCHANGED, Reason.KEPT)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)

POSSIBLE_DECISIONS = {
    Reason.WRITE_UNRESOLVED: set(),
    Reason.NOT_AS_WRITTEN: {KEEP, ADOPT, TAKE_OVER, PIN},
    Reason.LINE_REMOVED: {KEEP, TAKE_OVER, PIN},
    Reason.DUPLICATE_LINES: {KEEP, ADOPT, TAKE_OVER, PIN},
    Reason.LINE_NOT_OURS: {KEEP, ADOPT, TAKE_OVER, PIN},
    Reason.EDITED_IN_PSA: {KEEP, TAKE_OVER, PIN},
    Reason.ENTERED_DIFFERENTLY: {KEEP, ADOPT, TAKE_OVER, PIN},
    Reason.MOVED: {KEEP, RELEASE},
    Reason.ITEM_MISSING: {KEEP},
    Reason.ITEM_INACTIVE: {KEEP},
    Reason.FALL_UNPROVED: {KEEP, PIN, RELEASE},
    Reason.FALL_BOUND: {KEEP, PIN, RELEASE},
    Reason.RISE_BOUND: {KEEP, PIN, RELEASE},
    Reason.TENANT_BOUND: {KEEP, PIN, RELEASE},
    Reason.RUN_BOUND: {KEEP, PIN, RELEASE},
}
"""Every reason that a line waits for."""


@pytest.mark.parametrize("reason", list(Reason))
def test_which_decision_fits_which_reason(reason: Reason) -> None:
    assert set(possible_for(reason)) == POSSIBLE_DECISIONS.get(reason, set())


def test_no_reason_offers_a_decision_twice() -> None:
    assert all(len(set(kinds)) == len(kinds) for kinds in POSSIBLE.values())


def keeping(reason: Reason, *shown: tuple[int, int], written: int | None = 90) -> StandingDecision:
    return StandingDecision(id=1, item=ITEM, kind=KEEP, reason=reason, shown=shown, written=written)


def pinning(quantity: int, until: date | None = TOMORROW) -> StandingDecision:
    return StandingDecision(id=1, item=ITEM, kind=PIN, reason=Reason.FALL_BOUND, shown=((OURS, 90),), written=90, quantity=quantity, until=until)


def releasing(quantity: int, *, written: int | None = 90, reason: Reason = Reason.FALL_BOUND, kind: DecisionKind = RELEASE) -> StandingDecision:
    return StandingDecision(id=1, item=ITEM, kind=kind, reason=reason, shown=((OURS, 90),), written=written, quantity=quantity)


def deciding(
    decision: StandingDecision,
    wanted: int | None,
    *charges: Charge,
    line: OurLine | None = None,
    intents: tuple[OpenIntent, ...] = (),
    proofs: tuple[Proof, ...] = (),
) -> PlanningInputs:
    """One item under one decision and the usual guards; beside it a large line that stays."""
    beside, its_charge = our_line(1000, item="ZZ", charge=9900), a_charge(1000, item="ZZ", charge=9900)
    return planning(
        charges=(*charges, its_charge),
        wanted=(*(() if wanted is None else (wanting(wanted),)), wanting(1000, "ZZ", (a_part(1000, "ZZ"),))),
        lines=(*(() if line is None else (line,)), replace(beside, parts=(a_part(1000, "ZZ"),))),
        items=(an_item(), an_item("ZZ")),
        decisions=(decision,),
        bounds=Bounds(),
        intents=intents,
        proofs=proofs,
        may_fall=0,
    )


def in_brief(planned: Plan) -> tuple[tuple[Action, Reason | None] | None, tuple[int, ...]]:
    return decided(planned), planned.ended


class TestKeep:
    """Leave the line as it is until the PSA's lines change."""

    W = our_line(90)
    EDITED = keeping(Reason.EDITED_IN_PSA, (OURS, 50))
    GUARDED = keeping(Reason.FALL_BOUND, (OURS, 90))
    NOT_OURS = keeping(Reason.LINE_NOT_OURS, (FOREIGN, 5), written=None)
    DUPLICATES = keeping(Reason.DUPLICATE_LINES, (FOREIGN, 5), (OURS, 90))
    REMOVED = keeping(Reason.LINE_REMOVED)

    KEPT_AS_IT_IS: ClassVar = {
        "edited": deciding(EDITED, 90, a_charge(50), line=W),
        "held by a guard": deciding(GUARDED, 30, a_charge(90), line=W),
        "not ours": deciding(NOT_OURS, 30, a_charge(5, charge=FOREIGN)),
        "duplicates": deciding(DUPLICATES, 30, a_charge(90), a_charge(5, charge=FOREIGN), line=W),
        "duplicates, in whatever order the PSA sends them": deciding(DUPLICATES, 30, a_charge(5, charge=FOREIGN), a_charge(90), line=W),
        "removed": deciding(REMOVED, 90, line=W),
    }

    @pytest.mark.parametrize("inputs", [pytest.param(inputs, id=name) for name, inputs in KEPT_AS_IT_IS.items()])
    def test_the_line_stays_as_it_is(self, inputs: PlanningInputs) -> None:
        planned = plan(inputs)
        change = change_of(planned)
        assert in_brief(planned) == (KEPT, ())
        assert change is not None
        assert change.from_quantity == change.to_quantity
        assert change.last_written == next((line.written for line in inputs.lines if line.item == ITEM), None)
        assert change.counted == inputs.wanted[0].quantity, "what it would be without the decision"

    @pytest.mark.parametrize("wanted", [0, 1, 49, 50, 90, 5000])
    def test_a_changed_count_alone_is_nothing_new(self, wanted: int) -> None:
        assert in_brief(plan(deciding(self.EDITED, wanted, a_charge(50), line=self.W))) == (KEPT, ())

    @pytest.mark.parametrize(
        ("charges", "verdict"),
        [
            pytest.param((a_charge(51),), (Action.HOLD, Reason.EDITED_IN_PSA), id="edited again"),
            pytest.param((a_charge(90),), (Action.UNCHANGED, None), id="set to what is wanted"),
            pytest.param((), (Action.HOLD, Reason.LINE_REMOVED), id="removed"),
            pytest.param((a_charge(50), a_charge(1, charge=FOREIGN)), (Action.HOLD, Reason.DUPLICATE_LINES), id="another line beside it"),
            pytest.param((a_charge(50, charge=FOREIGN),), (Action.HOLD, Reason.LINE_NOT_OURS), id="another line in its place"),
        ],
    )
    def test_it_ends_when_the_lines_in_the_psa_change(self, charges: tuple[Charge, ...], verdict: tuple[Action, Reason | None]) -> None:
        assert in_brief(plan(deciding(self.EDITED, 90, *charges, line=self.W))) == (verdict, (1,))

    def test_a_removed_line_stays_removed_until_one_stands_there_again(self) -> None:
        assert in_brief(plan(deciding(self.REMOVED, 90, a_charge(7, charge=FOREIGN), line=self.W))) == ((Action.HOLD, Reason.LINE_NOT_OURS), (1,))

    def test_a_kept_line_that_no_mapping_bills_on_any_more_is_left_behind(self) -> None:
        planned = plan(deciding(self.EDITED, None, a_charge(50), line=self.W))
        assert in_brief(planned) == (None, ())
        assert said(planned) == {(Reason.LEFT_BEHIND, ITEM)}

    def test_a_kept_move_stays_kept_when_nothing_moves_any_more(self) -> None:
        assert in_brief(plan(deciding(keeping(Reason.MOVED, (OURS, 90)), 30, a_charge(90), line=self.W))) == (KEPT, ())

    def test_w_stays_what_it_was(self) -> None:
        """What a person entered is not what was read back as ours."""
        lines = {line.item: line for line in plan(deciding(self.EDITED, 50, a_charge(50), line=self.W)).lines}
        assert lines[ITEM].written == 90

    def test_our_line_is_shown_beside_one_that_was_left(self) -> None:
        left = our_line(90, left=(FOREIGN,))
        keep = keeping(Reason.FALL_BOUND, (FOREIGN, 5), (OURS, 90))
        change = change_of(plan(deciding(keep, 30, a_charge(5, charge=FOREIGN), a_charge(90), line=left)))
        assert change is not None
        assert (change.reason, change.charge, change.from_quantity, change.to_quantity) == (Reason.KEPT, OURS, 90, 90)
        assert change.known == (FOREIGN, OURS)

    def test_a_write_that_may_still_arrive_is_waited_for_first(self) -> None:
        """`write_unresolved` settles by reading, not by deciding (L5)."""
        intent = an_intent(30, charge=OURS, from_quantity=90, known=(OURS,), age=SECOND)
        planned = plan(deciding(self.GUARDED, 30, a_charge(90), line=self.W, intents=(intent,)))
        assert in_brief(planned) == ((Action.HOLD, Reason.WRITE_UNRESOLVED), ())

    def test_a_write_that_did_not_arrive_as_sent_can_be_kept_away(self) -> None:
        intent = an_intent(30, charge=OURS, from_quantity=90, known=(OURS,))
        keep = keeping(Reason.NOT_AS_WRITTEN, (OURS, 31))
        assert in_brief(plan(deciding(keep, 30, a_charge(31), line=self.W, intents=(intent,)))) == (KEPT, ())

    def test_a_worklist_entry_for_a_kept_line_is_withdrawn(self) -> None:
        entry = an_intent(30, charge=OURS, from_quantity=90, known=(OURS,), worklist=True)
        planned = plan(replace(deciding(self.GUARDED, 30, a_charge(90), line=self.W, intents=(entry,)), worklist=True))
        assert decided(planned) == KEPT
        assert [one.outcome for one in planned.resolutions] == [IntentOutcome.SUPERSEDED]


class TestPin:
    """Wanted is N until a date."""

    @pytest.mark.parametrize("counted", [0, 30, 90, 5000])
    def test_what_is_counted_does_not_matter(self, counted: int) -> None:
        planned = plan(deciding(pinning(42), counted, a_charge(90), line=our_line(90)))
        change = change_of(planned)
        assert in_brief(planned) == ((Action.UPDATE, Reason.PINNED), ())
        assert change is not None
        assert (change.from_quantity, change.to_quantity) == (90, 42)
        assert change.parts == ((a_part(counted),) if counted else ()), "what was counted is still shown"

    @pytest.mark.parametrize("quantity", [0, 1, 5000])
    def test_it_is_not_guarded(self, quantity: int) -> None:
        """A person's word, though the fall is unproved and the run may lower nothing."""
        assert decided(plan(deciding(pinning(quantity), 90, a_charge(90), line=our_line(90)))) == (Action.UPDATE, Reason.PINNED)

    def test_what_was_counted_is_told_beside_it(self) -> None:
        change = change_of(plan(deciding(pinning(60), 75, a_charge(90), line=our_line(90))))
        assert change is not None
        assert (change.to_quantity, change.counted) == (60, 75)

    def test_a_pin_that_is_what_the_psa_shows_leaves_the_line_unchanged(self) -> None:
        planned = plan(deciding(pinning(90), 30, a_charge(90), line=our_line(90)))
        assert in_brief(planned) == ((Action.UNCHANGED, Reason.PINNED), ())

    @pytest.mark.parametrize(
        ("until", "verdict", "ended"),
        [
            pytest.param(TOMORROW, (Action.UPDATE, Reason.PINNED), (), id="before its last day"),
            pytest.param(TODAY, (Action.UPDATE, Reason.PINNED), (), id="on its last day"),
            pytest.param(YESTERDAY, UPDATE, (1,), id="the day after"),
            pytest.param(None, (Action.UPDATE, Reason.PINNED), (), id="without an end"),
        ],
    )
    def test_it_lasts_until_its_last_day_is_over(self, until: date | None, verdict: tuple[Action, Reason | None], ended: tuple[int, ...]) -> None:
        assert in_brief(plan(deciding(pinning(42, until), 91, a_charge(90), line=our_line(90)))) == (verdict, ended)

    def test_after_it_the_guards_look_again(self) -> None:
        planned = plan(deciding(pinning(90, YESTERDAY), 30, a_charge(90), line=our_line(90)))
        assert in_brief(planned) == ((Action.HOLD, Reason.FALL_UNPROVED), (1,))

    def test_a_pinned_item_needs_no_mapping(self) -> None:
        planned = plan(deciding(pinning(42), None, a_charge(90), line=our_line(90)))
        assert in_brief(planned) == ((Action.UPDATE, Reason.PINNED), ())
        assert said(planned) == set(), "it is not left behind"

    def test_a_pinned_item_without_mapping_or_line_is_created(self) -> None:
        assert decided(plan(deciding(pinning(42), None))) == (Action.CREATE, Reason.PINNED)

    def test_once_it_is_over_a_line_without_mapping_is_left_behind(self) -> None:
        planned = plan(deciding(pinning(42, YESTERDAY), None, a_charge(42), line=our_line(42)))
        assert decided(planned) is None
        assert said(planned) == {(Reason.LEFT_BEHIND, ITEM)}

    def test_a_pin_to_0_closes_the_line_that_is_gone(self) -> None:
        planned = plan(deciding(pinning(0), 90, line=our_line(90)))
        assert decided(planned) is None
        assert [line.closed for line in planned.lines if line.item == ITEM] == [True]

    @pytest.mark.parametrize(
        ("charges", "reason"),
        [
            pytest.param((a_charge(50),), Reason.EDITED_IN_PSA, id="edited"),
            pytest.param((), Reason.LINE_REMOVED, id="removed"),
            pytest.param((a_charge(90), a_charge(5, charge=FOREIGN)), Reason.DUPLICATE_LINES, id="duplicates"),
        ],
    )
    def test_it_does_not_overrule_what_somebody_did_in_the_psa(self, charges: tuple[Charge, ...], reason: Reason) -> None:
        assert in_brief(plan(deciding(pinning(42), 30, *charges, line=our_line(90)))) == ((Action.HOLD, reason), ())

    def test_it_counts_for_the_tenant_as_what_it_is(self) -> None:
        """A pin keeps 90 of 92: the tenant does not fall to 0."""
        pin = replace(pinning(90), item="A")
        inputs = planning(
            charges=(a_charge(90, item="A", charge=1), a_charge(2, item="B", charge=2)),
            wanted=(wanting(0, "A"), wanting(0, "B")),
            lines=(our_line(90, item="A", charge=1), our_line(2, item="B", charge=2)),
            decisions=(pin,),
            bounds=Bounds(),
            proofs=(Proof(item="B", missing=2),),
        )
        assert decided(plan(inputs), "B") == UPDATE


LETTING_PASS = [pytest.param(RELEASE, id="release"), pytest.param(TAKE_OVER, id="take-over")]


@pytest.mark.parametrize("kind", LETTING_PASS)
class TestLetPassOnce:
    """A release lets the change pass, up to the shown quantity; a take-over writes our quantity once."""

    @pytest.mark.parametrize(
        ("shown", "wanted"),
        [
            pytest.param(30, 30, id="a fall, as shown"),
            pytest.param(30, 31, id="a fall, less far"),
            pytest.param(400, 400, id="a rise, as shown"),
            pytest.param(400, 399, id="a rise, less far"),
            pytest.param(0, 0, id="a fall to 0"),
        ],
    )
    def test_up_to_what_was_shown(self, kind: DecisionKind, shown: int, wanted: int) -> None:
        planned = plan(deciding(releasing(shown, kind=kind), wanted, a_charge(90), line=our_line(90)))
        change = change_of(planned)
        assert in_brief(planned) == (UPDATE, ())
        assert change is not None
        assert (change.released, change.to_quantity) == (1, wanted)

    @pytest.mark.parametrize(
        ("shown", "wanted", "reason"),
        [
            pytest.param(30, 29, Reason.FALL_UNPROVED, id="a fall that goes one further"),
            pytest.param(400, 401, Reason.RISE_BOUND, id="a rise that goes one further"),
            pytest.param(30, 400, Reason.RISE_BOUND, id="a rise instead of a fall"),
            pytest.param(400, 30, Reason.FALL_UNPROVED, id="a fall instead of a rise"),
        ],
    )
    def test_not_beyond_it(self, kind: DecisionKind, shown: int, wanted: int, reason: Reason) -> None:
        planned = plan(deciding(releasing(shown, kind=kind), wanted, a_charge(90), line=our_line(90)))
        assert in_brief(planned) == ((Action.HOLD, reason), (1,))
        assert getattr(change_of(planned), "released", None) is None

    def test_it_is_for_the_quantity_that_it_was_given_on(self, kind: DecisionKind) -> None:
        """Another w is another change."""
        planned = plan(deciding(releasing(30, written=80, kind=kind), 30, a_charge(90), line=our_line(90)))
        assert in_brief(planned) == ((Action.HOLD, Reason.FALL_UNPROVED), (1,))

    def test_it_ends_once_it_was_used(self, kind: DecisionKind) -> None:
        planned = plan(deciding(releasing(30, kind=kind), 30, a_charge(30), line=our_line(30)))
        assert in_brief(planned) == ((Action.UNCHANGED, None), (1,))

    def test_it_does_not_let_the_same_change_pass_twice(self, kind: DecisionKind) -> None:
        planned = plan(deciding(releasing(30, kind=kind), 5, a_charge(30), line=our_line(30)))
        assert in_brief(planned) == ((Action.HOLD, Reason.FALL_UNPROVED), (1,))

    def test_it_ends_where_it_is_not_needed_any_more(self, kind: DecisionKind) -> None:
        planned = plan(deciding(releasing(30, kind=kind), 90, a_charge(90), line=our_line(90)))
        assert in_brief(planned) == ((Action.UNCHANGED, None), (1,))

    def test_it_ends_where_something_else_is_to_be_asked(self, kind: DecisionKind) -> None:
        planned = plan(deciding(releasing(30, kind=kind), 30, a_charge(50), line=our_line(90)))
        assert in_brief(planned) == ((Action.HOLD, Reason.EDITED_IN_PSA), (1,))

    def test_what_it_lets_pass_takes_nothing_from_the_run(self, kind: DecisionKind) -> None:
        inputs = deciding(releasing(30, kind=kind), 30, a_charge(90), line=our_line(90))
        wanted = (*inputs.wanted[:-1], wanting(995, "ZZ", (a_part(995, "ZZ"),)))
        planned = plan(replace(inputs, wanted=wanted, proofs=(Proof(item="ZZ", missing=5),), may_fall=5))
        assert (decided(planned), decided(planned, "ZZ")) == (UPDATE, UPDATE)


def test_take_over_of_a_removed_line_makes_it_anew() -> None:
    """The decision has closed our line, so the next one is a first charge."""
    take_over = releasing(90, written=None, kind=TAKE_OVER, reason=Reason.LINE_REMOVED)
    assert in_brief(plan(deciding(take_over, 90, line=our_line(90, closed=True)))) == ((Action.CREATE, None), ())


def test_take_over_of_a_line_that_was_not_ours_writes_our_quantity_once() -> None:
    """The decision has made the line ours with w as the PSA shows it; 90 → 12 would be an unproved fall."""
    take_over = releasing(12, kind=TAKE_OVER, reason=Reason.LINE_NOT_OURS)
    assert in_brief(plan(deciding(take_over, 12, a_charge(90), line=our_line(90)))) == (UPDATE, ())


def test_a_release_without_guards_changes_nothing() -> None:
    planned = plan(replace(deciding(releasing(30), 5, a_charge(90), line=our_line(90)), bounds=None))
    assert decided(planned) == UPDATE


def test_a_release_stands_while_the_write_that_it_let_pass_may_still_arrive() -> None:
    unanswered = an_intent(30, charge=OURS, from_quantity=90, known=(OURS,), age=SECOND)
    planned = plan(deciding(releasing(30), 30, a_charge(90), line=our_line(90), intents=(unanswered,)))
    assert in_brief(planned) == ((Action.HOLD, Reason.WRITE_UNRESOLVED), ())


def test_where_nobody_has_decided_what_was_counted_is_what_is_wanted_and_is_not_told_again() -> None:
    change = change_of(plan(deciding(keeping(Reason.EDITED_IN_PSA, (OURS, 50)), 90, a_charge(90), line=our_line(90))))
    assert change is not None
    assert change.counted is None


def test_a_decision_on_one_item_says_nothing_of_another() -> None:
    inputs = deciding(replace(releasing(30), item="ZZ"), 30, a_charge(90), line=our_line(90))
    assert decided(plan(inputs)) == (Action.HOLD, Reason.FALL_UNPROVED)


def test_decisions_end_in_order_and_once() -> None:
    ended = (replace(releasing(30), id=7, item="B"), replace(pinning(3, YESTERDAY), id=2, item="A"), replace(keeping(Reason.MOVED), id=5, item="C"))
    charges = tuple(a_charge(1, item=item, charge=number) for number, item in enumerate("ABC", start=1))
    lines = tuple(our_line(1, item=item, charge=number) for number, item in enumerate("ABC", start=1))
    wanted = tuple(wanting(1, item, (a_part(1, item),)) for item in "ABC")
    assert plan(planning(charges=charges, lines=lines, wanted=wanted, decisions=ended, bounds=Bounds())).ended == (2, 5, 7)
