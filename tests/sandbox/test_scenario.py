"""The scenario format of contracts 4: defaults, refusals, and the same format on the way out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tallybridge.sandbox import ScenarioError, load_scenario, parse_scenario
from tallybridge.sandbox.scenario import dump_scenario, encode_scenario, parse_faults

THE_CONTRACTS_EXAMPLE: dict[str, Any] = {
    "ksc": {
        "version": "15.1",
        "users": [{"name": "tallybridge", "password": "secret", "virtual_servers": None}],
        "virtual_servers": [
            {
                "id": 1,
                "uid": "vs-1",
                "name": "Contoso Dental",
                "enabled": True,
                "hosts": [
                    {
                        "id": "8910f900-3807-4b97-8a97-d49e73ec5ab1",
                        "name": "PC-01",
                        "os_name": "Microsoft Windows 11",
                        "ctype": 4103,
                        "managed": True,
                        "last_visible": "2026-11-21T20:10:00Z",
                        "attributes": {},
                    }
                ],
                "keys": [
                    {
                        "serial": "1A2B-190411-073015-1-1234",
                        "name": "Kaspersky Endpoint Security for Business Advanced",
                        "type": 6,
                        "limit_date": "2027-12-31T23:59:59Z",
                        "installed": True,
                        "app_id": 1105,
                        "part_number": "",
                        "subscription": {"state": 0, "end_type": 2, "end_date": "2027-12-31T23:59:59Z", "grace_days": 0},
                        "attributes": {},
                    }
                ],
                "uses": [
                    {
                        "serial": "1A2B-190411-073015-1-1234",
                        "host": "8910f900-3807-4b97-8a97-d49e73ec5ab1",
                        "current": True,
                        "product": "KES",
                        "version": "12.0.0.0",
                        "expires": None,
                        "pending": False,
                    }
                ],
            }
        ],
    },
    "business_hub": {"companies": []},
    "tigerpaw": {
        "version": "18.2.1",
        "rest_keys": [{"public": "00000000-0000-4000-8000-00000000AAAA", "private": "00000000-0000-4000-8000-00000000BBBB", "rep": 68}],
        "soap_users": [{"name": "kaspersky", "password": "secret", "external_product": "Kaspersky MSP", "active": True}],
        "external_products": ["Kaspersky MSP"],
        "price_book": [
            {
                "number": 1,
                "item_id": "KES-WKS",
                "description": "Endpoint security, workstation",
                "type": "S",
                "inactive": False,
                "price": 4.5,
            }
        ],
        "accounts": [
            {
                "number": 1053145,
                "name": "Contoso Dental",
                "external_products": ["Kaspersky MSP"],
                "agreements": [
                    {
                        "number": 2041,
                        "type": "Managed Services",
                        "start": "2026-01-01",
                        "end": None,
                        "billing_period": "Monthly",
                        "day_to_bill": 1,
                        "next_billing_period": "2026-12-01",
                        "charges": [
                            {
                                "detail_id": 9001,
                                "item_id": "KES-WKS",
                                "description": "Endpoint security, workstation",
                                "quantity": 42,
                                "price": 4.5,
                                "delete_after_invoicing": False,
                            }
                        ],
                    }
                ],
            }
        ],
    },
    "faults": [{"on": "tigerpaw_soap", "call": "SubmitAgreementAdditionalCharges", "nth": 1, "times": 1, "do": "lose_reply"}],
}


def contains(whole: Any, part: Any) -> bool:
    """Whether every member of `part` stands in `whole` with the same value; more members are free (contracts)."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and contains(whole[name], value) for name, value in part.items())
    if isinstance(part, list):
        return isinstance(whole, list) and len(whole) == len(part) and all(map(contains, whole, part))
    return bool(whole == part)


def test_the_contracts_example_comes_back_as_it_went_in() -> None:
    assert contains(dump_scenario(parse_scenario(THE_CONTRACTS_EXAMPLE)), THE_CONTRACTS_EXAMPLE)


def test_what_is_shown_can_be_read_again() -> None:
    once = encode_scenario(parse_scenario(THE_CONTRACTS_EXAMPLE))
    assert encode_scenario(parse_scenario(once)) == once


def test_members_that_are_left_out_are_those_of_the_contracts_example() -> None:
    bare = json.loads(json.dumps(THE_CONTRACTS_EXAMPLE))
    server = bare["ksc"]["virtual_servers"][0]
    server["hosts"] = [{"id": server["hosts"][0]["id"], "name": "PC-01"}]
    server["keys"] = [{"serial": server["keys"][0]["serial"], "name": server["keys"][0]["name"]}]
    server["uses"] = [{"serial": server["uses"][0]["serial"], "host": server["uses"][0]["host"]}]
    del bare["ksc"]["users"], bare["ksc"]["version"], server["uid"], server["enabled"], bare["business_hub"]
    tigerpaw = bare["tigerpaw"]
    agreement = tigerpaw["accounts"][0]["agreements"][0]
    agreement["charges"] = [{"detail_id": 9001, "item_id": "KES-WKS"}]
    tigerpaw["accounts"][0]["agreements"] = [{"number": 2041, "charges": agreement["charges"]}]
    tigerpaw["price_book"] = [{"number": 1, "item_id": "KES-WKS"}]
    tigerpaw["soap_users"] = [{"name": "kaspersky"}]
    tigerpaw["rest_keys"] = [{}]
    bare["faults"] = [{"on": "tigerpaw_soap", "call": "SubmitAgreementAdditionalCharges", "do": "lose_reply"}]
    assert contains(dump_scenario(parse_scenario(bare)), THE_CONTRACTS_EXAMPLE)


def test_lists_default_to_empty_and_users_to_the_one_shown() -> None:
    shown = dump_scenario(parse_scenario({}))
    assert shown["ksc"]["users"] == [{"name": "tallybridge", "password": "secret", "virtual_servers": None}]
    assert shown["ksc"]["virtual_servers"] == shown["faults"] == []
    assert {name: value for name, value in shown["tigerpaw"].items() if name != "version"} == {
        "rest_keys": [],
        "soap_users": [],
        "external_products": [],
        "price_book": [],
        "accounts": [],
    }


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ({"type": 6}, {"state": 0, "end_type": 2, "end_date": "2027-12-31T23:59:59Z", "grace_days": 0}),
        ({"type": 1}, None),
        ({"type": 6, "subscription": None}, None),
        ({"type": 6, "subscription": {"state": 3}}, {"state": 3, "end_type": 2, "end_date": "2027-12-31T23:59:59Z", "grace_days": 0}),
    ],
)
def test_subscription_terms_default_by_the_kind_of_key(key: dict[str, Any], expected: dict[str, Any] | None) -> None:
    scenario = {"ksc": {"virtual_servers": [{"id": 1, "name": "A", "keys": [{"serial": "s", "name": "n", **key}]}]}}
    assert dump_scenario(parse_scenario(scenario))["ksc"]["virtual_servers"][0]["keys"][0]["subscription"] == expected


@pytest.mark.parametrize(
    ("document", "path", "expected"),
    [
        ({"ksc": {"color": 1}}, "ksc", "unknown field `color`"),
        ({"ksc": {"virtual_servers": [{"name": "A"}]}}, "ksc.virtual_servers[0]", "required field `id`"),
        ({"ksc": {"virtual_servers": [{"id": 1, "name": "A", "hosts": [{"id": "h"}]}]}}, "ksc.virtual_servers[0].hosts[0]", "`name`"),
        ({"ksc": {"virtual_servers": [{"id": "1", "name": "A"}]}}, "ksc.virtual_servers[0].id", "Expected `int`"),
        (
            {"ksc": {"virtual_servers": [{"id": 1, "name": "A", "keys": [{"serial": "s", "name": "n", "limit_date": "tomorrow"}]}]}},
            "ksc.virtual_servers[0].keys[0].limit_date",
            "RFC3339",
        ),
        ({"tigerpaw": {"accounts": [{"number": 1, "name": "A", "agreements": [{}]}]}}, "tigerpaw.accounts[0].agreements[0]", "`number`"),
        ({"faults": [{"on": "ksc", "call": "*", "do": "explode"}]}, "faults[0].do", "explode"),
        ({"faults": [{"on": "nowhere", "call": "*", "do": "close"}]}, "faults[0].on", "nowhere"),
        ({"faults": [{"on": "ksc", "call": "*", "do": "close", "nth": 0}]}, "faults[0].nth", "1"),
    ],
)
def test_a_scenario_error_names_the_member_and_what_was_expected(document: dict[str, Any], path: str, expected: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        parse_scenario(document)
    assert f"`{path}`" in str(refused.value)
    assert expected in str(refused.value)


def test_an_error_in_a_list_of_faults_names_the_fault() -> None:
    with pytest.raises(ScenarioError, match=r"list of faults cannot be used: .*`faults\[1\]`"):
        parse_faults([{"on": "ksc", "call": "*", "do": "close"}, {"on": "ksc", "do": "close"}])


def _tigerpaw(**members: Any) -> dict[str, Any]:
    return {"tigerpaw": members}


def _servers(*servers: dict[str, Any]) -> dict[str, Any]:
    return {"ksc": {"virtual_servers": list(servers)}}


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (_servers({"id": 1, "name": "A"}, {"id": 1, "name": "B", "uid": "other"}), "ksc.virtual_servers"),
        (_servers({"id": 1, "name": "A"}, {"id": 2, "name": "B", "uid": "vs-1"}), "ksc.virtual_servers"),
        (_servers({"id": 1, "name": "A", "hosts": [{"id": "h", "name": "1"}, {"id": "h", "name": "2"}]}), "ksc.virtual_servers[0].hosts"),
        (_servers({"id": 1, "name": "A", "keys": [{"serial": "s", "name": "1"}, {"serial": "s", "name": "2"}]}), "ksc.virtual_servers[0].keys"),
        (_tigerpaw(accounts=[{"number": 1, "name": "A"}, {"number": 1, "name": "B"}]), "tigerpaw.accounts"),
        (_tigerpaw(accounts=[{"number": 1, "name": "A", "agreements": [{"number": 2}, {"number": 2}]}]), "tigerpaw.accounts[].agreements"),
        (
            _tigerpaw(accounts=[{"number": 1, "name": "A", "agreements": [{"number": 2, "charges": [{"detail_id": 1, "item_id": "X"}] * 2}]}]),
            "tigerpaw.accounts[].agreements[].charges",
        ),
        (_tigerpaw(price_book=[{"number": 1, "item_id": "X"}, {"number": 1, "item_id": "Y"}]), "tigerpaw.price_book"),
        (_tigerpaw(price_book=[{"number": 1, "item_id": "X"}, {"number": 2, "item_id": "X"}]), "tigerpaw.price_book"),
    ],
)
def test_what_must_be_unique_is_refused_twice(document: dict[str, Any], path: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        parse_scenario(document)
    assert f"`{path}`" in str(refused.value)


def test_the_same_key_may_stand_in_several_virtual_servers() -> None:
    key = {"serial": "s", "name": "n"}
    scenario = parse_scenario(_servers({"id": 1, "name": "A", "keys": [key]}, {"id": 2, "name": "B", "keys": [key]}))
    assert [len(server.keys) for server in scenario.ksc.virtual_servers] == [1, 1]


def test_a_file_that_is_missing_or_not_json_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"nothing\.json cannot be read"):
        load_scenario(tmp_path / "nothing.json")
    spoiled = tmp_path / "spoiled.json"
    spoiled.write_text("{")
    with pytest.raises(ScenarioError, match=r"spoiled\.json: The scenario is not JSON"):
        load_scenario(spoiled)


def test_secrets_are_not_in_what_a_record_prints() -> None:
    """L11."""
    scenario = parse_scenario(THE_CONTRACTS_EXAMPLE)
    assert "secret" not in repr(scenario)
    assert "BBBB" not in repr(scenario)
