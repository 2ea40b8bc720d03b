"""The price book as pages know it: the list as it was last read, searched at once, and single items asked of Tigerpaw when they are needed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from tallybridge.billing.psa import Item
from tallybridge.configuration.records import Configuration
from tallybridge.console import integrations, known_lists
from tallybridge.runs import listing
from tallybridge.runs.known_prices import items_in_plans

OFFERED = 200
"""Items that a field offers at most; a search narrows them."""
_WHOLE, _ASKED = "items", "items asked for"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownItem:
    """A price book item as it was last read."""

    id: str
    description: str = ""
    price: str | None = None
    """As text, so that no digit is lost; None where it was not read, or there is none."""
    price_read: bool = False
    inactive: bool = False

    @property
    def amount(self) -> Decimal | None:
        """The price as a number."""
        return Decimal(self.price) if self.price is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBook:
    """The list as it was last read."""

    items: Mapping[str, KnownItem] = field(default_factory=dict)
    at: datetime | None = None
    """When (UTC); None where it never was."""

    def search(self, text: str) -> tuple[KnownItem, ...]:
        """Items whose id or description contains the text, active ones, at most `OFFERED`."""
        wanted = text.casefold()
        found = [one for one in self.items.values() if not one.inactive and wanted in f"{one.id} {one.description}".casefold()]
        return tuple(found[:OFFERED])


def price_book(integration: str) -> PriceBook:
    """What is known of an integration's price book: the list as it was last read, and what single questions and plans have told beside it."""
    told = {one.id: _of(one) for one in items_in_plans(integration).values()} | _entries(known_lists.known(integration, _ASKED))
    known = known_lists.known(integration, _WHOLE)
    listed = {id_: told[id_] if _tells_more(told.get(id_), one) else one for id_, one in _entries(known).items()}
    return PriceBook(items=dict(sorted((told | listed).items())), at=known.at if known is not None else None)


def read_whole(configuration: Configuration) -> None:
    """Reads the list anew and keeps it; prices of the items that are mapped and, of a short list, of all.

    Raises:
        DestinationError, ConfigurationError: what was known before stays.
    """
    read = {one["item"]: _known(one) for one in listing.items(configuration, integrations.clock())}
    unpriced = {item for mapping in configuration.mappings for item in mapping.items() if item in read and not read[item].price_read}
    _keep(configuration.integration.name, _WHOLE, read | (_ask(configuration, unpriced) if unpriced else {}))


def look_up(configuration: Configuration, ids: Collection[str]) -> Mapping[str, KnownItem]:
    """Asks Tigerpaw for single items and remembers what it says; one that is not there is left out.

    Raises:
        DestinationError, ConfigurationError: nothing was learned.
    """
    found = _ask(configuration, ids)
    name = configuration.integration.name
    _keep(name, _ASKED, _entries(known_lists.known(name, _ASKED)) | found)
    return found


def _ask(configuration: Configuration, ids: Collection[str]) -> dict[str, KnownItem]:
    with listing.destination_of(configuration, integrations.clock()) as destination:
        found = destination.items(ids)
    return {one.id: _of(one) for one in found.values()}


def _of(item: Item) -> KnownItem:
    price = str(item.price) if item.price is not None else None
    return KnownItem(id=item.id, description=item.description, price=price, price_read=item.price_known, inactive=item.inactive)


def _tells_more(told: KnownItem | None, listed: KnownItem) -> bool:
    """Whether the price is known from elsewhere, and not from the list."""
    return told is not None and told.price_read and not listed.price_read


def _entries(known: known_lists.Known | None) -> dict[str, KnownItem]:
    return {one["id"]: KnownItem(**one) for one in known.entries} if known is not None else {}


def _known(document: Mapping[str, Any]) -> KnownItem:
    """An item of the listing's document."""
    return KnownItem(
        id=document["item"],
        description=document["description"],
        price=document["price"],
        price_read=document["price_read"],
        inactive=document["inactive"],
    )


def _keep(integration: str, what: str, items: Mapping[str, KnownItem]) -> None:
    known_lists.keep(integration, what, [asdict(one) for _, one in sorted(items.items())])
