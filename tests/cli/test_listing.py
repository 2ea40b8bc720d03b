"""`tenants`, `accounts`, `agreements`, `items`, `applications`: what both sides hold."""

from __future__ import annotations

from typing import Any

import pytest

from tallybridge.sandbox import Sandbox
from tests.cli.conftest import Call, WriteConfig
from tests.cli.scenario import ADVANCED, CONTOSO, FABRIKAM, LITWARE, MAIL, NORTHWIND, SELECT, WINGTIP, small_world


def by(member: str, documents: list[dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    return {one[member]: one for one in documents}


def test_tenants_are_listed_with_what_they_are_linked_to(call: Call, write_config: WriteConfig) -> None:
    write_config()
    called = call("tenants", "--json")
    assert called.code == 0
    found = by("tenant", called.json)
    assert list(found) == ["Contoso Dental", "Fabrikam", "Northwind", "Litware", "Wingtip Toys"]
    assert found["Contoso Dental"] == {
        "integration": "Integration with Tigerpaw",
        "tenant": "Contoso Dental",
        "tenant_id": "vs-1",
        "number": 1,
        "enabled": True,
        "account": CONTOSO,
        "agreement": 2041,
        "billing": True,
        "reason": None,
    }
    assert found["Litware"]["account"] is None


def test_a_link_to_nobody_is_listed_with_its_reason(call: Call, write_config: WriteConfig) -> None:
    write_config(links={"Adventure Works": (CONTOSO, 2041)})
    found = by("tenant", call("tenants", "--json").json)
    assert found["Adventure Works"]["reason"] == "tenant_not_found"
    assert found["Adventure Works"]["tenant_id"] is None


def test_tenants_in_a_pipe_are_plain_text(call: Call, write_config: WriteConfig) -> None:
    write_config()
    lines = call("tenants").stdout.splitlines()
    assert lines[0].split()[:2] == ["Tenant", "Unique"]
    assert any("Litware" in line and "not linked" in line for line in lines)


def test_accounts_are_listed_with_their_cross_reference(call: Call, write_config: WriteConfig) -> None:
    write_config()
    found = by("account", call("accounts", "--json").json)
    assert set(found) == {CONTOSO, FABRIKAM, NORTHWIND, LITWARE, WINGTIP}
    assert {number for number, account in found.items() if not account["cross_referenced"]} == {NORTHWIND}
    assert (found[FABRIKAM]["tenant"], found[FABRIKAM]["agreement"]) == ("Fabrikam", 2042)
    assert found[WINGTIP]["tenant"] is None


def test_accounts_can_be_searched(call: Call, write_config: WriteConfig) -> None:
    write_config()
    assert [one["name"] for one in call("accounts", "--json", "TOYS").json] == ["Wingtip Toys, Inc."]


def test_agreements_of_all_linked_accounts(call: Call, write_config: WriteConfig) -> None:
    write_config()
    found = by("agreement", call("agreements", "--json").json)
    assert {number: one["charges"] for number, one in found.items()} == {2041: 0, 2042: 1, 2043: 0}
    assert all(one["linked"] for one in found.values())


def test_agreements_of_one_account_say_which_have_ended(call: Call, write_config: WriteConfig) -> None:
    write_config()
    found = by("agreement", call("agreements", "--account", LITWARE, "--json").json)
    assert {number: (one["end"], one["ended"], one["linked"]) for number, one in found.items()} == {
        2044: ("2020-12-31", True, False),
        2045: (None, False, False),
    }


@pytest.mark.parametrize("arguments", [("items", "KES", "--json"), ("items", "--json", "KES")])
def test_items_can_be_searched(call: Call, write_config: WriteConfig, arguments: tuple[str, ...]) -> None:
    write_config()
    found = by("item", call(*arguments).json)
    assert set(found) == {"KES-WKS", "KES-SRV", "KES-NIX", "KES-SELECT"}
    assert found["KES-SELECT"]["price"] == "3.25"
    assert found["KES-SELECT"]["mapped"] == [{"application": SELECT, "category": None}]
    assert found["KES-SRV"]["mapped"] == [{"application": ADVANCED, "category": "windows_server"}]


def test_inactive_items_are_listed_too(call: Call, write_config: WriteConfig) -> None:
    write_config()
    found = by("item", call("items", "--json").json)
    assert {item for item, one in found.items() if one["inactive"]} == {"OLD-AV"}


def test_prices_of_a_long_list_are_read_only_when_asked_for(call: Call, write_config: WriteConfig, world: Sandbox) -> None:
    scenario = small_world()
    more = [{"number": number, "item_id": f"PART-{number}", "description": "Part", "price": 2} for number in range(100, 160)]
    scenario["tigerpaw"]["price_book"] += more
    world.replace(scenario)
    write_config()
    called = call("items", "PART", "--json")
    assert {one["price"] for one in called.json} == {None}
    assert "--prices" in call("items", "PART").stderr
    assert {float(one["price"]) for one in call("items", "PART", "--prices", "--json").json} == {2.0}


def test_applications_before_any_run_are_the_catalog_alone(call: Call, write_config: WriteConfig) -> None:
    write_config()
    called = call("applications", "--json")
    found = by("application", called.json)
    assert {one["quantity"] for one in found.values()} == {0}
    assert found["Kaspersky Security for Microsoft Office 365"]["unit"] == "mailbox"
    assert found[SELECT]["mapping"] == {"item": "KES-SELECT"}
    assert "tallybridge plan" in call("applications").stderr


def test_applications_show_what_the_newest_run_saw_without_a_connection(call: Call, write_config: WriteConfig, world: Sandbox) -> None:
    scenario = small_world()
    scenario["ksc"]["virtual_servers"][3]["keys"][0]["name"] = "Kaspersky Something Else"
    world.replace(scenario)
    write_config()
    assert call("plan").code == 3
    before = len(world.log())
    found = by("application", call("applications", "--json").json)
    assert len(world.log()) == before
    assert found[ADVANCED]["categories"] == {"windows_workstation": 3, "windows_server": 1, "non_windows": 1}
    assert (found[SELECT]["quantity"], found[SELECT]["tenants"]) == (3, 2)
    assert (found[MAIL]["quantity"], found[MAIL]["mapping"], found[MAIL]["known"]) == (1, None, True)
    assert (found["Kaspersky Something Else"]["quantity"], found["Kaspersky Something Else"]["known"]) == (2, False)
    text = call("applications").stdout
    assert any(MAIL in line and "NOT BILLED: no mapping" in line for line in text.splitlines())
    assert any("Kaspersky Something Else" in line and "no application claims" in line for line in text.splitlines())


def test_a_run_that_read_nothing_does_not_hide_what_an_earlier_one_saw(
    call: Call, write_config: WriteConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_config()
    call("plan")
    monkeypatch.setenv("KSC_PASSWORD", "wrong")
    assert call("plan").code == 1
    assert by("application", call("applications", "--json").json)[ADVANCED]["quantity"] == 5


def test_lists_of_a_source_that_refuses_end_in_a_sentence(call: Call, write_config: WriteConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    write_config()
    monkeypatch.setenv("KSC_PASSWORD", "wrong")
    called = call("tenants", "--json")
    assert called.code == 1
    assert "refused the sign-in" in called.json["error"]["message"]
    assert "Traceback" not in called.stderr
