"""REST operations on agreements and their additional charges, all of them reading (Tigerpaw reference 1.7)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tallybridge.sandbox.tigerpaw import models
from tallybridge.sandbox.tigerpaw.accounts import account_of
from tallybridge.sandbox.tigerpaw.index import OwnedAgreement
from tallybridge.sandbox.tigerpaw.paging import PageRequest, page_request
from tallybridge.sandbox.tigerpaw.result_pages import found, simple_page_request
from tallybridge.sandbox.tigerpaw.routing import RestCall, RestError, Route
from tallybridge.sandbox.tigerpaw.search import Search, Values, advanced_search, date_search, simple_search

if TYPE_CHECKING:
    from collections.abc import Mapping

# our choice: the description lists no search types for agreements; these are the names of the dedicated searches
_SEARCH_TYPES = ("AgreementNumber", "AgreementType", "ContractNumber", "StartDate", "EndDate", "ExternalProduct")


def _values(owned: OwnedAgreement) -> Mapping[str, Values]:
    agreement = owned.agreement
    return {
        "agreementnumber": lambda: [str(agreement.number)],
        "agreementtype": lambda: [agreement.type],
        "contractnumber": list,
        "startdate": lambda: [day] if (day := models.midnight(agreement.start)) else [],
        "enddate": lambda: [day] if (day := models.midnight(agreement.end)) else [],
        "externalproduct": lambda: owned.account.external_products[:1],
    }


def _page(call: RestCall, search: Search, wanted: PageRequest) -> Any:
    agreements = [owned for owned in call.index.agreements.values() if search.finds(_values(owned))]
    return found("Agreements", agreements, wanted, models.agreement_summary)


def _advanced(call: RestCall) -> Any:
    return _page(call, advanced_search(call.body, _SEARCH_TYPES), page_request(call.body.items()))


def _simple(search_type: str, call: RestCall) -> Any:
    return _page(call, simple_search(search_type, call.body), simple_page_request(call))


def _by_date(search_type: str, call: RestCall) -> Any:
    return _page(call, date_search(search_type, call.body), simple_page_request(call))


def _of_account(call: RestCall) -> Any:
    account = account_of(call)
    active_only = call.flag("activeOnly")
    agreements = [
        OwnedAgreement(account, agreement)
        for agreement in account.agreements
        # our choice: an agreement is active until its last day has passed
        if not (active_only and agreement.end is not None and agreement.end < call.today)
    ]
    wanted = simple_page_request(call)
    if not any("startrow" in name or "pagesize" in name for name in call.query):
        # our choice: no paging is published for this operation, so all agreements come at once unless a page is asked for
        wanted = PageRequest(page_size=max(wanted.page_size, len(agreements)))
    return found("Agreements", agreements, wanted, models.agreement_summary)


def _owned(call: RestCall) -> OwnedAgreement:
    owned = call.index.agreements.get(call.numbers[0])
    if owned is None:
        raise RestError(404, f"Agreement {call.numbers[0]} was not found.")
    return owned


def _summary(call: RestCall) -> Any:
    return models.agreement_summary(_owned(call))


def _details(call: RestCall) -> Any:
    return models.agreement_detail(_owned(call))


def _additional_charges(call: RestCall) -> Any:
    return models.additional_charges(_owned(call).agreement)


def _additional_charge(call: RestCall) -> Any:
    agreement = _owned(call).agreement
    for charge in agreement.charges:
        if charge.detail_id == call.numbers[1]:
            return models.additional_charge(charge, agreement)
    raise RestError(404, f"Additional charge {call.numbers[1]} of agreement {agreement.number} was not found.")


def _bill_to(call: RestCall) -> Any:
    return models.agreement_bill_to(_owned(call).account)


def _no_assets(call: RestCall) -> Any:
    # the sandbox simulates no assets
    _owned(call)
    return []


def _no_such_asset(call: RestCall) -> Any:
    raise RestError(404, f"Asset {call.numbers[-1]} of agreement {_owned(call).agreement.number} was not found.")


_ONE = "/api/agreements/{number}"
_OF_ACCOUNT = "/api/agreements/account/{number}"
_ASSETS = f"{_ONE}/account/{{number}}/customerassets"
_FOUND = "SearchAgreementResponse"

ROUTES = [
    Route("GET", _OF_ACCOUNT, _FOUND, _of_account),
    Route("GET", f"{_OF_ACCOUNT}/{{flag}}", _FOUND, _of_account),
    Route("POST", "/api/agreements/search", _FOUND, _advanced),
    *(
        Route("POST", f"/api/agreements/search/{name.lower()}", _FOUND, partial(_simple, name))
        for name in ("AgreementNumber", "AgreementType", "ContractNumber", "ExternalProduct")
    ),
    *(Route("POST", f"/api/agreements/search/{name.lower()}", _FOUND, partial(_by_date, name)) for name in ("StartDate", "EndDate")),
    Route("GET", _ONE, "AgreementSummary", _summary),
    Route("GET", f"{_ONE}/details", "AgreementDetail", _details),
    Route("GET", f"{_ONE}/additionalcharges", "ArrayOfAgreementAdditionalCharge", _additional_charges),
    Route("GET", f"{_ONE}/additionalcharges/{{number}}", "AgreementAdditionalCharge", _additional_charge),
    Route("GET", f"{_ONE}/billto", "AgreementBillTo", _bill_to),
    Route("GET", f"{_ONE}/coveredassets", "ArrayOfAgreementCoveredAssetType", _no_assets),
    Route("GET", f"{_ONE}/coveredassets/{{number}}", "AgreementCoveredAssetType", _no_such_asset),
    Route("GET", _ASSETS, "ArrayOfAgreementCustomerAsset", _no_assets),
    Route("GET", f"{_ASSETS}/{{number}}", "AgreementCustomerAsset", _no_such_asset),
    Route("GET", f"{_ASSETS}/provider/{{number}}", "AgreementCustomerAsset", _no_such_asset),
]
