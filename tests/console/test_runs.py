"""The history of runs, one run with its customers, and two days side by side."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from tallybridge.console.history.comparing import Side, compared
from tallybridge.console.history.listed import duration
from tallybridge.console.models import Role
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger.day_lines import LineOnDay
from tallybridge.ledger.run_records import NewRun, StoredRun
from tallybridge.runs.day import Order, run_day
from tallybridge.runs.reports import Mode
from tests.console.conftest import Desk
from tests.console.working import HUB, KSC, body


def _run(integration: str = KSC) -> StoredRun:
    newest = ledger_runs.latest_run(integration)
    assert newest is not None
    return newest


def _again(desk: Desk, mode: Mode = Mode.RUN) -> None:
    one = next(one for one in desk.configured() if one.configuration.integration.name == KSC)
    run_day(Order(configuration=one.configuration, configuration_address=one.address, mode=mode, clock=desk.now))


def _table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\N{BYTE ORDER MARK}"))))


def test_a_run_is_listed_with_what_it_changed_and_how_it_ended(desk: Desk) -> None:
    page = desk.text("/runs/", Role.VIEW)
    assert f'href="/runs/{_run().id}/"' in page
    assert "+131" in page
    assert "1 held, 1 blocked" in page
    (row,) = _table(desk.text("/runs.csv", Role.VIEW))
    assert (row["lines changed"], row["units up"], row["units down"], row["writes to Tigerpaw"], row["outcome"]) == (
        "6",
        "131",
        "0",
        "6",
        "attention",
    )
    assert row["chain head"] == _run().head


def test_failures_are_told_in_plain_words(desk: Desk) -> None:
    desk.sandbox.set_faults([{"on": "tigerpaw_rest", "call": "*", "do": "http_503", "times": 0}])
    _again(desk)
    failed = _run()
    assert failed.outcome == "failed"
    for page in (desk.text("/runs/", Role.VIEW), desk.text(f"/runs/{failed.id}/", Role.VIEW)):
        assert "could not be read" in page or "could not be reached" in page
        assert "Traceback" not in page


def test_a_preview_says_that_it_wrote_nothing(desk: Desk) -> None:
    _again(desk, Mode.PLAN)
    page = desk.text(f"/runs/{_run().id}/", Role.VIEW)
    assert "Lines that would change" in page
    assert "0 writes to Tigerpaw" in page


def test_a_run_shows_its_customers_worst_first_with_changes_and_leaks(desk: Desk) -> None:
    page = desk.text(f"/runs/{_run().id}/", Role.VIEW)
    places = [page.index(f">{name}</a>") for name in ("Northwind Traders", "Wingtip Insurance", "Contoso Dental", "Adventure Works", "Tailspin Toys")]
    assert places == sorted(places)
    assert 'href="/why/2041/KES-WKS/"' in page
    assert "4 \N{MULTIPLICATION SIGN} Kaspersky Hybrid Cloud Security, Server" in page
    assert str(_run().head) in page


@pytest.mark.parametrize(
    ("asked", "there", "missing"),
    [
        ("show=held", "Wingtip Insurance", "Contoso Dental"),
        ("show=blocked", "Northwind Traders", "Contoso Dental"),
        ("text=contoso", "Contoso Dental", "Wingtip Insurance"),
        ("show=nonsense&page=nonsense", "Contoso Dental", "No customer is in this state"),
        ("text=nobody", "No customer of this run fits", "Contoso Dental"),
    ],
)
def test_the_customers_of_a_run_can_be_filtered(desk: Desk, asked: str, there: str, missing: str) -> None:
    page = desk.text(f"/runs/{_run().id}/?{asked}", Role.VIEW)
    assert there in page
    assert missing not in page


def test_a_runs_lines_are_a_file(desk: Desk) -> None:
    rows = _table(desk.text(f"/runs/{_run().id}/changes.csv", Role.VIEW))
    lines = {(one["agreement"], one["item"]): (one["change"], one["from"], one["to"]) for one in rows}
    assert lines["2041", "KES-WKS"] == ("create", "", "90")
    assert lines["2045", "KES-WKS"] == ("hold", "30", "31")
    (blocked,) = [one for one in rows if one["customer"] == "Northwind Traders"]
    assert blocked["why"].startswith("The account is not cross-referenced")


def test_a_run_that_never_ended_is_told_as_interrupted(desk: Desk) -> None:
    done = _run()
    begun = NewRun(
        id="broken-off", integration=KSC, kind="run", date=done.date, started=desk.now(), configuration=done.configuration, rules_version="2"
    )
    ledger_runs.begin(begun)
    for page in (desk.text("/runs/", Role.VIEW), desk.text("/runs/broken-off/", Role.VIEW)):
        assert "interrupted" in page
        assert "The process ended before the run could finish." in page
    assert "This run did not come to any customer." in desk.text("/runs/broken-off/", Role.VIEW)
    assert [row["outcome"] for row in _table(desk.text("/runs.csv", Role.VIEW))] == ["interrupted", "attention"]


def test_an_unknown_run_is_told_in_words_and_a_beginning_leads_to_the_run(desk: Desk) -> None:
    answer = desk.get("/runs/nothing-like-this/", Role.VIEW)
    assert answer.status_code == 404
    assert "The ledger knows no run nothing-like-this." in body(answer)
    whole = _run(HUB).id
    assert desk.get(f"/runs/{whole[:-1]}/", Role.VIEW)["Location"] == f"/runs/{whole}/"
    assert desk.get("/runs/2/", Role.VIEW).status_code == 404


def test_two_runs_of_a_day_are_compared_line_by_line(desk: Desk) -> None:
    first = _run().id
    world = desk.sandbox.state()
    contoso = next(one for one in world["ksc"]["virtual_servers"] if one["id"] == 1)
    gone = next(one["id"] for one in contoso["hosts"] if one["name"] == "PC-01")
    contoso["hosts"] = [one for one in contoso["hosts"] if one["id"] != gone]
    contoso["uses"] = [one for one in contoso["uses"] if one["host"] != gone]
    desk.sandbox.replace(world)
    _again(desk)
    second = _run().id
    asked = f"from={first}&to={second}"
    page = desk.text(f"/runs/compare/?{asked}", Role.VIEW)
    assert "Contoso Dental" in page
    assert "Wingtip Insurance" not in page
    assert "Wingtip Insurance" in desk.text(f"/runs/compare/?{asked}&all=1", Role.VIEW)
    (row,) = _table(desk.text(f"/runs/compare.csv?{asked}", Role.VIEW))
    assert (row["item"], row["counted difference"], row["difference in Tigerpaw"]) == ("KES-WKS", "-1", "-1")


@pytest.mark.parametrize("wrong", ["from=tomorrow", "to=2026-13-40", f"from={HUB}"])
def test_what_cannot_be_compared_is_told_at_the_field(desk: Desk, wrong: str) -> None:
    answer = desk.get(f"/runs/compare/?{wrong}", Role.VIEW)
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in body(answer)
    assert desk.get(f"/runs/compare.csv?{wrong}", Role.VIEW).status_code == 404


def test_a_line_that_only_one_day_knows_differs() -> None:
    line = LineOnDay("Contoso Dental", 2041, "KES-WKS", 0, None, "r1")
    before, after = (Side(asked=name, name=name, run=None, lines=lines) for name, lines in (("a", {(2041, "KES-WKS"): line}), ("b", {})))
    (one,) = compared(before, after, every=True)
    assert one.differs
    assert one.counted_difference == 0


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=3, seconds=20), "3 min 20 s"),
        (timedelta(hours=1, minutes=4), "1 h 4 min"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(span: timedelta, said: str) -> None:
    assert duration(span) == said
