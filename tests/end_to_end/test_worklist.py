"""Write mode `worklist`: without dialect and SOAP user, a person enters the quantities and the next run verifies them (design 6.2)."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from tests.end_to_end.conftest import Bench, Called
from tests.end_to_end.worlds import CONTOSO, FABRIKAM, WORKSTATION, charge

Json = dict[str, Any]
NO_SOAP = {"write_mode": "worklist", "dialect": None, "soap_user": None, "soap_password": None}


@pytest.fixture
def desk(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """No dialect, no SOAP user, no SOAP password."""
    monkeypatch.delenv("TIGERPAW_SOAP_PASSWORD")
    bench.declare(destination=NO_SOAP)
    return bench


def enter(bench: Bench, agreement: int, *lines: tuple[int, str, int]) -> None:
    """A person adds lines in Tigerpaw."""
    bench.edit_charges(agreement, lambda charges: charges.extend(charge(*line) for line in lines))


def change(bench: Bench, agreement: int, detail_id: int, quantity: int) -> None:
    """A person changes a line's quantity in Tigerpaw."""
    bench.edit_charges(agreement, lambda charges: [one.update(quantity=quantity) for one in charges if one["detail_id"] == detail_id])


def grow(bench: Bench, name: str = "new") -> None:
    def more(server: Json) -> None:
        server["hosts"].append({"id": name, "name": name, "os_name": WORKSTATION[0], "ctype": WORKSTATION[1]})
        server["uses"].append({"serial": "S002-1", "host": name})

    bench.edit_server(2, more)


def waiting(done: Called) -> list[tuple[str, Any, int]]:
    """What a person should enter: item, what stands there now, what is wanted."""
    changes = [one for tenant in done.json["tenants"] for one in tenant["changes"] if one["reason"] == "to_be_entered"]
    return sorted((one["item"], one["from"], one["to"]) for one in changes)


def entered_all(desk: Bench) -> None:
    """A first run, and everything entered as it asked for."""
    desk.run()
    enter(desk, CONTOSO, (501, "KES-SRV", 1), (502, "KES-WKS", 3))
    enter(desk, FABRIKAM, (503, "KES-SELECT", 2))


def test_the_first_run_waits_and_calls_nothing(desk: Bench) -> None:
    done = desk.run()

    assert (done.code, done.writes) == (3, 0)
    assert done.outcome("Contoso Dental")[0] == done.outcome("Fabrikam")[0] == "waiting"
    assert waiting(done) == [("KES-SELECT", None, 2), ("KES-SRV", None, 1), ("KES-WKS", None, 3)]
    assert done.json["totals"]["waiting"] == 3
    assert desk.calls("tigerpaw_soap") == []
    assert (desk.lines(CONTOSO), desk.lines(FABRIKAM)) == ([], [])


def test_the_run_prints_what_to_enter(desk: Bench) -> None:
    printed = desk.call("run")

    assert "Worklist" in printed.out
    for words in ("Contoso Dental", "1041", str(CONTOSO), "KES-WKS"):
        assert words in printed.out


def test_the_worklist_is_a_file_for_a_spreadsheet(desk: Bench) -> None:
    desk.run()
    file = desk.folder / "worklist.csv"

    assert desk.call("worklist", "--csv", file).code in (0, 3)

    rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    assert len(rows) == 4
    assert any(str(CONTOSO) in row and "KES-WKS" in row and "3" in row for row in rows)


def test_a_second_run_repeats_nothing(desk: Bench) -> None:
    """L8: the same three entries go on waiting."""
    first = desk.run()

    again = desk.run()

    assert (again.code, waiting(again)) == (3, waiting(first))
    desk.require_proof()


def test_entered_as_asked_the_lines_are_ours(desk: Bench) -> None:
    entered_all(desk)

    done = desk.run()

    assert (done.code, done.writes) == (0, 0)
    assert done.outcome("Contoso Dental")[0] == "unchanged"
    assert [one["action"] for one in done.tenant("Contoso Dental")["changes"]] == ["unchanged", "unchanged"]
    assert desk.holds() == []
    explained = desk.call("explain", "--json", "--agreement", CONTOSO, "--item", "KES-WKS").json
    assert (explained["quantity"], explained["charged"], explained["decision"]) == (3, 3, None)
    desk.require_proof()


def test_entered_in_part_the_rest_goes_on_waiting(desk: Bench) -> None:
    desk.run()
    enter(desk, CONTOSO, (501, "KES-SRV", 1))

    done = desk.run()

    assert (done.code, waiting(done)) == (3, [("KES-SELECT", None, 2), ("KES-WKS", None, 3)])
    assert done.change("KES-SRV")["action"] == "unchanged"


def test_entered_differently_it_is_held_until_put_right(desk: Bench) -> None:
    desk.run()
    enter(desk, FABRIKAM, (503, "KES-SELECT", 5))

    done = desk.run()
    assert (done.change("KES-SELECT")["action"], done.change("KES-SELECT")["reason"]) == ("hold", "entered_differently")
    assert [one["reason"] for one in desk.holds()] == ["entered_differently"]

    change(desk, FABRIKAM, 503, 2)
    assert desk.run().change("KES-SELECT")["action"] == "unchanged"
    assert desk.holds() == []


def test_entered_differently_it_can_be_adopted_and_is_then_to_be_corrected(desk: Bench) -> None:
    desk.run()
    enter(desk, FABRIKAM, (503, "KES-SELECT", 5))
    hold = desk.run().change("KES-SELECT")["hold"]

    assert desk.call("holds", "adopt", hold, "--reason", "typing error").code == 0

    assert ("KES-SELECT", 5, 2) in waiting(desk.run())


def test_entered_twice_is_held(desk: Bench) -> None:
    desk.run()
    enter(desk, FABRIKAM, (503, "KES-SELECT", 2), (504, "KES-SELECT", 2))

    assert desk.run().change("KES-SELECT")["reason"] == "duplicate_lines"


def test_a_change_is_asked_for_as_an_update_and_verified(desk: Bench) -> None:
    entered_all(desk)
    desk.run()
    grow(desk)

    asked = desk.run()
    assert (asked.code, waiting(asked)) == (3, [("KES-SELECT", 2, 3)])
    assert asked.change("KES-SELECT")["charge"] == 503
    assert waiting(desk.run()) == [("KES-SELECT", 2, 3)]

    change(desk, FABRIKAM, 503, 3)
    done = desk.run()
    assert (done.code, done.change("KES-SELECT")["action"]) == (0, "unchanged")
    desk.require_proof()


def test_an_update_entered_differently_is_held(desk: Bench) -> None:
    entered_all(desk)
    desk.run()
    grow(desk)
    desk.run()
    change(desk, FABRIKAM, 503, 30)

    assert desk.run().change("KES-SELECT")["reason"] == "entered_differently"


def test_usage_that_moves_on_before_it_was_entered_asks_for_the_newer_quantity(desk: Bench) -> None:
    desk.run()
    grow(desk)

    done = desk.run()

    assert ("KES-SELECT", None, 3) in waiting(done)
    enter(desk, FABRIKAM, (503, "KES-SELECT", 3))
    assert desk.run().change("KES-SELECT")["action"] == "unchanged"


def test_usage_that_goes_back_to_what_stands_there_takes_the_entry_back(desk: Bench) -> None:
    entered_all(desk)
    desk.run()
    grow(desk)
    desk.run()
    desk.edit_server(2, lambda one: one["uses"].pop())

    done = desk.run()

    assert (done.code, waiting(done)) == (0, [])
    assert desk.run().code == 0


def test_entered_as_asked_and_then_used_more_is_ours_and_asked_for_again(desk: Bench) -> None:
    desk.run()
    enter(desk, FABRIKAM, (503, "KES-SELECT", 2))
    grow(desk)

    assert ("KES-SELECT", 2, 3) in waiting(desk.run())


def test_a_plan_shows_the_same_and_records_no_entry(desk: Bench) -> None:
    planned = desk.call("plan", "--json")

    assert planned.code in (2, 3)
    assert planned.writes == 0
    enter(desk, FABRIKAM, (503, "KES-SELECT", 2))
    assert desk.run().change("KES-SELECT")["reason"] == "line_not_ours", "a plan alone has asked nobody to enter anything"


def test_from_worklist_to_soap_an_entry_that_still_waits_is_written_once(bench: Bench) -> None:
    bench.declare(destination=NO_SOAP)
    bench.run()
    bench.declare()

    assert bench.run().code == 0
    assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 3)]
    assert bench.run().writes == 0
    bench.require_proof()
