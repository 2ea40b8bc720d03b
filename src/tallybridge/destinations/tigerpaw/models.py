"""Tigerpaw's replies as typed records: only the members that billing needs, tolerant of all others (Tigerpaw reference 1.4, 1.7).

A member without a default must be there, because a decision rests on it: a reply without it is malformed, never "nothing" (L1).
Prices are decoded from the digits of the reply straight into Decimal; binary floating point is never between.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Protocol, TypeVar

import msgspec

RowT = TypeVar("RowT")

_LAST_PLACEHOLDER_YEAR = 1900


class Record(msgspec.Struct, frozen=True, rename="pascal"):
    """A reply or a part of one; JSON names are PascalCase."""


class Verdict(Record, frozen=True):
    """A reply that carries nothing but success or failure; also what a refusal inside HTTP 200 looks like (reference 1.4)."""

    success: bool
    message: str | None = None


class Envelope(Record, frozen=True, kw_only=True):
    """What is common to all search replies (reference 1.4)."""

    total_count: int
    next_row: int | None = None
    success: bool = True
    message: str | None = None


class Page(Protocol[RowT]):
    """One page of a search reply."""

    @property
    def rows(self) -> list[RowT]:
        """The rows of this page; empty where the server sent null."""
        ...

    @property
    def total_count(self) -> int:
        """How many rows the whole answer has."""
        ...

    @property
    def next_row(self) -> int | None:
        """The StartRow of the next page."""
        ...


class AccountFields(Record, frozen=True):
    """The inner part of an account summary."""

    name: str | None = None


class AccountSummary(Record, frozen=True):
    """An account as searches and `GET /api/accounts/{n}` show it; the External Products are not part of it."""

    account_number: int
    account: AccountFields | None = None

    @property
    def name(self) -> str:
        """The account's name, "" where Tigerpaw sent none."""
        return (self.account.name if self.account else None) or ""


class AccountPage(Envelope, frozen=True, kw_only=True):
    """A page of accounts."""

    accounts: list[AccountSummary] | None

    @property
    def rows(self) -> list[AccountSummary]:
        return self.accounts or []


class AccountExternalProduct(Record, frozen=True):
    """One cross-reference of an account to an External Product."""

    external_product: str | None


class ExternalProduct(Record, frozen=True):
    """A row of the master table of External Products."""

    product: str | None
    active: bool | None = None


class AgreementFields(Record, frozen=True):
    """The inner part of an agreement. Dates are Tigerpaw's local dates without a zone."""

    account_number: int
    type: str | None = None
    start_date: str | None = None
    end_date: str | None = None
    last_billed_date: str | None = None
    next_billing_period: str | None = None


class AgreementSummary(Record, frozen=True):
    """An agreement without its charges (`AdditionalCharges` is only their number there)."""

    agreement_number: int
    agreement: AgreementFields


class AgreementPage(Envelope, frozen=True, kw_only=True):
    """All agreements of an account; the operation publishes no paging parameters although its reply announces a total."""

    agreements: list[AgreementSummary] | None

    @property
    def rows(self) -> list[AgreementSummary]:
        return self.agreements or []


class AdditionalCharge(Record, frozen=True):
    """One line. `SpecialItemId` is the price book's item id (reference 1.7); a line typed in freely has none."""

    detail_id: int
    quantity: int
    special_item_id: str | None = None
    item_description: str | None = None
    price: Decimal | None = None
    delete_after_invoicing: bool | None = None


class AgreementDetail(Record, frozen=True):
    """An agreement with its charges. Null instead of the list is not "no charges": it leaves them unread (L1)."""

    agreement_number: int
    agreement: AgreementFields
    additional_charges: list[AdditionalCharge] | None


class ItemFields(Record, frozen=True):
    """The inner part of a price book item."""

    item_description: str | None = None
    inactive: bool | None = None


class ItemSummary(Record, frozen=True):
    """A price book item as searches show it, without prices."""

    item_id: str
    price_book_item_number: int
    item: ItemFields | None = None

    @property
    def description(self) -> str:
        """The item's text, "" where Tigerpaw sent none."""
        return (self.item.item_description if self.item else None) or ""

    @property
    def inactive(self) -> bool:
        """Whether the item is switched off in the price book."""
        return bool(self.item and self.item.inactive)


class ItemPage(Envelope, frozen=True, kw_only=True):
    """A page of price book items."""

    price_book_items: list[ItemSummary] | None

    @property
    def rows(self) -> list[ItemSummary]:
        return self.price_book_items or []


class Pricing(Record, frozen=True):
    """The price of an item on one price level."""

    price_level: int
    selling_price: Decimal | None = None
    repair_level: bool | None = None


class ItemDetail(Record, frozen=True):
    """A price book item with its prices."""

    item_id: str
    pricing: list[Pricing] | None = None


def local_date(text: str | None) -> date | None:
    """The day of a Tigerpaw date such as `2026-03-01T02:10:00`, with or without fraction and zone, as Tigerpaw shows it.

    Days up to the year 1900 are None: 0001-01-01 and 1900-01-01 are how .NET and Visual Basic write "no date" where a field cannot be
    null (reference 1.3 shows the second), and no agreement is that old.

    Raises:
        ValueError: the text is no date.
    """
    if text is None or text == "":
        return None
    day = date.fromisoformat(text.partition("T")[0])
    return None if day.year <= _LAST_PLACEHOLDER_YEAR else day
