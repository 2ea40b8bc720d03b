"""Which changes wait for a person, and that a release lets them pass (design 6.5); its examples, through the whole product."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.end_to_end.conftest import Bench
from tests.end_to_end.hands import ALONE, alone, decide, decided, guards, has, hold_on, require_every_proof, workstations
from tests.end_to_end.worlds import ADVANCED, CONTOSO, WORKSTATION, account, agreement, customer, declaration, link, world

Json = dict[str, Any]
ACTIVE_FLAG = {"on": "ksc", "call": "*", "times": 0, "do": "drop_attribute", "name": "KLLICSRV_HOST_CURRENT"}


PASSES = [(90, 85, 0), (3, 80, 0), (3, 80, 31), (90, 65, 0), (90, 400, 31), (60, 110, 40), (200, 250, 40)]


@pytest.mark.parametrize(("before", "after", "days"), PASSES)
def test_a_change_within_the_bounds_passes(bench: Bench, before: int, after: int, days: int) -> None:
    alone(bench, before)
    bench.wait(days=days)
    has(bench, after)

    assert bench.run().code == 0
    assert workstations(bench) == after
    assert bench.run().writes == 0


def test_a_first_charge_of_any_size_and_one_after_zero_pass(bench: Bench) -> None:
    alone(bench, 2, 10)
    has(bench, 0, 10)
    assert bench.run().code == 0
    assert workstations(bench) == 0
    bench.wait(days=60)
    has(bench, 120, 10)

    assert bench.run().code == 0
    assert workstations(bench) == 120


HELD = [
    (90, 30, 0, "fall_bound", "90 → 30 is a fall of 60 units (66 %)"),
    (90, 400, 40, "rise_bound", "90 → 400 is a rise of 310 units (344 %)"),
]


@pytest.mark.parametrize(("before", "after", "days", "reason", "says"), HELD)
def test_a_change_beyond_the_bounds_waits_and_says_the_numbers(bench: Bench, before: int, after: int, days: int, reason: str, says: str) -> None:
    alone(bench, before)
    bench.wait(days=days)
    has(bench, after)

    done = bench.run()

    assert (done.code, done.writes) == (3, 0)
    held = done.change("KES-WKS")
    assert (held["action"], held["reason"], held["from"], held["to"]) == ("hold", reason, before, after)
    assert says in held["detail"]
    assert workstations(bench) == before
    (waiting,) = bench.holds()
    assert (waiting["id"], waiting["detail"], waiting["decisions"]) == (held["hold"], held["detail"], ["keep", "pin", "release"])
    assert says in bench.call("holds", "list").words
    explained = bench.call("explain", "--json", "--agreement", CONTOSO, "--item", "KES-WKS").json
    assert (explained["quantity"], explained["charged"], explained["decision"]) == (after, before, reason)
    require_every_proof(bench)


@pytest.mark.parametrize(("before", "after", "days", "reason", "says"), HELD)
def test_released_it_passes_once(bench: Bench, before: int, after: int, days: int, reason: str, says: str) -> None:
    alone(bench, before)
    bench.wait(days=days)
    has(bench, after)
    bench.run()
    told = decide(bench, "release", hold_on(bench, "KES-WKS", reason), "--json").json
    assert [(one["decision"], one["quantity"], one["decided"]) for one in told] == [("release", after, True)]
    assert bench.holds() == []

    done = bench.run()

    assert (done.code, done.writes, workstations(bench)) == (0, 1, after)
    assert bench.run().writes == 0
    assert decided(bench) == []
    require_every_proof(bench)


class TestUpToTheShownQuantity:
    """A release is good for what the person saw."""

    def released(self, bench: Bench) -> None:
        alone(bench, 90)
        has(bench, 30)
        bench.run()
        told = decide(bench, "release", hold_on(bench, "KES-WKS", "fall_bound"))
        assert "KES-WKS of Contoso Dental may change, down to 30." in told.err

    def test_a_smaller_fall_passes_too(self, bench: Bench) -> None:
        self.released(bench)
        has(bench, 45)

        assert bench.run().code == 0
        assert workstations(bench) == 45

    def test_a_larger_one_waits_again(self, bench: Bench) -> None:
        self.released(bench)
        has(bench, 20)

        done = bench.run()

        assert (done.code, done.change("KES-WKS")["reason"], workstations(bench)) == (3, "fall_bound", 90)
        assert decided(bench) == []

    def test_it_does_not_serve_for_the_next_fall(self, bench: Bench) -> None:
        self.released(bench)
        assert bench.run().code == 0
        bench.run()
        has(bench, 90)
        bench.run()
        assert workstations(bench) == 90
        has(bench, 30)

        assert bench.run().change("KES-WKS")["reason"] == "fall_bound"

    def test_typed_twice_it_is_not_taken_back(self, bench: Bench) -> None:
        alone(bench, 90)
        has(bench, 30)
        bench.run()
        hold = hold_on(bench, "KES-WKS", "fall_bound")
        decide(bench, "release", hold)

        again = decide(bench, "release", hold, code=1)

        assert "Nothing was decided" in again.err
        assert bench.run().code == 0
        assert workstations(bench) == 30

    def test_a_plan_does_not_use_it_up(self, bench: Bench) -> None:
        self.released(bench)
        assert bench.call("plan").code == 2

        assert bench.run().code == 0
        assert workstations(bench) == 30

    def test_a_write_that_fails_does_not_use_it_up(self, bench: Bench) -> None:
        self.released(bench)
        bench.faults({"on": "tigerpaw_soap", "call": "*", "nth": 1, "do": "success_false", "message": "Rehearsed refusal"})
        assert bench.run().code == 1

        assert bench.run().code == 0
        assert workstations(bench) == 30


class TestUnproved:
    """L1: what was not said is not gone."""

    def test_a_flag_that_is_not_sent_any_more_lowers_nothing(self, bench: Bench) -> None:
        alone(bench, 3)
        bench.faults(ACTIVE_FLAG)

        done = bench.run()

        assert (done.code, done.writes) == (3, 0)
        assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 3)]
        held = done.change("KES-WKS")
        assert (held["reason"], held["from"], held["to"]) == ("fall_unproved", 3, 0)
        assert held["detail"] == "3 → 0: of 3 missing seats not all are shown to be gone (3 active_flag_missing)."
        require_every_proof(bench)

    def test_sent_again_nothing_waits(self, bench: Bench) -> None:
        alone(bench, 3)
        bench.faults(ACTIVE_FLAG)
        bench.run()
        bench.faults()

        assert bench.run().code == 0
        assert bench.holds() == []

    def test_one_unproved_seat_among_many_proved_ones_is_enough(self, bench: Bench) -> None:
        alone(bench, 20)
        has(bench, 18)
        bench.edit_server(1, lambda one: one["hosts"][0].update(os_name=None, ctype=None))

        done = bench.run()

        assert done.change("KES-WKS")["detail"] == "20 → 17: of 3 missing seats not all are shown to be gone (1 unclassified_device)."
        assert workstations(bench) == 20

    def test_released_it_passes(self, bench: Bench) -> None:
        alone(bench, 3)
        bench.faults(ACTIVE_FLAG)
        bench.run()

        decide(bench, "release", "--all")

        assert bench.run().code == 0
        assert bench.quantities(CONTOSO) == [("KES-SRV", 0), ("KES-WKS", 0)]
        require_every_proof(bench)

    @pytest.mark.parametrize("emptied", [{"keys": [], "uses": []}, {"hosts": [], "uses": []}], ids=["keys", "devices"])
    def test_a_customer_that_shows_none_at_all_is_not_believed(self, bench: Bench, emptied: Json) -> None:
        alone(bench, 2)
        bench.edit_server(1, lambda one: one.update(emptied))

        done = bench.run()

        assert {change["reason"] for change in done.tenant("Contoso Dental")["changes"]} == {"fall_unproved"}
        assert "nothing_shown" in done.change("KES-WKS")["detail"]
        assert workstations(bench) == 2


class TestWholeTenant:
    """A customer of three units or more does not fall to nothing by itself."""

    def test_three_to_nothing_waits_although_each_seat_is_shown_to_be_gone(self, bench: Bench) -> None:
        alone(bench, 2)
        bench.edit_server(1, lambda one: one.update(uses=[]))

        done = bench.run()

        assert done.code == 3
        assert [(one["item"], one["reason"]) for one in done.tenant("Contoso Dental")["changes"]] == [
            ("KES-SRV", "tenant_bound"),
            ("KES-WKS", "tenant_bound"),
        ]
        assert "3 units, would fall to 0" in done.change("KES-WKS")["detail"]
        decide(bench, "release", "--all")
        assert bench.run().code == 0
        assert bench.quantities(CONTOSO) == [("KES-SRV", 0), ("KES-WKS", 0)]
        require_every_proof(bench)

    def test_two_to_nothing_pass(self, bench: Bench) -> None:
        alone(bench, 1)
        bench.edit_server(1, lambda one: one.update(uses=[]))

        assert bench.run().code == 0
        assert bench.quantities(CONTOSO) == [("KES-SRV", 0), ("KES-WKS", 0)]

    def test_many_small_falls_are_one_large_one(self, bench: Bench) -> None:
        """Neither line passes its bound alone: 10 units each."""
        alone(bench, 16, 16)
        has(bench, 6, 6)

        done = bench.run()

        assert [one["reason"] for one in done.tenant("Contoso Dental")["changes"]] == ["tenant_bound", "tenant_bound"]
        assert "32 → 12 is a fall of 20 units (62 %)" in done.change("KES-WKS")["detail"]
        assert bench.quantities(CONTOSO) == [("KES-SRV", 16), ("KES-WKS", 16)]


TENANTS = range(1, 6)


def five_customers(bench: Bench) -> str:
    """Five customers of five workstations, billed once; the text of their configuration. One session, so that they come in order."""
    servers = [customer(one, f"Customer {one}", {ADVANCED: [WORKSTATION] * 5}) for one in TENANTS]
    bench.load(world(servers, [account(1000 + one, f"Customer {one}", [agreement(2000 + one)]) for one in TENANTS]))
    text = declaration(bench.sandbox, links=[link(f"Customer {one}", 1000 + one, 2000 + one) for one in TENANTS], source={"max_sessions": 1})
    guards(bench, text=text, run_units=4, run_percent=0)
    assert bench.run().code == 0
    return text


def loses(count: int) -> Callable[[Json], None]:
    """So many devices are gone."""

    def change(server: Json) -> None:
        server["hosts"] = server["hosts"][count:]
        server["uses"] = server["uses"][count:]

    return change


class TestRun:
    """The circuit breaker: one run lowers charges only so far, whoever's they are."""

    def billed(self, bench: Bench) -> list[int]:
        return [quantity for one in TENANTS for _, quantity in bench.quantities(2000 + one)]

    def test_falls_beyond_its_bound_wait_and_rises_go_on(self, bench: Bench) -> None:
        five_customers(bench)
        for one in (1, 2, 3, 4):
            bench.edit_server(one, loses(2))

        def grow(server: Json) -> None:
            server["hosts"].append({"id": "new", "name": "new", "os_name": WORKSTATION[0], "ctype": WORKSTATION[1]})
            server["hosts"].append({"id": "box", "name": "box", "os_name": "Debian GNU/Linux 12", "ctype": 0x200800})
            server["uses"] += [{"serial": "S005-1", "host": "new"}, {"serial": "S005-1", "host": "box"}]

        bench.edit_server(5, grow)

        done = bench.run()

        assert done.code == 3
        assert bench.quantities(2005) == [("KES-NIX", 1), ("KES-WKS", 6)], "a create and an increase"
        assert sorted(self.billed(bench)[:4]) == [3, 3, 5, 5]
        assert {one["reason"] for one in bench.holds()} == {"run_bound"}
        assert "5 → 3 is a fall of 2 units; this run may lower charges by only 0 more." in done.json["tenants"][3]["changes"][0]["detail"]
        require_every_proof(bench)

    def test_the_next_run_begins_anew(self, bench: Bench) -> None:
        five_customers(bench)
        for one in TENANTS:
            bench.edit_server(one, loses(2))

        assert [bench.run().code for _ in range(3)] == [3, 3, 0]
        assert self.billed(bench) == [3, 3, 3, 3, 3]
        assert bench.holds() == []

    def test_released_falls_pass_and_do_not_use_up_the_others(self, bench: Bench) -> None:
        text = five_customers(bench)
        guards(bench, text=text, run_units=0, run_percent=0)
        for one in (1, 2, 3):
            bench.edit_server(one, loses(2))
        bench.run()
        decide(bench, "release", "--all")
        guards(bench, text=text, run_units=2, run_percent=0)
        bench.edit_server(4, loses(2))

        assert bench.run().code == 0
        assert self.billed(bench) == [3, 3, 3, 3, 5]
        require_every_proof(bench)

    def test_its_bound_is_a_share_of_what_is_billed_where_that_is_more(self, bench: Bench) -> None:
        """40 % of 25 units are 10."""
        guards(bench, text=five_customers(bench), run_units=4, run_percent=40)
        for one in TENANTS:
            bench.edit_server(one, loses(2))

        assert bench.run().code == 0
        assert self.billed(bench) == [3, 3, 3, 3, 3]


class TestBoundsAreSettings:
    """Another MSP, other bounds."""

    def test_wider(self, bench: Bench) -> None:
        alone(bench, 90)
        guards(bench, text=declaration(bench.sandbox, links=ALONE), fall_units=60)
        has(bench, 30)

        assert bench.run().code == 0
        assert workstations(bench) == 30

    def test_narrower(self, bench: Bench) -> None:
        alone(bench, 90)
        guards(bench, text=declaration(bench.sandbox, links=ALONE), fall_units=4, fall_percent=5)
        has(bench, 85)

        assert bench.run().change("KES-WKS")["reason"] == "fall_bound"
