"""Searches and pages of the simulated Tigerpaw (Tigerpaw reference 1.5, 1.6)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.openapi_contract import assert_request_is_published
from tests.sandbox.tigerpaw_caller import Caller, account, agreement, item, tigerpaw, world_of

ACCOUNTS = "/api/accounts/search"
ITEMS = "/api/pricebook/items/search"
AGREEMENTS = "/api/agreements/search"


@pytest.fixture
def caller() -> Caller:
    return Caller(
        world_of(
            tigerpaw(
                account(10, "Contoso Dental", agreement(2041, start="2026-01-01")),
                account(100, "Contoso Law", agreement(2042, start="2026-03-01", end="2026-12-31"), products=("Other RMM",)),
                account(11, "Dental Fabrikam", agreement(204, type="Phones", start="2026-06-01"), products=("Kaspersky MSP Plus",)),
                price_book=[
                    item(1, "KES"),
                    item(2, "KES-SERVER", type="M"),
                    item(3, "KES-OLD", inactive=True),
                ],
            )
        )
    )


def criterion(search_type: str, text: str, match_type: str | None = None) -> dict[str, str]:
    return {"SearchType": search_type, "Criteria": text} | ({"MatchType": match_type} if match_type else {})


def search(caller: Caller, path: str, *criteria: dict[str, str]) -> list[Any]:
    body = {"Criteria": list(criteria), "PageSize": 50, "StartRow": 1}
    assert_request_is_published("POST", path, [], body)
    return numbers(caller.json("POST", path, body))


def numbers(found: dict[str, Any]) -> list[Any]:
    assert found["Success"] is True
    rows = found.get("Accounts", found.get("Agreements", found.get("PriceBookItems", [])))
    return [row.get("AccountNumber", row.get("AgreementNumber", row.get("ItemId"))) for row in rows]


@pytest.mark.parametrize(
    ("match_type", "text", "expected"),
    [
        (None, "contoso", [10, 100]),
        ("StartsWith", "Dental", [11]),
        ("EndsWith", "dental", [10]),
        ("Contains", "dental", [10, 11]),
        ("equal", "CONTOSO LAW", [100]),
        ("Equal", "Contoso", []),
        ("GreaterThan", "Contoso Law", [11]),
        ("LessThanEqual", "Contoso Law", [10, 100]),
    ],
)
def test_match_types(caller: Caller, match_type: str | None, text: str, expected: list[int]) -> None:
    assert search(caller, ACCOUNTS, criterion("AccountName", text, match_type)) == expected


@pytest.mark.parametrize(
    ("match_type", "expected"),
    [(None, [10, 100]), ("Equal", [10]), ("GreaterThanEqual", [10, 100, 11]), ("GreaterThan", [100, 11]), ("LessThan", [])],
)
def test_numbers_compare_as_numbers_but_start_as_text(caller: Caller, match_type: str | None, expected: list[int]) -> None:
    assert search(caller, ACCOUNTS, criterion("AccountNumber", "10", match_type)) == expected


def test_criteria_of_the_same_type_are_alternatives(caller: Caller) -> None:
    either = (criterion("AccountName", "Contoso Law", "Equal"), criterion("accountname", "fabrikam", "EndsWith"))
    assert search(caller, ACCOUNTS, *either) == [100, 11]


def test_criteria_of_different_types_must_all_hold(caller: Caller) -> None:
    both = (criterion("AccountName", "Contoso"), criterion("ExternalProduct", "Other RMM", "Equal"))
    assert search(caller, ACCOUNTS, *both) == [100]


@pytest.mark.parametrize(
    ("path", "search_type", "text", "match_type", "expected"),
    [
        (ACCOUNTS, "ExternalProduct", "Kaspersky MSP", None, [10, 11]),
        (ACCOUNTS, "ExternalProduct", "Kaspersky MSP", "Equal", [10]),
        (ACCOUNTS, "Agreement", "2042", "Equal", [100]),
        (ACCOUNTS, "AccountId", "11", "Equal", [11]),
        (ACCOUNTS, "PostalCode", "1", "Contains", []),
        (ITEMS, "ItemId", "KES", None, ["KES", "KES-SERVER"]),
        (ITEMS, "ItemId", "KES", "Equal", ["KES"]),
        (ITEMS, "ItemId", "KES-OLD", "Equal", []),
        (ITEMS, "ItemIdWithInactive", "KES-OLD", "Equal", ["KES-OLD"]),
        (ITEMS, "ItemType", "M", "Equal", ["KES-SERVER"]),
        (AGREEMENTS, "AgreementNumber", "204", None, [2041, 2042, 204]),
        (AGREEMENTS, "AgreementNumber", "204", "Equal", [204]),
        (AGREEMENTS, "StartDate", "2026-03-01", "GreaterThanEqual", [2042, 204]),
    ],
)
def test_search_types(caller: Caller, path: str, search_type: str, text: str, match_type: str | None, expected: list[Any]) -> None:
    assert search(caller, path, criterion(search_type, text, match_type)) == expected


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/api/accounts/search/name", "contoso", [10, 100]),
        ("/api/accounts/search/accountnumber", "100", [100]),
        ("/api/accounts/search/accountid", "11", [11]),
        ("/api/accounts/search/externalid", "11", [11]),
        ("/api/accounts/search/agreement", "2042", [100]),
        ("/api/accounts/search/email", "x", []),
        ("/api/pricebook/items/search/itemid/true", "KES", ["KES", "KES-SERVER"]),
        ("/api/pricebook/items/search/itemid/false", "KES", ["KES", "KES-SERVER", "KES-OLD"]),
        ("/api/pricebook/items/search/itemdescription", "About KES-S", ["KES-SERVER"]),
        ("/api/agreements/search/agreementnumber", "2041", [2041]),
        ("/api/agreements/search/agreementtype", "Phones", [204]),
        ("/api/agreements/search/externalproduct", "Other RMM", [2042]),
        ("/api/agreements/search/contractnumber", "1", []),
        ("/api/agreements/search/startdate", {"Criteria": "2026-03-01", "MatchType": "LessThan"}, [2041]),
        ("/api/agreements/search/startdate", {"Criteria": "2026-03-01", "MatchType": "Equal"}, [2042]),
        ("/api/agreements/search/enddate", {"Criteria": "2026-03-01", "MatchType": "GreaterThan"}, [2042]),
    ],
)
def test_simple_searches(caller: Caller, path: str, body: Any, expected: list[Any]) -> None:
    assert_request_is_published("POST", path, ["PageSize", "StartRow"], body)
    assert numbers(caller.json("POST", path, body)) == expected


@pytest.mark.parametrize(
    "body",
    [
        {"Criteria": [criterion("Color", "red")]},
        {"Criteria": [criterion("AccountName", "x", "Like")]},
        {"Criteria": "Contoso"},
        "Contoso",
        None,
    ],
    ids=["unknown search type", "unknown match type", "criteria as text", "text", "no body"],
)
def test_a_search_that_cannot_be_understood_is_a_business_error(caller: Caller, body: Any) -> None:
    reply = caller.json("POST", ACCOUNTS, body)
    assert reply["Success"] is False
    assert reply["Message"]


def test_a_search_without_criteria_finds_everything(caller: Caller) -> None:
    assert search(caller, ACCOUNTS) == [10, 100, 11]


SPELLINGS = [
    ("PageSize", "StartRow"),
    ("pagesize", "startrow"),
    ("pageRequest.pageSize", "pageRequest.startRow"),
    ("pageRequestPageSize", "pageRequestStartRow"),
]


@pytest.mark.parametrize(("size", "start"), SPELLINGS, ids=[size for size, _ in SPELLINGS])
def test_every_spelling_of_a_page_in_the_query(caller: Caller, size: str, start: str) -> None:
    path = "/api/accounts/search/name"
    assert_request_is_published("POST", path, [size, start], "")
    found = caller.json("POST", path, "", **{size: "2", start: "2"})
    assert numbers(found) == [100, 11]
    assert (found["PageSize"], found["NextRow"], found["TotalCount"]) == (2, 0, 3)


def test_pages_in_the_body_lead_through_all_rows(caller: Caller) -> None:
    pages, start = [], 1
    while start:
        found = caller.json("POST", ACCOUNTS, {"Criteria": [], "PageSize": 1, "StartRow": start})
        pages.append(numbers(found))
        assert found["TotalCount"] == 3
        start = found["NextRow"]
    assert pages == [[10], [100], [11]]


@pytest.mark.parametrize(
    ("size", "start", "served", "rows"),
    [("0", "1", 50, 3), ("5000", "1", 1000, 3), ("2", "0", 2, 2), ("2", "9", 2, 0)],
    ids=["no size", "a size too large", "before the first row", "behind the last row"],
)
def test_pages_at_the_edges(caller: Caller, size: str, start: str, served: int, rows: int) -> None:
    found = caller.json("POST", "/api/accounts/search/name", "", PageSize=size, StartRow=start)
    assert (found["PageSize"], len(found["Accounts"])) == (served, rows)


def test_a_page_that_is_no_number_answers_400(caller: Caller) -> None:
    assert caller.refusal("POST", "/api/accounts/search/name", "", PageSize="many")[0] == 400


def test_agreements_of_an_account_come_at_once_unless_a_page_is_asked_for() -> None:
    caller = Caller(world_of(tigerpaw(account(1, "Contoso", *(agreement(number) for number in range(100, 160))))))
    assert len(caller.get("/api/agreements/account/1")["Agreements"]) == 60
    found = caller.get("/api/agreements/account/1", PageSize="50")
    assert (len(found["Agreements"]), found["NextRow"]) == (50, 51)


@pytest.mark.parametrize(
    ("method", "path", "names", "body"),
    [
        ("POST", "/api/accounts/search/name", ["page"], "x"),
        ("POST", ACCOUNTS, ["PageSize"], {"Criteria": []}),
        ("POST", ACCOUNTS, [], {"Criteria": [], "Sort": "Name"}),
        ("POST", ACCOUNTS, [], {"Criteria": [], "PageSize": "50"}),
        ("POST", "/api/agreements/2041/additionalcharges", [], {}),
        ("GET", "/api/agreements/2041", [], {}),
        ("GET", "/api/agreements/all", [], None),
    ],
    ids=["query parameter", "paging of an advanced search", "unknown member", "type", "method", "body of a GET", "path"],
)
def test_the_request_contract_can_fail(method: str, path: str, names: list[str], body: Any) -> None:
    with pytest.raises(AssertionError):
        assert_request_is_published(method, path, names, body)
