"""The overview: the same verdict as `status`, what is not billed with money where a price is known, and a way to everything that waits."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tallybridge.billing.model import Category, Mapping
from tallybridge.billing.psa import Item
from tallybridge.billing.reasons import Reason
from tallybridge.billing.wanting import NotBilled
from tallybridge.configuration.errors import ConfigurationError, Problem
from tallybridge.console import integrations
from tallybridge.console.models import Role
from tallybridge.console.overview.leaks import Counted, Prices, grouped, priced, total
from tallybridge.ledger import at_work, leases
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger.processes import Owner
from tallybridge.ledger.run_records import NewRun
from tallybridge.ledger.standing_queries import TenantRecord
from tallybridge.runs.configuring import Configured
from tallybridge.runs.standing import Leak, look
from tallybridge.runs.standing_verdict import verdict
from tests.console.conftest import Desk
from tests.console.working import HUB, KSC, body

APPLICATION = "Kaspersky Endpoint Security for Business Advanced"


def _chosen(desk: Desk, name: str = KSC) -> Configured:
    return next(one for one in desk.configured() if one.configuration.integration.name == name)


def test_the_verdict_says_the_same_as_status(desk: Desk) -> None:
    answer = verdict(look([_chosen(desk).configuration], desk.now))
    page = desk.text("/", Role.VIEW).replace("&#x27;", "'")
    assert not answer.right
    for said in (answer.answer, *answer.at_once, *answer.wrong, *answer.later):
        assert said in answer.sentence
        assert said in page


def test_workers_and_the_run_that_they_are_at_are_shown(desk: Desk) -> None:
    assert "Workers" not in desk.text("/", Role.VIEW)
    begun = NewRun(
        id="spread", integration=KSC, kind="run", date=desk.now().date(), started=desk.now(), configuration=_chosen(desk).address, rules_version="1"
    )
    ledger_runs.begin(begun)
    at_work.spread("spread", b"{}", parts=40, may_fall=100)
    leases.acquire("worker:a", owner=Owner(host="machine-2 pid:[1]", pid=4711, process_started=""), now=desk.now())
    page = desk.text("/", Role.VIEW)
    assert "0 of 40 customers are done" in page
    assert "machine-2" in page
    assert "alive" in page


def test_each_thing_that_waits_has_a_way_to_it(desk: Desk) -> None:
    page = desk.text("/", Role.VIEW)
    for address in (
        "/plan/#waits",
        "/plan/?show=blocked#lines",
        "/plan/?hold=H1#hold-H1",
        "/why/2045/KES-WKS/",
        "/customers/one/vs-3/",
        "/customers/accounts/",
    ):
        assert f'href="{address}"' in page, address


def test_lines_left_behind_are_told_with_their_customers(desk: Desk) -> None:
    """Design 6.3: from the moment at which no link means the customer any more."""
    one = _chosen(desk)
    unlinked = replace(one, configuration=replace(one.configuration, links=()))
    integrations.use(lambda: (unlinked,), desk.now)
    page = desk.text("/", Role.VIEW)
    left = page[page.index('id="left"') :]
    assert 'href="/customers/one/vs-1/">Contoso Dental</a>' in left
    assert 'href="/why/2041/KES-WKS/">KES-WKS</a>' in left


def test_what_was_written_today_is_told_in_lines_and_units(desk: Desk) -> None:
    assert '<span class="value">6</span><span class="hint">+131 \N{MINUS SIGN}0 units</span>' in desk.text("/")


def test_not_billed_has_money_where_the_price_book_gives_a_price(desk: Desk) -> None:
    page = desk.text("/", Role.VIEW)
    assert "112.50" in page
    assert "price not known" in page
    rows = list(csv.DictReader(io.StringIO(desk.text("/not-billed.csv", Role.VIEW).removeprefix("\N{BYTE ORDER MARK}"))))
    told = {one["customer"]: (one["units"], one["money"], one["reason"]) for one in rows}
    assert told["Northwind Traders"] == ("25", "112.50", "not_cross_referenced")
    assert told["Fabrikam Logistics"] == ("4", "", "no_mapping")


def test_the_chart_stands_beside_the_same_figures(desk: Desk) -> None:
    page = desk.text("/?days=90")
    assert "/charts/" in page
    assert "175" in page
    assert 'href="?days=90#units" aria-current="true"' in page


def test_an_unreadable_configuration_is_told_in_sentences(desk: Desk) -> None:
    def unreadable() -> tuple[Configured, ...]:
        raise ConfigurationError((Problem(file="tallybridge.toml", place="source.url (line 3)", found="nothing", expected="an address"),))

    integrations.use(unreadable, desk.now)
    page = desk.text("/", Role.VIEW)
    assert "tallybridge.toml: source.url (line 3): found nothing; expected an address." in page
    assert "Nothing was contacted, nothing was changed." in page
    assert body(desk.get("/runs/")) == ""


def test_without_an_integration_it_leads_to_the_first_start(desk: Desk) -> None:
    integrations.use(tuple, desk.now)
    assert 'href="/start/"' in desk.text("/")
    assert 'href="/start/"' not in desk.text("/", Role.VIEW)


def test_before_the_first_run_it_leads_to_the_first_preview(desk: Desk) -> None:
    one = _chosen(desk)
    new = replace(one, configuration=replace(one.configuration, integration=replace(one.configuration.integration, name="New")))
    integrations.use(lambda: (new,), desk.now)
    assert "Make the first preview" in desk.text("/")
    assert "Make the first preview" not in desk.text("/", Role.VIEW)


def test_the_other_integrations_are_told_beside(desk: Desk) -> None:
    assert "How the bill of Business Hub stands" in desk.text(f"/?integration={KSC.replace(' ', '+')}")
    assert HUB in desk.text("/overview/others/")


def test_a_day_without_a_run_is_told_loudly(desk: Desk) -> None:
    desk.ahead = timedelta(days=3)
    page = desk.text("/", Role.VIEW)
    assert "a run is overdue" in page
    assert "overdue</span> since" in page


def _leak(application: str, category: Category | None, quantity: int, reason: Reason, number: int = 1) -> Leak:
    record = TenantRecord(
        id=number, run="r", kind="run", date=date(2026, 11, 23), tenant_id=f"vs-{number}", tenant=f"Customer {number}", account=None,
        agreement=None, outcome="not_linked", reason=reason, detail="", document="", inputs=None, observed=True, not_billed=(), notices=(),
    )  # fmt: skip
    return Leak(record=record, not_billed=NotBilled(application, category, quantity, reason))


ITEMS = {"ALL": Item(id="ALL", price=Decimal("4.50")), "WKS": Item(id="WKS", price=Decimal("2.25")), "FREE": Item(id="FREE")}
BY_CATEGORY = Mapping(application=APPLICATION, by_category=((Category.WINDOWS_WORKSTATION, "WKS"), (Category.WINDOWS_SERVER, "FREE")))


@pytest.mark.parametrize(
    ("mapping", "category", "money", "unpriced"),
    [
        (Mapping(application=APPLICATION, item="ALL"), None, Decimal("45.00"), 0),
        (Mapping(application=APPLICATION, item="FREE"), None, None, 10),
        (Mapping(application=APPLICATION, item="UNKNOWN"), None, None, 10),
        (Mapping(application="Another", item="ALL"), None, None, 10),
        (BY_CATEGORY, Category.UNCLASSIFIED, None, 10),
        (BY_CATEGORY, None, Decimal("15.75"), 3),
    ],
)
def test_money_is_known_only_where_an_item_with_a_price_would_bill_it(
    mapping: Mapping, category: Category | None, money: Decimal | None, unpriced: int
) -> None:
    counted: Counted = {1: {(APPLICATION, Category.WINDOWS_WORKSTATION): 7, (APPLICATION, Category.WINDOWS_SERVER): 3}}
    (one,) = priced([_leak(APPLICATION, category, 10, Reason.NOT_LINKED)], Prices([mapping], ITEMS), counted)
    assert (one.worth.known, one.worth.unpriced) == (money, unpriced)


def test_leaks_are_grouped_by_application_and_reason() -> None:
    leaks = [_leak(APPLICATION, None, number, Reason.NOT_LINKED, number) for number in (1, 2)] + [_leak(APPLICATION, None, 5, Reason.BILLING_OFF, 3)]
    told = priced(leaks, Prices([Mapping(application=APPLICATION, item="ALL")], ITEMS), {})
    assert [(one.reason, one.quantity, one.worth.known) for one in grouped(told)] == [
        (Reason.BILLING_OFF, 5, Decimal("22.50")),
        (Reason.NOT_LINKED, 3, Decimal("13.50")),
    ]
    assert total(told).known == Decimal("36.00")
