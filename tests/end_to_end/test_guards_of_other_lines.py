"""Guards on lines that no reading of Security Center wrote: adopted ones, stated counts, worklists, lines that went with an invoice (design 6.5)."""

from __future__ import annotations

from typing import Any

from tests.end_to_end.companies import MAIL_SERVER
from tests.end_to_end.conftest import Bench
from tests.end_to_end.hands import ALONE, alone, decide, decided, has, one_customer, require_every_proof, workstations
from tests.end_to_end.worlds import BY_CATEGORY, CONTOSO, ONE_ITEM, charge

Json = dict[str, Any]
NO_SOAP = {"write_mode": "worklist", "dialect": None, "soap_user": None, "soap_password": None}


class TestAdoptedLines:
    """Nothing tells what their quantity was made of, so today's reading alone must tell."""

    def test_without_doubt_a_small_fall_passes(self, bench: Bench) -> None:
        bench.load(one_customer(3))
        bench.edit_charges(CONTOSO, lambda charges: charges.append(charge(77, "KES-WKS", 9)))
        bench.declare(links=ALONE)
        bench.run()
        decide(bench, "adopt", "--all")

        assert bench.run().code == 0
        assert workstations(bench) == 3

    def test_a_large_one_waits(self, bench: Bench) -> None:
        bench.load(one_customer(3))
        bench.edit_charges(CONTOSO, lambda charges: charges.append(charge(77, "KES-WKS", 90)))
        bench.declare(links=ALONE)
        bench.run()
        decide(bench, "adopt", "--all")

        assert bench.run().change("KES-WKS")["reason"] == "fall_bound"

    def test_with_an_unmatched_name_about_the_smallest_waits(self, bench: Bench) -> None:
        bench.load(one_customer(3))
        bench.edit_charges(CONTOSO, lambda charges: charges.append(charge(77, "KES-WKS", 4)))

        def buy_something_unknown(server: Json) -> None:
            server["keys"].append({"serial": "S001-9", "name": "Some new product", "type": 1, "limit_date": "2099-12-31T23:59:59Z"})
            server["uses"].append({"serial": "S001-9", "host": "w000"})

        bench.edit_server(1, buy_something_unknown)
        bench.declare(links=ALONE)
        bench.run()
        decide(bench, "adopt", "--all")

        held = bench.run().change("KES-WKS")

        assert (held["reason"], workstations(bench)) == ("fall_unproved", 4)
        assert "1 name_unmatched" in held["detail"]


class TestStatedCounts:
    """What a person states is a reason; the bounds still look at it."""

    def state(self, bench: Bench, quantity: int) -> None:
        words = ("--tenant", "Contoso Dental", "--application", MAIL_SERVER, "--quantity", quantity, "--reason", "portal")
        assert bench.call("count", "set", *words).code == 0

    def billed_for(self, bench: Bench, quantity: int) -> None:
        bench.load(one_customer(60))
        bench.declare(links=ALONE, mappings=(BY_CATEGORY, ONE_ITEM | {"application": MAIL_SERVER}))
        self.state(bench, quantity)
        assert bench.run().code == 0

    def test_a_newer_smaller_one_is_proved(self, bench: Bench) -> None:
        self.billed_for(bench, 40)
        self.state(bench, 35)

        assert bench.run().code == 0
        assert ("KES-SELECT", 35) in bench.quantities(CONTOSO)

    def test_a_far_smaller_one_passes_the_bound_only_when_released(self, bench: Bench) -> None:
        self.billed_for(bench, 40)
        self.state(bench, 0)
        assert bench.run().change("KES-SELECT")["reason"] == "fall_bound"

        decide(bench, "release", "--item", "KES-SELECT")

        assert bench.run().code == 0
        assert ("KES-SELECT", 0) in bench.quantities(CONTOSO)

    def test_one_that_ends_is_not_proved_at_any_size(self, bench: Bench) -> None:
        self.billed_for(bench, 2)
        bench.call("count", "withdraw", "--tenant", "Contoso Dental", "--application", MAIL_SERVER, "--reason", "over")

        held = bench.run().change("KES-SELECT")

        assert (held["reason"], ("KES-SELECT", 2) in bench.quantities(CONTOSO)) == ("fall_unproved", True)
        assert "2 count_ended" in held["detail"]
        require_every_proof(bench)


class TestWorklist:
    """A guarded fall is not even asked to be entered; a released one is."""

    def test_it_is_held_released_entered_and_ours(self, bench: Bench) -> None:
        bench.load(one_customer(90))
        bench.declare(links=ALONE, destination=NO_SOAP)
        bench.run()
        bench.edit_charges(CONTOSO, lambda charges: charges.extend([charge(501, "KES-WKS", 90), charge(502, "KES-SRV", 1)]))
        assert bench.run().code == 0
        has(bench, 30)
        held = bench.run()
        assert (held.change("KES-WKS")["reason"], held.json["totals"]["waiting"]) == ("fall_bound", 0)

        decide(bench, "release", "--all")

        asked = [bench.run().change("KES-WKS") for _ in range(2)]
        assert [(one["action"], one["reason"], one["from"], one["to"]) for one in asked] == [("update", "to_be_entered", 90, 30)] * 2
        bench.edit_charges(CONTOSO, lambda charges: charges[0].update(quantity=30))
        done = bench.run()
        assert (done.code, done.change("KES-WKS")["action"], decided(bench)) == (0, "unchanged", [])
        require_every_proof(bench)


def test_a_line_that_went_with_the_invoice_is_judged_by_what_it_was(bench: Bench) -> None:
    """It is made again, not for the first time: a fall hides behind no invoice."""
    alone(bench, 90)
    bench.edit_charges(CONTOSO, lambda charges: [one.update(delete_after_invoicing=True) for one in charges])
    bench.run()
    bench.sandbox.invoice_run()
    has(bench, 30)

    done = bench.run()

    held = done.change("KES-WKS")
    assert (held["action"], held["reason"], held["from"], held["to"]) == ("hold", "fall_bound", None, 30)
    decide(bench, "release", held["hold"])
    assert bench.run().code == 0
    assert workstations(bench) == 30
