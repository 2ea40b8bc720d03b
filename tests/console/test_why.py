"""Any charge: its seats and since when they count, what was left out and why, as a page, a file and a page to print."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from tallybridge.billing.counting import count
from tallybridge.billing.model import Application, Observation, Rules
from tallybridge.billing.reasons import Reason
from tallybridge.console.models import Role
from tallybridge.ledger import canonical, evidence
from tallybridge.ledger.counted_days import ObservedDay
from tallybridge.ledger.prepared import models
from tallybridge.runs.day import Order, run_day
from tallybridge.runs.reports import Mode
from tallybridge.runs.seats_since import Since, since_when
from tests.console.conftest import Desk
from tests.console.working import body
from tests.ledger.examples import APPLICATION, observation

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
RULES = Rules(applications=(Application(name=APPLICATION, exact=(APPLICATION,)),))


def _table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\N{BYTE ORDER MARK}"))))


def test_every_unit_of_a_charge_has_its_seat(desk: Desk) -> None:
    page = desk.text("/why/2041/KES-SRV/", Role.VIEW)
    assert page.count('data-label="Counts since"') == 10
    for said in ("SRV-01", "10 counted and charged", "Endpoint security, server", "90.00", "sha256:", "at least since"):
        assert said in page, said


def test_a_long_list_of_seats_is_paged_and_the_file_has_them_all(desk: Desk) -> None:
    assert desk.text("/why/2041/KES-WKS/").count('data-label="Counts since"') == 50
    assert desk.text("/why/2041/KES-WKS/?page=2").count('data-label="Counts since"') == 40
    rows = _table(desk.text("/why-seats/2041/KES-WKS/seats.csv", Role.VIEW))
    assert sum(int(one["units"]) for one in rows if one["counts"] == "yes") == 90


def test_what_was_left_out_has_its_sentence(desk: Desk) -> None:
    page = desk.text("/why/2042/KES-SELECT/", Role.VIEW)
    assert Reason.RESERVE_KEY.sentence in page
    rows = _table(desk.text("/why-seats/2042/KES-SELECT/seats.csv", Role.VIEW))
    assert {one["reason"] for one in rows if one["counts"] == "no"} >= {"reserve_key"}


def test_a_held_line_says_why_tigerpaw_shows_something_else_and_leads_to_the_decision(desk: Desk) -> None:
    page = desk.text("/why/2045/KES-WKS/", Role.VIEW)
    assert Reason.LINE_NOT_OURS.sentence in page
    assert "31 counted, 30 in Tigerpaw" in page
    assert "/plan/?hold=H1#hold-H1" in page


def test_an_unknown_charge_is_told_in_words(desk: Desk) -> None:
    for address in ("/why/2041/NO-SUCH/", "/why-print/1/KES-WKS/", "/why-seats/1/KES-WKS/seats.csv"):
        answer = desk.get(address, Role.VIEW)
        assert answer.status_code == 404
        assert "so there is nothing to explain" in body(answer)


def test_the_page_for_the_customer_has_nothing_of_the_console_on_it(desk: Desk) -> None:
    page = desk.text("/why-print/2041/KES-SRV/", Role.VIEW)
    for said in ("Contoso Dental", "2041", "Endpoint security, server", "SRV-10", "sha256:", str(models.Run.objects.latest("started").date)):
        assert said in page, said
    for kept_away in ("<script", "Audit trail", "90.00", "90 person"):
        assert kept_away not in page


def test_a_name_that_a_spreadsheet_would_take_for_a_formula_is_none(desk: Desk) -> None:
    world = desk.sandbox.state()
    contoso = next(one for one in world["ksc"]["virtual_servers"] if one["id"] == 1)
    next(one for one in contoso["hosts"] if one["name"] == "SRV-01")["name"] = "=1+1"
    desk.sandbox.replace(world)
    one = desk.configured()[0]
    run_day(Order(configuration=one.configuration, configuration_address=one.address, mode=Mode.RUN, clock=desk.now))
    assert "'=1+1" in {row["device"] for row in _table(desk.text("/why-seats/2041/KES-SRV/seats.csv", Role.VIEW))}


def _observed(days_back: int, devices: int) -> ObservedDay:
    content = canonical.encode_observation(_unexpired(devices))
    at = NOON - timedelta(days=days_back)
    return ObservedDay(at.date(), evidence.put(content, "observation"), at, at)


def _unexpired(devices: int) -> Observation:
    seen = observation(devices=devices, licenses=1)
    return replace(seen, licenses=tuple(replace(one, expires=NOON + timedelta(days=99)) for one in seen.licenses))


def test_a_seat_counts_since_the_first_of_the_unbroken_days(desk: Desk) -> None:
    assert desk.home.exists()
    seats = count(_unexpired(3), RULES, now=NOON).seats
    days = [_observed(0, 3), _observed(1, 3), _observed(2, 2), _observed(5, 1), _observed(6, 3)]
    found = since_when(seats, RULES, days)
    told = [found[APPLICATION, seat.device] for seat in seats]
    assert told == [Since(date(2026, 11, 14), True), Since(date(2026, 11, 18), False), Since(date(2026, 11, 19), False)]
