"""The invoice run of the simulated Tigerpaw (contracts 4; Tigerpaw reference 4.3)."""

from __future__ import annotations

from datetime import date

import pytest

from tallybridge.sandbox.tigerpaw import run_invoices
from tallybridge.sandbox.tigerpaw.invoicing import advanced
from tests.sandbox.tigerpaw_caller import Caller, account, agreement, line, tigerpaw, world_of


@pytest.fixture
def caller() -> Caller:
    return Caller(
        world_of(
            tigerpaw(
                account(
                    1,
                    "Contoso",
                    agreement(2041, line(9001), line(9002, delete_after_invoicing=True)),
                    agreement(2042, line(9003, delete_after_invoicing=True), end="2026-06-30"),
                    agreement(2043, billing_period="Quarterly", next_billing_period="2027-01-15"),
                    agreement(2044, next_billing_period=None),
                    agreement(2045, billing_period="DoNotBill"),
                )
            )
        )
    )


def dates_of(caller: Caller, number: int) -> tuple[str | None, str | None]:
    inner = caller.get(f"/api/agreements/{number}")["Agreement"]
    return inner["LastBilledDate"], inner["NextBillingPeriod"]


def test_lines_to_delete_after_invoicing_go_and_others_stay(caller: Caller) -> None:
    run_invoices(caller.world)
    assert [each["DetailId"] for each in caller.charges(2041)] == [9001]


@pytest.mark.parametrize(
    ("number", "last_billed", "next_period"),
    [
        (2041, "2026-12-01T00:00:00", "2027-01-01T00:00:00"),
        (2042, None, "2026-12-01T00:00:00"),
        (2043, "2027-01-15T00:00:00", "2027-04-15T00:00:00"),
        (2044, "2026-11-22T00:00:00", None),
        (2045, None, "2026-12-01T00:00:00"),
    ],
    ids=["monthly", "ended", "quarterly", "without a next period", "never billed"],
)
def test_the_period_that_was_next_is_billed(caller: Caller, number: int, last_billed: str | None, next_period: str | None) -> None:
    run_invoices(caller.world)
    assert dates_of(caller, number) == (last_billed, next_period)


def test_the_run_says_what_it_did(caller: Caller) -> None:
    summary = run_invoices(caller.world)
    assert (summary["billed"], summary["removed"]) == (3, 1)
    assert summary["agreements"][0] == {
        "agreement": 2041,
        "last_billed": "2026-12-01",
        "next_billing_period": "2027-01-01",
        "removed": [9002],
    }


def test_the_id_of_a_removed_line_never_comes_back(caller: Caller) -> None:
    caller.submit('<Charge action="upsert" itemId="KES-WKS" quantity="1"/>')
    document = caller.world.state()["tigerpaw"]["accounts"][0]["agreements"][0]["charges"]
    assert document[-1]["detail_id"] == 9004
    caller.world.scenario.tigerpaw.accounts[0].agreements[0].charges[-1].delete_after_invoicing = True
    run_invoices(caller.world)
    result = caller.submit('<Charge action="upsert" itemId="KES-WKS" quantity="1"/>')
    assert [each.get("detailId") for each in result] == ["9005"]


def test_the_ids_of_lines_removed_before_the_first_call_never_come_back() -> None:
    world = world_of(tigerpaw(account(1, "Contoso", agreement(2041, line(9002, delete_after_invoicing=True)))))
    run_invoices(world)
    result = Caller(world).submit('<Charge action="upsert" itemId="KES-WKS" quantity="1"/>')
    assert [each.get("detailId") for each in result] == ["9003"]


def test_a_second_run_bills_the_next_period(caller: Caller) -> None:
    run_invoices(caller.world)
    run_invoices(caller.world)
    assert dates_of(caller, 2041) == ("2027-01-01T00:00:00", "2027-02-01T00:00:00")


@pytest.mark.parametrize(
    ("day", "period", "day_to_bill", "expected"),
    [
        (date(2026, 12, 1), "Monthly", 1, date(2027, 1, 1)),
        (date(2027, 1, 31), "Monthly", 31, date(2027, 2, 28)),
        (date(2027, 2, 28), "Monthly", 31, date(2027, 3, 31)),
        (date(2027, 2, 28), "Monthly", 28, date(2027, 3, 28)),
        (date(2028, 2, 29), "Annually", 29, date(2029, 2, 28)),
        (date(2026, 11, 30), "Quarterly", 30, date(2027, 2, 28)),
        (date(2026, 9, 1), "Semi-Annually", 1, date(2027, 3, 1)),
        (date(2026, 12, 28), "Weekly", 1, date(2027, 1, 4)),
        (date(2026, 12, 1), "InFull", 1, None),
        (date(2026, 12, 1), "Every full moon", 1, date(2027, 1, 1)),
    ],
)
def test_a_period_keeps_its_day(day: date, period: str, day_to_bill: int, expected: date | None) -> None:
    assert advanced(day, period, day_to_bill) == expected
