"""Guards (design 6.5): which falls and rises wait for a person. They look at creates and updates only, after the table has decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from tallybridge.billing.guards import Guarded, guard, lowered_by
from tallybridge.billing.plan import Action, Bounds, Change, DecisionKind, OurLine, Plan, PlanningInputs, Proof, StandingDecision
from tallybridge.billing.planning import plan
from tallybridge.billing.reasons import Reason
from tests.billing.builders import ITEM, SELECT, TODAY, a_charge, a_part, an_agreement, change_of, decided, our_line, planning, wanting

CREATE = (Action.CREATE, None)
UPDATE = (Action.UPDATE, None)
UNCHANGED = (Action.UNCHANGED, None)
UNPROVED = (Action.HOLD, Reason.FALL_UNPROVED)
FALL = (Action.HOLD, Reason.FALL_BOUND)
RISE = (Action.HOLD, Reason.RISE_BOUND)
TENANT = (Action.HOLD, Reason.TENANT_BOUND)
RUN = (Action.HOLD, Reason.RUN_BOUND)

OLD = TODAY - timedelta(days=400)
DEFAULTS = Bounds()
ELSEWHERE = "ZZ-OTHER"
"""An item of another application; it keeps the tenant from falling to 0 as a whole."""


def proved(item: str = ITEM, missing: int = 1) -> Proof:
    return Proof(item=item, missing=missing)


def stood(written: int, *, item: str = ITEM, charge: int = 9001, since: date | None = OLD) -> OurLine:
    """A line of ours that has stood for long, unless another day is given."""
    return replace(our_line(written, item=item, charge=charge), since=since)


def one_line(
    before: int | None,
    after: int,
    *,
    since: date | None = OLD,
    bounds: Bounds | None = DEFAULTS,
    proofs: Iterable[Proof] | None = None,
    beside: int = 1000,
    may_fall: int | None = None,
) -> PlanningInputs:
    """One line that goes from what it was, or from nothing, to what is wanted; beside it a large line that stays, so that only the line decides."""
    ours = () if before is None else (stood(before, since=since),)
    charges = () if before is None else (a_charge(before),)
    return planning(
        charges=(*charges, a_charge(beside, charge=9900, item=ELSEWHERE)),
        wanted=(wanting(after), wanting(beside, ELSEWHERE, (a_part(beside, SELECT),))),
        lines=(*ours, replace(stood(beside, item=ELSEWHERE, charge=9900), parts=(a_part(beside, SELECT),))),
        bounds=bounds,
        proofs=(proved(),) if proofs is None else tuple(proofs),
        may_fall=may_fall,
    )


def many(*steps: tuple[int, int], bounds: Bounds | None = DEFAULTS, may_fall: int | None = None, since: date | None = OLD) -> PlanningInputs:
    """Lines A, B, C, … each from one quantity to another; every fall is proved."""
    items = [chr(ord("A") + number) for number in range(len(steps))]
    pairs = [(item, 100 + number, before, after) for number, (item, (before, after)) in enumerate(zip(items, steps, strict=True))]
    return planning(
        charges=tuple(a_charge(before, charge=charge, item=item) for item, charge, before, _ in pairs),
        wanted=tuple(wanting(after, item, (a_part(after, item),) if after else ()) for item, _, _, after in pairs),
        lines=tuple(
            replace(stood(before, item=item, charge=charge, since=since), parts=(a_part(before, item),)) for item, charge, before, _ in pairs
        ),
        bounds=bounds,
        proofs=tuple(proved(item) for item in items),
        may_fall=may_fall,
    )


def verdicts(planned: Plan) -> dict[str, tuple[Action, Reason | None]]:
    return {change.item: (change.action, change.reason) for change in planned.changes}


def detail_of(inputs: PlanningInputs, item: str = ITEM) -> str:
    change = change_of(plan(inputs), item)
    assert change is not None
    return change.detail


NAMED_IN_THE_DESIGN = {
    "let pass: a first charge of any size": (one_line(None, 5000), CREATE),
    "let pass: 3 → 80 on the day after the line's creation": (one_line(3, 80, since=TODAY - timedelta(days=1)), UPDATE),
    "let pass: 3 → 80 within 31 days of the line's creation": (one_line(3, 80, since=TODAY - timedelta(days=31)), UPDATE),
    "let pass: 90 → 85": (one_line(90, 85), UPDATE),
    "let pass: 0 → n": (one_line(0, 5000), UPDATE),
    "hold: 90 → 30": (one_line(90, 30), FALL),
    "hold: 90 → 400 on an old line": (one_line(90, 400), RISE),
    "hold: a whole tenant of 3 to 0": (many((3, 0)), TENANT),
}


@pytest.mark.parametrize(("inputs", "verdict"), [pytest.param(*row, id=name) for name, row in NAMED_IN_THE_DESIGN.items()])
def test_the_examples_of_the_design(inputs: PlanningInputs, verdict: tuple[Action, Reason | None]) -> None:
    item = ITEM if any(one.item == ITEM for one in inputs.wanted) else "A"
    assert decided(plan(inputs), item) == verdict


BOTH_UNITS_AND_PERCENTS = {
    "a fall of 11 of 1000: only the units are passed": (1000, 989, UPDATE),
    "a fall of 10 of 10: only the percents are passed": (10, 0, UPDATE),
    "a fall of 11 of 36: both are passed": (36, 25, FALL),
    "a fall of 10 of 33: the units exactly": (33, 23, UPDATE),
    "a fall of 12 of 40: the percents exactly": (40, 28, UPDATE),
    "a fall of 13 of 40: one unit more": (40, 27, FALL),
    "a rise of 51 from 1000: only the units are passed": (1000, 1051, UPDATE),
    "a rise of 50 from 1: only the percents are passed, the units exactly": (1, 51, UPDATE),
    "a rise of 51 from 50: both are passed": (50, 101, RISE),
    "a rise of 51 from 51: the percents exactly": (51, 102, UPDATE),
    "a rise of 52 from 51: one unit more": (51, 103, RISE),
}


@pytest.mark.parametrize(("before", "after", "verdict"), [pytest.param(*row, id=name) for name, row in BOTH_UNITS_AND_PERCENTS.items()])
def test_a_bound_is_passed_where_both_its_units_and_its_percents_are(before: int, after: int, verdict: tuple[Action, Reason | None]) -> None:
    assert decided(plan(one_line(before, after))) == verdict


@pytest.mark.parametrize(
    ("since", "verdict"),
    [
        pytest.param(TODAY, UPDATE, id="made today"),
        pytest.param(TODAY - timedelta(days=31), UPDATE, id="day 31"),
        pytest.param(TODAY - timedelta(days=32), RISE, id="day 32"),
        pytest.param(None, RISE, id="nobody knows since when"),
    ],
)
def test_a_young_line_rises_freely_for_31_days(since: date | None, verdict: tuple[Action, Reason | None]) -> None:
    assert decided(plan(one_line(3, 80, since=since))) == verdict


def test_a_young_line_does_not_fall_freely() -> None:
    assert decided(plan(one_line(90, 30, since=TODAY))) == FALL


def test_a_first_charge_passes_under_bounds_of_nothing_at_all() -> None:
    nothing = Bounds(rise_units=0, rise_percent=0, new_days=0)
    assert decided(plan(one_line(None, 1, bounds=nothing))) == CREATE
    assert decided(plan(one_line(0, 1, bounds=nothing))) == UPDATE


OTHER_BOUNDS = {
    "fewer units for a fall": (Bounds(fall_units=0), 90, 62, FALL),
    "fewer percents for a fall": (Bounds(fall_percent=10), 90, 79, FALL),
    "more units for a fall": (Bounds(fall_units=60), 90, 30, UPDATE),
    "more percents for a fall": (Bounds(fall_percent=67), 90, 30, UPDATE),
    "fewer units for a rise": (Bounds(rise_units=5), 5, 11, RISE),
    "fewer percents for a rise": (Bounds(rise_percent=10), 400, 451, RISE),
    "more units for a rise": (Bounds(rise_units=310), 90, 400, UPDATE),
    "more percents for a rise": (Bounds(rise_percent=345), 90, 400, UPDATE),
}


@pytest.mark.parametrize(("bounds", "before", "after", "verdict"), [pytest.param(*row, id=name) for name, row in OTHER_BOUNDS.items()])
def test_the_bounds_are_settings(bounds: Bounds, before: int, after: int, verdict: tuple[Action, Reason | None]) -> None:
    assert decided(plan(one_line(before, after, bounds=bounds))) == verdict


@pytest.mark.parametrize(("days", "verdict"), [(90, UPDATE), (89, RISE)])
def test_how_long_a_line_is_young_is_a_setting(days: int, verdict: tuple[Action, Reason | None]) -> None:
    assert decided(plan(one_line(3, 80, since=TODAY - timedelta(days=90), bounds=Bounds(new_days=days)))) == verdict


@pytest.mark.parametrize("after", [0, 30, 400])
def test_without_bounds_nothing_is_guarded(after: int) -> None:
    """Quantities that a person has prescribed are nobody's to doubt."""
    planned = plan(one_line(90, after, bounds=None, proofs=(), may_fall=0))
    assert decided(planned) == UPDATE


class TestUnprovedFalls:
    """Held at any size: a seat that was not shown to be gone may still be in use (L1)."""

    DOUBTED = Proof(item=ITEM, missing=1, doubts=((Reason.ACTIVE_FLAG_MISSING, 1),))

    @pytest.mark.parametrize(("before", "after"), [(1000, 999), (2, 1), (1, 0), (90, 85), (90, 0)])
    def test_at_any_size(self, before: int, after: int) -> None:
        assert decided(plan(one_line(before, after, proofs=(self.DOUBTED,)))) == UNPROVED

    def test_a_fall_of_which_nothing_is_known_is_unproved(self) -> None:
        assert decided(plan(one_line(90, 89, proofs=()))) == UNPROVED

    def test_the_proof_of_another_item_proves_nothing(self) -> None:
        assert decided(plan(one_line(90, 89, proofs=(proved(ELSEWHERE),)))) == UNPROVED

    @pytest.mark.parametrize("proofs", [(), (DOUBTED,)])
    def test_a_rise_needs_no_proof(self, proofs: tuple[Proof, ...]) -> None:
        assert decided(plan(one_line(90, 91, proofs=proofs))) == UPDATE

    def test_neither_does_a_line_that_stands_right(self) -> None:
        assert decided(plan(one_line(90, 90, proofs=(self.DOUBTED,)))) == UNCHANGED

    def test_it_is_said_before_any_bound(self) -> None:
        inputs = replace(many((90, 0)), proofs=(Proof(item="A", missing=90, doubts=((Reason.NOTHING_SHOWN, 0),)),), may_fall=0)
        assert decided(plan(inputs), "A") == UNPROVED


class TestWholeTenant:
    """Many small changes must not do together what one large change may not."""

    @pytest.mark.parametrize(
        ("steps", "held"),
        [
            pytest.param(((2, 0),), False, id="a tenant of 2 to 0"),
            pytest.param(((3, 0),), True, id="a tenant of 3 to 0"),
            pytest.param(((1, 0), (1, 0), (1, 0)), True, id="three lines of 1 to 0"),
            pytest.param(((1, 0), (1, 0), (0, 0)), False, id="two lines of 1 to 0"),
            pytest.param(((3, 1),), False, id="not quite to 0"),
            pytest.param(((9, 0), (1, 1)), False, id="one unit stays on another line"),
        ],
    )
    def test_a_whole_tenant_to_0(self, steps: tuple[tuple[int, int], ...], held: bool) -> None:
        found = verdicts(plan(many(*steps)))
        assert {found[item] for item in found if found[item] != UNCHANGED} == {TENANT if held else UPDATE}

    def test_how_many_units_make_a_whole_tenant_is_a_setting(self) -> None:
        assert decided(plan(many((9, 0), bounds=Bounds(tenant_units=10))), "A") == UPDATE
        assert decided(plan(many((9, 0), bounds=Bounds(tenant_units=9))), "A") == TENANT

    def test_falls_in_total_made_of_many_small_ones(self) -> None:
        """50 → 30 in steps of 4."""
        assert set(verdicts(plan(many(*[(10, 6)] * 5))).values()) == {TENANT}

    @pytest.mark.parametrize(
        ("steps", "verdict"),
        [
            pytest.param([(10, 8)] * 5, UPDATE, id="10 of 50: the units exactly"),
            pytest.param([(10, 7)] * 4, UPDATE, id="12 of 40: the percents exactly"),
            pytest.param([(10, 7)] * 3 + [(10, 6)], TENANT, id="13 of 40"),
            pytest.param([(100, 95)] * 5, UPDATE, id="25 of 500: only the units"),
        ],
    )
    def test_the_edges_of_the_fall_in_total(self, steps: list[tuple[int, int]], verdict: tuple[Action, Reason | None]) -> None:
        assert set(verdicts(plan(many(*steps))).values()) == {verdict}

    def test_a_rise_goes_on_while_the_falls_wait(self) -> None:
        found = verdicts(plan(many(*[(10, 4)] * 5, (3, 5))))
        assert found == {**dict.fromkeys("ABCDE", TENANT), "F": UPDATE}

    def test_rises_in_total_made_of_many_small_ones(self) -> None:
        """50 → 110 in steps of 12."""
        assert set(verdicts(plan(many(*[(10, 22)] * 5))).values()) == {TENANT}

    @pytest.mark.parametrize(
        ("steps", "verdict"),
        [
            pytest.param([(10, 20)] * 6, UPDATE, id="60 from 60: the percents exactly"),
            pytest.param([(10, 20)] * 5 + [(10, 21)], TENANT, id="61 from 60"),
            pytest.param([(1, 11)] * 5, UPDATE, id="50 from 5: the units exactly"),
            pytest.param([(1, 11)] * 4 + [(1, 12)], TENANT, id="51 from 5"),
        ],
    )
    def test_the_edges_of_the_rise_in_total(self, steps: list[tuple[int, int]], verdict: tuple[Action, Reason | None]) -> None:
        assert set(verdicts(plan(many(*steps))).values()) == {verdict}

    def test_a_fall_goes_on_while_the_rises_wait(self) -> None:
        found = verdicts(plan(many(*[(10, 24)] * 5, (5, 4))))
        assert found == {**dict.fromkeys("ABCDE", TENANT), "F": UPDATE}

    def test_young_lines_rise_freely_together_too(self) -> None:
        assert set(verdicts(plan(many(*[(10, 30)] * 9, since=TODAY))).values()) == {UPDATE}

    @staticmethod
    def with_one_young_line(inputs: PlanningInputs, item: str) -> PlanningInputs:
        return replace(inputs, lines=tuple(replace(line, since=TODAY) if line.item == item else line for line in inputs.lines))

    def test_what_a_young_line_rises_is_no_rise_of_the_old_ones(self) -> None:
        found = verdicts(plan(self.with_one_young_line(many((10, 11), (3, 80)), "B")))
        assert found == {"A": UPDATE, "B": UPDATE}

    def test_what_a_young_line_is_billed_makes_no_room_for_the_old_ones(self) -> None:
        """60 from 50, with the 40 of the young line that would be 60 from 90."""
        found = verdicts(plan(self.with_one_young_line(many(*[(10, 22)] * 5, (40, 40)), "F")))
        assert found == {**dict.fromkeys("ABCDE", TENANT), "F": UNCHANGED}

    def test_a_young_line_rises_while_the_old_ones_wait(self) -> None:
        found = verdicts(plan(self.with_one_young_line(many(*[(10, 24)] * 5, (3, 5)), "F")))
        assert found == {**dict.fromkeys("ABCDE", TENANT), "F": UPDATE}

    def test_a_line_that_is_closed_bills_nothing_that_could_fall(self) -> None:
        inputs = many((100, 0), (10, 9))
        closed = replace(inputs.lines[0], closed=True, charge=None)
        inputs = replace(inputs, lines=(closed, inputs.lines[1]), agreement=an_agreement(a_charge(10, charge=101, item="B")))
        assert verdicts(plan(inputs)) == {"B": UPDATE}

    def test_a_line_that_is_left_behind_does_not_fall(self) -> None:
        inputs = many((100, 0), (10, 9))
        assert verdicts(plan(replace(inputs, wanted=inputs.wanted[1:]))) == {"B": UPDATE}

    def test_first_charges_are_no_rise_of_the_tenant(self) -> None:
        inputs = many((10, 11))
        news = tuple(f"N{number}" for number in range(5))
        wanted = (*inputs.wanted, *(wanting(40, item, (a_part(40, item),)) for item in news))
        items = tuple(replace(inputs.items[0], id=item) for item in ("A", *news))
        found = verdicts(plan(replace(inputs, wanted=wanted, items=items)))
        assert found == {"A": UPDATE, **dict.fromkeys(news, CREATE)}

    def test_a_line_that_a_person_keeps_does_not_fall_with_the_others(self) -> None:
        """Its count fell, but the charge stays: the tenant falls by 1 of 102."""
        inputs = many((100, 0), (2, 1))
        keep = StandingDecision(id=1, item="A", kind=DecisionKind.KEEP, reason=Reason.FALL_BOUND, shown=((100, 100),), written=100)
        found = verdicts(plan(replace(inputs, decisions=(keep,))))
        assert found == {"A": (Action.UNCHANGED, Reason.KEPT), "B": UPDATE}

    def test_nor_does_a_tenant_fall_to_0_whose_one_line_is_kept(self) -> None:
        inputs = many((100, 0), (3, 0))
        keep = StandingDecision(id=1, item="A", kind=DecisionKind.KEEP, reason=Reason.FALL_BOUND, shown=((100, 100),), written=100)
        assert decided(plan(replace(inputs, decisions=(keep,))), "B") == UPDATE


class TestRunBreaker:
    """Once a run's decreases pass its bound, the remaining ones are held; creates and increases go on."""

    @pytest.mark.parametrize(
        ("may_fall", "verdict"),
        [
            pytest.param(None, UPDATE, id="without limit"),
            pytest.param(6, UPDATE, id="one unit to spare"),
            pytest.param(5, UPDATE, id="exactly"),
            pytest.param(4, RUN, id="one over"),
            pytest.param(0, RUN, id="nothing is left"),
            pytest.param(-3, RUN, id="more than everything is gone"),
        ],
    )
    def test_the_edge(self, may_fall: int | None, verdict: tuple[Action, Reason | None]) -> None:
        assert decided(plan(one_line(90, 85, may_fall=may_fall))) == verdict

    @pytest.mark.parametrize("may_fall", [0, -3])
    def test_creates_and_rises_go_on(self, may_fall: int) -> None:
        inputs = many((90, 85), (10, 11), may_fall=may_fall)
        wanted = (*inputs.wanted, wanting(7, "C", (a_part(7, "C"),)))
        items = tuple(replace(inputs.items[0], id=item) for item in "ABC")
        assert verdicts(plan(replace(inputs, wanted=wanted, items=items))) == {"A": RUN, "B": UPDATE, "C": CREATE}

    def test_within_a_tenant_it_is_used_up_in_order_of_item(self) -> None:
        assert verdicts(plan(many((100, 96), (100, 97), (100, 98), may_fall=7))) == {"A": UPDATE, "B": UPDATE, "C": RUN}

    def test_a_fall_that_still_fits_goes_on_after_one_that_does_not(self) -> None:
        assert verdicts(plan(many((100, 96), (100, 90), (100, 97), may_fall=7))) == {"A": UPDATE, "B": RUN, "C": UPDATE}

    def test_a_fall_that_waits_for_another_reason_uses_nothing_up(self) -> None:
        assert verdicts(plan(many((900, 300), (1000, 995), (9000, 9000), may_fall=5))) == {"A": FALL, "B": UPDATE, "C": UNCHANGED}

    def test_rises_give_nothing_back(self) -> None:
        assert verdicts(plan(many((10, 30), (90, 85), may_fall=4)))["B"] == RUN


class TestAfterAnInvoiceRemovedTheLine:
    """A line with DeleteAfterInvoicing is made again, not for the first time: it is judged by what it was."""

    @staticmethod
    def made_again(before: int, after: int, *, proofs: tuple[Proof, ...] = (), may_fall: int | None = None) -> PlanningInputs:
        line = replace(stood(before), delete_after_invoicing=True)
        beside = replace(stood(1000, item=ELSEWHERE, charge=9900), parts=(a_part(1000, SELECT),))
        return planning(
            agreement=an_agreement(a_charge(1000, charge=9900, item=ELSEWHERE), last_billed=date(2026, 11, 21)),
            wanted=(wanting(after), wanting(1000, ELSEWHERE, (a_part(1000, SELECT),))),
            lines=(line, beside),
            bounds=Bounds(),
            proofs=proofs,
            may_fall=may_fall,
        )

    @pytest.mark.parametrize(
        ("before", "after", "proofs", "verdict"),
        [
            pytest.param(90, 90, (), CREATE, id="as it was"),
            pytest.param(90, 85, (proved(),), CREATE, id="a small fall, proved"),
            pytest.param(90, 85, (), UNPROVED, id="a small fall, unproved"),
            pytest.param(90, 30, (proved(),), FALL, id="a large fall"),
            pytest.param(90, 400, (), RISE, id="a large rise"),
        ],
    )
    def test_it_is_judged_by_what_it_was(self, before: int, after: int, proofs: tuple[Proof, ...], verdict: tuple[Action, Reason | None]) -> None:
        assert decided(plan(self.made_again(before, after, proofs=proofs))) == verdict

    @pytest.mark.parametrize(("may_fall", "verdict"), [(5, CREATE), (4, RUN)])
    def test_its_fall_counts_in_the_run(self, may_fall: int, verdict: tuple[Action, Reason | None]) -> None:
        planned = plan(self.made_again(90, 85, proofs=(proved(),), may_fall=may_fall))
        assert decided(planned) == verdict
        assert lowered_by(planned.changes) == (5 if verdict == CREATE else 0)

    def test_a_line_that_was_closed_is_made_for_the_first_time(self) -> None:
        inputs = planning(wanted=(wanting(400),), lines=(our_line(3, closed=True),), bounds=Bounds())
        assert decided(plan(inputs)) == CREATE


class TestReleases:
    """What a person has released passes; whatever else the run does is judged as always."""

    @staticmethod
    def release(item: str, number: int, *, quantity: int | None, written: int) -> StandingDecision:
        return StandingDecision(id=number, item=item, kind=DecisionKind.RELEASE, reason=Reason.FALL_UNPROVED, written=written, quantity=quantity)

    def guarded(self, *decisions: StandingDecision) -> Guarded:
        """Three lines that fall from 90 to 85 without proof."""
        inputs = replace(many(*[(90, 85)] * 3), proofs=(), decisions=decisions)
        lines = {line.item: line for line in inputs.lines}
        changes = tuple(Change(action=Action.UPDATE, item=item, from_quantity=90, to_quantity=85, last_written=90) for item in lines)
        return guard(inputs, changes, lines, {one.item: one for one in inputs.wanted})

    def test_a_release_lets_its_own_line_pass_and_no_other(self) -> None:
        found = self.guarded(self.release("A", 7, quantity=85, written=90))
        assert [(one.item, one.reason, one.released) for one in found.changes] == [
            ("A", None, 7),
            ("B", Reason.FALL_UNPROVED, None),
            ("C", Reason.FALL_UNPROVED, None),
        ]
        assert found.ended == ()

    def test_a_release_that_lets_nothing_pass_any_more_has_ended(self) -> None:
        found = self.guarded(self.release("C", 9, quantity=86, written=90), self.release("B", 3, quantity=85, written=91))
        assert [one.reason for one in found.changes] == [Reason.FALL_UNPROVED] * 3
        assert found.ended == (3, 9)

    def test_a_release_that_names_no_quantity_lets_nothing_pass(self) -> None:
        assert [one.released for one in self.guarded(self.release("A", 7, quantity=None, written=90)).changes] == [None] * 3


class TestOnlyWrites:
    """Guards look at create and update only."""

    @pytest.mark.parametrize("action", [Action.UNCHANGED, Action.HOLD, Action.MOVE])
    def test_what_is_not_written_is_not_judged(self, action: Action) -> None:
        change = Change(action=action, item=ITEM, from_quantity=90, to_quantity=0, charge=9001, last_written=90)
        inputs = one_line(90, 0, proofs=(), may_fall=0)
        assert guard(inputs, (change,), {ITEM: stood(90)}, {}).changes == (change,)

    def test_a_hold_of_the_table_keeps_its_reason(self) -> None:
        inputs = planning(charges=(a_charge(50),), wanted=(wanting(0),), lines=(stood(90),), bounds=Bounds(), may_fall=0)
        assert decided(plan(inputs)) == (Action.HOLD, Reason.EDITED_IN_PSA)

    def test_changes_that_pass_are_given_back_as_they_are(self) -> None:
        changes = tuple(Change(action=Action.CREATE, item=item, from_quantity=None, to_quantity=5) for item in ("A", "B"))
        assert guard(one_line(90, 90), changes, {}, {}).changes == changes

    def test_a_released_change_a_pinned_one_and_one_on_the_worklist_have_been_judged_already(self) -> None:
        change = Change(action=Action.UPDATE, item=ITEM, from_quantity=90, to_quantity=0, charge=9001, last_written=90)
        given_word = (
            replace(change, released=7),
            replace(change, item="P", reason=Reason.PINNED),
            replace(change, item="W", entered="an entry on the worklist that passed before"),
        )
        inputs = one_line(90, 0, proofs=(), may_fall=0)
        assert guard(inputs, given_word, {item: stood(90, item=item) for item in (ITEM, "P", "W")}, {}).changes == given_word


WHAT_IS_SAID = {
    "a fall": (one_line(90, 30), ("90 → 30 is a fall of 60 units (66 %); a fall of more than 10 units and 30 % waits.",)),
    "a rise": (one_line(90, 400), ("90 → 400 is a rise of 310 units (344 %); a rise of more than 50 units and 100 % waits.",)),
    "a fall under other bounds": (one_line(90, 30, bounds=Bounds(fall_units=7, fall_percent=9)), ("7 units and 9 %",)),
    "an unproved fall": (
        one_line(90, 85, proofs=(Proof(item=ITEM, missing=5, doubts=((Reason.KIND_MISSING, 2), (Reason.NAME_UNMATCHED, 1))),)),
        ("90 → 85", "5 missing seats", "(2 kind_missing, 1 name_unmatched)"),
    ),
    "a doubt about the whole read": (
        one_line(90, 85, proofs=(Proof(item=ITEM, missing=5, doubts=((Reason.COUNT_DIFFERS, 0),)),)),
        ("90 → 85", "(count_differs)"),
    ),
    "a fall without earlier evidence": (
        one_line(90, 85, proofs=(Proof(item=ITEM, missing=0, doubts=((Reason.KIND_MISSING, 0),)),)),
        ("90 → 85", "no earlier evidence", "kind_missing"),
    ),
    "a fall of which nothing is known": (one_line(90, 85, proofs=()), ("90 → 85", "nothing is known")),
    "the run": (one_line(90, 85, may_fall=4), ("90 → 85", "5 units", "only 4 more")),
    "the run, nothing left": (one_line(90, 85, may_fall=-3), ("only 0 more",)),
}


@pytest.mark.parametrize(("inputs", "words"), [pytest.param(*row, id=name) for name, row in WHAT_IS_SAID.items()])
def test_the_detail_names_the_numbers(inputs: PlanningInputs, words: tuple[str, ...]) -> None:
    detail = detail_of(inputs)
    assert [word for word in words if word not in detail] == [], detail


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        pytest.param(many((9, 0)), ("9 units", "to 0", "3 units or more"), id="a whole tenant to 0"),
        pytest.param(
            many(*[(10, 6)] * 5),
            ("All charges of this tenant together: 50 → 30 is a fall of 20 units (40 %); a fall of more than 10 units and 30 % waits.",),
            id="the falls of a tenant",
        ),
        pytest.param(
            many(*[(10, 22)] * 5),
            ("All charges of this tenant together: 50 → 110 is a rise of 60 units (120 %); a rise of more than 50 units and 100 % waits.",),
            id="the rises of a tenant",
        ),
    ],
)
def test_the_detail_names_the_numbers_of_the_tenant(inputs: PlanningInputs, words: tuple[str, ...]) -> None:
    detail = detail_of(inputs, "A")
    assert [word for word in words if word not in detail] == [], detail


def test_the_detail_names_what_the_falls_before_it_have_left_of_the_run() -> None:
    assert "only 3 more" in detail_of(many((100, 96), (100, 90), may_fall=7), "B")


LOWERED = {
    "a fall": (Change(action=Action.UPDATE, item=ITEM, from_quantity=90, to_quantity=85, last_written=90), 5),
    "a fall to nothing": (Change(action=Action.UPDATE, item=ITEM, from_quantity=1, to_quantity=0, last_written=1), 1),
    "a rise from nothing": (Change(action=Action.UPDATE, item=ITEM, from_quantity=0, to_quantity=1, last_written=0), 0),
    "a rise": (Change(action=Action.UPDATE, item=ITEM, from_quantity=85, to_quantity=90, last_written=85), 0),
    "nothing, for the first time": (Change(action=Action.CREATE, item=ITEM, from_quantity=None, to_quantity=0), 0),
    "a first charge": (Change(action=Action.CREATE, item=ITEM, from_quantity=None, to_quantity=90), 0),
    "made again with less": (Change(action=Action.CREATE, item=ITEM, from_quantity=None, to_quantity=85, last_written=90), 5),
    "held": (Change(action=Action.HOLD, item=ITEM, from_quantity=90, to_quantity=85, last_written=90, reason=Reason.FALL_BOUND), 0),
    "moved": (Change(action=Action.MOVE, item=ITEM, from_quantity=90, to_quantity=85, last_written=90, reason=Reason.MOVED), 0),
    "released": (Change(action=Action.UPDATE, item=ITEM, from_quantity=90, to_quantity=85, last_written=90, released=1), 0),
    "pinned": (Change(action=Action.UPDATE, item=ITEM, from_quantity=90, to_quantity=85, last_written=90, reason=Reason.PINNED), 0),
}


@pytest.mark.parametrize(("change", "units"), [pytest.param(*row, id=name) for name, row in LOWERED.items()])
def test_what_a_plan_takes_from_its_run(change: Change, units: int) -> None:
    assert lowered_by((change,)) == units


def test_falls_add_up_and_rises_give_nothing_back() -> None:
    assert lowered_by(row[0] for row in LOWERED.values()) == 11
