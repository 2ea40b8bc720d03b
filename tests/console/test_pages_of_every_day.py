"""Overview, runs and "why": what the person who answers for the invoice opens every day, over the demo's world billed once."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tallybridge.console.models import Role
from tallybridge.ledger.runs import newest_run, run_ids
from tests.console.conftest import Desk


def test_the_overview_says_whether_the_bill_is_right_and_leads_to_what_waits(desk: Desk) -> None:
    text = desk.text("/", Role.VIEW)
    assert "verdict" in text
    assert "/plan/" in text
    assert "<script>" not in text


def test_the_runs_are_listed_and_one_run_shows_its_changes(desk: Desk) -> None:
    listed = desk.text("/runs/", Role.VIEW)
    newest = newest_run()
    assert newest is not None
    assert f"/runs/{run_ids()[0]}/" in listed
    assert "KES-WKS" in desk.text(f"/runs/{run_ids()[0]}/", Role.VIEW)


def test_a_run_that_nobody_knows_is_not_there(desk: Desk) -> None:
    assert desk.get("/runs/nowhere/").status_code == 404


def test_why_lists_as_many_seats_as_are_charged(desk: Desk) -> None:
    """L9: the given page's 90 workstations and 10 servers."""
    assert "90" in desk.text("/why/2041/KES-WKS/", Role.VIEW)
    assert "10" in desk.text("/why/2041/KES-SRV/", Role.VIEW)


def test_a_charge_that_nobody_knows_is_told_in_words(desk: Desk) -> None:
    answer = desk.get("/why/1/NOTHING/")
    assert answer.status_code == 404
    assert "those that are known" in getattr(answer, "content", b"").decode()


@pytest.mark.parametrize("address", ["/", "/runs/", "/why/2041/KES-WKS/"])
def test_a_page_asks_the_ledger_a_bounded_number_of_things(desk: Desk, address: str) -> None:
    desk.text(address)
    with CaptureQueriesContext(connection) as asked:
        desk.text(address)
    assert len(asked) <= 60
