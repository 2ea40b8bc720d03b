"""How decisions are made by `holds …` (contracts 2): many at once, what it prints, what it refuses, and plans that were saved before."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from tests.end_to_end.conftest import Bench
from tests.end_to_end.hands import decide, decided, duplicates, edited, foreign, hold_on, require_every_proof, until
from tests.end_to_end.test_lines import add_workstation, set_quantity
from tests.end_to_end.worlds import ADVANCED, CONTOSO, FABRIKAM, charge, two_customers

Json = dict[str, Any]


class TestMany:
    """An MSP that begins with lines entered by hand adopts them in one reviewed step."""

    def lines(self, bench: Bench) -> None:
        charges = [charge(77, "KES-WKS", 3), charge(78, "KES-SRV", 4)]
        bench.load(two_customers(contoso=charges, fabrikam=[charge(79, "KES-SELECT", 2)]))
        assert bench.run().code == 3

    @pytest.mark.parametrize(
        ("words", "items"),
        [
            (("--where", "equal"), ["KES-SELECT", "KES-WKS"]),
            (("--all",), ["KES-SELECT", "KES-SRV", "KES-WKS"]),
            (("--item", "KES-SRV"), ["KES-SRV"]),
            (("--item", "KES-SRV", "--where", "equal"), []),
            (("--item", "NOTHING"), []),
        ],
        ids=["equal", "all", "item", "item and equal", "no such item"],
    )
    def test_a_filter_chooses(self, bench: Bench, words: Iterable[str], items: list[str]) -> None:
        self.lines(bench)
        by_id = {one["id"]: one["item"] for one in bench.holds()}

        shown = decide(bench, "adopt", *words, "--dry-run", "--json").json
        assert (len(bench.holds()), decided(bench)) == (3, [])
        done = decide(bench, "adopt", *words, "--json").json

        assert sorted(by_id[one["id"]] for one in done) == items
        assert [one["id"] for one in shown] == [one["id"] for one in done]
        assert {one["decided"] for one in shown} <= {False}
        assert {one["decided"] for one in done} <= {True}
        assert sorted(by_id.values()) == sorted([*items, *(one["item"] for one in bench.holds())])

    def test_adopted_in_one_step_and_the_rest_after_a_look(self, bench: Bench) -> None:
        self.lines(bench)
        decide(bench, "adopt", "--where", "equal")
        assert [one["item"] for one in bench.holds()] == ["KES-SRV"]
        first = bench.run()
        assert (first.code, first.writes) == (3, 0)

        decide(bench, "adopt", "--all")

        assert bench.run().code == 0
        assert bench.lines(CONTOSO) == [(77, "KES-WKS", 3), (78, "KES-SRV", 1)]
        assert bench.lines(FABRIKAM) == [(79, "KES-SELECT", 2)]
        require_every_proof(bench)

    def test_a_dry_run_shows_the_lines_and_decides_nothing(self, bench: Bench) -> None:
        self.lines(bench)

        shown = decide(bench, "take-over", "--all", "--dry-run")

        assert "Nothing was decided" in shown.words
        for item in ("KES-WKS", "KES-SRV", "KES-SELECT"):
            assert item in shown.out
        assert len(bench.holds()) == 3

    def test_a_dry_run_of_a_release_shows_the_keep_that_it_would_end(self, bench: Bench) -> None:
        self.lines(bench)
        hold = hold_on(bench, "KES-SRV", "line_not_ours")
        decide(bench, "keep", hold)

        (shown,) = decide(bench, "release", hold, "--dry-run", "--json").json

        assert (shown["id"], shown["ended"], shown["decided"]) == (hold, "keep", False)
        assert len(decided(bench)) == 1

    def test_all_leaves_out_what_cannot_be_decided_so(self, bench: Bench) -> None:
        """Of two lines for an item a person must name one."""
        bench.load(two_customers(contoso=[charge(77, "KES-WKS", 3), charge(78, "KES-WKS", 3)], fabrikam=[charge(79, "KES-SELECT", 2)]))
        bench.run()

        (done,) = decide(bench, "adopt", "--all", "--json").json

        assert done["charge"] == 79
        assert [one["reason"] for one in bench.holds()] == ["duplicate_lines"]


class TestShapes:
    """What programs read (contracts 2)."""

    def test_a_hold(self, bench: Bench) -> None:
        foreign(bench)
        bench.run()

        listed = bench.call("holds", "list", "--json")

        (hold,) = listed.json
        assert listed.code == 3
        assert {name: hold[name] for name in ("tenant", "agreement", "item", "reason", "psa", "last_written", "wanted", "decisions")} == {
            "tenant": "Contoso Dental",
            "agreement": CONTOSO,
            "item": "KES-WKS",
            "reason": "line_not_ours",
            "psa": 9,
            "last_written": None,
            "wanted": 3,
            "decisions": ["keep", "adopt", "take-over", "pin"],
        }
        assert hold["id"].startswith("H")
        assert hold["since"].endswith("Z")

    def test_a_decision(self, bench: Bench) -> None:
        duplicates(bench)
        bench.run()
        hold = hold_on(bench, "KES-WKS", "duplicate_lines")

        told = decide(bench, "adopt", hold, "--charge", 78, "--json").json

        assert told == [{"id": hold, "decision": "adopt", "charge": 78, "quantity": 1, "left": [77], "ended": None, "decided": True}]


def _missing_reason(bench: Bench, hold: str) -> Iterable[object]:
    return ("adopt", hold)


def _blank_reason(bench: Bench, hold: str) -> Iterable[object]:
    return ("adopt", hold, "--reason", "  ")


def _wrong_id(bench: Bench, hold: str) -> Iterable[object]:
    return ("adopt", hold, "H999", "--reason", "x")


def _no_hold(bench: Bench, hold: str) -> Iterable[object]:
    return ("adopt", "--reason", "x")


def _does_not_fit(bench: Bench, hold: str) -> Iterable[object]:
    return ("release", hold, "--reason", "x")


def _pin_without_quantity(bench: Bench, hold: str) -> Iterable[object]:
    return ("pin", hold, "--until", until(bench), "--reason", "x")


def _pin_without_until(bench: Bench, hold: str) -> Iterable[object]:
    return ("pin", hold, "--quantity", 3, "--reason", "x")


def _pin_in_the_past(bench: Bench, hold: str) -> Iterable[object]:
    return ("pin", hold, "--quantity", 3, "--until", until(bench, -2), "--reason", "x")


def _pin_below_zero(bench: Bench, hold: str) -> Iterable[object]:
    return ("pin", hold, "--quantity", -1, "--until", until(bench), "--reason", "x")


def _no_such_day(bench: Bench, hold: str) -> Iterable[object]:
    return ("pin", hold, "--quantity", 3, "--until", "2026-02-30", "--reason", "x")


def _wrong_charge(bench: Bench, hold: str) -> Iterable[object]:
    return ("adopt", hold, "--charge", 4711, "--reason", "x")


def _unknown_where(bench: Bench, hold: str) -> Iterable[object]:
    return ("adopt", "--where", "different", "--reason", "x")


REFUSED = [
    (_missing_reason, ["--reason", "Nothing was decided"]),
    (_blank_reason, ["--reason", "Nothing was decided"]),
    (_wrong_id, ["H999", "Nothing was decided", "holds list"]),
    (_no_hold, ["--all", "--item", "--where equal", "Nothing was decided"]),
    (_does_not_fit, ["line_not_ours", "keep, adopt, take-over, pin", "Nothing was decided"]),
    (_pin_without_quantity, ["--quantity", "Nothing was decided"]),
    (_pin_without_until, ["--until", "Nothing was decided"]),
    (_pin_in_the_past, ["is over", "Nothing was decided"]),
    (_pin_below_zero, ["--quantity", "0"]),
    (_no_such_day, ["2026-02-30"]),
    (_wrong_charge, ["4711", "77", "Nothing was decided"]),
    (_unknown_where, ["different", "equal"]),
]


@pytest.mark.parametrize("as_json", [False, True], ids=["words", "json"])
@pytest.mark.parametrize(("words", "said"), REFUSED, ids=[words.__name__[1:] for words, _ in REFUSED])
def test_what_cannot_be_decided_is_said_and_nothing_is(
    bench: Bench, words: Callable[[Bench, str], Iterable[object]], said: list[str], as_json: bool
) -> None:
    foreign(bench)
    bench.run()
    hold = hold_on(bench, "KES-WKS", "line_not_ours")

    refused = bench.call("holds", *words(bench, hold), *(("--json",) if as_json else ()))

    assert refused.code == 1
    for word in said:
        assert word in (refused.json["error"]["message"] if as_json else refused.err)
    assert [one["id"] for one in bench.holds()] == [hold]
    assert decided(bench) == []


def test_one_that_does_not_fit_among_several_stops_them_all(bench: Bench) -> None:
    bench.run()
    bench.edit_charges(CONTOSO, set_quantity("KES-WKS", 50))
    bench.edit_charges(FABRIKAM, lambda charges: charges.append(charge(500, "KES-SELECT", 2)))
    bench.run()
    ours, doubled = hold_on(bench, "KES-WKS", "edited_in_psa"), hold_on(bench, "KES-SELECT", "duplicate_lines")

    refused = decide(bench, "adopt", ours, doubled, "--charge", 500, code=1)

    assert f"{ours} waits for edited_in_psa; what can be decided on it is: keep, take-over, pin" in refused.err
    assert len(bench.holds()) == 2


class TestSavedPlans:
    """L4: a plan that was shown before a decision is not carried out after it."""

    @pytest.mark.parametrize(("decision", "words"), [("keep", ()), ("take-over", ()), ("pin", ("--quantity", 5))], ids=["keep", "take-over", "pin"])
    def test_a_later_decision_makes_it_void(self, bench: Bench, decision: str, words: tuple[object, ...]) -> None:
        edited(bench)
        file = bench.folder / "saved.plan"
        assert bench.call("plan", "--out", file).code == 3
        hold = hold_on(bench, "KES-WKS", "edited_in_psa")
        decide(bench, decision, hold, *words, *(("--until", until(bench)) if decision == "pin" else ()))
        before = bench.sandbox.state()

        refused = bench.call("apply", file)

        assert (refused.code, bench.sandbox.state()) == (1, before)
        assert "Something was decided" in refused.err

    def test_the_end_of_a_keep_makes_it_void(self, bench: Bench) -> None:
        edited(bench)
        bench.run()
        hold = hold_on(bench, "KES-WKS", "edited_in_psa")
        decide(bench, "keep", hold)
        file = bench.folder / "saved.plan"
        assert bench.call("plan", "--out", file).code == 0
        decide(bench, "release", hold)

        assert "Something was decided" in bench.call("apply", file).err

    def test_made_after_the_decision_it_is_carried_out(self, bench: Bench) -> None:
        edited(bench)
        bench.run()
        decide(bench, "take-over", hold_on(bench, "KES-WKS", "edited_in_psa"))
        file = bench.folder / "saved.plan"
        assert bench.call("plan", "--out", file).code == 2

        assert bench.call("apply", file).code == 0
        assert ("KES-WKS", 3) in bench.quantities(CONTOSO)
        assert bench.run().writes == 0
        require_every_proof(bench)

    def test_with_a_keep_on_an_item_that_is_mapped_no_more_it_is_carried_out(self, bench: Bench) -> None:
        """What stands on a line outside the plan is none of its business."""
        bench.load(two_customers(contoso=[charge(77, "KES-SRV", 9)]))
        bench.run()
        decide(bench, "keep", hold_on(bench, "KES-SRV", "line_not_ours"))
        by_workstation = {"application": ADVANCED, "windows_workstation": "KES-WKS"}
        bench.declare(mappings=[by_workstation])
        add_workstation(bench)
        file = bench.folder / "saved.plan"
        assert bench.call("plan", "--out", file).code == 2

        assert bench.call("apply", file).code == 0
        assert ("KES-WKS", 4) in bench.quantities(CONTOSO)
