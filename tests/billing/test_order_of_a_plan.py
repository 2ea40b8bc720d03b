"""Equal inputs give an equal plan, whatever order anything is known or read in (design 10): each of its tuples stands in one order."""

from __future__ import annotations

from dataclasses import replace

from tallybridge.billing.model import Notice
from tallybridge.billing.plan import Bounds, DecisionKind, StandingDecision
from tallybridge.billing.planning import left_behind, plan
from tallybridge.billing.reasons import Reason
from tests.billing.builders import a_charge, a_part, an_item, our_line, planning, wanting


def a_release(number: int, item: str, reason: Reason = Reason.FALL_BOUND, *, written: int = 1) -> StandingDecision:
    return StandingDecision(id=number, item=item, kind=DecisionKind.RELEASE, reason=reason, written=written, quantity=0)


def test_changes_stand_by_item_also_where_a_line_is_written_only_because_its_seats_move() -> None:
    """A-OLD is mapped to nothing any more; it falls with the rise of NEW."""
    moved = planning(
        charges=(a_charge(42, item="A-OLD"),),
        wanted=(wanting(42, "NEW"),),
        lines=(our_line(42, item="A-OLD"),),
        decisions=(replace(a_release(1, "NEW", Reason.MOVED), written=None, quantity=42),),
    )

    assert [(change.item, change.to_quantity) for change in plan(moved).changes] == [("A-OLD", 0), ("NEW", 42)]


def test_our_lines_and_those_that_are_not_ours_stand_by_item_and_by_id() -> None:
    planned = plan(
        planning(
            charges=(
                a_charge(1, charge=12, item="C"),
                a_charge(1, charge=11, item="D"),
                a_charge(3, charge=2, item="B"),
                a_charge(3, charge=1, item="A"),
            ),
            wanted=(wanting(0, "D"), wanting(0, "C"), wanting(3, "B"), wanting(3, "A")),
            lines=(our_line(3, charge=2, item="B"), our_line(3, charge=1, item="A")),
        )
    )

    assert [line.item for line in planned.lines] == ["A", "B"]
    assert planned.not_ours == (11, 12)


def test_notices_stand_by_reason_and_by_what_they_are_about() -> None:
    planned = plan(
        planning(
            charges=(
                a_charge(5, charge=7, item="Z"),
                a_charge(3, charge=12, item="B"),
                a_charge(3, charge=11, item="A"),
                a_charge(4, charge=13, item="C"),
            ),
            wanted=(wanting(0, "Z"), wanting(3, "B"), wanting(3, "A"), wanting(4, "C", (a_part(4, "C"),))),
            lines=(
                our_line(3, charge=2, item="B"),
                our_line(3, charge=1, item="A"),
                our_line(4, charge=13, item="C", parts=(a_part(4, "C"),)),
            ),
            seen=(1, 2, 7, 13),
            items=(an_item("A"), an_item("B"), an_item("C", price=None), an_item("Z")),
        )
    )

    assert planned.notices == (
        Notice(reason=Reason.BILLED_BUT_UNUSED, subject="Z", expected=0, received=5),
        Notice(reason=Reason.LINE_RENEWED, subject="A"),
        Notice(reason=Reason.LINE_RENEWED, subject="B"),
        Notice(reason=Reason.NO_PRICE, subject="C"),
    )


def test_decisions_that_have_ended_stand_by_their_number() -> None:
    charges = (a_charge(1, charge=1, item="A"), a_charge(1, charge=2, item="B"))
    lines = (our_line(1, charge=1, item="A"), our_line(1, charge=2, item="B"))
    ended = (a_release(16, "A"), a_release(9, "B"))

    assert plan(planning(charges=charges, lines=lines, wanted=(wanting(1, "A"), wanting(1, "B")), decisions=ended, bounds=Bounds())).ended == (9, 16)


def test_a_line_that_is_left_behind_is_told_with_what_it_bills() -> None:
    assert left_behind(our_line(42, agreement=1999)) == Notice(reason=Reason.LEFT_BEHIND, subject="KES on agreement 1999", expected=0, received=42)
