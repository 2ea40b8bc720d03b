"""Security Center and Business Hub side by side: one ledger, one agreement, each its own items (design 6.2; contracts 3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.companies import (
    HUB,
    MAILBOXES,
    NORTHWIND,
    USERS,
    HubBench,
    hub_declaration,
    northwind,
    two_companies,
)
from tests.end_to_end.conftest import Bench, Called
from tests.end_to_end.worlds import ADVANCED, BY_CATEGORY, SELECT, SERVER, WORKSTATION, charge, customer, declaration, host, link, use

Json = dict[str, Any]
LINK = link("Northwind", 2041, NORTHWIND)
KSC = "Security Center"
KSC_LINES, HUB_LINES = [("KES-SRV", 1), ("KES-WKS", 3)], [("CLOUD-USER", 2), ("M365-BOX", 3)]


class Both:
    """One customer on both sides, linked to one agreement from two files."""

    def __init__(self, hub: HubBench) -> None:
        self.hub = hub
        self.bench = hub.bench
        hub.bench.config.unlink()
        self.ksc_file, self.hub_file = hub.bench.folder / "center.toml", hub.bench.folder / "companies.toml"
        self.load()
        self.write()
        hub.put(northwind())

    def load(self, *lines: Json) -> None:
        """The customer uses 3 workstations and 1 server on the Security Center; `lines` stand on its agreement before."""
        server = customer(1, "Northwind", {ADVANCED: [WORKSTATION] * 3 + [SERVER]})
        self.bench.load(two_companies(servers=[server], northwind_lines=lines))

    def write(self, *, ksc: Json | None = None, hub: Json | None = None) -> None:
        """Writes both files; the arguments override what they declare."""
        center: Json = {"links": [LINK], "mappings": [BY_CATEGORY], "integration": {"name": KSC}} | (ksc or {})
        self._write(self.ksc_file, declaration(self.bench.sandbox, **center))
        companies: Json = {"links": [LINK], "mappings": [USERS, MAILBOXES]} | (hub or {})
        self._write(self.hub_file, hub_declaration(self.bench, **companies))

    @staticmethod
    def _write(file: Path, text: str) -> None:
        file.write_text(text, encoding="utf-8")
        file.chmod(0o600)

    def call(self, *arguments: object) -> Called:
        """Calls a command with both files."""
        return self.bench.call(*arguments, "--config", self.ksc_file, "--config", self.hub_file)

    def run(self) -> dict[str, Json]:
        """A run of both, by name of the integration."""
        called = self.call("run", "--json")
        assert set(called.json) == {"runs"}, called.words
        center, companies = called.json["runs"]
        return {KSC: center, HUB: companies}

    def run_one(self, file: Path) -> Called:
        """A run of one of the two."""
        return self.bench.run("--config", file)

    def lines(self) -> list[tuple[str, int]]:
        return self.bench.quantities(NORTHWIND)


@pytest.fixture
def both(bench: Bench) -> Both:
    return Both(HubBench(bench))


def tenant(run: Json) -> Json:
    (found,) = run["tenants"]
    return dict(found)


def items(run: Json) -> list[tuple[str, str]]:
    return [(change["action"], change["item"]) for change in tenant(run)["changes"]]


def grow_center(both: Both) -> None:
    """One more workstation on the Security Center."""

    def grow(server: Json) -> None:
        server["hosts"].append(host("d001-900"))
        server["uses"].append(use("S001-1", "d001-900"))

    both.bench.edit_server(1, grow)


class TestOneAgreement:
    """Each integration writes its own items and leaves the other's lines alone (L6)."""

    def test_a_run_of_both_files_runs_both_and_bills_every_item(self, both: Both) -> None:
        done = both.run()

        assert both.lines() == sorted(KSC_LINES + HUB_LINES)
        assert items(done[KSC]) == [("create", "KES-SRV"), ("create", "KES-WKS")]
        assert items(done[HUB]) == [("create", "CLOUD-USER"), ("create", "M365-BOX")]
        assert {run["run"]["outcome"] for run in done.values()} == {"done"}
        both.bench.require_proof()

    def test_the_next_run_of_both_writes_nothing_and_says_nothing(self, both: Both) -> None:
        """L8."""
        both.run()

        again = both.call("run", "--json")

        assert again.code == 0, again.words
        assert [run["totals"]["psa_writes"] for run in again.json["runs"]] == [0, 0]
        assert "left_behind" not in again.words
        assert "billed_but_unused" not in again.words

    @pytest.mark.parametrize("first", ["center", "companies"])
    def test_one_alone_leaves_the_others_lines_as_they_are(self, both: Both, first: str) -> None:
        files = {"center": both.ksc_file, "companies": both.hub_file}
        both.run_one(files.pop(first))
        (second,) = files.values()

        later = both.run_one(second)
        again = both.run_one(both.ksc_file)

        assert both.lines() == sorted(KSC_LINES + HUB_LINES)
        assert (later.code, again.code, again.writes) == (0, 0, 0)
        for called in (later, again):
            assert "left_behind" not in called.words
            assert "hold" not in {change["action"] for change in called.tenant("Northwind")["changes"]}

    def test_a_change_on_one_side_changes_only_its_lines(self, both: Both) -> None:
        both.run()
        grow_center(both)

        done = both.run()

        assert (done[KSC]["totals"]["psa_writes"], done[HUB]["totals"]["psa_writes"]) == (1, 0)
        assert both.lines() == sorted([("KES-SRV", 1), ("KES-WKS", 4), *HUB_LINES])

    def test_what_one_cannot_read_does_not_keep_the_other_from_its_bill(self, both: Both) -> None:
        """L7."""
        both.run()
        for file in both.hub.exports.iterdir():
            file.unlink()
        grow_center(both)

        done = both.call("run", "--json")

        center, companies = done.json["runs"]
        assert tenant(center)["outcome"] == "applied"
        assert tenant(companies)["outcome"] in {"blocked", "failed"}
        assert both.lines() == sorted([("KES-SRV", 1), ("KES-WKS", 4), *HUB_LINES])
        assert done.code in {1, 3}

    def test_explain_finds_the_seats_of_either_side(self, both: Both) -> None:
        both.run()

        for item, units in (("KES-WKS", {"device"}), ("CLOUD-USER", {"user"}), ("M365-BOX", {"mailbox"})):
            document = both.bench.call("explain", "--json", "--agreement", NORTHWIND, "--item", item).json
            assert document["quantity"] == document["charged"] == len(document["seats"]) > 0
            assert {seat["unit"] for seat in document["seats"]} == units

    @pytest.mark.parametrize(("deed", "waits"), [("http_503", []), ("wrong_quantity", [("CLOUD-USER", "not_as_written")])])
    def test_a_write_gone_wrong_is_settled_by_the_integration_that_sent_it(self, both: Both, deed: str, waits: list[tuple[str, str]]) -> None:
        """L5: the other one neither waits for it nor takes its line for its own."""
        both.bench.faults({"on": "tigerpaw_soap", "call": "*", "nth": 1, "do": deed})
        assert both.run_one(both.hub_file).code in (1, 3)
        both.bench.faults()

        center = both.run_one(both.ksc_file)
        both.bench.wait(seconds=60)
        companies = both.run_one(both.hub_file)

        assert (center.outcome("Northwind")[0], center.code) == ("applied", 0), center.words
        assert {change["item"] for change in center.tenant("Northwind")["changes"]} == {"KES-SRV", "KES-WKS"}
        held = [(change["item"], change["reason"]) for change in companies.tenant("Northwind")["changes"] if change["action"] == "hold"]
        assert held == waits, companies.words
        assert [line for line in both.lines() if line[0] != "CLOUD-USER"] == sorted([*KSC_LINES, ("M365-BOX", 3)])
        assert waits or both.lines() == sorted(KSC_LINES + HUB_LINES)
        assert "left_behind" not in both.run_one(both.ksc_file).words

    def test_a_mapping_that_is_removed_is_left_behind_for_its_own_integration_only(self, both: Both) -> None:
        both.run()
        both.write(hub={"mappings": [USERS]})

        done = both.run()

        assert "left_behind" in {notice["reason"] for notice in tenant(done[HUB]).get("notices", [])}
        assert "left_behind" not in {notice["reason"] for notice in tenant(done[KSC]).get("notices", [])}
        assert ("M365-BOX", 3) in both.lines()

    def test_an_item_that_moves_from_one_file_to_the_other_is_never_billed_by_both(self, both: Both) -> None:
        """Kept per destination, agreement and item, never per integration (design 6.2): the other one goes on with the line."""
        both.run()
        select_on_boxes = {"application": SELECT, "item": "M365-BOX"}
        both.write(ksc={"mappings": [BY_CATEGORY, select_on_boxes]}, hub={"mappings": [USERS]})

        both.run()

        assert [item for item, _ in both.lines()].count("M365-BOX") == 1
        again = both.call("run", "--json")
        assert [run["totals"]["psa_writes"] for run in again.json["runs"]] == [0, 0]


class TestHolds:
    """A line that waits belongs to the integration that wants it."""

    @pytest.mark.parametrize("then", ["center", "companies"])
    def test_a_run_of_one_does_not_close_the_holds_of_the_other(self, both: Both, then: str) -> None:
        both.load(charge(77, "KES-WKS", 2), charge(78, "M365-BOX", 9))
        both.run()
        held = both.call("holds", "list", "--json").json

        both.run_one({"center": both.ksc_file, "companies": both.hub_file}[then])

        assert sorted((one["item"], one["reason"]) for one in held) == [("KES-WKS", "line_not_ours"), ("M365-BOX", "line_not_ours")]
        assert both.call("holds", "list", "--json").json == held

    def test_a_decision_on_one_leaves_the_other_waiting(self, both: Both) -> None:
        both.load(charge(77, "KES-WKS", 3), charge(78, "M365-BOX", 9))
        both.run()

        adopted = both.call("holds", "adopt", "--item", "KES-WKS", "--all", "--reason", "ours")
        done = both.run()

        assert adopted.code == 0, adopted.words
        assert [change["action"] for change in tenant(done[KSC])["changes"]] == ["unchanged", "unchanged"]
        assert [one["item"] for one in both.call("holds", "list", "--json").json] == ["M365-BOX"]


class TestCollisions:
    """Two integrations that would both say the quantity of one line are refused, both named, and nothing is contacted."""

    def test_the_same_item_of_one_agreement(self, both: Both) -> None:
        both.write(hub={"mappings": [USERS, MAILBOXES | {"item": "KES-WKS"}]})

        refused = both.call("run", "--json")

        assert refused.code == 1
        for word in (KSC, HUB, "KES-WKS", both.ksc_file.name, both.hub_file.name, str(NORTHWIND)):
            assert word in refused.words, word
        assert both.bench.calls() == []
        assert both.lines() == []

    def test_the_same_name_for_both(self, both: Both) -> None:
        both.write(hub={"name": KSC})

        refused = both.call("run", "--json")

        assert refused.code == 1
        assert KSC in refused.words
        assert both.bench.calls() == []

    def test_the_same_item_on_different_agreements_is_none(self, both: Both) -> None:
        both.write(hub={"links": [link("Northwind", 2042, 3042)], "mappings": [USERS, MAILBOXES | {"item": "KES-WKS"}]})

        both.run()

        assert both.lines() == KSC_LINES
        assert both.bench.quantities(3042) == [("CLOUD-USER", 2), ("KES-WKS", 3)]


class TestWhoIsMeant:
    """A command that concerns one integration finds it, or asks."""

    def test_an_import_goes_to_the_only_one_that_reads_exports(self, both: Both) -> None:
        called = both.call("import", both.hub.file("more.json", northwind(users=9)), "--json")

        assert called.code == 0, called.words
        assert tenant(both.run()[HUB])["outcome"] == "applied"
        assert ("CLOUD-USER", 9) in both.lines()

    def test_an_import_with_two_that_read_exports_must_name_one(self, both: Both) -> None:
        both.ksc_file.write_text(hub_declaration(both.bench, name="Second hub", links=[link("Litware", 2042, 3042)]), encoding="utf-8")
        file = both.hub.file("more.json", northwind(users=9))

        refused = both.call("import", file)
        taken = both.call("import", file, "--integration", HUB)

        assert (refused.code, taken.code) == (1, 0)
        assert "Second hub" in refused.words
        assert "--integration" in refused.words

    def test_a_count_for_a_customer_linked_by_both_must_name_one(self, both: Both) -> None:
        options = ["--tenant", "Northwind", "--application", ADVANCED, "--category", "windows_server", "--quantity", 2, "--reason", "portal"]

        refused = both.call("count", "set", *options)
        taken = both.call("count", "set", *options, "--integration", KSC)

        assert (refused.code, taken.code) == (1, 0)
        assert "--integration" in refused.words
        assert tenant(both.run()[KSC])["outcome"] == "applied"
        assert ("KES-SRV", 2) in both.lines()

    def test_a_count_bills_only_in_the_integration_that_it_was_stated_for(self, both: Both) -> None:
        options = ["--tenant", "Northwind", "--application", ADVANCED, "--category", "windows_server", "--quantity", 2, "--reason", "portal"]
        both.call("count", "set", *options, "--integration", KSC)

        done = both.run()

        assert tenant(done[HUB])["not_billed"] == []
        assert both.lines() == sorted([("KES-SRV", 2), *HUB_LINES])
