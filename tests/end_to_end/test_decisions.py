"""The five decisions on each kind of hold (design 6.6): what the PSA holds after the next run, and when they end."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.end_to_end.conftest import Bench
from tests.end_to_end.hands import decide, decided, duplicates, edited, foreign, hold_on, removed, require_every_proof, until
from tests.end_to_end.test_lines import add_workstation, line_of, remove, set_quantity
from tests.end_to_end.worlds import CONTOSO, FABRIKAM, charge, price_book

Json = dict[str, Any]
NO_SOAP = {"write_mode": "worklist", "dialect": None, "soap_user": None, "soap_password": None}


def written_wrongly(bench: Bench) -> None:
    """The PSA made of our 4 something else."""
    bench.run()
    add_workstation(bench)
    bench.faults({"on": "tigerpaw_soap", "call": "*", "nth": 1, "do": "wrong_quantity"})
    assert bench.run().code == 1
    bench.faults()


def inactive(bench: Bench) -> None:
    """The item of our line may not be sold any more, and one more is used."""
    bench.run()
    add_workstation(bench)
    book = price_book("KES-WKS", "KES-SRV", "KES-NIX", "KES-SELECT", KES_WKS={"inactive": True})
    bench.edit(lambda state: state["tigerpaw"].update(price_book=book))


class Row(NamedTuple):
    """One decision on one kind of hold; `lines` is what Contoso is billed for workstations after the next run, in order of id."""

    happens: Callable[[Bench], None]
    reason: str
    decision: str
    lines: list[int]
    words: tuple[object, ...] = ()


PIN = ("--quantity", 5)
ROWS = [
    Row(foreign, "line_not_ours", "keep", [9]),
    Row(foreign, "line_not_ours", "adopt", [3]),
    Row(foreign, "line_not_ours", "take-over", [3]),
    Row(foreign, "line_not_ours", "pin", [5], PIN),
    Row(duplicates, "duplicate_lines", "keep", [9, 1]),
    Row(duplicates, "duplicate_lines", "adopt", [9, 3], ("--charge", 78)),
    Row(duplicates, "duplicate_lines", "take-over", [3, 1], ("--charge", 77)),
    Row(duplicates, "duplicate_lines", "pin", [5, 1], ("--charge", 77, *PIN)),
    Row(edited, "edited_in_psa", "keep", [50]),
    Row(edited, "edited_in_psa", "take-over", [3]),
    Row(edited, "edited_in_psa", "pin", [5], PIN),
    Row(removed, "line_removed", "keep", []),
    Row(removed, "line_removed", "take-over", [3]),
    Row(removed, "line_removed", "pin", [5], PIN),
    Row(written_wrongly, "not_as_written", "adopt", [4]),
    Row(written_wrongly, "not_as_written", "take-over", [4]),
    Row(written_wrongly, "not_as_written", "pin", [5], PIN),
    Row(inactive, "item_inactive", "keep", [3]),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.decision} on {row.reason}")
def test_a_decision_does_what_it_says_and_is_not_asked_again(bench: Bench, row: Row) -> None:
    row.happens(bench)
    assert bench.run().code == 3
    hold = hold_on(bench, "KES-WKS", row.reason)
    before = bench.sandbox.state()
    bench.forget_calls()
    words = (*row.words, "--until", until(bench)) if row.decision == "pin" else row.words

    decide(bench, row.decision, hold, *words)

    assert (bench.calls(), bench.sandbox.state()) == ([], before), "a decision itself writes nothing"
    listed = bench.call("holds", "list", "--json")
    assert (listed.code, listed.json) == (0, [])
    assert bench.run().code == 0
    assert [quantity for _, item, quantity in bench.lines(CONTOSO) if item == "KES-WKS"] == row.lines
    again = bench.run()
    assert (again.code, again.writes) == (0, 0)
    require_every_proof(bench)


class TestALineBesideOurs:
    """A line that a person left alone stays left, whichever line is ours afterwards (design 6.3: such lines are not counted)."""

    BY_HAND, LATER = 7700, 7800

    def entered_by_hand(self, bench: Bench, identity: int) -> str:
        """Somebody enters a line of 2 for workstations; the id of the hold that follows."""
        bench.edit_charges(CONTOSO, lambda charges: charges.append(charge(identity, "KES-WKS", 2)))
        assert bench.run().code == 3
        return hold_on(bench, "KES-WKS", "duplicate_lines")

    @pytest.mark.parametrize(("decision", "words", "lines"), [("adopt", (), [3, 2]), ("take-over", (), [3, 2]), ("pin", PIN, [5, 2])])
    def test_ours_goes_on_and_the_other_is_left_for_good(self, bench: Bench, decision: str, words: tuple[object, ...], lines: list[int]) -> None:
        bench.run()
        ours = line_of(bench, CONTOSO, "KES-WKS")
        hold = self.entered_by_hand(bench, self.BY_HAND)
        decide(bench, decision, hold, "--charge", ours, *words, *(("--until", until(bench)) if words else ()))
        self.require_asked_no_more(bench, lines)

    def test_of_three_those_left_before_stay_left(self, bench: Bench) -> None:
        bench.run()
        ours = line_of(bench, CONTOSO, "KES-WKS")
        decide(bench, "adopt", self.entered_by_hand(bench, self.BY_HAND), "--charge", ours)
        decide(bench, "adopt", self.entered_by_hand(bench, self.LATER), "--charge", self.LATER)
        self.require_asked_no_more(bench, [3, 2, 3])

    def require_asked_no_more(self, bench: Bench, lines: list[int]) -> None:
        for _ in range(2):
            assert (bench.run().code, bench.holds()) == (0, [])
            assert [quantity for _, item, quantity in bench.lines(CONTOSO) if item == "KES-WKS"] == lines
        require_every_proof(bench)


class TestKeep:
    """Nobody answers the same question daily (design 6.6)."""

    def kept(self, bench: Bench, happens: Callable[[Bench], None] = edited, reason: str = "edited_in_psa") -> str:
        happens(bench)
        bench.run()
        hold = hold_on(bench, "KES-WKS", reason)
        decide(bench, "keep", hold, reason="agreed by telephone")
        return hold

    def test_the_run_and_explain_say_so(self, bench: Bench) -> None:
        self.kept(bench)

        done = bench.run()

        line = done.change("KES-WKS")
        assert (line["action"], line["reason"], line["from"], line["to"], line["hold"]) == ("unchanged", "kept", 50, 50, None)
        assert [part["quantity"] for part in line["parts"]] == [3]
        explained = bench.call("explain", "--json", "--agreement", CONTOSO, "--item", "KES-WKS").json
        assert (explained["quantity"], explained["charged"], explained["decision"]) == (3, 50, "kept")
        assert "kept" in bench.call("run").words

    def test_it_survives_a_changed_count(self, bench: Bench) -> None:
        self.kept(bench)
        for name in ("new-1", "new-2"):
            add_workstation(bench, name)
            done = bench.run()
            assert (done.code, done.writes, bench.holds()) == (0, 0, [])
        assert ("KES-WKS", 50) in bench.quantities(CONTOSO)

    @pytest.mark.parametrize(
        ("happens", "first", "by_hand", "then"),
        [
            (edited, "edited_in_psa", set_quantity("KES-WKS", 51), "edited_in_psa"),
            (edited, "edited_in_psa", remove("KES-WKS"), "line_removed"),
            (removed, "line_removed", lambda charges: charges.append(charge(900, "KES-WKS", 8)), "line_not_ours"),
            (foreign, "line_not_ours", lambda charges: charges.append(charge(900, "KES-WKS", 8)), "duplicate_lines"),
        ],
        ids=["another quantity", "removed", "entered again", "a second one"],
    )
    def test_it_ends_when_the_lines_in_the_psa_change(
        self, bench: Bench, happens: Callable[[Bench], None], first: str, by_hand: Callable[[list[Json]], None], then: str
    ) -> None:
        self.kept(bench, happens, first)
        assert bench.run().code == 0
        bench.edit_charges(CONTOSO, by_hand)

        assert bench.run().change("KES-WKS")["reason"] == then
        assert decided(bench) == []
        require_every_proof(bench)

    def test_set_by_hand_to_what_is_wanted_the_line_goes_on_as_ours(self, bench: Bench) -> None:
        self.kept(bench)
        bench.edit_charges(CONTOSO, set_quantity("KES-WKS", 3))
        assert bench.run().code == 0
        add_workstation(bench)

        assert bench.run().code == 0
        assert ("KES-WKS", 4) in bench.quantities(CONTOSO)

    def test_it_is_listed_with_who_and_why_until_it_is_released(self, bench: Bench) -> None:
        hold = self.kept(bench)

        (one,) = decided(bench)
        assert (one["id"], one["decision"], one["tenant"], one["agreement"], one["item"]) == (hold, "keep", "Contoso Dental", CONTOSO, "KES-WKS")
        assert (one["reason"], one["because"], one["author"], one["quantity"], one["until"]) == (
            "edited_in_psa",
            "agreed by telephone",
            getpass.getuser(),
            None,
            None,
        )
        shown = bench.call("holds", "list", "--decided")
        assert (shown.code, "agreed by telephone" in shown.words) == (0, True)

        (told,) = decide(bench, "release", hold, "--json", reason="the contract has ended").json
        assert (told["id"], told["decision"], told["ended"], told["decided"]) == (hold, "release", "keep", True)
        assert decided(bench) == []
        assert bench.run().change("KES-WKS")["reason"] == "edited_in_psa"
        require_every_proof(bench)


class TestPin:
    """What a line is until a day, whatever is counted."""

    def pinned(self, bench: Bench, quantity: int = 5, days: int = 10) -> str:
        edited(bench)
        bench.run()
        hold = hold_on(bench, "KES-WKS", "edited_in_psa")
        decide(bench, "pin", hold, "--quantity", quantity, "--until", until(bench, days), reason="flat rate")
        return hold

    def billed(self, bench: Bench) -> int:
        return dict(bench.quantities(CONTOSO))["KES-WKS"]

    def test_the_run_and_explain_say_so(self, bench: Bench) -> None:
        self.pinned(bench)

        done = bench.run()

        line = done.change("KES-WKS")
        assert (line["action"], line["reason"], line["from"], line["to"]) == ("update", "pinned", 50, 5)
        assert [part["quantity"] for part in line["parts"]] == [3]
        explained = bench.call("explain", "--json", "--agreement", CONTOSO, "--item", "KES-WKS").json
        assert (explained["quantity"], explained["charged"], explained["decision"]) == (3, 5, "pinned")

    def test_it_holds_through_its_last_day_and_no_longer(self, bench: Bench) -> None:
        self.pinned(bench, days=10)
        bench.run()
        add_workstation(bench)
        bench.wait(days=10)
        assert (bench.run().writes, self.billed(bench)) == (0, 5)
        bench.wait(days=1)

        done = bench.run()

        assert (done.code, done.writes, self.billed(bench)) == (0, 1, 4)
        assert decided(bench) == []
        require_every_proof(bench)

    def test_the_guards_do_not_ask_about_a_persons_own_word(self, bench: Bench) -> None:
        """50 → 0, and 50 → 900."""
        self.pinned(bench, quantity=0)
        assert bench.run().code == 0
        assert self.billed(bench) == 0

    def test_edited_by_hand_meanwhile_it_waits(self, bench: Bench) -> None:
        """L6: a pin does not make a hand edit ours."""
        self.pinned(bench)
        bench.run()
        bench.edit_charges(CONTOSO, set_quantity("KES-WKS", 7))

        held = bench.run().change("KES-WKS")

        assert (held["reason"], held["from"], held["to"], self.billed(bench)) == ("edited_in_psa", 7, 5, 7)

    def test_released_the_line_goes_back_to_what_is_counted(self, bench: Bench) -> None:
        hold = self.pinned(bench)
        bench.run()

        told = decide(bench, "release", hold)

        assert "pin" in told.words
        assert bench.run().code == 0
        assert self.billed(bench) == 3
        require_every_proof(bench)


class TestTakeOver:
    """Our quantity is written once; from there on the line is judged like any other."""

    def test_it_is_not_repeated_over_the_next_edit(self, bench: Bench) -> None:
        edited(bench)
        bench.run()
        decide(bench, "take-over", hold_on(bench, "KES-WKS", "edited_in_psa"))
        assert bench.run().code == 0
        bench.edit_charges(CONTOSO, set_quantity("KES-WKS", 50))

        assert bench.run().change("KES-WKS")["reason"] == "edited_in_psa"

    def test_edited_again_before_the_next_run_it_waits(self, bench: Bench) -> None:
        """L6: what the person decided on is no longer what is there."""
        edited(bench)
        bench.run()
        decide(bench, "take-over", hold_on(bench, "KES-WKS", "edited_in_psa"))
        bench.edit_charges(CONTOSO, set_quantity("KES-WKS", 60))

        done = bench.run()

        assert (done.change("KES-WKS")["reason"], ("KES-WKS", 60) in bench.quantities(CONTOSO)) == ("edited_in_psa", True)
        assert decided(bench) == []

    def test_an_edit_beyond_every_bound_is_written_over_without_asking_again(self, bench: Bench) -> None:
        bench.run()
        bench.edit_charges(CONTOSO, set_quantity("KES-WKS", 900))
        bench.run()

        decide(bench, "take-over", hold_on(bench, "KES-WKS", "edited_in_psa"))

        assert bench.run().code == 0
        assert ("KES-WKS", 3) in bench.quantities(CONTOSO)

    def test_it_keeps_price_and_text(self, bench: Bench) -> None:
        """L6."""
        foreign(bench)
        bench.run()
        decide(bench, "take-over", "--all")
        bench.run()

        (line,) = [one for one in bench.agreement(CONTOSO)["charges"] if one["detail_id"] == 77]
        assert (line["quantity"], line["price"], line["description"]) == (3, 7.25, "By hand: KES-WKS")

    def test_over_a_removed_line_a_new_one_is_made_once(self, bench: Bench) -> None:
        removed(bench)
        bench.run()
        decide(bench, "take-over", hold_on(bench, "KES-WKS", "line_removed"))

        assert [bench.run().writes for _ in range(2)] == [1, 0]
        assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 3)]

    def test_of_a_line_that_somebody_entered_meanwhile_nothing_is_doubled(self, bench: Bench) -> None:
        removed(bench)
        bench.run()
        decide(bench, "take-over", hold_on(bench, "KES-WKS", "line_removed"))
        bench.edit_charges(CONTOSO, lambda charges: charges.append(charge(900, "KES-WKS", 3)))

        done = bench.run()

        assert (done.change("KES-WKS")["reason"], done.writes) == ("line_not_ours", 0)


class TestWorklist:
    """A worklist entry that was entered with another quantity."""

    def entered(self, bench: Bench) -> str:
        bench.declare(destination=NO_SOAP)
        bench.run()
        bench.edit_charges(FABRIKAM, lambda charges: charges.append(charge(503, "KES-SELECT", 5)))
        bench.run()
        return hold_on(bench, "KES-SELECT", "entered_differently")

    def asked(self, bench: Bench) -> list[tuple[int | None, int]]:
        changes = bench.run().tenant("Fabrikam")["changes"]
        return [(one["from"], one["to"]) for one in changes if one["reason"] == "to_be_entered"]

    @pytest.mark.parametrize(
        ("decision", "words", "asked"),
        [("adopt", (), [(5, 2)]), ("take-over", (), [(5, 2)]), ("keep", (), []), ("pin", ("--quantity", 5), [])],
        ids=["adopt", "take-over", "keep", "pin"],
    )
    def test_each_decision_and_what_is_to_be_entered_next(
        self, bench: Bench, decision: str, words: tuple[object, ...], asked: list[tuple[int | None, int]]
    ) -> None:
        hold = self.entered(bench)

        decide(bench, decision, hold, *words, *(("--until", until(bench)) if decision == "pin" else ()))

        assert [self.asked(bench) for _ in range(2)] == [asked, asked]
        assert bench.holds() == []
        require_every_proof(bench)
