"""REST operations on price book items, all of them reading (Tigerpaw reference 1.7)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tallybridge.sandbox.tigerpaw import models
from tallybridge.sandbox.tigerpaw.paging import PageRequest, page_request
from tallybridge.sandbox.tigerpaw.result_pages import found, simple_page_request
from tallybridge.sandbox.tigerpaw.routing import RestCall, RestError, Route
from tallybridge.sandbox.tigerpaw.search import Search, Values, advanced_search, simple_search

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tallybridge.sandbox.scenario import PriceBookItem

_SEARCH_TYPES = [
    "ItemId",
    "ItemDescription",
    "ItemType",
    "MfgPartNumber",
    "OurPartNumber",
    "Upc",
    "VendorPartNumber",
    "AllItemIds",
    "GlobalPricebook",
    "ItemIdWithInactive",
    "Category",
    "CustomField",
]

_SIMPLE_SEARCHES = {
    "category": "Category",
    "global": "GlobalPricebook",
    "itemdescription": "ItemDescription",
    "mfgpartnumber": "MfgPartNumber",
    "ourpartnumber": "OurPartNumber",
    "type": "ItemType",
    "upc": "Upc",
    "vendorpartnumber": "VendorPartNumber",
}


def _values(item: PriceBookItem) -> Mapping[str, Values]:
    known: dict[str, Values] = {name.lower(): list for name in _SEARCH_TYPES}
    # our choice: ItemId and AllItemIds leave inactive items out, as the name of ItemIdWithInactive suggests
    known["itemid"] = lambda: [] if item.inactive else [item.item_id]
    known["allitemids"] = known["itemid"]
    known["itemidwithinactive"] = lambda: [item.item_id]
    known["itemdescription"] = lambda: [item.description]
    known["itemtype"] = lambda: [item.type]
    return known


def _page(call: RestCall, search: Search, wanted: PageRequest) -> Any:
    items = [item for item in call.tigerpaw.price_book if search.finds(_values(item))]
    return found("PriceBookItems", items, wanted, models.price_book_summary)


def _advanced(call: RestCall) -> Any:
    return _page(call, advanced_search(call.body, _SEARCH_TYPES), page_request(call.body.items()))


def _simple(search_type: str, call: RestCall) -> Any:
    return _page(call, simple_search(search_type, call.body), simple_page_request(call))


def _by_item_id(call: RestCall) -> Any:
    search_type = "ItemId" if call.flags[0] else "ItemIdWithInactive"
    return _page(call, simple_search(search_type, call.body), simple_page_request(call))


def _by_custom_field(call: RestCall) -> Any:
    # the description says that this search answers with accounts; our choice: nothing has custom fields here
    return found("Accounts", [], simple_page_request(call), models.account_summary)


def _numbered(call: RestCall) -> PriceBookItem:
    item = call.index.items.get(call.numbers[0])
    if item is None:
        raise RestError(404, f"Price book item {call.numbers[0]} was not found.")
    return item


def _named(call: RestCall) -> PriceBookItem:
    item = call.index.item(call.query.get("itemid", ""))
    if item is None:
        raise RestError(404, f"Price book item '{call.query.get('itemid', '')}' was not found.")
    return item


def _summary(call: RestCall) -> Any:
    return models.price_book_summary(_numbered(call))


def _summary_by_item_id(call: RestCall) -> Any:
    return models.price_book_summary(_named(call))


def _details(call: RestCall) -> Any:
    return models.price_book_detail(_numbered(call))


def _details_by_item_id(call: RestCall) -> Any:
    return models.price_book_detail(_named(call))


_ITEMS = "/api/pricebook/items"
_FOUND = "SearchPriceBookResponse"

ROUTES = [
    Route("GET", _ITEMS, "PriceBookItemSummary", _summary_by_item_id),
    Route("GET", f"{_ITEMS}/details", "PriceBookItemDetail", _details_by_item_id),
    Route("GET", f"{_ITEMS}/{{number}}", "PriceBookItemSummary", _summary),
    Route("GET", f"{_ITEMS}/{{number}}/details", "PriceBookItemDetail", _details),
    Route("POST", f"{_ITEMS}/search", _FOUND, _advanced),
    Route("POST", f"{_ITEMS}/search/itemid/{{flag}}", _FOUND, _by_item_id),
    *(Route("POST", f"{_ITEMS}/search/{path}", _FOUND, partial(_simple, search_type)) for path, search_type in _SIMPLE_SEARCHES.items()),
    Route("POST", f"{_ITEMS}/search/customfield", "SearchAccountResponse", _by_custom_field),
]
