"""The table of design 6.3, row by row: lines for the item now × wanted × w → change. The first row that fits decides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import pytest

from tallybridge.billing.model import Notice
from tallybridge.billing.plan import Action, OurLine, PlanningInputs
from tallybridge.billing.planning import plan
from tallybridge.billing.psa import Agreement, Charge, Item
from tallybridge.billing.reasons import Reason
from tests.billing.builders import (
    AGREEMENT,
    ITEM,
    a_charge,
    a_part,
    an_agreement,
    an_item,
    change_of,
    decided,
    our_line,
    planning,
    said,
    wanting,
)

NOTHING = None
CREATE = (Action.CREATE, None)
UPDATE = (Action.UPDATE, None)
UNCHANGED = (Action.UNCHANGED, None)
REMOVED = (Action.HOLD, Reason.LINE_REMOVED)
DUPLICATES = (Action.HOLD, Reason.DUPLICATE_LINES)
NOT_OURS = (Action.HOLD, Reason.LINE_NOT_OURS)
EDITED = (Action.HOLD, Reason.EDITED_IN_PSA)

OURS, FOREIGN, OTHER = 9001, 7001, 7002

NEVER = None
CLOSED = our_line(42, closed=True)
W = our_line(42)
DELETED_AFTER_INVOICING = our_line(42, delete_after_invoicing=True)

BILLED_SINCE = {
    "its last billed date moved on": an_agreement(last_billed=date(2026, 11, 21)),
    "its next billing period moved on": an_agreement(next_billing=date(2027, 1, 1)),
    "it was billed for the first time": an_agreement(last_billed=date(2026, 11, 21), next_billing=None),
}


@dataclass(frozen=True)
class Row:
    lines: tuple[Charge, ...]
    wanted: int
    ours: OurLine | None
    change: tuple[Action, Reason | None] | None


TABLE = {
    # none | 0 | any
    "none, 0, never": Row((), 0, NEVER, NOTHING),
    "none, 0, closed": Row((), 0, CLOSED, NOTHING),
    "none, 0, w": Row((), 0, W, NOTHING),
    # none | n | never, or closed
    "none, n, never": Row((), 90, NEVER, CREATE),
    "none, n, closed": Row((), 90, CLOSED, CREATE),
    "none, n = the w from before it was closed": Row((), 42, CLOSED, CREATE),
    # none | n | w, DeleteAfterInvoicing; billed since: see below
    "none, n, w, DeleteAfterInvoicing without an invoice since": Row((), 90, DELETED_AFTER_INVOICING, REMOVED),
    # none | n | w
    "none, n, w": Row((), 90, W, REMOVED),
    "none, n = w": Row((), 42, W, REMOVED),
    # two or more
    "two foreign, n, never": Row((a_charge(1, charge=FOREIGN), a_charge(2, charge=OTHER)), 90, NEVER, DUPLICATES),
    "two foreign, 0, never": Row((a_charge(1, charge=FOREIGN), a_charge(2, charge=OTHER)), 0, NEVER, DUPLICATES),
    "ours and a foreign one, n, w": Row((a_charge(42), a_charge(2, charge=FOREIGN)), 90, W, DUPLICATES),
    "ours at what is wanted and a foreign one": Row((a_charge(42), a_charge(2, charge=FOREIGN)), 42, W, DUPLICATES),
    "ours and a foreign one, 0, w": Row((a_charge(42), a_charge(2, charge=FOREIGN)), 0, W, DUPLICATES),
    "ours and one that a person decided to leave": Row((a_charge(42), a_charge(2, charge=FOREIGN)), 90, our_line(42, left=(FOREIGN,)), UPDATE),
    "ours, one that is left, and a third": Row(
        (a_charge(42), a_charge(2, charge=FOREIGN), a_charge(3, charge=OTHER)), 90, our_line(42, left=(FOREIGN,)), DUPLICATES
    ),
    "only one that is left, w": Row((a_charge(2, charge=FOREIGN),), 90, our_line(42, left=(FOREIGN,)), REMOVED),
    "only one that is left, closed": Row((a_charge(2, charge=FOREIGN),), 90, our_line(42, closed=True, left=(FOREIGN,)), CREATE),
    # one, not ours | 0 | never
    "one foreign, 0, never": Row((a_charge(5, charge=FOREIGN),), 0, NEVER, NOTHING),
    "one foreign, 0, closed": Row((a_charge(5, charge=FOREIGN),), 0, CLOSED, NOTHING),
    "one foreign, 0, w": Row((a_charge(5, charge=FOREIGN),), 0, W, NOT_OURS),
    # one, not ours | n | any
    "one foreign, n, never": Row((a_charge(5, charge=FOREIGN),), 90, NEVER, NOT_OURS),
    "one foreign with exactly what is wanted": Row((a_charge(90, charge=FOREIGN),), 90, NEVER, NOT_OURS),
    "one foreign, n, closed": Row((a_charge(5, charge=FOREIGN),), 90, CLOSED, NOT_OURS),
    "one foreign, n, w": Row((a_charge(5, charge=FOREIGN),), 90, W, NOT_OURS),
    # ours and its quantity is wanted | n | any
    "ours at w, which is wanted": Row((a_charge(42),), 42, W, UNCHANGED),
    "ours, edited to what is wanted": Row((a_charge(90),), 90, W, UNCHANGED),
    "ours at 0, 0": Row((a_charge(0),), 0, our_line(0), UNCHANGED),
    "ours, edited to 0, 0": Row((a_charge(0),), 0, W, UNCHANGED),
    # ours and its quantity is w | n, another | w
    "ours at w, more wanted": Row((a_charge(42),), 90, W, UPDATE),
    "ours at w, less wanted": Row((a_charge(42),), 41, W, UPDATE),
    "ours at w, 0": Row((a_charge(42),), 0, W, UPDATE),
    "ours at 0, n": Row((a_charge(0),), 90, our_line(0), UPDATE),
    # ours and its quantity is not w | n | w
    "ours, edited, n": Row((a_charge(50),), 90, W, EDITED),
    "ours, edited, w still wanted": Row((a_charge(50),), 42, W, EDITED),
    "ours, edited, 0": Row((a_charge(50),), 0, W, EDITED),
    "ours, edited to 0, n": Row((a_charge(0),), 90, W, EDITED),
}


def inputs_of(row: Row) -> PlanningInputs:
    return planning(charges=row.lines, wanted=(wanting(row.wanted),), lines=(row.ours,) if row.ours is not None else ())


@pytest.mark.parametrize("row", [pytest.param(row, id=name) for name, row in TABLE.items()])
def test_the_table(row: Row) -> None:
    assert decided(plan(inputs_of(row))) == row.change


@pytest.mark.parametrize("agreement", [pytest.param(agreement, id=name) for name, agreement in BILLED_SINCE.items()])
def test_a_line_deleted_after_invoicing_is_created_again_once_the_agreement_has_been_billed(agreement: Agreement) -> None:
    seen_before = our_line(42, delete_after_invoicing=True, last_billed=None if agreement.next_billing is None else date(2026, 11, 1))
    assert decided(plan(planning(agreement=agreement, wanted=(wanting(42),), lines=(seen_before,)))) == CREATE


@pytest.mark.parametrize("agreement", [pytest.param(agreement, id=name) for name, agreement in BILLED_SINCE.items()])
def test_any_other_removed_line_stays_removed_after_an_invoice_too(agreement: Agreement) -> None:
    assert decided(plan(planning(agreement=agreement, wanted=(wanting(42),), lines=(W,)))) == REMOVED


NOT_KNOWN_TO_BE_BILLED = {
    "it was never billed": (an_agreement(last_billed=None), replace(DELETED_AFTER_INVOICING, last_billed=None)),
    "nobody knows what its next billing period was": (an_agreement(), replace(DELETED_AFTER_INVOICING, next_billing=None)),
    "it does not say when it was billed": (an_agreement(last_billed=None, next_billing=None), DELETED_AFTER_INVOICING),
}


@pytest.mark.parametrize(("agreement", "line"), [pytest.param(*row, id=name) for name, row in NOT_KNOWN_TO_BE_BILLED.items()])
def test_where_nothing_tells_of_an_invoice_a_line_deleted_after_invoicing_was_removed_by_somebody(agreement: Agreement, line: OurLine) -> None:
    assert decided(plan(planning(agreement=agreement, wanted=(wanting(90),), lines=(line,)))) == REMOVED


def test_a_line_that_is_gone_and_not_wanted_is_closed() -> None:
    (line,) = plan(inputs_of(TABLE["none, 0, w"])).lines
    assert (line.closed, line.charge) == (True, None)


def test_an_unchanged_line_is_w_from_now_on_whoever_wrote_it() -> None:
    (line,) = plan(inputs_of(TABLE["ours, edited to what is wanted"])).lines
    assert (line.written, line.parts) == (90, (a_part(90),))


@pytest.mark.parametrize("name", ["ours at w, more wanted", "ours, edited, n", "none, n, w", "ours and a foreign one, n, w"])
def test_w_stays_until_a_write_has_been_read_back(name: str) -> None:
    (line,) = plan(inputs_of(TABLE[name])).lines
    assert (line.written, line.charge, line.parts) == (42, OURS, (a_part(42),))


def test_what_a_line_shows_now_is_remembered_for_the_day_it_is_gone() -> None:
    agreement = an_agreement(a_charge(42, delete_after_invoicing=True), last_billed=date(2026, 11, 15), next_billing=date(2026, 12, 15))
    (line,) = plan(planning(agreement=agreement, wanted=(wanting(42),), lines=(W,))).lines
    assert (line.delete_after_invoicing, line.last_billed, line.next_billing) == (True, date(2026, 11, 15), date(2026, 12, 15))


def test_a_create_says_what_it_makes_and_which_lines_it_knew() -> None:
    change = change_of(plan(inputs_of(TABLE["only one that is left, closed"])))
    assert change is not None
    assert (change.from_quantity, change.to_quantity, change.charge, change.parts, change.known) == (None, 90, None, (a_part(90),), (FOREIGN,))
    assert change.last_written is None


def test_a_create_knows_lines_of_its_own_item_only() -> None:
    left = our_line(42, closed=True, left=(FOREIGN,))
    planned = plan(planning(charges=(a_charge(2, charge=FOREIGN), a_charge(1, charge=OTHER, item="BACKUP")), wanted=(wanting(90),), lines=(left,)))
    assert [(change.action, change.known) for change in planned.changes] == [(Action.CREATE, (FOREIGN,))]


def test_an_update_says_from_which_quantity_to_which_on_which_line() -> None:
    change = change_of(plan(inputs_of(TABLE["ours at w, more wanted"])))
    assert change is not None
    assert (change.from_quantity, change.to_quantity, change.charge, change.known, change.last_written) == (42, 90, OURS, (OURS,), 42)


def test_an_unchanged_line_says_which_it_is_and_where_it_stands() -> None:
    change = change_of(plan(inputs_of(TABLE["ours at w, which is wanted"])))
    assert change is not None
    assert (change.charge, change.from_quantity, change.to_quantity, change.last_written) == (OURS, 42, 42, 42)


def test_a_line_that_stands_at_0_is_made_of_nothing() -> None:
    assert [line.parts for line in plan(inputs_of(TABLE["ours, edited to 0, 0"])).lines] == [()]


def test_a_hold_says_what_the_psa_shows_what_was_last_written_and_what_is_wanted() -> None:
    change = change_of(plan(inputs_of(TABLE["ours, edited, n"])))
    assert change is not None
    assert (change.from_quantity, change.last_written, change.to_quantity, change.charge) == (50, 42, 90, OURS)


@pytest.mark.parametrize("name", ["none, n, w", "ours and a foreign one, n, w", "one foreign, n, w", "ours, edited, n"])
def test_whatever_a_line_of_ours_waits_for_the_hold_says_what_was_last_written(name: str) -> None:
    change = change_of(plan(inputs_of(TABLE[name])))
    assert change is not None
    assert (change.action, change.last_written, change.to_quantity) == (Action.HOLD, 42, 90)


@pytest.mark.parametrize("name", ["none, n, closed", "one foreign, n, closed"])
def test_of_a_line_that_was_closed_nothing_was_last_written(name: str) -> None:
    change = change_of(plan(inputs_of(TABLE[name])))
    assert change is not None
    assert change.last_written is None


def test_duplicate_lines_are_named() -> None:
    change = change_of(plan(inputs_of(TABLE["ours and a foreign one, n, w"])))
    assert change is not None
    assert (sorted(change.known), change.charge, change.to_quantity) == ([FOREIGN, OURS], None, 90)


def test_a_foreign_line_of_an_unused_item_is_reported_billed_but_unused() -> None:
    planned = plan(inputs_of(TABLE["one foreign, 0, never"]))
    assert planned.not_ours == (FOREIGN,)
    assert planned.notices == (Notice(reason=Reason.BILLED_BUT_UNUSED, subject=ITEM, expected=0, received=5),)


def test_a_foreign_line_of_an_item_that_no_mapping_bills_on_is_none_of_our_business() -> None:
    planned = plan(planning(charges=(a_charge(5, item="BACKUP"), a_charge(6, charge=OTHER, item="BACKUP")), wanted=(wanting(0),)))
    assert (planned.changes, planned.notices, planned.not_ours) == ((), (), ())


class TestLeftBehind:
    """A line of ours whose item no mapping bills on any more stays as it is."""

    def test_it_is_reported_and_not_written(self) -> None:
        planned = plan(planning(charges=(a_charge(42),), lines=(W,)))
        assert planned.changes == ()
        assert planned.notices == (Notice(reason=Reason.LEFT_BEHIND, subject=ITEM, expected=0, received=42),)
        assert planned.lines == (W,)

    def test_a_single_unit_too(self) -> None:
        assert said(plan(planning(charges=(a_charge(1),), lines=(our_line(1),)))) == {(Reason.LEFT_BEHIND, ITEM)}

    @pytest.mark.parametrize(
        ("charges", "line"),
        [
            pytest.param((a_charge(0),), our_line(0), id="at zero it bills nothing"),
            pytest.param((), W, id="removed"),
            pytest.param((a_charge(5, charge=FOREIGN),), CLOSED, id="the line that stands there is not ours"),
        ],
    )
    def test_nothing_is_left_behind(self, charges: tuple[Charge, ...], line: OurLine) -> None:
        planned = plan(planning(charges=charges, lines=(line,)))
        assert (planned.changes, planned.notices) == ((), ())


class TestPriceBook:
    """`item_missing` and `item_inactive` hold only where the item is wanted or has a line of ours (design 6.4)."""

    BAD = (
        pytest.param((), Reason.ITEM_MISSING, id="missing"),
        pytest.param((an_item(inactive=True),), Reason.ITEM_INACTIVE, id="inactive"),
    )

    @pytest.mark.parametrize(("items", "reason"), BAD)
    @pytest.mark.parametrize("name", ["none, n, never", "none, n, closed", "ours at w, more wanted", "ours at w, 0"])
    def test_nothing_is_written_on_it(self, name: str, items: tuple[Item, ...], reason: Reason) -> None:
        row = TABLE[name]
        planned = plan(planning(charges=row.lines, wanted=(wanting(row.wanted),), lines=(row.ours,) if row.ours else (), items=items))
        assert decided(planned) == (Action.HOLD, reason)
        standing = row.ours.written if row.ours is not None and not row.ours.closed else None
        assert [(change.to_quantity, change.last_written) for change in planned.changes] == [(row.wanted, standing)]

    @pytest.mark.parametrize(("items", "reason"), BAD)
    @pytest.mark.parametrize("name", ["none, 0, never", "none, 0, closed", "one foreign, 0, never"])
    def test_nobody_is_asked_about_an_item_that_is_neither_wanted_nor_ours(self, name: str, items: tuple[Item, ...], reason: Reason) -> None:
        row = TABLE[name]
        planned = plan(planning(charges=row.lines, wanted=(wanting(row.wanted),), lines=(row.ours,) if row.ours else (), items=items))
        assert decided(planned) is None

    @pytest.mark.parametrize(("items", "reason"), BAD)
    def test_a_line_that_stands_right_is_not_held_for_it(self, items: tuple[Item, ...], reason: Reason) -> None:
        assert decided(plan(planning(charges=(a_charge(42),), wanted=(wanting(42),), lines=(W,), items=items))) == UNCHANGED

    @pytest.mark.parametrize("price", [None, Decimal(0)])
    @pytest.mark.parametrize("name", ["none, n, never", "ours at w, more wanted", "ours at w, which is wanted"])
    def test_an_item_without_price_is_billed_and_reported(self, name: str, price: Decimal | None) -> None:
        row = TABLE[name]
        items = (an_item(price=price),)
        planned = plan(planning(charges=row.lines, wanted=(wanting(row.wanted),), lines=(row.ours,) if row.ours else (), items=items))
        assert decided(planned) == row.change
        assert said(planned) == {(Reason.NO_PRICE, ITEM)}

    def test_a_single_unit_without_price_is_reported_too(self) -> None:
        assert said(plan(planning(wanted=(wanting(1),), items=(an_item(price=None),)))) == {(Reason.NO_PRICE, ITEM)}

    @pytest.mark.parametrize("name", ["none, 0, never", "ours at w, 0", "ours at 0, 0"])
    def test_a_missing_price_matters_to_nobody_at_zero(self, name: str) -> None:
        row = TABLE[name]
        items = (an_item(price=None),)
        planned = plan(planning(charges=row.lines, wanted=(wanting(row.wanted),), lines=(row.ours,) if row.ours else (), items=items))
        assert said(planned) == set()

    def test_a_price_that_could_not_be_read_is_not_said_to_be_missing(self) -> None:
        row = TABLE["none, n, never"]
        planned = plan(planning(charges=row.lines, wanted=(wanting(row.wanted),), items=(replace(an_item(price=None), price_known=False),)))
        assert decided(planned) == row.change
        assert said(planned) == set()

    def test_a_price_in_the_price_book_is_not_mentioned(self) -> None:
        assert said(plan(inputs_of(TABLE["none, n, never"]))) == set()


class TestRenewedLines:
    """Design 6.2: our id is gone, and exactly one line for the item, with an id never seen before, has exactly w."""

    def test_it_is_taken_over_with_a_notice_and_billed_on(self) -> None:
        planned = plan(planning(charges=(a_charge(42, charge=9500),), wanted=(wanting(90),), lines=(W,), seen=(OURS,)))
        change = change_of(planned)
        assert change is not None
        assert (change.action, change.charge, change.from_quantity, change.to_quantity) == (Action.UPDATE, 9500, 42, 90)
        assert said(planned) == {(Reason.LINE_RENEWED, ITEM)}
        assert [line.charge for line in planned.lines] == [9500]

    def test_a_line_that_is_seen_for_the_first_time_under_its_own_id_is_not_renewed(self) -> None:
        assert said(plan(planning(charges=(a_charge(42),), wanted=(wanting(42),), lines=(W,), seen=()))) == set()

    def test_a_line_that_a_person_left_is_not_in_the_way(self) -> None:
        charges = (a_charge(5, charge=FOREIGN), a_charge(42, charge=9500))
        planned = plan(planning(charges=charges, wanted=(wanting(42),), lines=(our_line(42, left=(FOREIGN,)),), seen=(OURS, FOREIGN)))
        assert decided(planned) == UNCHANGED
        assert [line.charge for line in planned.lines] == [9500]

    @pytest.mark.parametrize(
        ("charges", "seen", "line", "change"),
        [
            pytest.param((a_charge(43, charge=9500),), (OURS,), W, NOT_OURS, id="another quantity"),
            pytest.param((a_charge(42, charge=9500),), (OURS, 9500), W, NOT_OURS, id="an id seen before"),
            pytest.param((a_charge(42, charge=9500), a_charge(42, charge=9501)), (OURS,), W, DUPLICATES, id="two such lines"),
            pytest.param((a_charge(42), a_charge(42, charge=9500)), (OURS,), W, DUPLICATES, id="ours is still there"),
            pytest.param((a_charge(42, charge=9500),), (OURS,), CLOSED, NOT_OURS, id="ours was closed"),
            pytest.param((a_charge(42, charge=9500),), (), NEVER, NOT_OURS, id="there never was one of ours"),
        ],
    )
    def test_anything_else_is_not_our_line(
        self, charges: tuple[Charge, ...], seen: tuple[int, ...], line: OurLine | None, change: tuple[Action, Reason]
    ) -> None:
        planned = plan(planning(charges=charges, wanted=(wanting(42),), lines=(line,) if line else (), seen=seen))
        assert decided(planned) == change
        assert said(planned) == set()


def test_each_item_is_decided_by_itself_in_order_of_item() -> None:
    planned = plan(
        planning(
            charges=(a_charge(3, item="B"), a_charge(1, charge=FOREIGN, item="A")),
            wanted=(wanting(1, "C"), wanting(4, "B"), wanting(2, "A")),
            lines=(our_line(3, item="B"),),
        )
    )
    assert planned.agreement == AGREEMENT
    assert [(one.item, one.action) for one in planned.changes] == [("A", Action.HOLD), ("B", Action.UPDATE), ("C", Action.CREATE)]
