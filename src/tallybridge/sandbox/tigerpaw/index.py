"""Finds accounts, agreements and price book items by number, so that a large scenario is served fast.

Everything here is derived from the scenario and dropped when the world's epoch changes. The one thing that it remembers by itself
is the highest line id seen, so that an id is never given out twice even when its line is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from tallybridge.sandbox.scenario import Account, Agreement, Charge, PriceBookItem, Scenario
    from tallybridge.sandbox.world import World


@dataclass(frozen=True)
class OwnedAgreement:
    """An agreement with the account that it belongs to."""

    account: Account
    agreement: Agreement


class TigerpawIndex:
    """The index of one scenario. Records are the scenario's own; use it while holding the world's lock."""

    def __init__(self, scenario: Scenario, epoch: int) -> None:
        tigerpaw = scenario.tigerpaw
        self.epoch = epoch
        self.accounts: dict[int, Account] = {account.number: account for account in tigerpaw.accounts}
        self.agreements: dict[int, OwnedAgreement] = {
            agreement.number: OwnedAgreement(account, agreement) for account in tigerpaw.accounts for agreement in account.agreements
        }
        self.items: dict[int, PriceBookItem] = {item.number: item for item in tigerpaw.price_book}
        self.external_products = _external_products(scenario)
        self._items_by_id = {item.item_id: item for item in tigerpaw.price_book}
        self._highest_detail_id = max((charge.detail_id for charge in _all_charges(self)), default=0)

    def item(self, item_id: str) -> PriceBookItem | None:
        """The price book item with exactly this ItemId. our choice: upper and lower case differ here."""
        return self._items_by_id.get(item_id)

    def new_detail_id(self) -> int:
        """A line id that no line has or had: unique and increasing over the whole system."""
        self._highest_detail_id += 1
        return self._highest_detail_id


_indexes: WeakKeyDictionary[World, TigerpawIndex] = WeakKeyDictionary()


def index_of(world: World) -> TigerpawIndex:
    """The index of the world's present scenario; call it while holding the world's lock."""
    index = _indexes.get(world)
    if index is None or index.epoch != world.epoch:
        index = _indexes[world] = TigerpawIndex(world.scenario, world.epoch)
    return index


def _all_charges(index: TigerpawIndex) -> list[Charge]:
    return [charge for owned in index.agreements.values() for charge in owned.agreement.charges]


def _external_products(scenario: Scenario) -> dict[str, int]:
    """ExternalProductId by name. our choice: the place in the scenario's list; names used elsewhere only come after it."""
    tigerpaw = scenario.tigerpaw
    names = list(tigerpaw.external_products)
    names += [user.external_product for user in tigerpaw.soap_users]
    names += [name for account in tigerpaw.accounts for name in account.external_products]
    return {name: number for number, name in enumerate(dict.fromkeys(names), start=1)}
