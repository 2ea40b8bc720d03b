"""The companies of a scenario: the format of contracts 5 without `exported`."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tallybridge.sandbox import ScenarioError, parse_scenario
from tallybridge.sandbox.scenario import dump_scenario
from tests.docs.documents import blocks

THE_CONTRACTS_COMPANY: dict[str, Any] = {
    "id": "c-17",
    "name": "Fabrikam",
    "licenses": [
        {
            "id": "l-1",
            "application": "Kaspersky Endpoint Security Cloud Plus",
            "kind": "subscription",
            "state": "active",
            "expires": "2027-06-30T00:00:00Z",
        },
        {"id": "l-2", "application": "Kaspersky Security for Microsoft Office 365", "kind": "commercial", "state": "active", "expires": None},
    ],
    "devices": [{"id": "d-1", "name": "LAPTOP-3", "os_name": "Microsoft Windows 11", "type": "laptop", "license": "l-1"}],
    "mailboxes": [{"address": "anna@fabrikam.example", "protected": True, "license": "l-2"}],
}


def companies(*given: dict[str, Any]) -> dict[str, Any]:
    """A scenario of companies alone."""
    return {"business_hub": {"companies": list(given)}}


def company(**members: Any) -> dict[str, Any]:
    """A company with these members."""
    return {"id": "c-1", "name": "A", **members}


def shown(document: dict[str, Any]) -> Any:
    """The companies as the state shows them."""
    return dump_scenario(parse_scenario(document))["business_hub"]["companies"]


def test_the_contracts_company_comes_back_as_it_went_in() -> None:
    assert shown(companies(THE_CONTRACTS_COMPANY)) == [THE_CONTRACTS_COMPANY]


def test_without_companies_there_are_none() -> None:
    assert shown({}) == shown({"business_hub": {}}) == []


def test_members_that_are_left_out_are_the_documented_ones() -> None:
    documented = parse_scenario(companies(_documented_company()))
    (bare,) = documented.business_hub.companies
    required = company(
        id=bare.id,
        name=bare.name,
        licenses=[{"id": one.id, "application": one.application} for one in bare.licenses],
        devices=[{"id": one.id, "name": one.name} for one in bare.devices],
        mailboxes=[{"address": one.address} for one in bare.mailboxes],
    )
    assert shown(companies(required)) == [_documented_company()]
    assert shown(companies(company())) == [company(licenses=[], devices=[], mailboxes=[])]


@pytest.mark.parametrize("kind", ["commercial", "subscription", "trial", "beta", "test", "oem"])
@pytest.mark.parametrize("state", ["active", "paused", "canceled"])
def test_every_kind_and_state_of_the_contract_is_taken(kind: str, state: str) -> None:
    license_ = {"id": "l", "application": "X", "kind": kind, "state": state, "expires": None}
    assert shown(companies(company(licenses=[license_])))[0]["licenses"] == [license_]


@pytest.mark.parametrize("type_", ["desktop", "laptop", "file_server", "mobile"])
def test_every_type_of_device_of_the_contract_is_taken(type_: str) -> None:
    assert shown(companies(company(devices=[{"id": "d", "name": "D", "type": type_}])))[0]["devices"][0]["type"] == type_


def test_an_expiry_is_shown_in_utc() -> None:
    license_ = {"id": "l", "application": "X", "expires": "2027-06-30T02:00:00+02:00"}
    assert shown(companies(company(licenses=[license_])))[0]["licenses"][0]["expires"] == "2027-06-30T00:00:00Z"


LICENSE = {"id": "l", "application": "X"}


@pytest.mark.parametrize(
    ("member", "path", "expected"),
    [
        ({"color": 1}, "", "unknown field `color`"),
        ({"exported": "2026-11-22T01:00:00Z"}, "", "unknown field `exported`"),
        ({"id": 17}, ".id", "Expected `str`"),
        ({"licenses": [{"id": "l"}]}, ".licenses[0]", "required field `application`"),
        ({"licenses": [{"application": "X"}]}, ".licenses[0]", "required field `id`"),
        ({"licenses": [{**LICENSE, "kind": "gift"}]}, ".licenses[0].kind", "'gift'"),
        ({"licenses": [{**LICENSE, "state": "suspended"}]}, ".licenses[0].state", "'suspended'"),
        ({"licenses": [{**LICENSE, "expires": "2027-06-30"}]}, ".licenses[0].expires", "RFC3339"),
        ({"licenses": [{**LICENSE, "expires": "2027-06-30T00:00:00"}]}, ".licenses[0].expires", "timezone"),
        ({"licenses": [{**LICENSE, "expires": "9999-12-31T23:59:59-01:00"}]}, ".licenses[0]", "the years 1 and 9999"),
        ({"licenses": [{**LICENSE, "seats": 5}]}, ".licenses[0]", "unknown field `seats`"),
        ({"devices": [{"id": "d"}]}, ".devices[0]", "required field `name`"),
        ({"devices": [{"id": "d", "name": "D", "type": "toaster"}]}, ".devices[0].type", "'toaster'"),
        ({"mailboxes": [{"protected": True}]}, ".mailboxes[0]", "required field `address`"),
        ({"mailboxes": [{"address": "a", "protected": "yes"}]}, ".mailboxes[0].protected", "Expected `bool`"),
        ({"licenses": [LICENSE, LICENSE]}, ".licenses", "'l' stands 2 times"),
        ({"devices": [{"id": "d", "name": "D"}, {"id": "d", "name": "E"}]}, ".devices", "'d' stands 2 times"),
        ({"mailboxes": [{"address": "a"}, {"address": "a"}]}, ".mailboxes", "'a' stands 2 times"),
        ({"licenses": [LICENSE], "devices": [{"id": "d", "name": "D", "license": "l-9"}]}, ".devices[0].license", "found 'l-9'"),
        ({"licenses": [LICENSE], "mailboxes": [{"address": "a"}, {"address": "b", "license": ""}]}, ".mailboxes[1].license", "found ''"),
    ],
)
def test_a_company_that_cannot_be_used_is_refused_by_place_and_reason(member: dict[str, Any], path: str, expected: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        parse_scenario(companies(company(id="c-0"), company(**member)))
    assert f"`business_hub.companies[1]{path}`" in str(refused.value)
    assert expected in str(refused.value)


def test_a_company_id_that_stands_twice_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"the id 'c-1' stands 2 times in `business_hub\.companies`"):
        parse_scenario(companies(company(), company(name="B")))


def test_companies_may_use_the_same_ids_for_what_is_in_them() -> None:
    parts = {"licenses": [LICENSE], "devices": [{"id": "d", "name": "D", "license": "l"}], "mailboxes": [{"address": "a"}]}
    assert len(shown(companies(company(**parts), company(**{"id": "c-2", **parts})))) == 2


def test_a_license_of_another_company_is_not_listed() -> None:
    other = company(id="c-2", devices=[{"id": "d", "name": "D", "license": "l"}])
    with pytest.raises(ScenarioError, match=r"an id of `business_hub\.companies\[1\]\.licenses`"):
        parse_scenario(companies(company(licenses=[LICENSE]), other))


def _documented_company() -> dict[str, Any]:
    """The company of the reference page, its remarks taken out."""
    (block,) = [block for block in blocks("docs/reference/scenario.md") if block.language == "jsonc"]
    document: dict[str, Any] = json.loads(re.sub(r"\s+//.*", "", block.text))
    return document
