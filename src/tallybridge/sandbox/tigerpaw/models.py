"""The published REST models of Tigerpaw 18.2.1, filled from the scenario (Tigerpaw reference 1.7).

Every member of a model is present. Dates are `YYYY-MM-DDTHH:MM:SS` without a zone (reference 1.3).
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tallybridge.sandbox.tigerpaw import blank_models as blank

if TYPE_CHECKING:
    from datetime import date

    from tallybridge.sandbox.scenario import Account, Agreement, Charge, PriceBookItem
    from tallybridge.sandbox.tigerpaw.index import OwnedAgreement, TigerpawIndex

JsonObject = dict[str, Any]

# our choice: the numbers of billing periods are not public; these follow the order of the contracts' billing cycles (reference 1.7)
_BILLING_PERIODS = ("donotbill", "weekly", "monthly", "quarterly", "semiannually", "annually", "infull")
_STANDARD_PRICE_LEVEL = {"PriceLevel": 1, "PriceLevelDescription": "Standard"}


def midnight(day: date | None) -> str | None:
    """A calendar date as the API writes instants."""
    return None if day is None else f"{day.isoformat()}T00:00:00"


def billing_period_key(billing_period: str) -> str:
    """The name of a billing period without regard to case, spaces and hyphens."""
    return re.sub(r"[^a-z]", "", billing_period.lower())


def account_summary(account: Account) -> JsonObject:
    return {
        "AccountNumber": account.number,
        "Account": _account(account),
        **blank.ACCOUNT_SUMMARY,
        **blank.ACCOUNT_COUNTS,
    }


def account_detail(account: Account, index: TigerpawIndex) -> JsonObject:
    return {
        "AccountNumber": account.number,
        "Account": _account(account),
        "Accounting": {**blank.ACCOUNTING_DETAIL, "SalesTaxCode": "None"},
        "Marketing": blank.MARKETING_DETAIL,
        "Service": blank.SERVICE_DETAIL,
        "PrimaryContact": blank.PERSON,
        "PrimaryRep": blank.PERSON,
        **blank.ACCOUNT_DETAIL_ROWS,
        "ExternalProducts": cross_references(account, index),
        **blank.ACCOUNT_COUNTS,
    }


def account_service_details(account: Account, index: TigerpawIndex) -> JsonObject:
    return {
        "AccountNumber": account.number,
        "Detail": blank.SERVICE_DETAIL,
        "ExternalProducts": cross_references(account, index),
        "Systems": [],
        "CoManagedTechnicians": [],
    }


def cross_references(account: Account, index: TigerpawIndex) -> list[JsonObject]:
    return [cross_reference(account, product, index) for product in account.external_products]


def cross_reference(account: Account, product: str, index: TigerpawIndex) -> JsonObject:
    """The AccountExternalProduct model.

    our choice: a scenario holds the product's name alone, so the ids are made from the numbers of account and product, ExternalId is
    the account's number, and ExternalSystemId and Comment are empty.
    """
    product_id = index.external_products[product]
    return {
        "AccountExternalProductId": account.number * 100 + product_id,
        "ExternalProductId": product_id,
        "ExternalProduct": product,
        "ExternalId": str(account.number),
        "ExternalSystemId": None,
        "Comment": None,
    }


def external_product(name: str, number: int) -> JsonObject:
    # our choice: the numbers of product types are not public
    return {"ExternalProductId": number, "Product": name, "ProductType": 0, "SystemEntry": False, "Active": True}


def rep_summary(number: int) -> JsonObject:
    return {
        **blank.REP,
        "RepNumber": number,
        "Status": "Active",
        "FirstName": "Rep",
        "LastName": str(number),
        "DisplayName": f"Rep {number}",
        "SearchName": f"{number}, Rep",
    }


def rep_detail(number: int) -> JsonObject:
    return {**rep_summary(number), "RepPreferences": {"DefaultTimeLogReason": None}}


def agreement_summary(owned: OwnedAgreement) -> JsonObject:
    return {
        "AgreementNumber": owned.agreement.number,
        "AccountName": owned.account.name,
        "Agreement": _agreement(owned),
        **blank.AGREEMENT_COMMON,
        "AdditionalCharges": len(owned.agreement.charges),
        "CoveredAssetTypes": 0,
        "CustomerAssetTypes": 0,
    }


def agreement_detail(owned: OwnedAgreement) -> JsonObject:
    return {
        "AgreementNumber": owned.agreement.number,
        "Account": _account(owned.account),
        "Agreement": _agreement(owned),
        **blank.AGREEMENT_COMMON,
        "AdditionalCharges": additional_charges(owned.agreement),
        "CoveredAssetTypes": [],
        "CustomerAssetTypes": [],
    }


def agreement_bill_to(account: Account) -> JsonObject:
    return {**blank.AGREEMENT_BILL_TO, "Name": account.name}


def additional_charges(agreement: Agreement) -> list[JsonObject]:
    return [additional_charge(charge, agreement) for charge in agreement.charges]


def additional_charge(charge: Charge, agreement: Agreement) -> JsonObject:
    return {
        "DetailId": charge.detail_id,
        "SpecialItemId": charge.item_id,
        "ItemDescription": charge.description,
        "Quantity": charge.quantity,
        "Price": _number(charge.price),
        **_STANDARD_PRICE_LEVEL,
        # our choice: the values of Source are not public (reference 1.8 uses the same placeholder)
        "Source": 1,
        "SourceDescription": "API",
        "PrintWhenQuantityZero": False,
        "DeleteAfterInvoicing": charge.delete_after_invoicing,
        "DateAdded": midnight(charge.date_added or agreement.start),
        "UseFlatPrice": False,
    }


def price_book_summary(item: PriceBookItem) -> JsonObject:
    return {
        "ItemId": item.item_id,
        "PriceBookItemNumber": item.number,
        "Item": _item(item),
        "Assembly": [],
        "DefaultProjectPhase": None,
        "VendorPartNumbers": None,
        **blank.INVENTORY_COUNT,
    }


def price_book_detail(item: PriceBookItem) -> JsonObject:
    pricing = {**blank.PRICING_DETAIL, "PriceLevel": 1, "Description": "Standard", "SellingPrice": _number(item.price)}
    return {
        "ItemId": item.item_id,
        "PriceBookItemNumber": item.number,
        "Item": _item(item),
        "DefaultProjectPhase": None,
        "Pricing": [pricing],
        "Vendors": [],
        "Purchasing": blank.PURCHASING,
        "Inventory": blank.INVENTORY_COUNT,
        "Assembly": [],
        "Discounts": [],
        "CustomFields": [],
    }


def product_information(version: str) -> JsonObject:
    return {
        "HasValidLicense": True,
        "IsUsingNamedUserLicense": False,
        "IsTigerpawOne": True,
        "IsArchivedDatabase": False,
        "DatabaseVersion": version,
    }


def _account(account: Account) -> JsonObject:
    # our choice: AccountId is the number as text; the scenario knows neither type nor status, so every account is an active customer
    return {
        **blank.ACCOUNT,
        "Name": account.name,
        "AccountId": str(account.number),
        "AccountType": "Customer",
        "Status": "Active",
    }


def _agreement(owned: OwnedAgreement) -> JsonObject:
    account, agreement = owned.account, owned.agreement
    period = billing_period_key(agreement.billing_period)
    return {
        **blank.AGREEMENT,
        "AccountNumber": account.number,
        # our choice: an agreement shows the first product that its account is cross-referenced to
        "ExternalProduct": next(iter(account.external_products), None),
        "StartDate": midnight(agreement.start),
        "EndDate": midnight(agreement.end),
        "Type": agreement.type,
        "LastBilledDate": midnight(agreement.last_billed),
        "BillingPeriod": _BILLING_PERIODS.index(period) if period in _BILLING_PERIODS else None,
        "BillingPeriodDescription": agreement.billing_period,
        "NextBillingPeriod": midnight(agreement.next_billing_period),
        "DayToBill": agreement.day_to_bill,
        "TotalPrice": _number(sum((charge.quantity * (charge.price or Decimal(0)) for charge in agreement.charges), Decimal(0))),
        "DateCreated": midnight(agreement.start),
        "AgreementBillTo": agreement_bill_to(account),
    }


def _item(item: PriceBookItem) -> JsonObject:
    return {
        **blank.PRICE_BOOK_ITEM,
        "ItemDescription": item.description,
        "Type": item.type,
        "Status": "Inactive" if item.inactive else "Active",
        "Inactive": item.inactive,
        "Comments": "",
        "PrintOnInvoice": True,
    }


def _number(money: Decimal | None) -> float | None:
    return None if money is None else float(money)
