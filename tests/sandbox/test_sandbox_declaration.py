"""The configuration file that `sandbox --write-config` writes (contracts 3 and 4)."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tallybridge.sandbox import ScenarioError, declare, parse_scenario, write_declaration
from tests.sandbox.ksc_caller import key, server

ANNOUNCED = {"ksc_url": "https://127.0.0.1:1", "fingerprint": "sha256:ab", "ca_file": "/x", "tigerpaw_url": "http://127.0.0.1:2"}
SIGN_IN: dict[str, Any] = {"rest_keys": [{}], "soap_users": [{"name": "kaspersky"}]}


def declared(*servers: dict[str, Any], items: tuple[str, ...] = ("KES-WKS", "KES-SRV", "KES-NIX"), **tigerpaw: Any) -> dict[str, Any]:
    """The declaration of a scenario, read as TOML."""
    price_book = [{"number": number, "item_id": item} for number, item in enumerate(items, start=1)]
    scenario = parse_scenario({"ksc": {"virtual_servers": list(servers)}, "tigerpaw": {**SIGN_IN, "price_book": price_book, **tigerpaw}})
    return tomllib.loads(declare(scenario, ANNOUNCED))


def account(number: int, name: str, **members: Any) -> dict[str, Any]:
    """An account with one agreement."""
    return {"number": number, "name": name, "agreements": [{"number": number + 1000}], **members}


def test_the_sections_hold_the_urls_and_the_users_of_the_scenario() -> None:
    document = declared()
    assert document["integration"] == {"name": "Integration with Tigerpaw", "time_zone": "UTC", "run_at": "02:30", "apply": "automatic"}
    assert document["source"] == {
        "kind": "ksc",
        "url": "https://127.0.0.1:1",
        "user": "tallybridge",
        "password": "secret",
        "fingerprint": "sha256:ab",
    }
    assert document["destination"] == {
        "kind": "tigerpaw",
        "url": "http://127.0.0.1:2",
        "public_key": "00000000-0000-4000-8000-00000000AAAA",
        "private_key": "00000000-0000-4000-8000-00000000BBBB",
        "soap_user": "kaspersky",
        "soap_password": "secret",
        "external_product": "Kaspersky MSP",
        "write_mode": "soap",
        "dialect": "sandbox-0",
    }


def test_virtual_servers_and_accounts_of_one_name_are_linked() -> None:
    servers = [server(0, "Main"), server(1, "Contoso"), server(2, "Nobody"), server(3, "Twice"), server(4, "Twice"), server(5, "No agreement")]
    accounts = [account(1, "Contoso"), account(2, "Main"), account(3, "Twice"), account(5, "No agreement", agreements=[])]
    assert declared(*servers, accounts=accounts)["link"] == [
        {"tenant": "Contoso", "account": 1, "agreement": 1001, "billing": True},
        {"tenant_id": "vs-3", "account": 3, "agreement": 1003, "billing": True},
    ]


def test_a_generated_fleet_is_linked_and_mapped_by_category() -> None:
    scenario = parse_scenario({"ksc": {"generate": {"virtual_servers": 3, "hosts_each": 5}}, "tigerpaw": {"generate": {"match_ksc": True}}})
    document = tomllib.loads(declare(scenario, ANNOUNCED))
    assert [link["tenant"] for link in document["link"]] == [server.name for server in scenario.ksc.virtual_servers]
    assert [mapping["application"] for mapping in document["mapping"]] == [key.name for key in scenario.ksc.virtual_servers[0].keys]
    for mapping in document["mapping"]:
        assert {name: mapping[name] for name in mapping if name != "application"} == {
            "windows_workstation": "KES-WKS",
            "windows_server": "KES-SRV",
            "non_windows": "KES-NIX",
        }


@pytest.mark.parametrize(
    ("items", "mapped"),
    [
        (("ONE",), {"A": ["ONE"], "B": ["ONE"], "Kaspersky Security for Microsoft Office 365": ["ONE"]}),
        (("ONE", "TWO", "THREE", "FOUR"), {"A": ["ONE"], "B": ["TWO"], "Kaspersky Security for Microsoft Office 365": ["THREE"]}),
        (
            ("X-NIX", "X-WKS", "ONE", "X-SRV"),
            {"A": ["X-WKS", "X-SRV", "X-NIX"], "B": ["ONE"], "Kaspersky Security for Microsoft Office 365": ["ONE"]},
        ),
        (
            ("X-WKS", "X-SRV", "X-NIX"),
            {"A": ["X-WKS", "X-SRV", "X-NIX"], "B": ["X-WKS", "X-SRV", "X-NIX"], "Kaspersky Security for Microsoft Office 365": ["X-WKS"]},
        ),
        (("X-WKS", "X-SRV"), {"A": ["X-WKS"], "B": ["X-SRV"], "Kaspersky Security for Microsoft Office 365": ["X-SRV"]}),
        ((), {}),
    ],
)
def test_license_names_take_the_items_in_turn(items: tuple[str, ...], mapped: dict[str, list[str]]) -> None:
    keys = [key("1", "A"), key("2", "B"), key("3", "A"), key("4", "Kaspersky Security for Microsoft Office 365")]
    mappings = declared(server(keys=keys), items=items).get("mapping", [])
    assert {mapping.pop("application"): list(mapping.values()) for mapping in mappings} == mapped


@pytest.mark.parametrize("name", ['Quo"te', "Back\\slash", "Line\nbreak\ttab", "Контосо 🦷", "\x00\x1f\x7f", "= [x] # no"])
def test_any_name_survives_the_file(name: str) -> None:
    document = declared(server(1, name, keys=[key("1", name)]), accounts=[account(1, name)])
    assert document["link"][0]["tenant"] == name
    assert document["mapping"][0]["application"] == name


def test_users_that_can_do_everything_are_preferred() -> None:
    users = [{"name": "limited", "virtual_servers": [1]}, {"name": "full"}]
    soap_users = [{"name": "gone", "active": False}, {"name": "active", "external_product": "Other"}]
    scenario = parse_scenario({"ksc": {"users": users}, "tigerpaw": {"rest_keys": [{}], "soap_users": soap_users}})
    document = tomllib.loads(declare(scenario, ANNOUNCED))
    assert (document["source"]["user"], document["destination"]["soap_user"]) == ("full", "active")
    assert document["destination"]["external_product"] == "Other"


@pytest.mark.parametrize(
    ("scenario", "path"),
    [
        ({"ksc": {"users": []}, "tigerpaw": SIGN_IN}, "ksc.users"),
        ({"tigerpaw": {"soap_users": SIGN_IN["soap_users"]}}, "tigerpaw.rest_keys"),
        ({"tigerpaw": {"rest_keys": [{}]}}, "tigerpaw.soap_users"),
    ],
)
def test_without_a_way_to_sign_in_nothing_is_written(tmp_path: Path, scenario: dict[str, Any], path: str) -> None:
    with pytest.raises(ScenarioError, match=f"`{path}`"):
        write_declaration(tmp_path / "tallybridge.toml", parse_scenario(scenario), ANNOUNCED)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_the_file_is_its_owners_alone_even_when_it_was_there_before(tmp_path: Path) -> None:
    """L11: the file holds the sandbox's secrets in clear text."""
    path = tmp_path / "tallybridge.toml"
    path.write_text("x" * 10_000)
    path.chmod(0o644)
    write_declaration(path, parse_scenario({"tigerpaw": SIGN_IN}), ANNOUNCED)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert tomllib.loads(path.read_text())["source"]["kind"] == "ksc"
