"""With 2,000 customers each page of customers answers quickly, from a number of statements that does not grow with them."""

from __future__ import annotations

import re
import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tallybridge.runs.configuring import from_ledger
from tests.console.conftest import Desk
from tests.console.large_fleet import CUSTOMERS, DAYS, NAME, write_large_fleet

LIST = f"/customers/?integration={NAME.replace(' ', '+')}"
MOST_STATEMENTS = 25
MOST_ELSEWHERE = 32
"""Of which the three integrations of this ledger cost six."""


@pytest.fixture
def large(desk: Desk) -> Desk:
    """The desk with a ledger that rules 2,000 customers."""
    write_large_fleet(desk.configured()[0].configuration, desk.now())
    desk.files = ()
    assert any(one.configuration.integration.name == NAME for one in from_ledger())
    return desk


def test_every_page_of_customers_is_quick_with_two_thousand_of_them(large: Desk) -> None:
    large.text(LIST)
    addresses = (
        LIST,
        f"{LIST}&q=customer+19&state=held&sort=-billed",
        f"{LIST}&sort=-counted&page=7",
        f"{LIST}&sort=observed",
        f"{LIST}&state=not_linked",
        "/customers/one/vs-1234/",
        "/customers/one/vs-0010/",
        "/customers/accounts/",
        "/customers/suggestions/",
        "/pending/",
    )
    for address in addresses:
        with CaptureQueriesContext(connection) as captured:
            begun = time.thread_time()
            large.text(address)
            took = time.thread_time() - begun
        print(f"{address}: {took * 1000:.0f} ms, {len(captured)} statements")  # noqa: T201 - what is measured is worth seeing with pytest -s
        most = MOST_STATEMENTS if address.startswith(LIST) else MOST_ELSEWHERE
        assert len(captured) <= most, "\n".join(one["sql"][:200] for one in captured.captured_queries)


def test_the_list_shows_fifty_of_them_and_leads_on(large: Desk) -> None:
    page = large.text(LIST)
    assert page.count('data-label="State"') == 50
    assert f"{CUSTOMERS // 1000}\N{NARROW NO-BREAK SPACE}000 customers, page 1 of 40" in page


def test_a_customers_history_is_a_chart_and_the_same_in_figures(large: Desk) -> None:
    large.text(LIST)
    page = large.text("/customers/one/vs-1234/")
    assert page.count('<th scope="row" class="nowrap">') == DAYS
    sources = re.findall(r'(?:srcset|src)="(/charts/[^"]+)"', page)
    assert {one.rsplit("/", 1)[1] for one in sources} == {"dark-narrow.svg", "light-narrow.svg", "dark-wide.svg", "light-wide.svg"}
    assert "Select" in large.text(sources[-1])
