"""Accounts and their cross-reference to the External Product (Tigerpaw reference 1.6, 1.7).

How the search is re-checked. An account summary does not show its External Products, so a row of the search cannot be compared with what
was searched. The search says `Equal`; were that ignored, the server would match by the beginning (its default), the end or a part. Such a
search can only return too much where the name of another External Product contains ours. So the master table is read once: if no other
name contains ours, and ours is there and active, the search is taken as it is; otherwise each account found is asked for its own cross-references.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallybridge.billing.psa import Account
from tallybridge.destinations.tigerpaw.models import AccountExternalProduct, AccountPage, AccountSummary, ExternalProduct
from tallybridge.destinations.tigerpaw.paging import read_to_the_end

if TYPE_CHECKING:
    from tallybridge.destinations.tigerpaw.rest import RestDoor
    from tallybridge.destinations.tigerpaw.settings import TigerpawSettings


class Accounts:
    """The accounts of one Tigerpaw. Every method raises ReadFailed and DestinationFailed."""

    def __init__(self, rest: RestDoor, settings: TigerpawSettings) -> None:
        self._rest = rest
        self._product = settings.external_product
        self._first_row = settings.first_row
        self._page_size = settings.page_size

    def cross_referenced(self) -> dict[int, Account]:
        """Every account that is cross-referenced to the External Product, by number."""
        found = self._search("ExternalProduct", "Equal", self._product, what=f"the accounts of External Product {self._product!r}")
        certain = _search_is_certain(self._product, self.external_products())
        return {row.account_number: _account(row, cross_referenced=True) for row in found if certain or self._is_cross_referenced(row.account_number)}

    def one(self, number: int) -> Account | None:
        """One account with its cross-reference freshly read; None where there is none."""
        row = self._rest.find(f"/api/accounts/{number}", AccountSummary, what=f"account {number}")
        return None if row is None else _account(row, cross_referenced=self._is_cross_referenced(number))

    def every(self) -> tuple[Account, ...]:
        """Every account; no search for all is documented, so it asks for account numbers from 0 up."""
        found = self._search("AccountNumber", "GreaterThanEqual", "0", what="all accounts")
        ours = self.cross_referenced()
        return tuple(_account(row, cross_referenced=row.account_number in ours) for row in found)

    def external_products(self) -> list[ExternalProduct]:
        """The master table of External Products."""
        return self._rest.read("/api/mastertables/externalproducts", list[ExternalProduct], what="the External Products")

    def _is_cross_referenced(self, number: int) -> bool:
        path = f"/api/accounts/{number}/service/externalproducts"
        references = self._rest.find(path, list[AccountExternalProduct], what=f"the cross-references of account {number}")
        return any(each.external_product == self._product for each in references or ())

    def _search(self, search_type: str, match_type: str, criteria: str, *, what: str) -> list[AccountSummary]:
        wanted = [{"SearchType": search_type, "MatchType": match_type, "Criteria": criteria}]

        def page_from(row: int) -> AccountPage:
            body = {"Criteria": wanted, "PageSize": self._page_size, "StartRow": row}
            return self._rest.search("/api/accounts/search", body, AccountPage, what=what)

        return read_to_the_end(page_from, identity=lambda row: row.account_number, first_row=self._first_row, what=what)


def _search_is_certain(product: str, table: list[ExternalProduct]) -> bool:
    wanted = product.casefold()
    ours_is_active = any(each.product == product and each.active is not False for each in table)
    confusable = any(each.product != product and wanted in (each.product or "").casefold() for each in table)
    return ours_is_active and not confusable


def _account(row: AccountSummary, *, cross_referenced: bool) -> Account:
    return Account(number=row.account_number, name=row.name, cross_referenced=cross_referenced)
