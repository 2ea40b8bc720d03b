"""Price book items (Tigerpaw reference 1.6, 1.7).

The price of an item is the selling price on its lowest price level that is no repair level: Tigerpaw's public models mark no level as the
default, levels are numbered from the standard one up, and an agreement may use another. It is shown to people and never written, so a price
that cannot be read stops nothing (L7).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallybridge.billing.psa import Item
from tallybridge.destinations.base import ReadFailed
from tallybridge.destinations.tigerpaw.models import ItemDetail, ItemPage, ItemSummary, Pricing
from tallybridge.destinations.tigerpaw.paging import read_to_the_end

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from decimal import Decimal

    from tallybridge.destinations.tigerpaw.rest import RestDoor
    from tallybridge.destinations.tigerpaw.settings import TigerpawSettings

_ITEM_TYPES = ("M", "A", "L", "S", "F")


class PriceBook:
    """The price book of one Tigerpaw. Every method raises ReadFailed and DestinationFailed."""

    def __init__(self, rest: RestDoor, settings: TigerpawSettings) -> None:
        self._rest = rest
        self._paging_names = settings.paging_names
        self._page_size = settings.page_size
        self._first_row = settings.first_row

    def items(self, ids: Iterable[str]) -> dict[str, Item]:
        """The named items that exist, inactive ones included, by id, with price; one whose price cannot be read says so in `price_known`."""
        found: dict[str, Item] = {}
        for item_id in sorted(set(ids)):
            row = self._exactly(item_id)
            if row is not None:
                found[item_id] = self._priced(row)
        return found

    def search(self, text: str) -> tuple[Item, ...]:
        """Items whose id or description contains `text`, ignoring case ("" for all), by id, without prices (one more call each)."""
        if text:
            # Criteria of different types would both have to match, so there are two searches.
            criteria = [[_criterion("ItemIdWithInactive", "Contains", text)], [_criterion("ItemDescription", "Contains", text)]]
        else:
            # No search for all is documented; an item has one of these five types, and criteria of one type are alternatives.
            criteria = [[_criterion("ItemType", "Equal", each) for each in _ITEM_TYPES]]
        found = {row.item_id: row for each in criteria for row in self._advanced(each, what=f"price book items with {text!r}")}
        wanted = text.casefold()
        return tuple(
            _item(row, None, price_known=False)
            for _, row in sorted(found.items())
            if wanted in row.item_id.casefold() or wanted in row.description.casefold()
        )

    def _exactly(self, item_id: str) -> ItemSummary | None:
        what = f"price book item {item_id!r}"
        size_name, start_name = self._paging_names

        def page_from(row: int) -> ItemPage:
            query = {size_name: self._page_size, start_name: row}
            return self._rest.search("/api/pricebook/items/search/itemid/false", item_id, ItemPage, what=what, query=query)

        # The search matches by the beginning: KES also finds KES-SERVER.
        return next((row for row in self._read(page_from, what=what) if row.item_id == item_id), None)

    def _advanced(self, criteria: list[dict[str, str]], *, what: str) -> list[ItemSummary]:
        def page_from(row: int) -> ItemPage:
            body = {"Criteria": criteria, "PageSize": self._page_size, "StartRow": row}
            return self._rest.search("/api/pricebook/items/search", body, ItemPage, what=what)

        return self._read(page_from, what=what)

    def _read(self, page_from: Callable[[int], ItemPage], *, what: str) -> list[ItemSummary]:
        return read_to_the_end(page_from, identity=lambda row: row.price_book_item_number, first_row=self._first_row, what=what)

    def _priced(self, row: ItemSummary) -> Item:
        path = f"/api/pricebook/items/{row.price_book_item_number}/details"
        try:
            detail = self._rest.find(path, ItemDetail, what=f"the price of item {row.item_id!r}")
        except ReadFailed:
            detail = None
        if detail is None or detail.item_id != row.item_id:
            return _item(row, None, price_known=False)
        return _item(row, _standard_price(detail.pricing or []))


def _criterion(search_type: str, match_type: str, criteria: str) -> dict[str, str]:
    return {"SearchType": search_type, "MatchType": match_type, "Criteria": criteria}


def _standard_price(levels: list[Pricing]) -> Decimal | None:
    selling = [level for level in levels if not level.repair_level]
    return min(selling, key=lambda level: level.price_level).selling_price if selling else None


def _item(row: ItemSummary, price: Decimal | None, *, price_known: bool = True) -> Item:
    return Item(id=row.item_id, description=row.description, inactive=row.inactive, price=price, price_known=price_known)
