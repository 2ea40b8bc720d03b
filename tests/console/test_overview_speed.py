"""With 2,000 customers overview and runs are answered in a number of statements that does not grow with them."""

from __future__ import annotations

import time
from urllib.parse import quote

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.console.busy_fleet import NAME, OTHERS_NAME, write_fleet
from tests.console.conftest import Desk

CUSTOMERS, FEW = 2000, 40
MOST_STATEMENTS = 60


def _measured(desk: Desk, address: str) -> tuple[int, float]:
    desk.text(address)
    with CaptureQueriesContext(connection) as captured:
        begun = time.thread_time()
        desk.text(address)
        took = time.thread_time() - begun
    print(f"{address}: {took * 1000:.0f} ms, {len(captured)} statements")  # noqa: T201 - what is measured is worth seeing with pytest -s
    return len(captured), took


def test_overview_and_runs_ask_no_more_with_two_thousand_customers(desk: Desk) -> None:
    like = desk.configured()[0].configuration
    desk.files = ()
    write_fleet(like, desk.now(), FEW, OTHERS_NAME)
    few = {
        address: _measured(desk, address + f"&integration={quote(OTHERS_NAME)}")
        for address in ("/?days=31", "/?days=90", "/runs/?page=1", "/runs/compare/?all=1")
    }
    few_run = _measured(desk, f"/runs/{quote(OTHERS_NAME)} run/?show=all")
    write_fleet(like, desk.now(), CUSTOMERS)
    for address, (statements, _) in few.items():
        many, _ = _measured(desk, address + f"&integration={quote(NAME)}")
        # The other integration's standing is told beside, and addresses are looked up 500 at a time.
        assert many <= statements + 35, address
        assert many <= MOST_STATEMENTS, address
    many, _ = _measured(desk, f"/runs/{quote(NAME)} run/?show=all")
    assert many <= few_run[0] + 6
