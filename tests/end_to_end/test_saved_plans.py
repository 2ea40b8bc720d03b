"""`plan --out` and `apply`: a plan is a promise, carried out as it was shown or refused (L4)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import Bench, Called
from tests.end_to_end.worlds import CONTOSO, FABRIKAM, SECRETS, WORKSTATION, charge, two_customers

Json = dict[str, Any]


def save(bench: Bench, name: str = "saved.plan", *more: str) -> Path:
    """Makes and saves a plan with changes in it."""
    file = bench.folder / name
    planned = bench.call("plan", "--out", file, *more)
    assert planned.code == 2, planned.words
    return file


def refused(bench: Bench, file: Path, *words: str) -> Called:
    """Applies a file that must be refused: one sentence, nothing written."""
    bench.forget_calls()
    before = bench.sandbox.state()
    applied = bench.call("apply", file)
    assert applied.code == 1, applied.words
    assert bench.calls("tigerpaw_soap") == []
    assert bench.sandbox.state() == before
    assert "Traceback" not in applied.words
    for word in words:
        assert word in applied.err, applied.err
    return applied


def test_a_saved_plan_is_carried_out_exactly(bench: Bench) -> None:
    file = save(bench)
    assert (bench.lines(CONTOSO), bench.lines(FABRIKAM)) == ([], [])

    applied = bench.call("apply", "--json", file)

    assert applied.code == 0, applied.words
    assert (applied.json["totals"]["created"], applied.writes) == (3, 3)
    assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 3)]
    assert bench.quantities(FABRIKAM) == [("KES-SELECT", 2)]
    assert bench.run().writes == 0
    bench.require_proof()


def test_applying_needs_no_source(bench: Bench) -> None:
    file = save(bench)
    bench.forget_calls()

    assert bench.call("apply", file).code == 0
    assert bench.calls("ksc") == []


def test_the_file_shows_the_plan_and_no_secret(bench: Bench) -> None:
    """L11."""
    text = save(bench).read_text(encoding="utf-8")

    assert json.loads(text)["document"]["totals"]["psa_writes"] == 0
    assert not [secret for secret in SECRETS.values() if secret in text]


def test_charges_made_by_a_saved_plan_can_be_explained(bench: Bench) -> None:
    """L9: the evidence is the plan's."""
    bench.call("apply", save(bench))

    explained = bench.call("explain", "--json", "--agreement", CONTOSO, "--item", "KES-WKS").json

    assert (explained["quantity"], explained["charged"], len(explained["seats"])) == (3, 3, 3)
    assert explained["decision"] is None


def test_usage_that_has_changed_since_is_the_next_runs_business(bench: Bench) -> None:
    file = save(bench)

    def grow(server: Json) -> None:
        server["hosts"].append({"id": "new", "name": "new", "os_name": WORKSTATION[0], "ctype": WORKSTATION[1]})
        server["uses"].append({"serial": "S001-1", "host": "new"})

    bench.edit_server(1, grow)

    assert bench.call("apply", file).code == 0
    assert ("KES-WKS", 3) in bench.quantities(CONTOSO)
    assert bench.run().code == 0
    assert ("KES-WKS", 4) in bench.quantities(CONTOSO)


def test_holds_of_the_plan_stay_holds(bench: Bench) -> None:
    bench.load(two_customers(contoso=[charge(77, "KES-WKS", 8)]))
    file = bench.folder / "saved.plan"
    assert bench.call("plan", "--out", file).code == 3

    applied = bench.call("apply", "--json", file)

    assert applied.code == 3
    assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 8)]
    assert bench.quantities(FABRIKAM) == [("KES-SELECT", 2)]


def test_a_plan_for_one_customer_touches_no_other(bench: Bench) -> None:
    file = save(bench, "saved.plan", "--tenant", "Fabrikam")

    assert bench.call("apply", file).code == 0
    assert (bench.lines(CONTOSO), bench.quantities(FABRIKAM)) == ([], [("KES-SELECT", 2)])


class TestRefused:
    """Each with what to do next, and nothing written."""

    def test_a_file_that_was_changed(self, bench: Bench) -> None:
        file = save(bench)
        file.write_text(file.read_text(encoding="utf-8").replace('"to": 3', '"to": 4'), encoding="utf-8")

        refused(bench, file, "changed", "tallybridge plan")

    def test_a_file_that_is_no_plan(self, bench: Bench) -> None:
        file = bench.folder / "other.plan"
        file.write_bytes(b"\x00\xff not a plan")

        refused(bench, file, "not a plan", "tallybridge plan")

    def test_a_file_that_is_not_there(self, bench: Bench) -> None:
        missing = bench.folder / "missing.plan"

        refused(bench, missing, "missing.plan")

    def test_a_plan_of_another_ledger(self, bench: Bench) -> None:
        file = bench.folder / "saved.plan"
        assert bench.call("plan", "--out", file, "--home", bench.folder / "elsewhere").code == 2

        refused(bench, file, "ledger", "tallybridge plan")

    def test_a_plan_of_yesterday(self, bench: Bench) -> None:
        file = save(bench)
        bench.wait(days=1)

        refused(bench, file, "today", "tallybridge plan")

    def test_another_configuration(self, bench: Bench) -> None:
        file = save(bench)
        bench.declare(source={"count_oem": True})

        refused(bench, file, "configuration", "tallybridge plan")

    @pytest.mark.parametrize("newer", ["plan", "run"])
    def test_no_longer_the_newest(self, bench: Bench, newer: str) -> None:
        file = save(bench)
        bench.wait(seconds=2)
        bench.call(newer)

        refused(bench, file, "tallybridge plan")

    def test_a_newer_plan_within_the_same_second(self, bench: Bench) -> None:
        file = save(bench)
        save(bench, "newer.plan")

        refused(bench, file, "tallybridge plan")
        assert bench.call("apply", bench.folder / "newer.plan").code == 0

    def test_a_second_time(self, bench: Bench) -> None:
        file = save(bench)
        assert bench.call("apply", file).code == 0

        refused(bench, file, "tallybridge plan")

    @pytest.mark.parametrize(
        "happens",
        ["a line was added", "a quantity was changed", "an agreement ended", "an account lost its reference", "an agreement is gone"],
    )
    def test_the_psa_has_moved(self, bench: Bench, happens: str) -> None:
        """Also the other customer is not written: a plan is applied whole or not at all."""
        bench.load(two_customers(fabrikam=[charge(77, "KES-SELECT", 2)]))
        file = bench.folder / "saved.plan"
        bench.call("plan", "--out", file)

        def move(state: Json) -> None:
            fabrikam = state["tigerpaw"]["accounts"][1]
            if happens == "a line was added":
                fabrikam["agreements"][0]["charges"].append(charge(78, "KES-SELECT", 2))
            elif happens == "a quantity was changed":
                fabrikam["agreements"][0]["charges"][0]["quantity"] = 9
            elif happens == "an agreement ended":
                fabrikam["agreements"][0]["end"] = "2026-01-31"
            elif happens == "an agreement is gone":
                fabrikam["agreements"] = []
            else:
                fabrikam["external_products"] = []

        bench.edit(move)

        refused(bench, file, "Nothing was written")

    def test_it_can_be_planned_again_at_once(self, bench: Bench) -> None:
        file = save(bench)
        bench.edit_charges(CONTOSO, lambda charges: charges.append(charge(78, "KES-WKS", 2)))
        refused(bench, file)

        assert bench.call("plan", "--out", file).code == 3
        assert bench.call("apply", file).code == 3
        bench.require_proof()


def test_a_line_that_nothing_is_mapped_to_may_change_meanwhile(bench: Bench) -> None:
    file = save(bench)
    bench.edit_charges(CONTOSO, lambda charges: charges.append(charge(78, "CONSULTING", 2)))

    assert bench.call("apply", file).code == 0


def test_a_folder_that_is_not_there_is_said_before_anything_is_read(bench: Bench) -> None:
    failed = bench.call("plan", "--out", bench.folder / "nowhere" / "saved.plan")

    assert failed.code == 1
    assert "nowhere" in failed.err
    assert bench.calls() == []


def test_a_lost_reply_while_applying_is_healed_by_the_next_run(bench: Bench) -> None:
    file = save(bench)
    bench.faults({"on": "tigerpaw_soap", "call": "*", "nth": 1, "do": "close"})

    applied = bench.call("apply", "--json", file)

    assert applied.code == 1
    bench.wait(seconds=1)
    assert bench.run().code == 0
    assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 3)]
    bench.require_proof()
