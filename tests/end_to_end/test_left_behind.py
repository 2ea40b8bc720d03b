"""Lines of ours that nobody wants any more: listed, and set to 0 by one command (design 6.3, 6.4; decision 0019)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.end_to_end.conftest import Bench, Called
from tests.end_to_end.worlds import (
    ADVANCED,
    BY_CATEGORY,
    CONTOSO,
    FABRIKAM,
    ONE_ITEM,
    SELECT,
    TWO_LINKS,
    WORKSTATION,
    account,
    agreement,
    customer,
    link,
    world,
)

Json = dict[str, Any]
Listed = tuple[int, str, int, str]

OFF = (TWO_LINKS[0], link("Fabrikam", 1042, FABRIKAM, billing=False))
UNLINKED = (TWO_LINKS[0],)
ZERO = ("left-behind", "zero", "--all", "--reason", "the customer has left")


def listed(bench: Bench) -> list[Listed]:
    """What the command lists."""
    called = bench.call("left-behind", "list", "--json")
    assert called.code == (3 if any(not one["on_ended_agreement"] for one in called.json) else 0), called.words
    return [(one["agreement"], one["item"], one["quantity"], one["reason"]) for one in called.json]


def in_status(bench: Bench) -> list[tuple[int, str, int]]:
    """What `status` lists."""
    (integration,) = bench.call("status", "--json").json["integrations"]
    return [(one["agreement"], one["item"], one["quantity"]) for one in integration["left_behind"]]


def zero(bench: Bench, *more: object) -> Called:
    """Sets everything that is left behind to 0."""
    return bench.call(*ZERO, "--json", *more)


def unlink(bench: Bench) -> None:
    bench.declare(links=UNLINKED)


def switch_off(bench: Bench) -> None:
    bench.declare(links=OFF)


def unmap(bench: Bench) -> None:
    bench.declare(mappings=[BY_CATEGORY])


def disable(bench: Bench) -> None:
    bench.edit_server(2, lambda server: server.update(enabled=False))


def remove(bench: Bench) -> None:
    bench.edit(lambda state: state["ksc"]["virtual_servers"].pop(1))


def unlink_and_remove(bench: Bench) -> None:
    unlink(bench)
    remove(bench)


def unlink_and_disable(bench: Bench) -> None:
    unlink(bench)
    disable(bench)


WAYS: list[tuple[Callable[[Bench], None], str]] = [
    (unlink, "not_linked"),
    (switch_off, "billing_off"),
    (unmap, "no_mapping"),
    (disable, "tenant_disabled"),
    (remove, "tenant_gone"),
    (unlink_and_remove, "not_linked"),
    (unlink_and_disable, "not_linked"),
]


@pytest.mark.parametrize(("happens", "reason"), WAYS, ids=[happens.__name__ for happens, _ in WAYS])
def test_a_line_that_nobody_wants_is_listed_and_set_to_0_once(bench: Bench, happens: Callable[[Bench], None], reason: str) -> None:
    """L8: the second time there is nothing left, and no daily run brings it back."""
    bench.run()
    happens(bench)
    bench.run()
    assert listed(bench) == [(FABRIKAM, "KES-SELECT", 2, reason)]

    done = zero(bench)

    assert (done.code, done.writes, done.json["run"]["kind"]) == (0, 1, "apply"), done.words
    assert bench.quantities(FABRIKAM) == [("KES-SELECT", 0)]
    assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 3)]
    assert listed(bench) == []
    bench.forget_calls()
    again = zero(bench)
    assert (again.code, again.json["run"], bench.calls()) == (0, None, [])
    assert bench.run().writes == 0
    assert bench.quantities(FABRIKAM) == [("KES-SELECT", 0)]
    assert in_status(bench) == []
    bench.require_proof()


@pytest.mark.parametrize("happens", [unlink, switch_off])
def test_a_link_that_was_switched_off_is_seen_without_a_run(bench: Bench, happens: Callable[[Bench], None]) -> None:
    bench.run()
    happens(bench)

    assert [one[:3] for one in listed(bench)] == [(FABRIKAM, "KES-SELECT", 2)]


@pytest.mark.parametrize("happens", [happens for happens, _ in WAYS])
def test_the_list_says_what_status_says(bench: Bench, happens: Callable[[Bench], None]) -> None:
    bench.run()
    happens(bench)
    assert [one[:3] for one in listed(bench)] == in_status(bench)
    bench.run()

    assert [one[:3] for one in listed(bench)] == in_status(bench) != []
    zero(bench)
    assert in_status(bench) == [], "before the next run"


def test_nothing_is_left_behind_where_everything_is_wanted(bench: Bench) -> None:
    bench.run()

    assert listed(bench) == []
    assert "Nothing is left behind" in bench.call("left-behind", "list").err


def test_a_link_that_is_back_takes_its_lines_back_without_a_run(bench: Bench) -> None:
    bench.run()
    bench.declare(links=OFF)
    bench.run()
    bench.declare()

    assert listed(bench) == []


def test_switched_on_again_the_line_goes_on_from_0(bench: Bench) -> None:
    bench.run()
    bench.declare(links=OFF)
    zero(bench)
    bench.declare()

    done = bench.run()

    assert (done.code, done.change("KES-SELECT")["from"], done.change("KES-SELECT")["to"]) == (0, 0, 2)
    assert bench.quantities(FABRIKAM) == [("KES-SELECT", 2)]
    bench.require_proof()


def two_agreements(bench: Bench) -> None:
    """Fabrikam is billed on one agreement, and its link then names the other."""
    bench.load(world([customer(2, "Fabrikam", {SELECT: [WORKSTATION] * 2})], [account(1042, "Fabrikam", [agreement(FABRIKAM), agreement(3000)])]))
    bench.declare(links=[link("Fabrikam", 1042, FABRIKAM)])
    bench.run()
    bench.declare(links=[link("Fabrikam", 1042, 3000)])


class TestMoves:
    """A line whose move waits for its release is not left behind: releasing it is the way."""

    def test_to_another_agreement(self, bench: Bench) -> None:
        two_agreements(bench)
        assert bench.run().change("KES-SELECT")["action"] == "move"

        assert listed(bench) == []
        assert zero(bench).json["run"] is None
        assert bench.quantities(FABRIKAM) == [("KES-SELECT", 2)]

    def test_to_another_item(self, bench: Bench) -> None:
        bench.run()
        bench.declare(mappings=[BY_CATEGORY, {**ONE_ITEM, "item": "KES-NIX"}])
        bench.run()

        assert listed(bench) == []

    def test_lines_on_two_agreements_of_one_customer_are_both_set_to_0(self, bench: Bench) -> None:
        """A run records a tenant once, so these are two runs; both are printed."""
        two_agreements(bench)
        bench.edit(lambda state: state["tigerpaw"]["accounts"][0]["agreements"][0].update(end="2026-01-31"))
        assert bench.run().code == 0
        bench.edit(lambda state: state["tigerpaw"]["accounts"][0]["agreements"][0].update(end=None))
        bench.declare(links=[link("Nobody", 9999, None)])
        assert {one[0] for one in listed(bench)} == {FABRIKAM, 3000}

        done = zero(bench)

        assert done.code == 0, done.words
        assert [one["run"]["kind"] for one in done.json["runs"]] == ["apply", "apply"]
        assert (bench.quantities(FABRIKAM), bench.quantities(3000)) == ([("KES-SELECT", 0)], [("KES-SELECT", 0)])
        bench.require_proof()

    def test_a_release_that_was_used_before_stands_in_nobodys_way(self, bench: Bench) -> None:
        two_agreements(bench)
        hold = bench.run().change("KES-SELECT")["hold"]
        bench.call("holds", "release", hold, "--reason", "the contract has moved")
        assert bench.run().code == 0
        assert bench.quantities(3000) == [("KES-SELECT", 2)]
        bench.declare(links=[link("Nobody", 9999, None)])

        done = zero(bench)

        assert done.code == 0, done.words
        assert (bench.quantities(FABRIKAM), bench.quantities(3000)) == ([("KES-SELECT", 0)], [("KES-SELECT", 0)])
        bench.require_proof()


class TestNotWritten:
    """What cannot be set to 0 is said, and nothing else suffers from it."""

    def test_an_agreement_that_has_ended(self, bench: Bench) -> None:
        """It is told when it is found out, and asks for nothing any more afterwards (design 6.3)."""
        bench.run()
        bench.declare(links=())
        bench.edit(lambda state: state["tigerpaw"]["accounts"][1]["agreements"][0].update(end="2026-01-31"))

        done = zero(bench)

        assert done.code == 3
        assert "Fabrikam, agreement 2042: The agreement has ended." in done.err
        assert bench.quantities(FABRIKAM) == [("KES-SELECT", 2)]
        assert bench.quantities(CONTOSO) == [("KES-SRV", 0), ("KES-WKS", 0)]
        bench.require_proof()

        (line,) = bench.call("left-behind", "list", "--json").json
        assert (line["agreement"], line["on_ended_agreement"]) == (FABRIKAM, True)
        people = bench.call("left-behind", "list")
        assert people.code == bench.call("status").code == 0
        assert "On an agreement that has ended: never written" in people.out
        again = zero(bench)
        assert (again.code, again.json["totals"]["tenants"]) == (0, 0)
        assert "1 line on agreements that have ended not tried" in again.err
        named = bench.call("left-behind", "zero", "--agreement", FABRIKAM, "--reason", "its end was put off?", "--json")
        assert (named.code, bench.quantities(FABRIKAM)) == (3, [("KES-SELECT", 2)])

    def test_an_agreement_that_belongs_to_another_account_now(self, bench: Bench) -> None:
        """Whoever has it now has not asked for it."""
        bench.run()
        bench.declare(links=OFF)

        def give_away(state: Json) -> None:
            first, second = state["tigerpaw"]["accounts"]
            first["agreements"] += second["agreements"]
            second["agreements"] = []

        bench.edit(give_away)

        done = zero(bench)

        assert (done.code, done.outcome("Fabrikam")) == (3, ("blocked", "agreement_of_other_account"))
        assert bench.quantities(FABRIKAM) == [("KES-SELECT", 2)]

    def test_a_line_that_somebody_has_changed_is_held(self, bench: Bench) -> None:
        """L6."""
        bench.run()
        bench.declare(links=OFF)
        bench.edit_charges(FABRIKAM, lambda charges: charges[0].update(quantity=5))

        done = zero(bench)

        assert (done.code, done.writes, done.change("KES-SELECT")["reason"]) == (3, 0, "edited_in_psa")
        assert bench.quantities(FABRIKAM) == [("KES-SELECT", 5)]
        bench.require_proof()

    def test_a_line_that_somebody_has_set_to_0_or_removed_is_settled_by_reading(self, bench: Bench) -> None:
        bench.run()
        bench.declare(links=())
        bench.edit_charges(FABRIKAM, lambda charges: charges[0].update(quantity=0))
        bench.edit_charges(CONTOSO, lambda charges: charges.clear())

        done = zero(bench)

        assert (done.code, done.writes) == (0, 0), done.words
        assert listed(bench) == []
        bench.require_proof()

    def test_a_kept_line_stays_as_somebody_has_decided(self, bench: Bench) -> None:
        bench.run()
        bench.edit_charges(FABRIKAM, lambda charges: charges[0].update(quantity=5))
        hold = bench.run().change("KES-SELECT")["hold"]
        bench.call("holds", "keep", hold, "--reason", "agreed so")
        bench.declare(mappings=[BY_CATEGORY])
        bench.run()

        done = zero(bench)

        assert (done.code, done.json["totals"]["psa_writes"]) == (3, 0)
        assert "kept as it is" in done.err
        assert bench.quantities(FABRIKAM) == [("KES-SELECT", 5)]
        assert len(bench.call("holds", "list", "--decided", "--json").json) == 1


def test_other_holds_of_the_agreement_stay_as_they_are(bench: Bench) -> None:
    """A plan for single items says nothing of what waits on the others."""
    bench.run()
    bench.declare(mappings=[{name: value for name, value in BY_CATEGORY.items() if name != "windows_server"}, ONE_ITEM])
    bench.edit_charges(CONTOSO, lambda charges: [one.update(quantity=9) for one in charges if one["item_id"] == "KES-WKS"])
    bench.run()
    before = bench.holds()
    assert [one["item"] for one in before] == ["KES-WKS"]

    assert zero(bench).code == 0

    assert bench.holds() == before
    assert bench.quantities(CONTOSO) == [("KES-SRV", 0), ("KES-WKS", 9)]
    assert [one["hold"] for one in bench.run().tenant("Contoso Dental")["changes"] if one["hold"]] == [before[0]["id"]]


class TestFaults:
    """L5: the truth is read from the PSA; nothing is blindly repeated, and the same command heals."""

    @pytest.mark.parametrize("fault", ["lose_reply", "close", "pxg_error", "wrong_quantity", "http_500"])
    def test_a_write_that_goes_wrong(self, bench: Bench, fault: str) -> None:
        bench.run()
        bench.declare(links=OFF)
        bench.faults({"on": "tigerpaw_soap", "call": "*", "nth": 1, "do": fault})

        zero(bench)
        bench.faults()
        bench.wait(seconds=1)
        if fault == "wrong_quantity":
            bench.edit_charges(FABRIKAM, lambda charges: charges[0].update(quantity=0))
        healed = zero(bench)

        assert healed.code == 0, healed.words
        assert bench.lines(FABRIKAM) == [(bench.lines(FABRIKAM)[0][0], "KES-SELECT", 0)]
        assert listed(bench) == []
        bench.require_proof()

    def test_a_psa_that_cannot_be_read_is_left_alone(self, bench: Bench) -> None:
        bench.run()
        bench.declare(links=OFF)
        bench.forget_calls()
        bench.faults({"on": "tigerpaw_rest", "call": "*", "nth": 1, "times": 0, "do": "http_503"})

        done = zero(bench)

        assert done.code == 1
        assert (done.json["run"]["reason"], bench.calls("tigerpaw_soap")) == ("psa_unreachable", [])
        assert bench.quantities(FABRIKAM) == [("KES-SELECT", 2)]
        bench.faults()
        assert zero(bench).code == 0
        assert bench.quantities(FABRIKAM) == [("KES-SELECT", 0)]


def test_in_worklist_mode_it_is_put_on_the_worklist(bench: Bench) -> None:
    bench.run()
    bench.declare(links=OFF, destination={"write_mode": "worklist"})

    waiting = zero(bench)
    assert (waiting.code, waiting.writes) == (3, 0)
    assert [(one["item"], one["now"], one["enter"]) for one in bench.call("worklist", "--json").json] == [("KES-SELECT", 2, 0)]
    assert zero(bench).code == 3
    assert len(bench.call("worklist", "--json").json) == 1
    bench.edit_charges(FABRIKAM, lambda charges: charges[0].update(quantity=0))

    assert zero(bench).code == 0
    assert bench.call("worklist", "--json").json == []
    assert listed(bench) == []


def test_it_is_no_days_run(bench: Bench) -> None:
    """Where a person applies the plans, a plan of prescribed quantities does not count as the day's (L12), and the fleet stays whole in `status`."""
    bench.declare(integration={"apply": "approve"})
    bench.run()
    bench.declare(integration={"apply": "approve"}, links=(TWO_LINKS[0], link("Fabrikam", 1042, FABRIKAM, billing=False)))
    bench.run()
    before = bench.call("status", "--json").json["integrations"][0]
    zero(bench)

    after = bench.call("status", "--json").json["integrations"][0]

    for name in ("not_billed", "stopped", "to_apply", "not_run_today", "next_run", "agreements", "gaps"):
        assert after[name] == before[name], name
    assert before["not_billed"]


def test_a_charge_that_was_set_to_0_is_still_explained_by_its_last_count(bench: Bench) -> None:
    """L9."""
    bench.run()
    bench.declare(mappings=[BY_CATEGORY])
    bench.run()
    zero(bench)

    explained = bench.call("explain", "--json", "--agreement", FABRIKAM, "--item", "KES-SELECT")

    assert explained.code == 0, explained.words
    assert (explained.json["quantity"], explained.json["charged"], len(explained.json["seats"])) == (2, 0, 2)
    assert ADVANCED not in explained.out
