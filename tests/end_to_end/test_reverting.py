"""`revert`: a plan back to the quantities before a run, which `apply` carries out (L4; decision 0019)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tallybridge.ledger import runs as ledger_runs
from tests.end_to_end.conftest import Bench, Called
from tests.end_to_end.worlds import (
    BY_CATEGORY,
    CONTOSO,
    FABRIKAM,
    ONE_ITEM,
    SELECT,
    TWO_LINKS,
    WORKSTATION,
    account,
    agreement,
    charge,
    customer,
    link,
    two_customers,
    world,
)

Json = dict[str, Any]


def grow(bench: Bench, *devices: str) -> None:
    """So many more workstations at Contoso use the application."""

    def within(server: Json) -> None:
        for name in devices:
            server["hosts"].append({"id": name, "name": name, "os_name": WORKSTATION[0], "ctype": WORKSTATION[1]})
            server["uses"].append({"serial": "S001-1", "host": name})

    bench.edit_server(1, within)


def ran(bench: Bench) -> str:
    """Makes a run that must go well, and gives its id."""
    done = bench.run()
    assert done.code == 0, done.words
    return str(done.json["run"]["id"])


def grown(bench: Bench) -> str:
    """A first run, a fleet that grows from 3 to 5 workstations, and the run that bills it; gives the id of the second."""
    ran(bench)
    grow(bench, "new-1", "new-2")
    return ran(bench)


def saved(bench: Bench, run: str, *, code: int = 2) -> Path:
    """The plan of a revert."""
    file = bench.folder / "back.plan"
    planned = bench.call("revert", run, "--out", file)
    assert planned.code == code, planned.words
    return file


def left_alone(called: Called) -> list[tuple[str, str]]:
    return [(one["item"], one["detail"]) for one in called.json["left_alone"]]


def lines_of(called: Called) -> list[tuple[str, str, int | None, int | None]]:
    """Action, item, from and to of each line."""
    return [(one["action"], one["item"], one["from"], one["to"]) for tenant in called.json["tenants"] for one in tenant["changes"]]


class TestThePlan:
    """It is shown, and nothing is written by it."""

    def test_a_changed_line_goes_back_and_no_other_line_is_in_it(self, bench: Bench) -> None:
        second = grown(bench)
        bench.forget_calls()

        planned = bench.call("revert", second, "--json")

        assert (planned.code, planned.json["run"]["kind"], planned.json["reverts"]) == (2, "plan", second)
        assert lines_of(planned) == [("update", "KES-WKS", 5, 3)]
        assert [one["tenant"] for one in planned.json["tenants"]] == ["Contoso Dental"]
        assert (bench.calls("tigerpaw_soap"), bench.calls("ksc"), left_alone(planned)) == ([], [], [])
        assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 5)]
        bench.require_proof()

    def test_lines_that_the_run_made_go_to_0(self, bench: Bench) -> None:
        first = ran(bench)

        planned = bench.call("revert", first, "--json")

        assert lines_of(planned) == [("update", "KES-SRV", 1, 0), ("update", "KES-WKS", 3, 0), ("update", "KES-SELECT", 2, 0)]

    def test_as_a_table(self, bench: Bench) -> None:
        second = grown(bench)

        planned = bench.call("revert", second)

        assert "Plan for" in planned.out
        assert "The next run counts again" in planned.err

    @pytest.mark.parametrize("kind", ["plan", "run"])
    def test_of_a_run_that_wrote_nothing_there_is_none(self, bench: Bench, kind: str) -> None:
        ran(bench)
        bench.wait(seconds=2)
        bench.call(kind)
        file = bench.folder / "back.plan"
        bench.forget_calls()

        planned = bench.call("revert", "latest", "--out", file, "--json")

        assert (planned.code, planned.json["run"], bench.calls()) == (0, None, [])
        assert "has written nothing" in planned.err
        assert not file.exists()

    def test_an_unknown_run(self, bench: Bench) -> None:
        refused = bench.call("revert", "2020")

        assert refused.code == 1
        assert "knows no run 2020" in refused.err

    def test_of_an_applied_plan(self, bench: Bench) -> None:
        file = bench.folder / "saved.plan"
        bench.call("plan", "--out", file)
        applied = bench.call("apply", file, "--json").json["run"]["id"]

        assert len(lines_of(bench.call("revert", applied, "--json"))) == 3


class TestApplied:
    """L4: by the same code as any saved plan."""

    def test_it_brings_the_lines_back_and_says_what_comes_next(self, bench: Bench) -> None:
        second = grown(bench)

        applied = bench.call("apply", saved(bench, second))

        assert applied.code == 0, applied.words
        assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 3)]
        assert "The next run counts again" in applied.err
        bench.require_proof()

    def test_other_plans_say_nothing_of_it(self, bench: Bench) -> None:
        file = bench.folder / "saved.plan"
        bench.call("plan", "--out", file)

        assert "counts again" not in bench.call("apply", file).err

    def test_the_next_run_writes_what_it_counts(self, bench: Bench) -> None:
        second = grown(bench)
        bench.call("apply", saved(bench, second))

        assert bench.run().writes == 1
        assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 5)]
        assert bench.run().writes == 0
        bench.require_proof()

    def test_a_line_that_the_run_made_stays_at_0(self, bench: Bench) -> None:
        """Never deleted."""
        first = ran(bench)

        assert bench.call("apply", saved(bench, first)).code == 0
        assert bench.quantities(CONTOSO) == [("KES-SRV", 0), ("KES-WKS", 0)]
        assert ran(bench)
        assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 3)]
        bench.require_proof()

    def test_twice_is_once(self, bench: Bench) -> None:
        """L8: what was brought back is not the run's any more."""
        second = grown(bench)
        bench.call("apply", saved(bench, second))

        again = bench.call("revert", second, "--json")

        assert (again.code, again.json["run"]) == (0, None)
        assert "has written it again since" in again.json["left_alone"][0]["detail"]

    def test_a_revert_can_be_reverted(self, bench: Bench) -> None:
        second = grown(bench)
        back = bench.call("apply", saved(bench, second), "--json").json["run"]["id"]

        assert bench.call("apply", saved(bench, back)).code == 0
        assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 5)]
        bench.require_proof()

    def test_an_adopted_line_goes_back_to_what_it_was(self, bench: Bench) -> None:
        bench.load(two_customers(contoso=[charge(77, "KES-WKS", 9)]))
        hold = bench.run().change("KES-WKS")["hold"]
        bench.call("holds", "adopt", hold, "--reason", "ours")
        run = ran(bench)
        assert bench.lines(CONTOSO)[0] == (77, "KES-WKS", 3)

        assert bench.call("apply", saved(bench, run)).code == 0
        assert bench.lines(CONTOSO)[0] == (77, "KES-WKS", 9)

    def test_a_charge_is_explained_by_its_last_count(self, bench: Bench) -> None:
        """L9."""
        second = grown(bench)
        bench.call("apply", saved(bench, second))

        explained = bench.call("explain", "--json", "--agreement", CONTOSO, "--item", "KES-WKS").json

        assert (explained["quantity"], explained["charged"], len(explained["seats"])) == (5, 3, 5)
        assert explained["history"][-1]["charged"] == 3

    def test_every_run_of_the_day_can_be_recounted(self, bench: Bench) -> None:
        second = grown(bench)
        bench.call("apply", saved(bench, second))
        for run in ledger_runs.run_ids():
            assert bench.call("replay", run, "--json").code == 0, run


class TestRefusedOrHeld:
    """What has changed since is not trampled (L4, L6)."""

    def test_the_psa_has_moved_since_the_plan(self, bench: Bench) -> None:
        file = saved(bench, grown(bench))
        bench.edit_charges(CONTOSO, lambda charges: [one.update(quantity=9) for one in charges if one["item_id"] == "KES-WKS"])

        refused = bench.call("apply", file)

        assert (refused.code, ("KES-WKS", 9) in bench.quantities(CONTOSO)) == (1, True)
        assert "Tigerpaw has changed" in refused.err

    @pytest.mark.parametrize("newer", ["plan", "run"])
    def test_the_customer_was_planned_again_since(self, bench: Bench, newer: str) -> None:
        file = saved(bench, grown(bench))
        bench.wait(seconds=2)
        bench.call(newer)

        assert bench.call("apply", file).code == 1
        assert ("KES-WKS", 5) in bench.quantities(CONTOSO)

    def test_of_another_day(self, bench: Bench) -> None:
        file = saved(bench, grown(bench))
        bench.wait(days=1)

        assert bench.call("apply", file).code == 1

    def test_an_edited_line_is_held(self, bench: Bench) -> None:
        second = grown(bench)
        bench.edit_charges(CONTOSO, lambda charges: [one.update(quantity=9) for one in charges if one["item_id"] == "KES-WKS"])

        applied = bench.call("apply", saved(bench, second, code=3), "--json")

        assert (applied.code, applied.writes, applied.change("KES-WKS")["reason"]) == (3, 0, "edited_in_psa")
        assert bench.holds() == []

    def test_a_removed_line_is_held(self, bench: Bench) -> None:
        second = grown(bench)
        bench.edit_charges(CONTOSO, lambda charges: charges.clear())

        planned = bench.call("revert", second, "--json")

        assert (planned.code, planned.change("KES-WKS")["reason"]) == (3, "line_removed")

    @pytest.mark.parametrize(
        ("hand", "sentence"),
        [
            (lambda charges: charges.clear(), "It was removed in Tigerpaw by hand, and that stays as it is."),
            (lambda charges: [one.update(quantity=0) for one in charges], "It was brought to 0 in Tigerpaw by hand, and that stays as it is."),
        ],
    )
    def test_a_hand_that_came_to_the_same_is_still_asked_about_by_the_next_run(self, bench: Bench, hand: Any, sentence: str) -> None:
        """L6: taken for ours, it would be written over, because the next run counts again. Two lines that the run has made would go back to 0."""
        first = ran(bench)
        bench.edit_charges(CONTOSO, hand)

        planned = bench.call("revert", first, "--json")

        assert left_alone(planned) == [("KES-SRV", sentence), ("KES-WKS", sentence)]
        assert [one["tenant"] for one in planned.json["tenants"]] == ["Fabrikam"]
        untouched = bench.quantities(CONTOSO)
        done = bench.run()
        assert (done.code, done.writes, bench.quantities(CONTOSO)) == (3, 0, untouched), done.words
        assert done.change("KES-WKS")["reason"] in ("line_removed", "edited_in_psa")
        bench.require_proof()

    def test_a_line_of_another_item_that_came_back_under_a_new_number_is_left_to_the_daily_run(self, bench: Bench) -> None:
        """The plan of single items does not look at the others: their renewal is still to be recognized (design 6.2)."""
        second = grown(bench)

        def renew(charges: list[Json]) -> None:
            next(one for one in charges if one["item_id"] == "KES-SRV").update(detail_id=7777)

        bench.edit_charges(CONTOSO, renew)
        assert bench.call("revert", second).code == 2

        done = bench.run()

        assert (done.code, done.change("KES-SRV")["charge"]) == (0, 7777), done.words
        bench.require_proof()

    def test_an_agreement_that_has_ended_is_not_written(self, bench: Bench) -> None:
        second = grown(bench)
        bench.edit(lambda state: state["tigerpaw"]["accounts"][0]["agreements"][0].update(end="2026-01-31"))

        planned = bench.call("revert", second, "--json")

        assert (planned.code, planned.outcome("Contoso Dental")) == (3, ("blocked", "agreement_ended"))

    def test_a_line_that_a_later_run_has_written_is_named_with_that_run(self, bench: Bench) -> None:
        second = grown(bench)
        grow(bench, "new-3")
        third = ran(bench)

        planned = bench.call("revert", second, "--json")

        assert (planned.code, planned.json["run"]) == (0, None)
        assert left_alone(planned) == [("KES-WKS", f"Run {third} has written it again since.")]

    def test_a_line_that_a_later_run_has_taken_over_from_a_hand_is_left_alone(self, bench: Bench) -> None:
        second = grown(bench)
        grow(bench, "new-3")
        bench.edit_charges(CONTOSO, lambda charges: [one.update(quantity=6) for one in charges if one["item_id"] == "KES-WKS"])
        ran(bench)

        planned = bench.call("revert", second, "--json")

        assert [detail.split(";")[0] for _, detail in left_alone(planned)] == ["It was brought to 6 in Tigerpaw since, and taken over so"]

    def test_a_pinned_line_stays_pinned(self, bench: Bench) -> None:
        second = grown(bench)
        bench.edit_charges(CONTOSO, lambda charges: [one.update(quantity=9) for one in charges if one["item_id"] == "KES-WKS"])
        hold = bench.run().change("KES-WKS")["hold"]
        until = (bench.today() + timedelta(days=30)).isoformat()
        pinned = bench.call("holds", "pin", hold, "--quantity", 5, "--until", until, "--reason", "flat rate")
        assert pinned.code == 0, pinned.words

        planned = bench.call("revert", second, "--json")

        assert planned.code == 0, planned.words
        assert [item for item, _ in left_alone(planned)] == ["KES-WKS"]


class TestMoves:
    """Seats that a run has moved go back whole."""

    def test_between_two_items_of_an_agreement(self, bench: Bench) -> None:
        ran(bench)
        bench.declare(mappings=[BY_CATEGORY, {**ONE_ITEM, "item": "KES-NIX"}])
        hold = bench.run().change("KES-NIX")["hold"]
        bench.call("holds", "release", hold, "--reason", "another item from now on")
        moved = ran(bench)
        assert bench.quantities(FABRIKAM) == [("KES-NIX", 2), ("KES-SELECT", 0)]

        assert bench.call("apply", saved(bench, moved)).code == 0
        assert bench.quantities(FABRIKAM) == [("KES-NIX", 0), ("KES-SELECT", 2)]
        again = bench.run()
        # Nobody is billed twice: the seats are wanted on the other item again, and wait for a person again.
        assert (again.change("KES-NIX")["action"], again.writes) == ("move", 0)
        bench.require_proof()

    def test_between_two_agreements_it_takes_two_plans_the_falling_one_first(self, bench: Bench) -> None:
        bench.load(world([customer(2, "Fabrikam", {SELECT: [WORKSTATION] * 2})], [account(1042, "Fabrikam", [agreement(FABRIKAM), agreement(3000)])]))
        bench.declare(links=[link("Fabrikam", 1042, FABRIKAM)])
        ran(bench)
        bench.declare(links=[link("Fabrikam", 1042, 3000)])
        hold = bench.run().change("KES-SELECT")["hold"]
        bench.call("holds", "release", hold, "--reason", "the contract has moved")
        moved = ran(bench)
        assert (bench.quantities(FABRIKAM), bench.quantities(3000)) == ([("KES-SELECT", 0)], [("KES-SELECT", 2)])

        first = bench.call("revert", moved, "--out", bench.folder / "back.plan")
        assert first.code == 2
        assert "type the same command again" in first.err
        assert bench.call("apply", bench.folder / "back.plan").code == 0
        assert (bench.quantities(FABRIKAM), bench.quantities(3000)) == ([("KES-SELECT", 0)], [("KES-SELECT", 0)])
        bench.wait(seconds=1)
        assert bench.call("apply", saved(bench, moved)).code == 0
        assert (bench.quantities(FABRIKAM), bench.quantities(3000)) == ([("KES-SELECT", 2)], [("KES-SELECT", 0)])
        bench.require_proof()


class TestFaults:
    """L5."""

    @pytest.mark.parametrize("fault", ["lose_reply", "close", "pxg_error"])
    def test_a_write_that_goes_wrong_is_settled_by_the_next_run(self, bench: Bench, fault: str) -> None:
        second = grown(bench)
        file = saved(bench, second)
        bench.faults({"on": "tigerpaw_soap", "call": "*", "nth": 1, "do": fault})

        bench.call("apply", file)
        bench.faults()
        bench.wait(seconds=1)

        assert ran(bench)
        assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 5)]
        bench.require_proof()

    def test_a_write_of_the_run_that_is_still_open_is_left_alone_and_named(self, bench: Bench) -> None:
        ran(bench)
        grow(bench, "new-1")
        bench.declare(destination={"settle": 30})
        bench.faults({"on": "tigerpaw_soap", "call": "*", "nth": 1, "do": "close"})
        unsettled = bench.run().json["run"]["id"]
        bench.faults()

        planned = bench.call("revert", unsettled, "--json")

        assert (planned.code, planned.json["run"]) == (0, None)
        assert "not known yet" in left_alone(planned)[0][1]


def test_in_worklist_mode_the_way_back_is_a_worklist(bench: Bench) -> None:
    second = grown(bench)
    bench.declare(destination={"write_mode": "worklist"})

    applied = bench.call("apply", saved(bench, second), "--json")

    assert (applied.code, applied.outcome("Contoso Dental")[0], applied.writes) == (3, "waiting", 0)
    assert [(one["item"], one["now"], one["enter"]) for one in bench.call("worklist", "--json").json] == [("KES-WKS", 5, 3)]


def test_a_run_of_another_integration_is_refused(bench: Bench) -> None:
    second = grown(bench)
    bench.declare(integration={"name": "Another"}, links=TWO_LINKS)

    refused = bench.call("revert", second)

    assert refused.code == 1
    assert "Integration with Tigerpaw" in refused.err
