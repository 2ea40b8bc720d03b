"""REST operations on accounts and their cross-references to External Products (Tigerpaw reference 1.7)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tallybridge.sandbox.tigerpaw import models
from tallybridge.sandbox.tigerpaw.paging import page_request
from tallybridge.sandbox.tigerpaw.result_pages import found, simple_page_request
from tallybridge.sandbox.tigerpaw.routing import BusinessError, RestCall, RestError, Route
from tallybridge.sandbox.tigerpaw.search import Search, Values, advanced_search, simple_search

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tallybridge.sandbox.scenario import Account

_SEARCH_TYPES = [
    "AccountName",
    "Address",
    "PostalCode",
    "Email",
    "PhoneNumber",
    "AccountNumber",
    "AccountId",
    "AccountNameSoundsLike",
    "ExternalId",
    "Agreement",
    "CustomField",
    "ContactName",
    "ExternalProduct",
    "AccountType",
    "AccountStatus",
]

_SIMPLE_SEARCHES = {
    "accountid": "AccountId",
    "accountnumber": "AccountNumber",
    "accountstatus": "AccountStatus",
    "accounttype": "AccountType",
    "address": "Address",
    "agreement": "Agreement",
    "contact/name": "ContactName",
    "email": "Email",
    "externalid": "ExternalId",
    "name": "AccountName",
    "name/soundslike": "AccountNameSoundsLike",
    "phone": "PhoneNumber",
    "postalcode": "PostalCode",
}


def _values(account: Account) -> Mapping[str, Values]:
    number = str(account.number)
    known: dict[str, Values] = {name.lower(): list for name in _SEARCH_TYPES}
    known["accountname"] = lambda: [account.name]
    # our choice: names sound alike when they match
    known["accountnamesoundslike"] = known["accountname"]
    known["accountnumber"] = lambda: [number]
    known["accountid"] = known["accountnumber"]
    known["externalid"] = lambda: [number] if account.external_products else []
    known["agreement"] = lambda: [str(agreement.number) for agreement in account.agreements]
    known["externalproduct"] = lambda: account.external_products
    known["accounttype"] = lambda: ["Customer"]
    known["accountstatus"] = lambda: ["Active"]
    return known


def _find(call: RestCall, search: Search) -> list[Account]:
    return [account for account in call.tigerpaw.accounts if search.finds(_values(account))]


def _advanced(call: RestCall) -> Any:
    search = advanced_search(call.body, _SEARCH_TYPES)
    return found("Accounts", _find(call, search), page_request(call.body.items()), models.account_summary)


def _simple(search_type: str, call: RestCall) -> Any:
    accounts = _find(call, simple_search(search_type, call.body))
    return found("Accounts", accounts, simple_page_request(call), models.account_summary)


def _by_custom_field(call: RestCall) -> Any:
    # our choice: nothing has custom fields here
    return found("Accounts", [], simple_page_request(call), models.account_summary)


def account_of(call: RestCall) -> Account:
    """The account whose number stands first in the path. Raises RestError 404."""
    account = call.index.accounts.get(call.numbers[0])
    if account is None:
        raise RestError(404, f"Account {call.numbers[0]} was not found.")
    return account


def _summary(call: RestCall) -> Any:
    return models.account_summary(account_of(call))


def _details(call: RestCall) -> Any:
    return models.account_detail(account_of(call), call.index)


def _service(call: RestCall) -> Any:
    return models.account_service_details(account_of(call), call.index)


def _custom_fields(call: RestCall) -> Any:
    account_of(call)
    return []


def _put_custom_fields(call: RestCall) -> Any:
    account_of(call)
    if call.body:
        raise BusinessError("There are no custom fields.")
    return {"Fields": [], "Success": True, "Message": None}


def _cross_references(call: RestCall) -> Any:
    return models.cross_references(account_of(call), call.index)


def _cross_reference(call: RestCall) -> Any:
    account = account_of(call)
    return models.cross_reference(account, _product_with(account, call.numbers[1], call), call.index)


def _add_cross_reference(call: RestCall) -> Any:
    account = account_of(call)
    product = _product_sent(call)
    if product in account.external_products:
        # our choice: one cross-reference per account and product
        raise BusinessError(f"The account is already cross-referenced to '{product}'.")
    account.external_products.append(product)
    return _written(account, product, call)


def _change_cross_reference(call: RestCall) -> Any:
    account = account_of(call)
    # our choice: the path's externalproductid may be either number, the cross-reference's or the product's
    own_products = {call.index.external_products[product]: product for product in account.external_products}
    before = own_products.get(call.numbers[1]) or _product_with(account, call.numbers[1], call)
    product = _product_sent(call)
    if product != before and product in account.external_products:
        raise BusinessError(f"The account is already cross-referenced to '{product}'.")
    account.external_products[account.external_products.index(before)] = product
    return _written(account, product, call)


def _delete_cross_reference(call: RestCall) -> Any:
    account = account_of(call)
    text = call.query.get("id", "")
    if not text.isdecimal():
        raise RestError(400, "The query parameter id must be the number of a cross-reference.")
    account.external_products.remove(_product_with(account, int(text), call))
    return {"Success": True, "Message": None}


def _product_with(account: Account, cross_reference_id: int, call: RestCall) -> str:
    for product in account.external_products:
        if models.cross_reference(account, product, call.index)["AccountExternalProductId"] == cross_reference_id:
            return product
    raise RestError(404, f"External product {cross_reference_id} of account {account.number} was not found.")


def _product_sent(call: RestCall) -> str:
    """The product that the body names, by ExternalProductId or by name."""
    sent = {name.lower(): value for name, value in call.body.items()} if isinstance(call.body, dict) else {}
    if not str(sent.get("externalid") or "").strip():
        raise BusinessError("ExternalId is required.")
    number, name = sent.get("externalproductid"), sent.get("externalproduct")
    for product, product_id in call.index.external_products.items():
        # our choice: the id wins; 0 or nothing means that the name counts
        if (str(product_id) == str(number)) if number not in {None, "", 0, "0"} else (product == name):
            return product
    raise BusinessError("The external product is unknown.")


def _written(account: Account, product: str, call: RestCall) -> Any:
    return {"ExternalProduct": models.cross_reference(account, product, call.index), "Success": True, "Message": None}


_ONE = "/api/accounts/{number}"
_PRODUCTS = f"{_ONE}/service/externalproducts"
_FOUND = "SearchAccountResponse"

ROUTES = [
    Route("POST", "/api/accounts/search", _FOUND, _advanced),
    *(Route("POST", f"/api/accounts/search/{path}", _FOUND, partial(_simple, search_type)) for path, search_type in _SIMPLE_SEARCHES.items()),
    Route("POST", "/api/accounts/search/customfield", _FOUND, _by_custom_field),
    Route("GET", _ONE, "AccountSummary", _summary),
    Route("GET", f"{_ONE}/details", "AccountDetail", _details),
    Route("GET", f"{_ONE}/service", "AccountServiceDetails", _service),
    Route("GET", f"{_ONE}/customfields", "ArrayOfCustomField", _custom_fields),
    Route("PUT", f"{_ONE}/customfields", "CustomFieldsResponse", _put_custom_fields),
    Route("GET", _PRODUCTS, "ArrayOfAccountExternalProduct", _cross_references),
    Route("POST", _PRODUCTS, "AccountExternalProductResponse", _add_cross_reference),
    Route("DELETE", _PRODUCTS, "Response", _delete_cross_reference),
    Route("GET", f"{_PRODUCTS}/{{number}}", "AccountExternalProduct", _cross_reference),
    Route("PUT", f"{_PRODUCTS}/{{number}}", "AccountExternalProductResponse", _change_cross_reference),
]
