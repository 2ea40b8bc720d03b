"""The worklist page and its file: what a person should enter, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tallybridge.console.models import Role
from tallybridge.ledger.worklist import open_entries
from tallybridge.runs.configuring import take_own
from tests.console.conftest import Desk
from tests.console.working import KSC, body, changed_world, charges, ended, more_devices


@pytest.fixture
def entered_by_hand(desk: Desk) -> Desk:
    """The integration writes nothing itself; Contoso protects three more devices."""
    desk.release_configuration()
    configured = next(one for one in desk.configured() if one.configuration.integration.name == KSC)
    destination = replace(configured.configuration.destination, write_mode="worklist", soap_user=None, soap_password=None, dialect=None)
    take_own(replace(configured.configuration, destination=destination), desk.now)
    for role in (Role.VIEW, Role.OPERATE):
        desk.text(f"/plan/?integration={KSC}", role)
    with changed_world(desk) as world:
        more_devices(world, "Contoso Dental", 3)
    ended(desk.post("/plan/preview/", role=Role.OPERATE))
    return desk


def approve(desk: Desk) -> None:
    found = re.search(r'name="run" value="([^"]+)"', desk.text("/plan/", Role.OPERATE))
    assert found is not None
    shown = body(desk.post("/plan/confirm/", {"run": found[1], "which": "all"}, Role.OPERATE))
    assert "Put 1 line on 1 agreement on the worklist?" in shown
    assert ended(desk.post("/plan/apply/", {"run": found[1], "which": "all"}, Role.OPERATE)).failed == ""


def test_an_approved_plan_stands_on_the_worklist_and_nothing_is_written(entered_by_hand: Desk) -> None:
    assert "Nothing waits to be entered" in entered_by_hand.text("/plan/worklist/", Role.VIEW)
    approve(entered_by_hand)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", entered_by_hand.text("/plan/worklist/", Role.VIEW)))
    assert re.search(r"Contoso Dental 1053101 2041 KES-WKS \d+ 90 → 93", text)
    assert next(one for one in charges(entered_by_hand.sandbox.state(), "Contoso Dental") if one["item_id"] == "KES-WKS")["quantity"] == 90
    assert "Contoso" in entered_by_hand.text("/plan/worklist/?text=contoso", Role.VIEW)
    assert "Nothing fits" in entered_by_hand.text("/plan/worklist/?text=fabrikam", Role.VIEW)


def test_the_next_plan_shows_it_as_on_the_worklist(entered_by_hand: Desk) -> None:
    approve(entered_by_hand)
    ended(entered_by_hand.post("/plan/preview/", role=Role.OPERATE))
    text = entered_by_hand.text("/plan/?show=waiting", Role.OPERATE)
    assert "on the worklist" in text
    assert "Contoso Dental" in text


def test_the_file_has_the_columns_of_the_command(entered_by_hand: Desk) -> None:
    approve(entered_by_hand)
    answer = entered_by_hand.get("/plan/worklist.csv", Role.VIEW)
    assert answer["Content-Type"].startswith("text/csv")
    assert "attachment" in answer["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(body(answer).removeprefix("\N{BYTE ORDER MARK}"))))
    assert rows[0] == ["Tenant", "Account", "Agreement", "Item", "Line", "Now", "Enter", "Since"]
    (entry,) = open_entries()
    assert rows[1] == ["Contoso Dental", "1053101", "2041", "KES-WKS", str(entry.charge), "90", "93", f"{entry.since:%Y-%m-%d}"]


def test_the_list_is_read_with_few_statements(entered_by_hand: Desk) -> None:
    approve(entered_by_hand)
    with CaptureQueriesContext(connection) as asked:
        entered_by_hand.text("/plan/worklist/", Role.VIEW)
    assert len(asked) <= 20
