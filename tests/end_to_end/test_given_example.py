"""The worked example of the given page, through the command line."""

from __future__ import annotations

from tests.end_to_end.conftest import Bench
from tests.end_to_end.worlds import ADVANCED, BY_CATEGORY, SERVER, WORKSTATION, account, agreement, customer, link, world

NINETY_AND_TEN = [WORKSTATION] * 90 + [SERVER] * 10


def example(bench: Bench) -> None:
    """A client company uses the application on 100 devices, of which 90 are workstations and 10 are servers."""
    bench.load(world([customer(1, "Client company", {ADVANCED: NINETY_AND_TEN})], [account(1, "Client company", [agreement(100)])]))


def test_100_devices_of_which_90_are_workstations_and_10_are_servers(bench: Bench) -> None:
    example(bench)
    bench.declare(links=[link("Client company", 1, 100)], mappings=[BY_CATEGORY])

    done = bench.run()

    assert done.code == 0
    assert bench.quantities(100) == [("KES-SRV", 10), ("KES-WKS", 90)]
    assert [(one["action"], one["from"], one["to"]) for one in done.tenant("Client company")["changes"]] == [
        ("create", None, 10),
        ("create", None, 90),
    ]
    assert done.change("KES-WKS")["parts"] == [{"application": ADVANCED, "category": "windows_workstation", "quantity": 90}]
    assert done.json["totals"] | {"created": 2, "psa_writes": 2, "tenants": 1, "failed": 0, "held": 0} == done.json["totals"]


def test_the_same_devices_on_one_item_are_one_charge(bench: Bench) -> None:
    example(bench)
    bench.declare(links=[link("Client company", 1, 100)], mappings=[{"application": ADVANCED, "item": "KES-SELECT"}])

    assert bench.run().code == 0

    assert bench.quantities(100) == [("KES-SELECT", 100)]


def test_plan_shows_the_example_and_writes_nothing(bench: Bench) -> None:
    example(bench)
    bench.declare(links=[link("Client company", 1, 100)], mappings=[BY_CATEGORY])

    planned = bench.call("plan", "--json")

    assert planned.code == 2
    assert planned.outcome("Client company") == ("planned", None)
    assert planned.writes == 0
    assert bench.lines(100) == []
    assert bench.calls("tigerpaw_soap") == []


def test_every_seat_of_the_example_can_be_listed(bench: Bench) -> None:
    """L9."""
    example(bench)
    bench.declare(links=[link("Client company", 1, 100)], mappings=[BY_CATEGORY])
    bench.run()

    explained = bench.call("explain", "--json", "--agreement", 100, "--item", "KES-SRV")

    assert explained.code == 0
    assert (explained.json["quantity"], explained.json["charged"], explained.json["decision"]) == (10, 10, None)
    assert sorted(seat["device_id"] for seat in explained.json["seats"]) == [f"d001-{number:03}" for number in range(91, 101)]
    assert {seat["category"] for seat in explained.json["seats"]} == {"windows_server"}
    bench.require_proof()


def test_the_next_run_finds_nothing_to_write(bench: Bench) -> None:
    """L8."""
    example(bench)
    bench.declare(links=[link("Client company", 1, 100)], mappings=[BY_CATEGORY])
    bench.run()
    before = bench.sandbox.state()

    again = bench.run()

    assert (again.code, again.writes) == (0, 0)
    assert again.outcome("Client company") == ("unchanged", None)
    assert bench.sandbox.state() == before
