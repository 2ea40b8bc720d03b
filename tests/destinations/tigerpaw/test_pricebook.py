"""Price book items: exactly the named ones, inactive ones too, with the price of the standard level (pricebook.py)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tallybridge.billing.psa import Item
from tallybridge.destinations.base import ReadFailed
from tallybridge.wire.http import HttpReply
from tests.destinations.tigerpaw.scripted_door import page, raw, reply, tigerpaw

BY_ID = "POST /api/pricebook/items/search/itemid/false"
SEARCH = "POST /api/pricebook/items/search"


def row(number: int, item_id: str, description: str = "Endpoint security", **fields: Any) -> dict[str, Any]:
    return {"ItemId": item_id, "PriceBookItemNumber": number, "Item": {"ItemDescription": description, "Inactive": False} | fields}


def details(item_id: str, pricing: str) -> Any:
    return raw(f'{{"ItemId":"{item_id}","PriceBookItemNumber":1,"Pricing":{pricing}}}'.encode())


def level(number: int, price: str, **more: Any) -> str:
    repair = "true" if more.get("repair") else "false"
    return f'{{"PriceLevel":{number},"SellingPrice":{price},"RepairLevel":{repair}}}'


def test_an_item_whose_id_begins_with_another_is_not_taken_for_it() -> None:
    destination, door = tigerpaw(
        {
            BY_ID: page("PriceBookItems", [row(2, "KES-SERVER"), row(1, "KES")]),
            "GET /api/pricebook/items/1/details": details("KES", f"[{level(1, '4.5')}]"),
        }
    )
    assert destination.items(["KES"]) == {"KES": Item(id="KES", description="Endpoint security", price=Decimal("4.5"))}
    assert door.sent[0].json == "KES"
    assert door.sent[0].query == {"PageSize": "200", "StartRow": "1"}


def test_an_item_that_only_begins_alike_does_not_exist() -> None:
    destination, _ = tigerpaw({BY_ID: page("PriceBookItems", [row(2, "KES-SERVER"), row(3, "kes")])})
    assert destination.items(["KES"]) == {}


def test_inactive_is_told_apart_from_missing() -> None:
    destination, _ = tigerpaw(
        {
            BY_ID: page("PriceBookItems", [row(1, "KES", Inactive=True)]),
            "GET /api/pricebook/items/1/details": details("KES", "[]"),
        }
    )
    assert destination.items(["KES", "KES"])["KES"].inactive


@pytest.mark.parametrize(
    ("pricing", "price"),
    [
        (f"[{level(2, '9')},{level(1, '4.10')}]", Decimal("4.10")),
        (f"[{level(0, '2', repair=True)},{level(1, '4.5')}]", Decimal("4.5")),
        (f"[{level(1, 'null')},{level(2, '9')}]", None),
        ("[]", None),
        ("null", None),
    ],
    ids=["lowest level", "not the repair level", "no price on the standard level", "no levels", "null"],
)
def test_the_price_is_the_selling_price_of_the_standard_level(pricing: str, price: Decimal | None) -> None:
    destination, _ = tigerpaw({BY_ID: page("PriceBookItems", [row(1, "KES")]), "GET /api/pricebook/items/1/details": details("KES", pricing)})
    found = destination.items(["KES"])["KES"].price
    assert (found, str(found)) == (price, str(price))


@pytest.mark.parametrize(
    "answer",
    [reply({"Message": "An error has occurred."}, 500), reply(None, 404), reply(None, 403), raw(b"<html>"), details("OTHER", "[]")],
    ids=["HTTP 500", "not found", "forbidden", "no JSON", "another item"],
)
def test_an_item_whose_price_cannot_be_read_is_there_all_the_same(answer: HttpReply) -> None:
    """L7: a price is only shown, so one that cannot be read stops nobody's bill."""
    destination, _ = tigerpaw({BY_ID: page("PriceBookItems", [row(1, "KES")]), "GET /api/pricebook/items/1/details": answer})
    assert destination.items(["KES"]) == {"KES": Item(id="KES", description="Endpoint security", price=None, price_known=False)}


def test_a_price_book_that_cannot_be_searched_is_an_error() -> None:
    destination, _ = tigerpaw({BY_ID: reply({"Message": "An error has occurred."}, 500)})
    with pytest.raises(ReadFailed):
        destination.items(["KES"])


def test_paging_names_are_settings() -> None:
    destination, door = tigerpaw({BY_ID: page("PriceBookItems", [])}, paging_names=("pageRequest.pageSize", "pageRequest.startRow"), first_row=0)
    destination.items(["KES"])
    assert door.sent[0].query == {"pageRequest.pageSize": "200", "pageRequest.startRow": "0"}


def test_a_search_looks_in_ids_and_in_descriptions_and_is_re_checked() -> None:
    destination, door = tigerpaw(
        {
            SEARCH: [
                page("PriceBookItems", [row(1, "KES-WKS"), row(9, "UNRELATED", "Paper")]),
                page("PriceBookItems", [row(3, "AV-1", "Replaces kes-wks"), row(1, "KES-WKS")]),
            ]
        }
    )
    assert [item.id for item in destination.search_items("Kes")] == ["AV-1", "KES-WKS"]
    assert [each.json["Criteria"][0]["SearchType"] for each in door.sent] == ["ItemIdWithInactive", "ItemDescription"]


def test_an_empty_search_asks_for_all_five_types_of_items() -> None:
    destination, door = tigerpaw({SEARCH: page("PriceBookItems", [row(1, "KES-WKS"), row(2, "PAPER")])})
    assert [item.id for item in destination.search_items("")] == ["KES-WKS", "PAPER"]
    assert [each["Criteria"] for each in door.sent[0].json["Criteria"]] == ["M", "A", "L", "S", "F"]
