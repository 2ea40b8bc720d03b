"""Moves (design 6.3): seats of one of our lines that are now wanted on another line. While held, neither side is written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tallybridge.billing.plan import Action, DecisionKind, IntentOutcome, OpenIntent, OurLine, Plan, StandingDecision
from tallybridge.billing.planning import plan
from tallybridge.billing.psa import Charge
from tallybridge.billing.reasons import Reason
from tests.billing.builders import (
    ADVANCED,
    NON_WINDOWS,
    SECOND,
    SELECT,
    SERVER,
    WORKSTATION,
    a_charge,
    a_part,
    an_intent,
    an_item,
    change_of,
    decided,
    former_agreement,
    our_line,
    planning,
    said,
    wanting,
)

OLD, NEW = "OLD", "NEW"
OLD_CHARGE, NEW_CHARGE = 9001, 9002

MOVE = (Action.MOVE, Reason.MOVED)
HELD = (Action.HOLD, Reason.MOVED)


def no_writes(planned: Plan) -> bool:
    return not any(change.action in (Action.CREATE, Action.UPDATE) for change in planned.changes)


def test_item_changed() -> None:
    """The plan shows old → 0 and new → n."""
    planned = plan(planning(charges=(a_charge(42, item=OLD),), wanted=(wanting(45, NEW), wanting(0, OLD)), lines=(our_line(42, item=OLD),)))

    assert (decided(planned, NEW), decided(planned, OLD)) == (MOVE, HELD)
    new, old = change_of(planned, NEW), change_of(planned, OLD)
    assert new is not None
    assert old is not None
    assert (new.from_quantity, new.to_quantity, new.moved_from) == (None, 45, ((2041, OLD, OLD_CHARGE, 42),))
    assert (old.from_quantity, old.to_quantity, old.charge) == (42, 0, OLD_CHARGE)


def test_item_changed_and_the_old_item_is_mapped_to_nothing_any_more() -> None:
    """It moves: it is not left behind."""
    planned = plan(planning(charges=(a_charge(42, item=OLD),), wanted=(wanting(42, NEW),), lines=(our_line(42, item=OLD),)))

    assert decided(planned, NEW) == MOVE
    assert decided(planned, OLD) is None, "the one question about both lines is asked at the new one"
    assert no_writes(planned)
    assert said(planned) == set()


def test_item_changed_to_one_whose_line_of_ours_stands_already() -> None:
    planned = plan(
        planning(
            charges=(a_charge(42, item=OLD), a_charge(7, charge=NEW_CHARGE, item=NEW)),
            wanted=(wanting(49, NEW, (a_part(42), a_part(7, SELECT))), wanting(0, OLD)),
            lines=(our_line(42, item=OLD), our_line(7, charge=NEW_CHARGE, item=NEW, parts=(a_part(7, SELECT),))),
        )
    )

    assert (decided(planned, NEW), decided(planned, OLD)) == (MOVE, HELD)
    change = change_of(planned, NEW)
    assert change is not None
    assert (change.from_quantity, change.to_quantity, change.charge) == (7, 49, NEW_CHARGE)


BY_CATEGORY = (
    wanting(2, "NIX", (a_part(2, category=NON_WINDOWS),)),
    wanting(10, "SRV", (a_part(10, category=SERVER),)),
    wanting(90, "WKS", (a_part(90, category=WORKSTATION),)),
)


def test_one_item_to_items_by_category() -> None:
    planned = plan(planning(charges=(a_charge(102, item=OLD),), wanted=(*BY_CATEGORY, wanting(0, OLD)), lines=(our_line(102, item=OLD),)))

    assert {change.item: (change.action, change.reason) for change in planned.changes} == {OLD: HELD, "NIX": MOVE, "SRV": MOVE, "WKS": MOVE}


def test_items_by_category_back_to_one_item() -> None:
    planned = plan(
        planning(
            charges=(a_charge(10, charge=1, item="SRV"), a_charge(90, charge=2, item="WKS")),
            wanted=(wanting(100, NEW),),
            lines=(
                our_line(10, charge=1, item="SRV", parts=(a_part(10, category=SERVER),)),
                our_line(90, charge=2, item="WKS", parts=(a_part(90, category=WORKSTATION),)),
            ),
        )
    )

    assert decided(planned, NEW) == MOVE
    change = change_of(planned, NEW)
    assert change is not None
    assert sorted(change.moved_from) == [(2041, "SRV", 1, 10), (2041, "WKS", 2, 90)]
    assert no_writes(planned)


def test_one_item_to_items_by_category_where_the_one_item_goes_on_as_the_workstations() -> None:
    wanted = (wanting(10, "SRV", (a_part(10, category=SERVER),)), wanting(90, OLD, (a_part(90, category=WORKSTATION),)))
    planned = plan(planning(charges=(a_charge(100, item=OLD),), wanted=wanted, lines=(our_line(100, item=OLD),)))

    assert no_writes(planned), "to write the servers alone would bill them twice"
    assert decided(planned, "SRV") == MOVE
    assert decided(planned, OLD) == HELD


def test_items_by_category_back_to_one_of_them() -> None:
    planned = plan(
        planning(
            charges=(a_charge(10, charge=1, item="SRV"), a_charge(90, charge=2, item="WKS")),
            wanted=(wanting(0, "SRV"), wanting(100, "WKS")),
            lines=(
                our_line(10, charge=1, item="SRV", parts=(a_part(10, category=SERVER),)),
                our_line(90, charge=2, item="WKS", parts=(a_part(90, category=WORKSTATION),)),
            ),
        )
    )

    assert (decided(planned, "WKS"), decided(planned, "SRV")) == (MOVE, HELD)


def test_one_category_gets_another_item() -> None:
    planned = plan(
        planning(
            charges=(a_charge(10, charge=1, item="SRV"), a_charge(90, charge=2, item="WKS")),
            wanted=(wanting(11, "SRV2", (a_part(11, category=SERVER),)), wanting(91, "WKS", (a_part(91, category=WORKSTATION),))),
            lines=(
                our_line(10, charge=1, item="SRV", parts=(a_part(10, category=SERVER),)),
                our_line(90, charge=2, item="WKS", parts=(a_part(90, category=WORKSTATION),)),
            ),
        )
    )

    assert decided(planned, "SRV2") == MOVE
    assert decided(planned, "WKS") == (Action.UPDATE, None), "its seats stay where they are"


def test_agreement_changed() -> None:
    elsewhere = our_line(42, agreement=1999)
    planned = plan(planning(wanted=(wanting(42),), elsewhere=(elsewhere,)))

    assert decided(planned) == MOVE
    change = change_of(planned)
    assert change is not None
    assert change.moved_from == ((1999, "KES", OLD_CHARGE, 42),)


@pytest.mark.parametrize(
    "elsewhere",
    [
        pytest.param((), id="a line on an ended agreement, which is not among those elsewhere"),
        pytest.param((our_line(0, agreement=1999),), id="a line that stands at 0 there"),
        pytest.param((our_line(42, agreement=1999, closed=True),), id="a closed line there"),
        pytest.param((our_line(42, agreement=1999, parts=(a_part(42, SELECT),)),), id="a line of another application there"),
    ],
)
def test_it_does_not_hold_its_successor(elsewhere: tuple[OurLine, ...]) -> None:
    planned = plan(planning(wanted=(wanting(42),), elsewhere=elsewhere))
    assert decided(planned) == (Action.CREATE, None)


def test_one_of_two_applications_on_a_line_moves() -> None:
    """The old line is not written down to the rest either: that would be half a move."""
    planned = plan(
        planning(
            charges=(a_charge(50, item=OLD),),
            wanted=(wanting(40, NEW), wanting(10, OLD, (a_part(10, SELECT),))),
            lines=(our_line(50, item=OLD, parts=(a_part(40), a_part(10, SELECT))),),
        )
    )

    assert (decided(planned, NEW), decided(planned, OLD)) == (MOVE, HELD)


def test_a_third_line_is_not_held_by_a_move_between_two_others() -> None:
    planned = plan(
        planning(
            charges=(a_charge(42, item=OLD), a_charge(3, charge=5, item="THIRD")),
            wanted=(wanting(42, NEW), wanting(0, OLD), wanting(4, "THIRD", (a_part(4, SELECT),))),
            lines=(our_line(42, item=OLD), our_line(3, charge=5, item="THIRD", parts=(a_part(3, SELECT),))),
        )
    )

    assert decided(planned, "THIRD") == (Action.UPDATE, None)


def test_two_items_exchanged_are_two_moves() -> None:
    planned = plan(
        planning(
            charges=(a_charge(5, charge=1, item="A"), a_charge(8, charge=2, item="B")),
            wanted=(wanting(8, "A", (a_part(8, SELECT),)), wanting(5, "B")),
            lines=(our_line(5, charge=1, item="A"), our_line(8, charge=2, item="B", parts=(a_part(8, SELECT),))),
        )
    )

    assert (decided(planned, "A"), decided(planned, "B")) == (MOVE, MOVE)


@pytest.mark.parametrize(
    ("workstations", "servers"),
    [pytest.param(89, 11, id="one device"), pytest.param(0, 100, id="every device")],
)
def test_a_device_that_changed_its_category_is_no_move(workstations: int, servers: int) -> None:
    """The mapping is the same: seats came and went, as they do every day."""
    wanted = (
        wanting(servers, "SRV", (a_part(servers, category=SERVER),)),
        wanting(workstations, "WKS", (a_part(workstations, category=WORKSTATION),) if workstations else ()),
    )
    planned = plan(
        planning(
            charges=(a_charge(10, charge=1, item="SRV"), a_charge(90, charge=2, item="WKS")),
            wanted=wanted,
            lines=(
                our_line(10, charge=1, item="SRV", parts=(a_part(10, category=SERVER),)),
                our_line(90, charge=2, item="WKS", parts=(a_part(90, category=WORKSTATION),)),
            ),
        )
    )

    assert (decided(planned, "SRV"), decided(planned, "WKS")) == ((Action.UPDATE, None), (Action.UPDATE, None))


@pytest.mark.parametrize(
    "written",
    [pytest.param(42, id="zeroed by a person"), pytest.param(0, id="zeroed by us")],
)
def test_the_move_ends_when_the_old_line_stands_at_0(written: int) -> None:
    line = our_line(written, item=OLD, parts=(a_part(written),) if written else ())
    planned = plan(planning(charges=(a_charge(0, item=OLD),), wanted=(wanting(42, NEW), wanting(0, OLD)), lines=(line,)))

    assert (decided(planned, NEW), decided(planned, OLD)) == ((Action.CREATE, None), (Action.UNCHANGED, None))


def test_the_move_ends_when_the_old_line_stands_at_0_also_where_no_mapping_bills_on_its_item() -> None:
    planned = plan(planning(charges=(a_charge(0, item=OLD),), wanted=(wanting(42, NEW),), lines=(our_line(42, item=OLD),)))

    assert decided(planned, NEW) == (Action.CREATE, None)


def test_the_move_ends_when_the_old_line_is_gone() -> None:
    planned = plan(planning(wanted=(wanting(42, NEW), wanting(0, OLD)), lines=(our_line(42, item=OLD),)))

    assert (decided(planned, NEW), decided(planned, OLD)) == ((Action.CREATE, None), None)


def test_an_old_line_that_a_person_edited_is_still_asked_about_as_such() -> None:
    planned = plan(planning(charges=(a_charge(50, item=OLD),), wanted=(wanting(42, NEW), wanting(0, OLD)), lines=(our_line(42, item=OLD),)))

    assert (decided(planned, NEW), decided(planned, OLD)) == (MOVE, (Action.HOLD, Reason.EDITED_IN_PSA))


def test_a_new_line_that_cannot_be_written_is_no_move_but_leaves_nothing_billed_twice() -> None:
    planned = plan(
        planning(
            charges=(a_charge(42, item=OLD), a_charge(1, charge=7001, item=NEW)),
            wanted=(wanting(42, NEW), wanting(0, OLD)),
            lines=(our_line(42, item=OLD),),
        )
    )

    assert decided(planned, NEW) == (Action.HOLD, Reason.LINE_NOT_OURS)


def test_seats_that_are_wanted_nowhere_are_left_behind_while_other_seats_move() -> None:
    planned = plan(
        planning(
            charges=(a_charge(42, item=OLD), a_charge(9, charge=5, item="GONE")),
            wanted=(wanting(42, NEW),),
            lines=(our_line(42, item=OLD), our_line(9, charge=5, item="GONE", parts=(a_part(9, SELECT),))),
        )
    )

    assert decided(planned, NEW) == MOVE
    assert said(planned) == {(Reason.LEFT_BEHIND, "GONE")}


@pytest.mark.parametrize(
    ("item", "entry"),
    [
        pytest.param(OLD, an_intent(0, charge=OLD_CHARGE, from_quantity=42, known=(OLD_CHARGE,), worklist=True, item=OLD), id="old to 0"),
        pytest.param(NEW, an_intent(42, worklist=True, item=NEW), id="new to n"),
    ],
)
def test_an_entry_that_waits_on_the_worklist_is_withdrawn_on_either_side(item: str, entry: OpenIntent) -> None:
    """While held, neither side is written: not by a person either."""
    planned = plan(
        planning(
            charges=(a_charge(42, item=OLD),),
            wanted=(wanting(42, NEW, (a_part(42, ADVANCED),)), wanting(0, OLD)),
            lines=(our_line(42, item=OLD),),
            intents=(entry,),
            worklist=True,
        )
    )

    change = change_of(planned, item)
    assert change is not None
    assert (change.reason, change.entered) == (Reason.MOVED, None)
    assert [(one.key, one.outcome) for one in planned.resolutions] == [("intent-1", IntentOutcome.SUPERSEDED)]


ARRIVED_WRONG = an_intent(42, item=OLD)
IN_DOUBT = {
    "a create that stands with another quantity": (ARRIVED_WRONG, (a_charge(7, item=OLD),), (), (OLD_CHARGE, 7)),
    "a create that stands twice": (ARRIVED_WRONG, (a_charge(42, item=OLD), a_charge(42, charge=1, item=OLD)), (), (0, 42)),
    "a create that may still arrive": (an_intent(42, item=OLD, age=SECOND), (), (), (0, 42)),
    "a worklist entry that was entered differently": (replace(ARRIVED_WRONG, worklist=True), (a_charge(7, item=OLD),), (), (OLD_CHARGE, 7)),
    "an update that brought seats of another application and stands with another quantity": (
        an_intent(42, item=OLD, charge=OLD_CHARGE, from_quantity=5, known=(OLD_CHARGE,)),
        (a_charge(43, item=OLD),),
        (our_line(5, item=OLD, parts=(a_part(5, SELECT),)),),
        (OLD_CHARGE, 5),
    ),
    "an update of a line at 0 that stands with another quantity": (
        an_intent(42, item=OLD, charge=OLD_CHARGE, from_quantity=0, known=(OLD_CHARGE,)),
        (a_charge(43, item=OLD),),
        (our_line(0, item=OLD, parts=()),),
        (OLD_CHARGE, 43),
    ),
}


@pytest.mark.parametrize("still_mapped", [True, False])
@pytest.mark.parametrize(("intent", "charges", "lines", "source"), [pytest.param(*row, id=name) for name, row in IN_DOUBT.items()])
def test_seats_that_a_write_of_unknown_end_may_bill_are_billed_on_no_other_line(
    intent: OpenIntent, charges: tuple[Charge, ...], lines: tuple[OurLine, ...], source: tuple[int, int], *, still_mapped: bool
) -> None:
    """L5: nobody is billed twice while nobody knows what stands there."""
    wanted = (wanting(42, NEW), *((wanting(0, OLD),) if still_mapped else ()))
    planned = plan(planning(charges=charges, wanted=wanted, lines=lines, intents=(intent,), items=(an_item(NEW), an_item(OLD))))

    assert no_writes(planned)
    assert decided(planned, NEW) == MOVE
    change = change_of(planned, NEW)
    assert change is not None
    assert change.moved_from == ((2041, OLD, *source),)


def test_a_release_lets_nothing_pass_from_a_write_of_unknown_end() -> None:
    release = StandingDecision(id=1, item=NEW, kind=DecisionKind.RELEASE, reason=Reason.MOVED, quantity=42)
    inputs = planning(charges=(a_charge(7, item=OLD),), wanted=(wanting(42, NEW), wanting(0, OLD)), intents=(ARRIVED_WRONG,), decisions=(release,))

    assert no_writes(plan(inputs))


BILLS_NOTHING = {
    "it never arrived": ((), ARRIVED_WRONG),
    "it stands at 0": ((a_charge(0, item=OLD),), ARRIVED_WRONG),
    "it only waits to be entered": ((), replace(ARRIVED_WRONG, worklist=True)),
}


@pytest.mark.parametrize(("charges", "intent"), [pytest.param(*row, id=name) for name, row in BILLS_NOTHING.items()])
def test_a_write_that_bills_nothing_holds_no_other_line(charges: tuple[Charge, ...], intent: OpenIntent) -> None:
    planned = plan(planning(charges=charges, wanted=(wanting(42, NEW), wanting(0, OLD)), intents=(intent,)))

    assert decided(planned, NEW) == (Action.CREATE, None)


def test_a_line_of_a_single_unit_moves_like_any_other() -> None:
    planned = plan(planning(charges=(a_charge(1, item=OLD),), wanted=(wanting(1, NEW), wanting(0, OLD)), lines=(our_line(1, item=OLD),)))

    assert (decided(planned, NEW), decided(planned, OLD)) == (MOVE, HELD)


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        pytest.param((a_charge(41, charge=9005, item=OLD),), (Action.CREATE, None), id="somebody else's, of another quantity"),
        pytest.param((a_charge(42, charge=9005, item=OLD),), MOVE, id="one of ours, which was seen before and may have been entered anew"),
        pytest.param((a_charge(5, charge=9004, item=OLD), a_charge(42, charge=9005, item=OLD)), MOVE, id="perhaps ours beside somebody else's"),
        pytest.param((a_charge(5, charge=9004, item=OLD), a_charge(6, charge=9005, item=OLD)), (Action.CREATE, None), id="two of other quantities"),
        pytest.param((), (Action.CREATE, None), id="nothing"),
    ],
)
@pytest.mark.parametrize("seen", [None, (OLD_CHARGE,)], ids=["seen", "never seen"])
def test_seats_move_from_a_line_that_may_be_ours_entered_anew(
    others: tuple[Charge, ...], expected: tuple[Action, Reason | None], seen: tuple[int, ...] | None
) -> None:
    """Design 6.2 and moves: whether it is ours nobody can say, and its seats are billed once."""
    planned = plan(planning(charges=others, wanted=(wanting(42, NEW), wanting(0, OLD)), lines=(our_line(42, item=OLD),), seen=seen))

    assert decided(planned, NEW) == expected


def test_what_may_be_ours_entered_anew_is_told_as_where_the_seats_are_billed() -> None:
    others = (a_charge(5, charge=9004, item=OLD), a_charge(42, charge=9005, item=OLD))
    planned = plan(planning(charges=others, wanted=(wanting(42, NEW), wanting(0, OLD)), lines=(our_line(42, item=OLD),)))

    change = change_of(planned, NEW)
    assert change is not None
    assert change.moved_from == ((2041, OLD, 9005, 42),)


def test_a_line_that_a_person_decided_to_leave_is_never_taken_for_ours_entered_anew() -> None:
    left = replace(our_line(42, item=OLD), left=(9005,))
    planned = plan(planning(charges=(a_charge(42, charge=9005, item=OLD),), wanted=(wanting(42, NEW), wanting(0, OLD)), lines=(left,)))

    assert decided(planned, NEW) == (Action.CREATE, None)


def test_on_another_agreement_a_line_that_may_be_ours_entered_anew_holds_the_new_one() -> None:
    """L5: a create without an answer, its line entered anew beside lines made by hand, then another agreement."""
    gone = our_line(2, item=OLD, agreement=1999)
    others = (a_charge(2, charge=6, item=OLD), a_charge(5, charge=4, item=OLD), a_charge(5, charge=5, item=OLD))
    former = former_agreement(gone)
    former = replace(former, agreement=replace(former.agreement, charges=others), seen=())
    planned = plan(replace(planning(wanted=(wanting(2, OLD),)), former=(former,)))

    assert decided(planned, OLD) == MOVE
    assert no_writes(planned)


def test_lines_that_give_seats_away_are_told_in_order_of_item_also_those_of_which_only_an_unanswered_write_is_known() -> None:
    unanswered = an_intent(5, item="A", age=SECOND)
    planned = plan(
        planning(
            charges=(a_charge(37, item="B"),),
            wanted=(wanting(0, "A"), wanting(0, "B"), wanting(42, NEW)),
            lines=(our_line(37, item="B"),),
            intents=(unanswered,),
        )
    )

    change = change_of(planned, NEW)
    assert change is not None
    assert [item for _, item, _, _ in change.moved_from] == ["A", "B"]


def test_a_move_from_another_agreement_says_nothing_of_somebody_elses_line_for_its_item_here() -> None:
    foreign = a_charge(5, charge=7001, item=OLD)
    planned = plan(planning(charges=(foreign,), wanted=(wanting(42, NEW),), elsewhere=(our_line(42, item=OLD, agreement=1999),)))

    assert decided(planned, NEW) == MOVE
    assert (planned.not_ours, said(planned)) == ((), set())


def test_where_the_line_that_takes_the_seats_waits_the_old_one_is_left_behind_whatever_it_shows() -> None:
    charges = (a_charge(50, item=OLD), a_charge(5, charge=7001, item=NEW))
    planned = plan(planning(charges=charges, wanted=(wanting(42, NEW),), lines=(our_line(42, item=OLD),)))

    assert decided(planned, NEW) == (Action.HOLD, Reason.LINE_NOT_OURS)
    assert decided(planned, OLD) is None
    assert said(planned) == {(Reason.LEFT_BEHIND, OLD)}


def test_what_else_is_to_be_told_of_a_line_that_moves_is_told() -> None:
    renewed = a_charge(42, charge=9500, item=OLD)
    planned = plan(planning(charges=(renewed,), wanted=(wanting(42, NEW),), lines=(our_line(42, item=OLD),), seen=(OLD_CHARGE,)))

    assert decided(planned, NEW) == MOVE
    assert said(planned) == {(Reason.LINE_RENEWED, OLD)}


def test_a_line_that_is_left_behind_here_is_told_though_one_of_the_same_item_moves_from_another_agreement() -> None:
    here = our_line(7, item=OLD, parts=(a_part(7, SELECT),))
    planned = plan(
        planning(charges=(a_charge(7, item=OLD),), wanted=(wanting(42, NEW),), lines=(here,), elsewhere=(our_line(42, item=OLD, agreement=1999),))
    )

    assert decided(planned, NEW) == MOVE
    assert said(planned) == {(Reason.LEFT_BEHIND, OLD)}


@pytest.mark.parametrize(
    "new_lines",
    [
        pytest.param((a_charge(1, charge=9500, item=OLD),), id="one of a single unit"),
        pytest.param((a_charge(0, charge=9500, item=OLD), a_charge(45, charge=9501, item=OLD)), id="two of which one bills"),
    ],
)
def test_seats_that_a_write_gone_wrong_may_bill_are_billed_nowhere_else(new_lines: tuple[Charge, ...]) -> None:
    intent = an_intent(42, item=OLD)
    planned = plan(planning(charges=new_lines, wanted=(wanting(42, NEW), wanting(0, OLD)), intents=(intent,)))

    assert decided(planned, NEW) == MOVE


def test_that_an_item_has_no_price_is_told_though_seats_move_away_from_it() -> None:
    planned = plan(
        planning(
            charges=(a_charge(100, item=OLD),),
            wanted=(wanting(90, OLD, (a_part(90, category=WORKSTATION),)), wanting(10, "SRV", (a_part(10, category=SERVER),))),
            lines=(our_line(100, item=OLD),),
            items=(an_item(OLD, price=None), an_item("SRV")),
        )
    )

    assert decided(planned, "SRV") == MOVE
    assert said(planned) == {(Reason.NO_PRICE, OLD)}
