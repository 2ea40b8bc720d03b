"""An integration that reads Business Hub exports, through the command line: files, their age, and the proof behind what they bill (contracts 5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.companies import (
    LITWARE,
    NORTHWIND,
    OFFICE_365,
    HubBench,
    box,
    licensed,
    litware,
    northwind,
    unit,
    write_file,
)
from tests.end_to_end.conftest import Bench

Json = dict[str, Any]
KINDS = ("json", "csv", "xlsx")


@pytest.fixture
def hub(bench: Bench) -> HubBench:
    """Two linked companies, their exports in a folder."""
    return HubBench(bench)


def billed(hub: HubBench) -> dict[str, int]:
    """The quantities on Northwind's agreement that are not 0."""
    return {item: quantity for item, quantity in hub.bench.quantities(NORTHWIND) if quantity}


class TestTheFolder:
    """Files are only read, never moved, and the newest export of each company counts."""

    def test_a_run_bills_users_and_mailboxes_of_every_linked_company(self, hub: HubBench) -> None:
        hub.put(northwind(users=2, mobiles=5, mailboxes=3), litware(users=1, mailboxes=1))

        done = hub.bench.run()

        assert done.code == 0, done.words
        assert hub.bench.quantities(NORTHWIND) == [("CLOUD-USER", 3), ("M365-BOX", 3)]
        assert hub.bench.quantities(LITWARE) == [("CLOUD-USER", 1), ("M365-BOX", 1)]
        hub.bench.require_proof()

    def test_security_center_is_not_asked(self, hub: HubBench) -> None:
        hub.put(northwind(), litware())

        hub.bench.run()

        assert hub.bench.calls("ksc") == []

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_second_run_writes_nothing(self, hub: HubBench, kind: str) -> None:
        """L8."""
        hub.put(northwind(), litware(), name=f"today.{kind}")
        assert hub.bench.run().writes == 4

        again = hub.bench.run()

        assert (again.code, again.writes) == (0, 0)
        assert {one["outcome"] for one in again.json["tenants"]} == {"unchanged"}

    def test_the_same_facts_in_a_new_export_write_nothing(self, hub: HubBench) -> None:
        """L8: and unchanged usage costs no new evidence."""
        first = hub.put(northwind(), litware())
        evidence = hub.bench.run().tenant("Northwind")["evidence"]
        hub.bench.wait(days=1)
        first.unlink()
        hub.put(northwind(), litware())

        again = hub.bench.run()

        assert (again.code, again.writes) == (0, 0)
        assert again.tenant("Northwind")["evidence"] == evidence

    def test_the_files_stay_as_they_are(self, hub: HubBench) -> None:
        path = hub.put(northwind(), litware())
        before = (path.read_bytes(), path.stat().st_mtime_ns)

        hub.bench.run()

        assert (path.read_bytes(), path.stat().st_mtime_ns) == before
        assert [one.name for one in hub.exports.iterdir()] == [path.name]

    @pytest.mark.parametrize("order", list(permutations(("a.json", "b.json", "c.json"))))
    def test_the_newest_export_counts_whatever_the_files_are_called(self, hub: HubBench, order: tuple[str, ...]) -> None:
        now = hub.bench.now()
        for age, name in enumerate(order):
            hub.put(northwind(users=10 + age), exported=now - timedelta(hours=age), name=name)

        hub.bench.run()

        assert billed(hub)["CLOUD-USER"] == 10

    def test_one_export_in_a_file_per_company_bills_as_in_one_file(self, hub: HubBench) -> None:
        now = hub.bench.now()
        hub.put(northwind(), exported=now, name="n.json")
        hub.put(litware(), exported=now, name="l.csv")

        assert hub.bench.run().code == 0
        assert [item for item, _ in hub.bench.quantities(LITWARE)] == [item for item, _ in hub.bench.quantities(NORTHWIND)]

    def test_a_folder_that_is_not_there_bills_nobody_and_says_so(self, hub: HubBench) -> None:
        """L1."""
        hub.put(northwind(), litware())
        hub.bench.run()
        before = hub.bench.sandbox.state()
        hub.exports.rename(hub.bench.folder / "away")

        failed = hub.bench.run()

        assert (failed.code, failed.writes) == (1, 0)
        assert str(hub.exports) in failed.words
        assert hub.bench.sandbox.state() == before

    def test_a_refused_file_is_told_and_the_others_count(self, hub: HubBench) -> None:
        """L7."""
        hub.put(northwind(), litware())
        (hub.exports / "broken.csv").write_text("company_id;company\nx;y\n", encoding="utf-8")

        done = hub.bench.run()

        assert "broken.csv" in done.words
        assert done.code == 3
        assert billed(hub) == {"CLOUD-USER": 2, "M365-BOX": 3}

    def test_a_company_of_which_a_refused_file_speaks_at_the_same_instant_is_not_billed_by_half(self, hub: HubBench) -> None:
        """L1: what could be read may be only a part of that export."""
        now = hub.bench.now()
        hub.put(northwind(users=9), litware(), exported=now - timedelta(hours=5), name="first.json")
        hub.bench.run()
        hub.put(northwind(users=1), exported=now, name="part-1.json")
        hub.put(northwind(devices=[unit("c-1-pc-7", "toaster")]), exported=now, name="part-2.json")

        failed = hub.bench.run()

        assert failed.outcome("Northwind") == ("failed", "file_refused")
        assert billed(hub)["CLOUD-USER"] == 9
        assert failed.outcome("Litware") == ("unchanged", None)


class TestUnreadIsNotZero:
    """L1: an export that is missing, too old or lacks a company gives no observation, and its charges stay as they are."""

    def _billed_once(self, hub: HubBench) -> Path:
        path = hub.put(northwind(), litware())
        assert hub.bench.run().code == 0
        return path

    @pytest.mark.parametrize(("days", "outcome"), [(1.9, ("unchanged", None)), (2.1, ("failed", "export_too_old"))])
    def test_an_export_is_too_old_after_two_days(self, hub: HubBench, days: float, outcome: tuple[str, str | None]) -> None:
        self._billed_once(hub)
        before = hub.bench.sandbox.state()
        hub.bench.wait(days=days)

        later = hub.bench.run()

        assert later.outcome("Northwind") == outcome
        assert (later.code, later.writes) == (1 if outcome[1] else 0, 0)
        assert hub.bench.sandbox.state() == before

    def test_the_age_is_a_setting(self, hub: HubBench) -> None:
        hub.declare(source={"export_days": 5})
        self._billed_once(hub)
        hub.bench.wait(days=4.9)

        assert hub.bench.run().code == 0

    def test_a_newer_export_that_lacks_a_linked_company_leaves_it_to_its_older_one_until_that_is_too_old(self, hub: HubBench) -> None:
        self._billed_once(hub)
        hub.bench.wait(days=2.5)
        hub.put(litware(users=4), name="newer.json")

        later = hub.bench.run()

        assert later.outcome("Northwind") == ("failed", "export_too_old")
        assert later.outcome("Litware") == ("applied", None)
        assert billed(hub) == {"CLOUD-USER": 2, "M365-BOX": 3}

    def test_a_company_that_no_export_holds_any_more_keeps_its_charges(self, hub: HubBench) -> None:
        self._billed_once(hub).unlink()
        hub.put(litware(), name="other.json")

        later = hub.bench.run()

        assert later.outcome("Northwind")[0] in {"blocked", "failed"}
        assert later.code in {1, 3}
        assert billed(hub) == {"CLOUD-USER": 2, "M365-BOX": 3}

    def test_no_file_at_all_leaves_every_charge_as_it_is(self, hub: HubBench) -> None:
        self._billed_once(hub).unlink()
        before = hub.bench.sandbox.state()

        later = hub.bench.run()

        assert later.code in {1, 3}
        assert later.writes == 0
        assert hub.bench.sandbox.state() == before

    def test_an_export_of_tomorrow_bills_nobody(self, hub: HubBench) -> None:
        self._billed_once(hub)
        hub.put(northwind(users=50), exported=hub.bench.now() + timedelta(days=1), name="tomorrow.json")

        later = hub.bench.run()

        assert later.outcome("Northwind") == ("failed", "file_refused")
        assert billed(hub)["CLOUD-USER"] == 2

    def test_an_export_with_a_company_that_uses_nothing_is_read_and_is_zero_once_a_person_has_said_so(self, hub: HubBench) -> None:
        """Zero is what was read, not what was not; but a company that shows nothing at all is not believed without a person (design 6.5)."""
        self._billed_once(hub).unlink()
        hub.put(northwind(devices=[], mailboxes=0), litware(), name="newer.json")
        held = hub.bench.run()
        assert held.outcome("Northwind") == ("held", None)
        assert [(one["reason"], one["to"]) for one in held.tenant("Northwind")["changes"]] == [("fall_unproved", 0)] * 2
        assert hub.bench.call("holds", "release", "--all", "--reason", "they have left").code == 0

        later = hub.bench.run()

        assert later.outcome("Northwind") == ("applied", None)
        assert hub.bench.quantities(NORTHWIND) == [("CLOUD-USER", 0), ("M365-BOX", 0)]
        explained = hub.bench.call("explain", "--json", "--agreement", NORTHWIND, "--item", "M365-BOX").json
        assert (explained["quantity"], explained["charged"], explained["seats"]) == (0, 0, [])


class TestImport:
    """`tallybridge import FILE…` takes a file whole or refuses it."""

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_file_is_taken_and_the_next_run_bills_it(self, hub: HubBench, kind: str) -> None:
        told = hub.bring(hub.file(f"november.{kind}", northwind(mobiles=7), litware()))

        assert (sorted(told["companies"]), told["new"]) == (["Litware", "Northwind"], 2)
        assert hub.bench.run().code == 0
        assert billed(hub) == {"CLOUD-USER": 4, "M365-BOX": 3}
        hub.bench.require_proof()

    @pytest.mark.parametrize("kind", KINDS)
    def test_the_same_file_twice_changes_nothing(self, hub: HubBench, kind: str) -> None:
        """L8."""
        file = hub.file(f"november.{kind}", northwind(), litware())
        hub.bring(file)
        hub.bench.run()
        before = hub.given()

        assert hub.bring(file)["new"] == 0
        assert hub.given() == before
        assert hub.bench.run().writes == 0

    def test_the_same_facts_in_every_kind_of_file_are_one_export(self, hub: HubBench) -> None:
        now = hub.bench.now().replace(microsecond=0)
        news = [hub.bring(hub.file(f"november.{kind}", northwind(mobiles=3), litware(), exported=now))["new"] for kind in KINDS]

        assert news == [2, 0, 0]

    @pytest.mark.parametrize("newest_first", [True, False])
    @pytest.mark.parametrize("folder", ["both imported", "the newer in the folder", "the older in the folder"])
    def test_the_newer_export_wins_whatever_order_they_come_in(self, hub: HubBench, folder: str, newest_first: bool) -> None:
        now = hub.bench.now()
        arrivals: list[Callable[[], object]] = []
        for name, users, age in (("newer", 7, 1), ("older", 4, 20)):
            there = northwind(users=users)
            exported = now - timedelta(hours=age)
            if name in folder:
                arrivals.append(lambda there=there, exported=exported, name=name: hub.put(there, exported=exported, name=f"{name}.json"))  # type: ignore[misc]
            else:
                arrivals.append(lambda there=there, exported=exported, name=name: hub.bring(hub.file(f"{name}.csv", there, exported=exported)))  # type: ignore[misc]
        for arrive in arrivals if newest_first else arrivals[::-1]:
            arrive()

        hub.bench.run("--tenant", "Northwind")

        assert billed(hub)["CLOUD-USER"] == 7

    def test_the_instant_may_be_given_along(self, hub: HubBench) -> None:
        file = write_file(hub.bench.folder / "plain.csv", [northwind(), litware()], None)

        refused = hub.bench.call("import", file)
        hub.bring(file, "--exported", f"{hub.bench.now():%Y-%m-%dT%H:%M:%SZ}")

        assert refused.code == 1
        assert "exported" in refused.words
        assert hub.bench.run().code == 0

    def test_what_a_column_means_is_told_once_and_remembered(self, hub: HubBench) -> None:
        renamed = {"device": "Gerätename", "protected": "Geschützt"}
        now = hub.bench.now()
        first = write_file(hub.bench.folder / "first.csv", [northwind()], now - timedelta(hours=1), renamed=renamed)
        second = write_file(hub.bench.folder / "second.csv", [northwind(users=8)], now, renamed=renamed)

        refused = hub.bench.call("import", first)
        hub.bring(first, "--column", "Gerätename=device", "--column", "Geschützt=protected")
        hub.bring(second)

        assert refused.code == 1
        assert "Gerätename" in refused.words
        hub.bench.run()
        assert billed(hub)["CLOUD-USER"] == 8

    def test_a_column_can_be_told_to_mean_nothing(self, hub: HubBench) -> None:
        file = write_file(hub.bench.folder / "november.csv", [northwind()], hub.bench.now())
        header, *rows = file.read_text(encoding="utf-8").splitlines()
        file.write_text("\n".join([f"{header},Device name", *(f"{row},another" for row in rows)]), encoding="utf-8")

        refused = hub.bench.call("import", file)
        told = hub.bring(file, "--column", "Device name=")

        assert refused.code == 1
        assert "Device name" in refused.words
        assert told["companies"] == ["Northwind"]

    @pytest.mark.parametrize("text", ["Gerätename", "=device", " = "])
    def test_a_column_without_a_name_is_refused(self, hub: HubBench, text: str) -> None:
        refused = hub.bench.call("import", hub.file("november.csv", northwind()), "--column", text)

        assert refused.code == 1
        assert "THEIRS=OURS" in refused.words

    def test_one_company_is_one_company(self, hub: HubBench) -> None:
        assert "november.csv: 1 company, 1 new." in hub.bench.call("import", hub.file("november.csv", northwind())).words

    def test_a_refused_file_teaches_no_column(self, hub: HubBench) -> None:
        """Nothing is half-taken."""
        broken = write_file(
            hub.bench.folder / "broken.csv", [northwind(devices=[unit("d", "toaster")])], hub.bench.now(), renamed={"device": "Gerätename"}
        )
        before = hub.given()

        assert hub.bench.call("import", broken, "--column", "Gerätename=device").code == 1
        assert hub.given() == before

    @pytest.mark.parametrize("kind", KINDS)
    def test_the_template_imports(self, hub: HubBench, kind: str) -> None:
        path = hub.bench.folder / f"example.{kind}"

        written = hub.bench.call("import", "--template", kind, path, "--json")
        again = hub.bench.call("import", "--template", kind, path)

        assert (written.code, written.json) == (0, {"file": str(path)})
        assert again.code == 1
        assert "not overwritten" in again.words
        assert hub.bring(path)["companies"] == ["Fabrikam"]

    def test_several_files_are_taken_together(self, hub: HubBench) -> None:
        now = hub.bench.now()
        files = [hub.file("n.json", northwind(), exported=now), hub.file("l.xlsx", litware(), exported=now)]

        called = hub.bench.call("import", *files, "--json")

        assert called.code == 0
        assert [one["companies"] for one in called.json] == [["Northwind"], ["Litware"]]

    def test_of_several_files_none_is_taken_when_one_is_refused(self, hub: HubBench) -> None:
        good, bad = hub.file("good.json", northwind()), hub.bench.folder / "bad.csv"
        bad.write_text("company_id,company\n", encoding="utf-8")
        before = hub.given()

        refused = hub.bench.call("import", good, bad)

        assert refused.code == 1
        assert "bad.csv" in refused.words
        assert hub.given() == before

    def test_a_file_that_says_something_else_of_the_same_instant_is_refused(self, hub: HubBench) -> None:
        now = hub.bench.now()
        hub.bring(hub.file("first.json", northwind(), litware(), exported=now))
        before = hub.given()
        other = northwind(licenses=[licensed("L1", state="canceled"), licensed("L2", OFFICE_365)])

        refused = hub.bench.call("import", hub.file("second.json", other, exported=now))

        assert refused.code == 1
        assert "L1" in refused.words
        assert hub.given() == before
        assert hub.bench.run().code == 0


class TestExplain:
    """Why is this charge what it is?"""

    def test_mailboxes_by_their_addresses(self, hub: HubBench) -> None:
        mailboxes = [box("anna@nw.example"), box("ben@nw.example"), box("spare@nw.example", None, protected=False)]
        hub.put(northwind() | {"mailboxes": mailboxes}, litware())
        hub.bench.run()

        explained = hub.bench.call("explain", "--json", "--agreement", NORTHWIND, "--item", "M365-BOX").json

        assert (explained["quantity"], explained["charged"], explained["decision"], explained["stated"]) == (2, 2, None, None)
        assert [(seat["unit"], seat["device"], seat["category"], seat["devices"], seat["license"]) for seat in explained["seats"]] == [
            ("mailbox", "anna@nw.example", None, [], "L2"),
            ("mailbox", "ben@nw.example", None, [], "L2"),
        ]

    def test_an_unprotected_mailbox_of_the_application_is_listed_with_its_reason(self, hub: HubBench) -> None:
        """L3."""
        hub.put(northwind() | {"mailboxes": [box("anna@nw.example"), box("off@nw.example", protected=False)]}, litware())
        hub.bench.run()

        explained = hub.bench.call("explain", "--json", "--agreement", NORTHWIND, "--item", "M365-BOX").json

        assert [(one["device"], one["reason"]) for one in explained["left_out"]] == [("off@nw.example", "not_protected")]

    def test_users_with_their_devices(self, hub: HubBench) -> None:
        hub.put(northwind(users=1, mobiles=3), litware())
        hub.bench.run()

        explained = hub.bench.call("explain", "--json", "--agreement", NORTHWIND, "--item", "CLOUD-USER").json

        assert explained["quantity"] == len(explained["seats"]) == 2
        assert [[one["device_id"] for one in seat["devices"]] for seat in explained["seats"]] == [
            ["c-1-pc-0", "c-1-tel-0", "c-1-tel-1"],
            ["c-1-tel-2"],
        ]
        assert explained["seats"][0]["devices"][0]["device"] == "C-1-PC-0"
        assert {seat["unit"] for seat in explained["seats"]} == {"user"}

    def test_the_words_for_people_name_them_too(self, hub: HubBench) -> None:
        hub.put(northwind(users=1, mobiles=1, mailboxes=1), litware())
        hub.bench.run()

        assert "box0@c-1.example" in hub.bench.call("explain", "--agreement", NORTHWIND, "--item", "M365-BOX").out
