"""A move that a person has released: the old line is written 0 first, then the new one, each exactly once (design 6.3, 6.6)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.end_to_end.conftest import Bench
from tests.end_to_end.hands import decide, decided, require_every_proof
from tests.end_to_end.test_lines import add_workstation, set_quantity
from tests.end_to_end.worlds import (
    ADVANCED,
    BY_CATEGORY,
    CONTOSO,
    FABRIKAM,
    ONE_ITEM,
    SELECT,
    WORKSTATION,
    account,
    agreement,
    charge,
    customer,
    link,
    world,
)

Json = dict[str, Any]
FOR_ALL = {"application": ADVANCED, "item": "KES-NIX"}
ELSEWHERE = 3000
NO_SOAP = {"write_mode": "worklist", "dialect": None, "soap_user": None, "soap_password": None}


def moved_to_categories(bench: Bench) -> None:
    """One item for all of Contoso's devices becomes an item per category."""
    bench.declare(mappings=[FOR_ALL, ONE_ITEM])
    assert bench.run().code == 0
    assert bench.quantities(CONTOSO) == [("KES-NIX", 4)]
    bench.declare()


def moved_to_another_agreement(bench: Bench, **members: Any) -> None:
    """Fabrikam is billed on another agreement from now on."""
    bench.load(
        world([customer(2, "Fabrikam", {SELECT: [WORKSTATION] * 2})], [account(1042, "Fabrikam", [agreement(FABRIKAM), agreement(ELSEWHERE)])])
    )
    bench.declare(links=[link("Fabrikam", 1042, FABRIKAM)], **members)
    bench.run()
    bench.declare(links=[link("Fabrikam", 1042, ELSEWHERE)], **members)


def waiting(bench: Bench) -> list[tuple[int, str, str]]:
    """Agreement, item and reason of what waits."""
    return sorted((one["agreement"], one["item"], one["reason"]) for one in bench.holds())


class TestOnOneAgreement:
    def test_from_one_item_to_categories_both_new_lines_are_released_together(self, bench: Bench) -> None:
        """Seats that leave one line for two must not leave it by halves; the line itself waits, too."""
        moved_to_categories(bench)
        held = bench.run()
        assert (held.code, held.writes, bench.quantities(CONTOSO)) == (3, 0, [("KES-NIX", 4)])
        assert waiting(bench) == [(CONTOSO, item, "moved") for item in ("KES-NIX", "KES-SRV", "KES-WKS")]

        told = decide(bench, "release", held.change("KES-WKS")["hold"], "--json").json
        assert len(told) == 3

        done = bench.run()
        assert (done.code, done.writes) == (0, 3)
        assert bench.quantities(CONTOSO) == [("KES-NIX", 0), ("KES-SRV", 1), ("KES-WKS", 3)]
        assert bench.run().writes == 0
        assert (bench.holds(), decided(bench)) == ([], [])
        require_every_proof(bench)

    def test_seats_of_a_line_that_arrived_wrong_are_billed_on_no_other_until_a_person_has_decided(self, bench: Bench) -> None:
        """L5: what such a line bills is not known; the way out is to adopt it, and then to release the move."""
        bench.declare(mappings=[FOR_ALL, ONE_ITEM], source={"max_sessions": 1})
        bench.faults({"on": "tigerpaw_soap", "call": "*", "nth": 1, "do": "wrong_quantity"})
        assert bench.run().code == 1
        assert [item for item, _ in bench.quantities(CONTOSO)] == ["KES-NIX"]
        bench.declare()

        held = bench.run()
        assert (held.code, held.writes) == (3, 0)
        assert waiting(bench) == [(CONTOSO, "KES-NIX", "not_as_written"), (CONTOSO, "KES-SRV", "moved"), (CONTOSO, "KES-WKS", "moved")]
        decide(bench, "release", held.change("KES-WKS")["hold"])
        assert bench.run().writes == 0, "a release lets nothing pass while it is not known what the line bills"

        decide(bench, "adopt", held.change("KES-NIX")["hold"])
        done = bench.run()
        assert (done.code, done.writes) == (0, 3)
        assert bench.quantities(CONTOSO) == [("KES-NIX", 0), ("KES-SRV", 1), ("KES-WKS", 3)]
        assert bench.run().writes == 0
        require_every_proof(bench)

    def test_from_categories_to_one_item(self, bench: Bench) -> None:
        bench.run()
        bench.declare(mappings=[FOR_ALL, ONE_ITEM])
        bench.run()
        decide(bench, "release", "--item", "KES-NIX")

        done = bench.run()

        assert (done.code, done.writes) == (0, 3)
        assert bench.quantities(CONTOSO) == [("KES-NIX", 4), ("KES-SRV", 0), ("KES-WKS", 0)]
        assert bench.run().writes == 0
        require_every_proof(bench)

    def test_to_another_item(self, bench: Bench) -> None:
        bench.run()
        bench.declare(mappings=[BY_CATEGORY, {**ONE_ITEM, "item": "KES-NIX"}])
        bench.run()
        decide(bench, "release", "--all")

        assert bench.run().code == 0
        assert bench.quantities(FABRIKAM) == [("KES-NIX", 2), ("KES-SELECT", 0)]
        explained = bench.call("explain", "--json", "--agreement", FABRIKAM, "--item", "KES-NIX").json
        assert (explained["quantity"], explained["charged"], explained["decision"]) == (2, 2, None)
        require_every_proof(bench)

    def test_and_back_again(self, bench: Bench) -> None:
        """The line that was written 0 is used again; no second one is made."""
        moved_to_categories(bench)
        bench.run()
        decide(bench, "release", "--all")
        assert [bench.run().code for _ in range(2)] == [0, 0]
        bench.declare(mappings=[FOR_ALL, ONE_ITEM])
        assert bench.run().code == 3
        decide(bench, "release", "--all")

        assert bench.run().code == 0
        assert bench.quantities(CONTOSO) == [("KES-NIX", 4), ("KES-SRV", 0), ("KES-WKS", 0)]

    def test_a_release_does_not_serve_for_the_way_back(self, bench: Bench) -> None:
        """Although no plan has seen yet that it has been used."""
        moved_to_categories(bench)
        bench.run()
        decide(bench, "release", "--all")
        assert bench.run().code == 0
        bench.declare(mappings=[FOR_ALL, ONE_ITEM])

        done = bench.run()

        assert (done.code, done.writes) == (3, 0)
        assert bench.quantities(CONTOSO) == [("KES-NIX", 0), ("KES-SRV", 1), ("KES-WKS", 3)]

    def test_the_count_of_the_day_is_written(self, bench: Bench) -> None:
        moved_to_categories(bench)
        bench.run()
        decide(bench, "release", "--all")
        add_workstation(bench)

        assert bench.run().code == 0
        assert bench.quantities(CONTOSO) == [("KES-NIX", 0), ("KES-SRV", 1), ("KES-WKS", 4)]


class TestToAnotherAgreement:
    def test_the_old_line_is_written_zero_there_and_the_new_one_made_here(self, bench: Bench) -> None:
        moved_to_another_agreement(bench)
        assert bench.run().code == 3
        assert waiting(bench) == [(ELSEWHERE, "KES-SELECT", "moved")]

        decide(bench, "release", "--all")
        done = bench.run()

        assert (done.code, done.writes) == (0, 2)
        changes = [(one["agreement"], one["action"], one["from"], one["to"]) for one in done.tenant("Fabrikam")["changes"]]
        assert sorted(changes) == [(FABRIKAM, "update", 2, 0), (ELSEWHERE, "create", None, 2)]
        assert (bench.quantities(FABRIKAM), bench.quantities(ELSEWHERE)) == ([("KES-SELECT", 0)], [("KES-SELECT", 2)])
        assert bench.run().writes == 0
        require_every_proof(bench)

    def test_a_plan_shows_both_sides_and_is_carried_out_exactly(self, bench: Bench) -> None:
        """L4."""
        moved_to_another_agreement(bench)
        bench.run()
        decide(bench, "release", "--all")
        file = bench.folder / "saved.plan"
        assert bench.call("plan", "--out", file).code == 2

        applied = bench.call("apply", "--json", file)

        assert (applied.code, applied.writes) == (0, 2)
        assert (bench.quantities(FABRIKAM), bench.quantities(ELSEWHERE)) == ([("KES-SELECT", 0)], [("KES-SELECT", 2)])
        assert bench.run().writes == 0
        require_every_proof(bench)

    def test_a_saved_plan_is_refused_when_the_old_agreement_has_moved(self, bench: Bench) -> None:
        moved_to_another_agreement(bench)
        bench.run()
        decide(bench, "release", "--all")
        file = bench.folder / "saved.plan"
        bench.call("plan", "--out", file)
        bench.edit_charges(FABRIKAM, set_quantity("KES-SELECT", 7))

        refused = bench.call("apply", file)

        assert (refused.code, str(FABRIKAM) in refused.err) == (1, True)
        assert (bench.quantities(FABRIKAM), bench.quantities(ELSEWHERE)) == ([("KES-SELECT", 7)], [])

    def test_a_plan_saved_before_the_release_is_refused_after_it(self, bench: Bench) -> None:
        moved_to_another_agreement(bench)
        file = bench.folder / "saved.plan"
        assert bench.call("plan", "--out", file).code == 3
        decide(bench, "release", "--all")

        assert "Something was decided" in bench.call("apply", file).err
        assert bench.quantities(ELSEWHERE) == []

    def test_a_line_that_stands_there_already_is_not_doubled(self, bench: Bench) -> None:
        moved_to_another_agreement(bench)
        bench.run()
        decide(bench, "release", "--all")
        bench.edit_charges(ELSEWHERE, lambda charges: charges.append(charge(900, "KES-SELECT", 2)))

        done = bench.run()

        assert (done.code, done.writes, waiting(bench)) == (3, 0, [(ELSEWHERE, "KES-SELECT", "line_not_ours")])
        assert bench.quantities(FABRIKAM) == [("KES-SELECT", 2)]


class TestNobodyIsBilledTwice:
    """Wherever it breaks off, and whoever edits meanwhile."""

    @pytest.mark.parametrize("move", [moved_to_categories, moved_to_another_agreement], ids=["item", "agreement"])
    @pytest.mark.parametrize(
        "fault", [{"do": "http_500"}, {"do": "success_false", "message": "Rehearsed refusal"}, {"do": "close"}, {"do": "lose_reply"}]
    )
    @pytest.mark.parametrize("nth", [1, 2])
    def test_a_write_that_fails_is_healed_by_the_next_run(self, bench: Bench, move: Any, fault: Json, nth: int) -> None:
        """L5: new lines are never there before the old one is 0."""
        move(bench)
        bench.run()
        decide(bench, "release", "--all")
        bench.faults({"on": "tigerpaw_soap", "call": "*", "nth": nth, **fault})

        assert bench.run().code == (0 if fault["do"] == "lose_reply" else 1)
        there, here = (FABRIKAM, ELSEWHERE) if move is moved_to_another_agreement else (CONTOSO, CONTOSO)
        units = 2 if move is moved_to_another_agreement else 4
        billed = sum(quantity for number in {there, here} for _, quantity in bench.quantities(number))
        assert billed <= units
        bench.faults()
        bench.wait(seconds=1)

        assert bench.run().code == 0
        lines = [(item, quantity) for number in sorted({there, here}) for item, quantity in bench.quantities(number)]
        expected = {
            moved_to_categories: [("KES-NIX", 0), ("KES-SRV", 1), ("KES-WKS", 3)],
            moved_to_another_agreement: [("KES-SELECT", 0), ("KES-SELECT", 2)],
        }
        assert lines == expected[move]
        assert bench.run().writes == 0
        require_every_proof(bench)

    def test_an_old_line_that_was_edited_meanwhile_stops_it(self, bench: Bench) -> None:
        """L6."""
        moved_to_another_agreement(bench)
        bench.run()
        decide(bench, "release", "--all")
        bench.edit_charges(FABRIKAM, set_quantity("KES-SELECT", 7))

        done = bench.run()

        assert (done.code, done.writes, waiting(bench)) == (3, 0, [(ELSEWHERE, "KES-SELECT", "moved")])
        assert (bench.quantities(FABRIKAM), bench.quantities(ELSEWHERE)) == ([("KES-SELECT", 7)], [])

    def test_an_old_line_that_was_removed_meanwhile_is_none(self, bench: Bench) -> None:
        moved_to_another_agreement(bench)
        bench.run()
        decide(bench, "release", "--all")
        bench.edit_charges(FABRIKAM, lambda charges: charges.clear())

        assert bench.run().code == 0
        assert (bench.quantities(FABRIKAM), bench.quantities(ELSEWHERE)) == ([], [("KES-SELECT", 2)])


class TestKept:
    def test_a_move_that_is_kept_leaves_both_sides_as_they_are(self, bench: Bench) -> None:
        moved_to_another_agreement(bench)
        bench.run()
        decide(bench, "keep", "--all")

        for _ in range(2):
            done = bench.run()
            assert (done.code, done.writes, bench.holds()) == (0, 0, [])
        assert (bench.quantities(FABRIKAM), bench.quantities(ELSEWHERE)) == ([("KES-SELECT", 2)], [])
        (keep,) = decided(bench)
        decide(bench, "release", keep["id"])
        assert bench.run().change("KES-SELECT")["action"] == "move"
        decide(bench, "release", "--all")
        assert bench.run().code == 0
        assert (bench.quantities(FABRIKAM), bench.quantities(ELSEWHERE)) == ([("KES-SELECT", 0)], [("KES-SELECT", 2)])
        require_every_proof(bench)


class TestWorklist:
    def test_both_sides_are_asked_to_be_entered(self, bench: Bench) -> None:
        bench.load(
            world([customer(2, "Fabrikam", {SELECT: [WORKSTATION] * 2})], [account(1042, "Fabrikam", [agreement(FABRIKAM), agreement(ELSEWHERE)])])
        )
        bench.declare(links=[link("Fabrikam", 1042, FABRIKAM)], destination=NO_SOAP)
        bench.run()
        bench.edit_charges(FABRIKAM, lambda charges: charges.append(charge(501, "KES-SELECT", 2)))
        assert bench.run().code == 0
        bench.declare(links=[link("Fabrikam", 1042, ELSEWHERE)], destination=NO_SOAP)
        bench.run()
        decide(bench, "release", "--all")

        asked = [bench.run() for _ in range(2)]

        for done in asked:
            changes = [(one["agreement"], one["reason"], one["to"]) for one in done.tenant("Fabrikam")["changes"]]
            assert sorted(changes) == [(FABRIKAM, "to_be_entered", 0), (ELSEWHERE, "to_be_entered", 2)]
        bench.edit_charges(FABRIKAM, set_quantity("KES-SELECT", 0))
        bench.edit_charges(ELSEWHERE, lambda charges: charges.append(charge(502, "KES-SELECT", 2)))
        done = bench.run()
        assert (done.code, bench.holds()) == (0, [])
        require_every_proof(bench)
