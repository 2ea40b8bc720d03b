"""What people give: imported exports, meanings of columns, stated counts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tallybridge.billing.model import Category, Stated
from tallybridge.ledger import imports, stated_counts
from tests.ledger.examples import INTEGRATION, START, TODAY

pytestmark = pytest.mark.usefixtures("ledger")


def part(company: str = "c-17", *, hours: int = 0, content: bytes = b"{}") -> imports.ImportedPart:
    return imports.ImportedPart(company=company, exported=START + timedelta(hours=hours), content=content)


def test_the_same_file_twice_changes_nothing() -> None:
    assert imports.take(INTEGRATION, [part(), part("c-18")], file="a.json", at=START) == 2
    assert imports.take(INTEGRATION, [part(), part("c-18")], file="b.json", at=START + timedelta(days=1)) == 0
    assert [one.company for one in imports.newest_parts(INTEGRATION)] == ["c-17", "c-18"]


def test_the_newest_export_of_each_company_counts_whatever_order_they_come_in() -> None:
    imports.take(INTEGRATION, [part(hours=5, content=b"new")], file="new.json", at=START)
    imports.take(INTEGRATION, [part(hours=0, content=b"old"), part("c-18", hours=1, content=b"other")], file="old.json", at=START)
    assert {one.company: one.content for one in imports.newest_parts(INTEGRATION)} == {"c-17": b"new", "c-18": b"other"}


def test_parts_of_one_instant_that_came_in_several_files_are_all_given() -> None:
    imports.take(INTEGRATION, [part(content=b"first half")], file="1.csv", at=START)
    imports.take(INTEGRATION, [part(content=b"second half")], file="2.csv", at=START)
    assert [one.content for one in imports.newest_parts(INTEGRATION)] == [b"first half", b"second half"]


def test_one_integration_does_not_see_the_imports_of_another() -> None:
    imports.take(INTEGRATION, [part()], file="a.json", at=START)
    assert imports.newest_parts("another") == ()


def test_the_meaning_of_a_column_is_remembered_and_can_be_corrected() -> None:
    imports.remember_columns(INTEGRATION, {"Gerät": "device_id"})
    imports.remember_columns(INTEGRATION, {"Gerät": "device", "Firma": "company"})
    assert imports.column_names(INTEGRATION) == {"Gerät": "device", "Firma": "company"}
    assert imports.column_names("another") == {}


def stated(quantity: int = 3, *, category: Category | None = None, days: int = 10) -> Stated:
    return Stated("Kaspersky Security for Mail Server", category, quantity, "someone", "by telephone", TODAY + timedelta(days=days))


def in_force(days: int = 0) -> list[tuple[str, int, Category | None]]:
    return [(one.tenant, one.stated.quantity, one.stated.category) for one in stated_counts.in_force(INTEGRATION, TODAY + timedelta(days=days))]


def test_a_stated_count_holds_up_to_and_including_its_last_date() -> None:
    stated_counts.state(INTEGRATION, "Contoso", stated(days=10), at=START)
    assert in_force(10) == [("Contoso", 3, None)]
    assert in_force(11) == []


def test_a_newer_count_takes_the_place_of_the_one_before() -> None:
    stated_counts.state(INTEGRATION, "Contoso", stated(3), at=START)
    stated_counts.state(INTEGRATION, "Contoso", stated(5), at=START)
    assert in_force() == [("Contoso", 5, None)]


def test_a_withdrawn_count_is_no_longer_in_force() -> None:
    stated_counts.state(INTEGRATION, "Contoso", stated(3), at=START)
    stated_counts.withdraw(INTEGRATION, "Contoso", stated(3), at=START)
    assert in_force() == []


def test_categories_and_tenants_are_stated_apart() -> None:
    stated_counts.state(INTEGRATION, "Contoso", stated(3, category=Category.WINDOWS_SERVER), at=START)
    stated_counts.state(INTEGRATION, "Contoso", stated(4, category=Category.NON_WINDOWS), at=START)
    stated_counts.state(INTEGRATION, "Fabrikam", stated(5), at=START)
    assert in_force() == [("Contoso", 4, Category.NON_WINDOWS), ("Contoso", 3, Category.WINDOWS_SERVER), ("Fabrikam", 5, None)]
