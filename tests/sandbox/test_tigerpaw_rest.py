"""The REST operations of the simulated Tigerpaw, each 200 reply held against the published models (Tigerpaw reference 1.4, 1.7)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tallybridge.sandbox.http import Request
from tallybridge.sandbox.scenario import Fault
from tallybridge.sandbox.tigerpaw.index import index_of
from tests.openapi_contract import assert_reply_is_published, model_members, published_operations
from tests.sandbox.tigerpaw_caller import Caller, usual_tigerpaw, world_of

CROSS_REFERENCES = "/api/accounts/1053145/service/externalproducts"


@pytest.fixture
def caller() -> Caller:
    return Caller(world_of(usual_tigerpaw()))


READING = [
    ("/api/diagnostics/validate/user", "Response"),
    ("/api/diagnostics/productInformation", "ProductInformation"),
    ("/api/diagnostics/database/version", "Response"),
    ("/api/accounts/1053145", "AccountSummary"),
    ("/api/accounts/1053145/details", "AccountDetail"),
    ("/api/accounts/1053145/service", "AccountServiceDetails"),
    ("/api/accounts/1053145/customfields", "CustomField"),
    ("/api/accounts/1053145/service/externalproducts", "AccountExternalProduct"),
    ("/api/accounts/1053145/service/externalproducts/105314501", "AccountExternalProduct"),
    ("/api/agreements/account/1053145", "SearchAgreementResponse"),
    ("/api/agreements/account/1053145/true", "SearchAgreementResponse"),
    ("/api/agreements/2041", "AgreementSummary"),
    ("/api/agreements/2041/details", "AgreementDetail"),
    ("/api/agreements/2041/additionalcharges", "AgreementAdditionalCharge"),
    ("/api/agreements/2041/additionalcharges/9001", "AgreementAdditionalCharge"),
    ("/api/agreements/2041/billto", "AgreementBillTo"),
    ("/api/agreements/2041/coveredassets", "AgreementCoveredAssetType"),
    ("/api/agreements/2041/account/1053145/customerassets", "AgreementCustomerAsset"),
    ("/api/mastertables/externalproducts", "ExternalProduct"),
    ("/api/mastertables/externalproducts/true", "ExternalProduct"),
    ("/api/mastertables/reps", "RepSummary"),
    ("/api/mastertables/reps/true", "RepSummary"),
    ("/api/reps/68", "RepSummary"),
    ("/api/reps/68/details", "RepDetail"),
    ("/api/pricebook/items/1", "PriceBookItemSummary"),
    ("/api/pricebook/items/1/details", "PriceBookItemDetail"),
]


@pytest.mark.parametrize(("path", "model"), READING, ids=[path for path, _ in READING])
def test_a_reply_holds_every_member_of_its_published_model(caller: Caller, path: str, model: str) -> None:
    reply = caller.get(path)
    for record in reply if isinstance(reply, list) else [reply]:
        assert set(record) == model_members(model)


def test_nested_models_are_complete_too(caller: Caller) -> None:
    details = caller.get("/api/agreements/2041/details")
    item = caller.get("/api/pricebook/items/1/details")
    whole = {
        "Account": details["Account"],
        "Agreement": details["Agreement"],
        "AgreementBillTo": details["Agreement"]["AgreementBillTo"],
        "AgreementAdditionalCharge": details["AdditionalCharges"][0],
        "PriceBookItem": item["Item"],
        "PricingDetail": item["Pricing"][0],
        "Purchasing": item["Purchasing"],
        "InventoryCount": item["Inventory"],
        "AccountingDetail": caller.get("/api/accounts/1053145/details")["Accounting"],
    }
    assert {model: set(value) for model, value in whole.items()} == {model: model_members(model) for model in whole}


@pytest.mark.parametrize(
    "spoiled",
    [{"Success": "yes"}, {"Success": True, "Extra": 1}, {"Message": 7}, []],
    ids=["another type", "an unknown member", "a number for text", "a list for an object"],
)
def test_the_contract_check_can_fail(spoiled: Any) -> None:
    with pytest.raises(AssertionError):
        assert_reply_is_published("GET", "/api/diagnostics/validate/user", spoiled)


@pytest.mark.parametrize(
    "member",
    [{"Quantity": 42.0}, {"Quantity": "42"}, {"Quantity": True}, {"DateAdded": "2026-11-22T02:30:00Z"}, {"Tax": None}],
    ids=["a fraction for a quantity", "text for a quantity", "a truth for a quantity", "a date with a zone", "an unknown member"],
)
def test_the_contract_check_reaches_inside_lists(caller: Caller, member: dict[str, Any]) -> None:
    details = caller.get("/api/agreements/2041/details")
    details["AdditionalCharges"][0] |= member
    with pytest.raises(AssertionError, match="AdditionalCharges"):
        assert_reply_is_published("GET", "/api/agreements/2041/details", details)


def test_an_agreement_shows_what_the_scenario_says(caller: Caller) -> None:
    summary = caller.get("/api/agreements/2041")
    assert (summary["AgreementNumber"], summary["AccountName"], summary["AdditionalCharges"]) == (2041, "Contoso Dental", 1)
    inner = summary["Agreement"]
    assert inner["AccountNumber"] == 1053145
    assert inner["ExternalProduct"] == "Kaspersky MSP"
    assert inner["StartDate"] == "2026-01-01T00:00:00"
    assert inner["EndDate"] is None
    assert inner["Type"] == "Managed Services"
    assert inner["BillingPeriodDescription"] == "Monthly"
    assert inner["NextBillingPeriod"] == "2026-12-01T00:00:00"
    assert inner["LastBilledDate"] is None
    assert inner["DayToBill"] == 1
    assert inner["TotalPrice"] == 42 * 4.5


def test_an_ended_agreement_is_still_read_and_shows_its_end(caller: Caller) -> None:
    inner = caller.get("/api/agreements/2042")["Agreement"]
    assert (inner["EndDate"], inner["Type"]) == ("2026-06-30T00:00:00", "Phones")


def test_an_item_without_a_price_has_none_and_gives_none_to_a_new_line() -> None:
    document = usual_tigerpaw()
    document["price_book"][0]["price"] = None
    caller = Caller(world_of(document))
    assert caller.get("/api/pricebook/items/1/details")["Pricing"][0]["SellingPrice"] is None
    caller.submit('<Charge action="upsert" itemId="KES-WKS" quantity="7"/>')
    assert caller.charges()[-1]["Price"] is None


def test_a_charge_shows_what_the_scenario_says(caller: Caller) -> None:
    (charge,) = caller.charges()
    assert charge["DetailId"] == 9001
    assert charge["SpecialItemId"] == "KES-WKS"
    assert charge["ItemDescription"] == "Workstations"
    assert charge["Quantity"] == 42
    assert charge["Price"] == 4.5
    assert charge["DeleteAfterInvoicing"] is False


def test_details_hold_the_lines_where_the_summary_holds_their_number(caller: Caller) -> None:
    assert caller.get("/api/agreements/2041/details")["AdditionalCharges"] == caller.charges()


@pytest.mark.parametrize(
    ("path", "query", "numbers"),
    [
        ("/api/agreements/account/1053145", {}, [2041, 2042]),
        ("/api/agreements/account/1053145/false", {}, [2041, 2042]),
        ("/api/agreements/account/1053145/true", {}, [2041]),
        ("/api/agreements/account/1053145/TRUE", {}, [2041]),
        ("/api/agreements/account/1053145", {"activeOnly": "true"}, [2041]),
        ("/api/agreements/account/1053147/true", {}, []),
    ],
    ids=["all", "not active only", "active only", "in capitals", "as a parameter", "ended yesterday"],
)
def test_ended_agreements_are_left_out_of_the_active_ones(caller: Caller, path: str, query: dict[str, str], numbers: list[int]) -> None:
    found = caller.get(path, **query)
    assert [each["AgreementNumber"] for each in found["Agreements"]] == numbers
    assert (found["TotalCount"], found["NextRow"], found["Success"]) == (len(numbers), 0, True)


def test_an_agreement_is_active_on_its_last_day() -> None:
    document = usual_tigerpaw()
    document["accounts"][0]["agreements"][1]["end"] = "2026-11-22"
    found = Caller(world_of(document)).get("/api/agreements/account/1053145/true")
    assert [each["AgreementNumber"] for each in found["Agreements"]] == [2041, 2042]


@pytest.mark.parametrize(
    "path", ["/API/ACCOUNTS/1053145", "/api/Accounts/1053145/", "/api/accounts/1053145"], ids=["capitals", "slash at the end", "plain"]
)
def test_paths_match_in_any_case(caller: Caller, path: str) -> None:
    assert json.loads(caller.rest("GET", path).body)["AccountNumber"] == 1053145


UNKNOWN = [
    ("GET", "/api/accounts/99"),
    ("GET", "/api/accounts/99/details"),
    ("GET", "/api/accounts/99/service/externalproducts"),
    ("GET", "/api/accounts/1053145/service/externalproducts/5"),
    ("GET", "/api/agreements/99"),
    ("GET", "/api/agreements/99/details"),
    ("GET", "/api/agreements/account/99/true"),
    ("GET", "/api/agreements/99/additionalcharges"),
    ("GET", "/api/agreements/2041/additionalcharges/9010"),
    ("GET", "/api/agreements/2041/coveredassets/1"),
    ("GET", "/api/pricebook/items/99"),
    ("GET", "/api/reps/99"),
    ("GET", "/api/nothing"),
    ("GET", "/"),
]


@pytest.mark.parametrize(("method", "path"), UNKNOWN, ids=[path for _, path in UNKNOWN])
def test_what_is_not_there_answers_404_with_a_message(caller: Caller, method: str, path: str) -> None:
    status, message = caller.refusal(method, path)
    assert status == 404
    assert message


def test_agreements_cannot_be_written_by_rest(caller: Caller) -> None:
    assert caller.refusal("PUT", "/api/agreements/2041", {})[0] == 405


def test_a_price_book_item_is_found_by_its_whole_id(caller: Caller) -> None:
    assert caller.get("/api/pricebook/items", itemId="KES-WKS")["PriceBookItemNumber"] == 1
    assert caller.get("/api/pricebook/items/details", itemid="KES-WKS-PLUS")["Pricing"][0]["SellingPrice"] == 7.25
    assert caller.refusal("GET", "/api/pricebook/items", itemId="KES")[0] == 404
    assert caller.get("/api/pricebook/items", itemId="KES-OLD")["Item"]["Inactive"] is True


def test_external_products_and_reps_are_those_of_the_scenario(caller: Caller) -> None:
    products = caller.get("/api/mastertables/externalproducts", excludeSystemEntries="true")
    assert [(each["ExternalProductId"], each["Product"]) for each in products] == [(1, "Kaspersky MSP"), (2, "Other RMM")]
    assert [each["RepNumber"] for each in caller.get("/api/mastertables/reps", activeOnly="true")] == [68]


def test_the_version_is_the_scenarios(caller: Caller) -> None:
    assert caller.get("/api/diagnostics/productInformation")["DatabaseVersion"] == "18.2.1"


def test_a_cross_reference_can_be_added_changed_and_deleted(caller: Caller) -> None:
    added = caller.json("POST", CROSS_REFERENCES, {"ExternalProductId": 2, "ExternalId": "vs-14"})
    assert added["Success"] is True
    assert added["ExternalProduct"]["ExternalProduct"] == "Other RMM"
    assert names_of(caller) == ["Kaspersky MSP", "Other RMM"]
    deleted = caller.json("DELETE", CROSS_REFERENCES, id=str(caller.get(CROSS_REFERENCES)[0]["AccountExternalProductId"]))
    assert deleted == {"Success": True, "Message": None}
    number = added["ExternalProduct"]["AccountExternalProductId"]
    changed = caller.json("PUT", f"{CROSS_REFERENCES}/{number}", {"ExternalProduct": "Kaspersky MSP", "ExternalId": "vs-14"})
    assert changed["ExternalProduct"]["ExternalProductId"] == 1
    assert names_of(caller) == ["Kaspersky MSP"]
    assert caller.world.state()["tigerpaw"]["accounts"][0]["external_products"] == ["Kaspersky MSP"]


def names_of(caller: Caller) -> list[str]:
    return [each["ExternalProduct"] for each in caller.get(CROSS_REFERENCES)]


@pytest.mark.parametrize(
    "body",
    [
        {"ExternalProductId": 2},
        {"ExternalProduct": "Nothing", "ExternalId": "vs-14"},
        {"ExternalProductId": 1, "ExternalId": "vs-14"},
        None,
    ],
    ids=["without the required ExternalId", "unknown product", "already there", "no body"],
)
def test_a_cross_reference_that_cannot_be_added_is_a_business_error(caller: Caller, body: Any) -> None:
    reply = caller.json("POST", CROSS_REFERENCES, body)
    assert reply["Success"] is False
    assert reply["Message"]
    assert names_of(caller) == ["Kaspersky MSP"]


def test_fault_success_false_comes_inside_http_200_and_does_nothing(caller: Caller) -> None:
    caller.fault = Fault(on="tigerpaw_rest", call="*", do="success_false", message="Locked by another user.")
    reply = caller.json("POST", CROSS_REFERENCES, {"ExternalProductId": 2, "ExternalId": "vs-14"})
    assert reply == {"Success": False, "Message": "Locked by another user."}
    assert json.loads(caller.rest("GET", "/api/agreements/2041").body)["Success"] is False
    caller.fault = None
    assert names_of(caller) == ["Kaspersky MSP"]


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_without_its_length_answers_411(caller: Caller, method: str) -> None:
    assert caller.rest(method, "/api/accounts/search/name", "Con", headers={"content-length": None}).status == 411


def test_calls_are_named_by_their_path_in_lower_case(caller: Caller) -> None:
    call = caller.simulator.identify(Request("GET", "/api/Agreements/2041/Details", [("a", "b")], {}, b"", 1))
    assert (call.on, call.name) == ("tigerpaw_rest", "/api/agreements/2041/details")


def test_a_replaced_scenario_is_served_at_once(caller: Caller) -> None:
    assert caller.get("/api/agreements/2041")["AgreementNumber"] == 2041
    document = usual_tigerpaw()
    document["accounts"][0]["agreements"][0]["number"] = 3000
    caller.world.replace(world_of(document).scenario)
    assert caller.refusal("GET", "/api/agreements/2041")[0] == 404
    assert caller.get("/api/agreements/3000")["AgreementNumber"] == 3000


def test_the_index_is_kept_until_the_scenario_is_replaced(caller: Caller) -> None:
    before = index_of(caller.world)
    caller.submit('<Charge action="upsert" itemId="KES-WKS" quantity="7"/>')
    assert index_of(caller.world) is before
    caller.world.replace(world_of(usual_tigerpaw()).scenario)
    assert index_of(caller.world) is not before


def test_every_published_operation_of_billing_has_a_route(caller: Caller) -> None:
    missing = []
    for method, template in published_operations():
        path = re.sub(r"\{(\w+)\}", lambda found: "true" if found[1].endswith(("Only", "Entries")) else "7", template)
        reply = caller.rest(method, path, {} if method in {"POST", "PUT"} else None)
        if reply.status == 405 or b"No HTTP resource" in reply.body:
            missing.append((method, template))
    assert missing == []
