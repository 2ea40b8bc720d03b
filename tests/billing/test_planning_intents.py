"""An open intent is resolved by reading first (design 6.3, first row; L5); worklist entries are open intents without a call (design 6.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tallybridge.billing.plan import Action, IntentOutcome, OpenIntent, OurLine, Resolution, Wanted
from tallybridge.billing.planning import plan
from tallybridge.billing.psa import Charge
from tallybridge.billing.reasons import Reason
from tallybridge.billing.resolving import ends_of_no_use, know_lines
from tests.billing.builders import AGREEMENT, ITEM, TODAY, a_charge, a_part, an_intent, change_of, decided, our_line, planning, wanting

OURS, NEW, SECOND_NEW, FOREIGN = 9001, 9100, 9101, 7001
W = our_line(42)

CREATE_90 = an_intent(90)
UPDATE_42_TO_90 = an_intent(90, charge=OURS, from_quantity=42, known=(OURS,))

FRESH = timedelta(seconds=29)
SETTLED = timedelta(seconds=30)

APPLIED = {
    "create: the new line shows it": (CREATE_90, (a_charge(90, charge=NEW),), (), NEW),
    "create beside a line that was known": (an_intent(90, known=(FOREIGN,)), (a_charge(90, charge=NEW), a_charge(90, charge=FOREIGN)), (), NEW),
    "update: the line shows it": (UPDATE_42_TO_90, (a_charge(90),), (W,), OURS),
    "update beside a line that a person left": (
        replace(UPDATE_42_TO_90, known=(FOREIGN, OURS)),
        (a_charge(42, charge=FOREIGN), a_charge(90)),
        (our_line(42, left=(FOREIGN,)),),
        OURS,
    ),
    "create just now": (an_intent(90, age=FRESH), (a_charge(90, charge=NEW),), (), NEW),
    "worklist create was entered": (replace(CREATE_90, worklist=True), (a_charge(90, charge=NEW),), (), NEW),
    "worklist update was entered": (replace(UPDATE_42_TO_90, worklist=True), (a_charge(90),), (W,), OURS),
}


@pytest.mark.parametrize(("intent", "charges", "lines", "charge"), [pytest.param(*row, id=name) for name, row in APPLIED.items()])
def test_applied(intent: OpenIntent, charges: tuple[Charge, ...], lines: tuple[OurLine, ...], charge: int) -> None:
    planned = plan(planning(charges=charges, wanted=(wanting(90),), lines=lines, intents=(intent,)))

    assert [(one.key, one.outcome, one.charge, one.quantity) for one in planned.resolutions] == [("intent-1", IntentOutcome.APPLIED, charge, 90)]
    assert [(line.agreement, line.charge, line.written, line.parts, line.closed) for line in planned.lines] == [
        (AGREEMENT, charge, 90, (a_part(90),), False)
    ]


@pytest.mark.parametrize("name", [name for name, row in APPLIED.items() if "beside" not in name])
def test_an_applied_line_is_ours_and_goes_on_from_there(name: str) -> None:
    intent, charges, lines, charge = APPLIED[name]
    planned = plan(planning(charges=charges, wanted=(wanting(91),), lines=lines, intents=(intent,)))

    change = change_of(planned)
    assert change is not None
    assert (change.action, change.charge, change.from_quantity, change.to_quantity, change.last_written) == (Action.UPDATE, charge, 90, 91, 90)


def test_lines_that_a_person_left_stay_left_when_a_write_turns_out_applied() -> None:
    line = our_line(42, closed=True, left=(FOREIGN,))
    intent = an_intent(90, known=(FOREIGN,))
    planned = plan(planning(charges=(a_charge(7, charge=FOREIGN), a_charge(90, charge=NEW)), wanted=(wanting(90),), lines=(line,), intents=(intent,)))

    assert decided(planned) == (Action.UNCHANGED, None)
    assert [line.left for line in planned.lines] == [(FOREIGN,)]


LONG_AGO = TODAY - timedelta(days=400)
YOUNG_FROM = {
    "the first line for the item": (CREATE_90, (a_charge(90, charge=NEW),), (), TODAY),
    "made again after it was closed": (CREATE_90, (a_charge(90, charge=NEW),), (replace(our_line(42, closed=True), since=LONG_AGO),), TODAY),
    "made again after an invoice removed it": (CREATE_90, (a_charge(90, charge=NEW),), (replace(W, since=LONG_AGO),), LONG_AGO),
    "written on": (UPDATE_42_TO_90, (a_charge(90),), (replace(W, since=LONG_AGO),), LONG_AGO),
}


@pytest.mark.parametrize(("intent", "charges", "lines", "since"), [pytest.param(*row, id=name) for name, row in YOUNG_FROM.items()])
def test_a_line_that_an_unanswered_write_made_is_as_old_as_the_line_that_it_goes_on_from(
    intent: OpenIntent, charges: tuple[Charge, ...], lines: tuple[OurLine, ...], since: date
) -> None:
    """A young line may rise freely (design 6.5)."""
    planned = plan(planning(charges=charges, wanted=(wanting(90),), lines=lines, intents=(intent,)))

    assert [line.since for line in planned.lines] == [since]


NOT_WRITTEN = {
    "create": (an_intent(90, age=SETTLED), (), (), (Action.CREATE, None)),
    "update": (replace(UPDATE_42_TO_90, recorded=an_intent(90, age=SETTLED).recorded), (a_charge(42),), (W,), (Action.UPDATE, None)),
    "update of a line that is gone": (UPDATE_42_TO_90, (), (W,), (Action.HOLD, Reason.LINE_REMOVED)),
    "worklist update of a line that is gone": (replace(UPDATE_42_TO_90, worklist=True), (), (W,), (Action.HOLD, Reason.LINE_REMOVED)),
}


@pytest.mark.parametrize(("intent", "charges", "lines", "change"), [pytest.param(*row, id=name) for name, row in NOT_WRITTEN.items()])
def test_not_written_is_believed_after_the_settling_time_and_planned_again(
    intent: OpenIntent, charges: tuple[Charge, ...], lines: tuple[OurLine, ...], change: tuple[Action, Reason | None]
) -> None:
    planned = plan(planning(charges=charges, wanted=(wanting(90),), lines=lines, intents=(intent,)))

    standing = (charges[0].id, charges[0].quantity) if charges else (None, None)
    assert [(one.key, one.outcome, one.charge, one.quantity) for one in planned.resolutions] == [("intent-1", IntentOutcome.NOT_WRITTEN, *standing)]
    assert decided(planned) == change


UNRESOLVED = {
    "create, not there, too early to tell": (an_intent(90, age=FRESH), (), (), Reason.WRITE_UNRESOLVED),
    "update, not there, too early to tell": (
        an_intent(90, charge=OURS, from_quantity=42, known=(OURS,), age=FRESH),
        (a_charge(42),),
        (W,),
        Reason.WRITE_UNRESOLVED,
    ),
    "create with another quantity": (CREATE_90, (a_charge(89, charge=NEW),), (), Reason.NOT_AS_WRITTEN),
    "update with another quantity": (UPDATE_42_TO_90, (a_charge(89),), (W,), Reason.NOT_AS_WRITTEN),
    "create, two new lines": (CREATE_90, (a_charge(90, charge=NEW), a_charge(90, charge=SECOND_NEW)), (), Reason.DUPLICATE_LINES),
    "create, two new lines of which one fits": (
        CREATE_90,
        (a_charge(90, charge=NEW), a_charge(5, charge=SECOND_NEW)),
        (),
        Reason.DUPLICATE_LINES,
    ),
    "worklist create entered differently": (replace(CREATE_90, worklist=True), (a_charge(80, charge=NEW),), (), Reason.ENTERED_DIFFERENTLY),
    "worklist update entered differently": (replace(UPDATE_42_TO_90, worklist=True), (a_charge(80),), (W,), Reason.ENTERED_DIFFERENTLY),
    "worklist create entered twice": (
        replace(CREATE_90, worklist=True),
        (a_charge(90, charge=NEW), a_charge(90, charge=SECOND_NEW)),
        (),
        Reason.DUPLICATE_LINES,
    ),
}


@pytest.mark.parametrize("wanted", [90, 42, 0])
@pytest.mark.parametrize(("intent", "charges", "lines", "reason"), [pytest.param(*row, id=name) for name, row in UNRESOLVED.items()])
def test_what_reading_cannot_settle_is_held_whatever_is_wanted(
    intent: OpenIntent, charges: tuple[Charge, ...], lines: tuple[OurLine, ...], reason: Reason, wanted: int
) -> None:
    """L5: never blindly repeated."""
    planned = plan(planning(charges=charges, wanted=(wanting(wanted),), lines=lines, intents=(intent,), worklist=intent.worklist))

    assert decided(planned) == (Action.HOLD, reason)
    assert planned.resolutions == (), "the intent stays open"
    assert [change.to_quantity for change in planned.changes] == [wanted]
    assert [change.last_written for change in planned.changes] == [lines[0].written if lines else None]


@pytest.mark.parametrize(("intent", "charges", "lines", "reason"), [pytest.param(*row, id=name) for name, row in UNRESOLVED.items()])
def test_it_is_held_also_when_no_mapping_bills_on_the_item_any_more(
    intent: OpenIntent, charges: tuple[Charge, ...], lines: tuple[OurLine, ...], reason: Reason
) -> None:
    planned = plan(planning(charges=charges, lines=lines, intents=(intent,), worklist=intent.worklist))
    assert decided(planned) == (Action.HOLD, reason)


def test_another_item_of_the_agreement_goes_on_meanwhile() -> None:
    planned = plan(planning(wanted=(wanting(90), wanting(5, "OTHER")), intents=(an_intent(90, age=FRESH),)))
    assert decided(planned, "OTHER") == (Action.CREATE, None)


def test_a_write_that_reading_settles_is_settled_whatever_another_one_waits_for() -> None:
    intents = (an_intent(5, item="A", age=FRESH, key="A"), an_intent(90, key="B"))
    planned = plan(planning(charges=(a_charge(90, charge=NEW),), wanted=(wanting(5, "A"), wanting(90)), intents=intents))
    assert (decided(planned, "A"), decided(planned)) == ((Action.HOLD, Reason.WRITE_UNRESOLVED), (Action.UNCHANGED, None))
    assert [(one.key, one.outcome) for one in planned.resolutions] == [("B", IntentOutcome.APPLIED)]


def test_a_later_write_that_is_settled_settles_what_an_earlier_one_left_open() -> None:
    intents = (an_intent(80, age=2 * SETTLED, worklist=True, key="earlier"), an_intent(90, key="later"))
    planned = plan(planning(charges=(a_charge(90, charge=NEW),), wanted=(wanting(90),), intents=intents))
    assert decided(planned) == (Action.UNCHANGED, None)


ADOPTED = {
    "create with another quantity": (CREATE_90, (a_charge(89, charge=NEW),), our_line(89, charge=NEW), IntentOutcome.NOT_AS_WRITTEN),
    "create, two new lines": (
        CREATE_90,
        (a_charge(90, charge=NEW), a_charge(5, charge=SECOND_NEW)),
        our_line(5, charge=SECOND_NEW, left=(NEW,)),
        IntentOutcome.NOT_AS_WRITTEN,
    ),
    "update with another quantity": (UPDATE_42_TO_90, (a_charge(89),), our_line(89), IntentOutcome.NOT_AS_WRITTEN),
    "worklist create entered differently": (
        replace(CREATE_90, worklist=True),
        (a_charge(80, charge=NEW),),
        our_line(80, charge=NEW),
        IntentOutcome.NOT_AS_WRITTEN,
    ),
    "create, taken over just before the run was killed": (CREATE_90, (a_charge(90, charge=NEW),), our_line(90, charge=NEW), IntentOutcome.APPLIED),
    "update, taken over just before the run was killed": (UPDATE_42_TO_90, (a_charge(90),), our_line(90), IntentOutcome.APPLIED),
}


@pytest.mark.parametrize(("intent", "charges", "line", "outcome"), [pytest.param(*row, id=name) for name, row in ADOPTED.items()])
def test_an_intent_whose_line_is_ours_already_is_settled_and_the_line_goes_on_from_what_it_shows(
    intent: OpenIntent, charges: tuple[Charge, ...], line: OurLine, outcome: IntentOutcome
) -> None:
    """Design 6.6: w of an adopted line is its quantity."""
    planned = plan(planning(charges=charges, wanted=(wanting(91),), lines=(line,), intents=(intent,)))

    assert [(one.outcome, one.charge, one.quantity) for one in planned.resolutions] == [(outcome, line.charge, line.written)]
    change = change_of(planned)
    assert change is not None
    assert (change.action, change.charge, change.from_quantity, change.to_quantity) == (Action.UPDATE, line.charge, line.written, 91)


def test_a_line_whose_write_is_open_is_not_taken_for_a_renewed_one() -> None:
    """The new line may be the late create, or somebody else's."""
    intent = an_intent(90, age=FRESH)
    planned = plan(planning(charges=(a_charge(42, charge=NEW),), wanted=(wanting(90),), lines=(W,), seen=(OURS,), intents=(intent,)))
    assert decided(planned) == (Action.HOLD, Reason.NOT_AS_WRITTEN)
    assert planned.notices == ()


class TestWorklist:
    """An entry waits until a line shows it, for days if need be."""

    WAITING = (
        pytest.param(replace(CREATE_90, worklist=True), (), (), Action.CREATE, id="create"),
        pytest.param(replace(UPDATE_42_TO_90, worklist=True), (a_charge(42),), (W,), Action.UPDATE, id="update"),
    )

    @pytest.mark.parametrize(("entry", "charges", "lines", "action"), WAITING)
    def test_an_entry_that_waits_and_is_still_wanted_is_repeated_not_made_again(
        self, entry: OpenIntent, charges: tuple[Charge, ...], lines: tuple[OurLine, ...], action: Action
    ) -> None:
        """L8."""
        planned = plan(planning(charges=charges, wanted=(wanting(90),), lines=lines, intents=(entry,), worklist=True))
        change = change_of(planned)
        assert change is not None
        assert (change.action, change.to_quantity, change.entered) == (action, 90, "intent-1")
        assert planned.resolutions == ()

    @pytest.mark.parametrize(("entry", "charges", "lines", "action"), WAITING)
    def test_an_entry_with_another_quantity_than_today_gives_way_to_a_new_one(
        self, entry: OpenIntent, charges: tuple[Charge, ...], lines: tuple[OurLine, ...], action: Action
    ) -> None:
        planned = plan(planning(charges=charges, wanted=(wanting(91),), lines=lines, intents=(entry,), worklist=True))
        change = change_of(planned)
        assert change is not None
        assert (change.action, change.to_quantity, change.entered) == (action, 91, None)
        assert [(one.key, one.outcome) for one in planned.resolutions] == [("intent-1", IntentOutcome.SUPERSEDED)]

    @pytest.mark.parametrize(
        ("entry", "charges", "lines", "wanted"),
        [
            pytest.param(replace(CREATE_90, worklist=True), (), (), (wanting(0),), id="create, nothing wanted any more"),
            pytest.param(replace(CREATE_90, worklist=True), (), (), (), id="create, unmapped"),
            pytest.param(replace(UPDATE_42_TO_90, worklist=True), (a_charge(42),), (W,), (wanting(42),), id="update, what stands is wanted again"),
        ],
    )
    def test_an_entry_that_nothing_wants_any_more_is_withdrawn(
        self, entry: OpenIntent, charges: tuple[Charge, ...], lines: tuple[OurLine, ...], wanted: tuple[Wanted, ...]
    ) -> None:
        planned = plan(planning(charges=charges, wanted=wanted, lines=lines, intents=(entry,), worklist=True))
        assert [one.outcome for one in planned.resolutions] == [IntentOutcome.SUPERSEDED]
        assert all(change.action is Action.UNCHANGED for change in planned.changes)

    @pytest.mark.parametrize(("entry", "charges", "lines", "action"), WAITING)
    def test_with_soap_switched_on_an_entry_gives_way_to_a_call(
        self, entry: OpenIntent, charges: tuple[Charge, ...], lines: tuple[OurLine, ...], action: Action
    ) -> None:
        planned = plan(planning(charges=charges, wanted=(wanting(90),), lines=lines, intents=(entry,), worklist=False))
        change = change_of(planned)
        assert change is not None
        assert (change.action, change.entered) == (action, None)
        assert [one.outcome for one in planned.resolutions] == [IntentOutcome.SUPERSEDED]

    def test_an_entry_to_create_is_not_repeated_as_an_update(self) -> None:
        """A person who adopted a line that was left would otherwise still be told to make a new one."""
        entry = an_intent(90, known=(FOREIGN,), worklist=True)
        adopted = our_line(5, charge=FOREIGN)
        planned = plan(planning(charges=(a_charge(5, charge=FOREIGN),), wanted=(wanting(90),), lines=(adopted,), intents=(entry,), worklist=True))
        change = change_of(planned)
        assert change is not None
        assert (change.action, change.charge, change.entered) == (Action.UPDATE, FOREIGN, None)
        assert [one.outcome for one in planned.resolutions] == [IntentOutcome.SUPERSEDED]

    def test_an_entry_waits_however_old_it_is(self) -> None:
        entry = an_intent(90, age=timedelta(days=60), worklist=True)
        change = change_of(plan(planning(wanted=(wanting(90),), intents=(entry,), worklist=True)))
        assert change is not None
        assert change.entered == "intent-1"

    def test_one_for_an_item_that_no_mapping_bills_on_any_more_leaves_somebody_elses_line_alone(self) -> None:
        entry = replace(CREATE_90, worklist=True, known=(FOREIGN,))
        planned = plan(planning(charges=(a_charge(5, charge=FOREIGN),), intents=(entry,), worklist=True))
        assert (planned.changes, planned.notices) == ((), ())

    def test_one_waits_on_beside_an_entry_that_was_made_differently_and_those_not_wanted_end_in_order_of_item(self) -> None:
        entries = tuple(replace(CREATE_90, worklist=True, item=item, key=f"entry {item}") for item in ("D", "C", "B", "A"))
        planned = plan(
            planning(charges=(a_charge(80, charge=NEW, item="A"),), wanted=(wanting(90, "A"), wanting(90, "B")), intents=entries, worklist=True)
        )
        assert [(change.item, change.reason, change.entered) for change in planned.changes] == [
            ("A", Reason.ENTERED_DIFFERENTLY, None),
            ("B", None, "entry B"),
        ]
        assert [(one.key, one.outcome) for one in planned.resolutions] == [
            ("entry C", IntentOutcome.SUPERSEDED),
            ("entry D", IntentOutcome.SUPERSEDED),
        ]

    def test_a_newer_line_of_another_item_does_not_resolve_it(self) -> None:
        entry = an_intent(90, worklist=True)
        planned = plan(planning(charges=(a_charge(90, charge=NEW, item="OTHER"),), wanted=(wanting(90),), intents=(entry,), worklist=True))
        assert decided(planned, ITEM) == (Action.CREATE, None)
        assert planned.resolutions == ()


def test_on_an_agreement_that_is_written_no_more_everything_ends_but_what_may_still_arrive() -> None:
    """In order of item, each with the line that stands there, if one does."""
    intents = (
        an_intent(90, item="D", key="entered differently", worklist=True),
        an_intent(90, item="C", key="never entered", worklist=True),
        an_intent(90, item="B", key="may still arrive", age=FRESH),
        an_intent(90, item="A", key="made twice"),
    )
    charges = (
        a_charge(80, charge=NEW, item="D"),
        a_charge(90, charge=9200, item="A"),
        a_charge(5, charge=9201, item="A"),
    )

    assert ends_of_no_use(know_lines(planning(charges=charges, intents=intents))) == (
        Resolution(key="made twice", outcome=IntentOutcome.NOT_AS_WRITTEN, charge=9200, quantity=90),
        Resolution(key="never entered", outcome=IntentOutcome.SUPERSEDED, charge=None, quantity=None),
        Resolution(key="entered differently", outcome=IntentOutcome.NOT_AS_WRITTEN, charge=NEW, quantity=80),
    )
