"""Accounts, their cross-reference, and how an Equal search is re-checked (Tigerpaw reference 1.6; accounts.py)."""

from __future__ import annotations

from typing import Any

import pytest

from tallybridge.billing.psa import Account
from tallybridge.destinations.base import ReadFailed
from tests.destinations.tigerpaw.scripted_door import PRODUCT, Answer, page, reply, tigerpaw

SEARCH = "POST /api/accounts/search"
TABLE = "GET /api/mastertables/externalproducts"
OURS = {"ExternalProductId": 12, "Product": PRODUCT, "Active": True}


def account(number: int, name: str = "Contoso Dental") -> dict[str, Any]:
    return {"AccountNumber": number, "Account": {"Name": name, "AccountType": "Customer", "Status": "Active"}}


def references(number: int) -> str:
    return f"GET /api/accounts/{number}/service/externalproducts"


def referenced(product: str) -> Answer:
    return reply([{"AccountExternalProductId": 1, "ExternalProduct": product, "ExternalId": "x"}])


def test_one_equal_search_for_the_external_product() -> None:
    destination, door = tigerpaw({SEARCH: page("Accounts", [account(1), account(2, "Fabrikam")]), TABLE: reply([OURS])})
    assert destination.accounts() == {
        1: Account(number=1, name="Contoso Dental", cross_referenced=True),
        2: Account(number=2, name="Fabrikam", cross_referenced=True),
    }
    assert door.sent[0].json == {
        "Criteria": [{"SearchType": "ExternalProduct", "MatchType": "Equal", "Criteria": PRODUCT}],
        "PageSize": 200,
        "StartRow": 1,
    }
    assert door.calls() == [SEARCH, TABLE], "accounts are not asked one by one where the search is certain"


def test_pages_are_followed_in_the_body() -> None:
    pages = [
        page("Accounts", [account(1)], total=2, next_row=2),
        page("Accounts", [account(2)], total=2),
    ]
    destination, door = tigerpaw({SEARCH: [*pages], TABLE: reply([OURS])}, page_size=1)
    assert set(destination.accounts()) == {1, 2}
    assert [(each.json["PageSize"], each.json["StartRow"]) for each in door.sent[:2]] == [(1, 1), (1, 2)]


@pytest.mark.parametrize(
    "table",
    [
        pytest.param([OURS, {"Product": "Kaspersky MSP Legacy", "Active": True}], id="another name begins with ours"),
        pytest.param([OURS, {"Product": "Old Kaspersky MSP", "Active": False}], id="another name ends with ours"),
        pytest.param([OURS, {"Product": "KASPERSKY MSP 2", "Active": True}], id="in another case"),
        pytest.param([OURS | {"Active": False}], id="ours is inactive"),
        pytest.param([{"Product": "Other", "Active": True}], id="ours is missing"),
    ],
)
def test_where_the_search_could_be_wrong_each_account_is_asked(table: list[dict[str, Any]]) -> None:
    destination, _ = tigerpaw(
        {
            SEARCH: page("Accounts", [account(1), account(2), account(3)]),
            TABLE: reply(table),
            references(1): referenced(PRODUCT),
            references(2): referenced("Kaspersky MSP Legacy"),
            references(3): reply([]),
        }
    )
    assert set(destination.accounts()) == {1}


@pytest.mark.parametrize(
    ("cross_references", "expected"),
    [
        (referenced(PRODUCT), True),
        (referenced("Kaspersky MSP Legacy"), False),
        (referenced("kaspersky msp"), False),
        (reply([]), False),
        (reply(None), False),
    ],
)
def test_one_account_shows_its_cross_reference_freshly(cross_references: Answer, expected: bool) -> None:
    destination, _ = tigerpaw({"GET /api/accounts/1": reply(account(1)), references(1): cross_references})
    assert destination.account(1) == Account(number=1, name="Contoso Dental", cross_referenced=expected)


def test_an_unknown_account_is_none() -> None:
    destination, door = tigerpaw({"GET /api/accounts/1": reply({"Message": "no"}, 404)})
    assert destination.account(1) is None
    assert len(door.sent) == 1


def test_all_accounts_tell_which_are_cross_referenced() -> None:
    destination, _ = tigerpaw(
        {
            SEARCH: lambda sent: page(
                "Accounts",
                [account(1)] if sent.json["Criteria"][0]["SearchType"] == "ExternalProduct" else [account(1), account(2, "Fabrikam")],
            ),
            TABLE: reply([OURS]),
        }
    )
    assert {each.number: each.cross_referenced for each in destination.all_accounts()} == {1: True, 2: False}


def test_l1_cross_references_that_cannot_be_read_are_not_absent() -> None:
    destination, _ = tigerpaw({"GET /api/accounts/1": reply(account(1)), references(1): reply({"Message": "broken"}, 500)})
    with pytest.raises(ReadFailed, match="cross-references of account 1"):
        destination.account(1)
