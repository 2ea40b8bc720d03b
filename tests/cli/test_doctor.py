"""`doctor`: each precondition of a correct bill, one row per thing that can be wrong, and what it says to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tallybridge.configuration.reading import read_configuration
from tallybridge.ledger import tenants as ledger_tenants
from tallybridge.runs.doctor.setup import setup_checks
from tallybridge.sandbox import Sandbox
from tests.cli.conftest import Call, Called, WriteConfig
from tests.cli.scenario import CONTOSO, FABRIKAM, LITWARE, NORTHWIND, SELECT, small_world
from tests.configuration.builders import write

Scenario = dict[str, Any]

FINE = {"Contoso Dental": (CONTOSO, 2041), "Fabrikam": (FABRIKAM, 2042)}


def checks(called: Called) -> dict[str, dict[str, Any]]:
    found: list[dict[str, Any]] = called.json["checks"]
    names = [one["name"] for one in found]
    assert len(set(names)) == len(names), "every check has a name of its own"
    return {one["name"]: one for one in found}


def wrong(called: Called) -> dict[str, dict[str, Any]]:
    return {name: one for name, one in checks(called).items() if one["ok"] is False}


def test_a_sound_set_up_is_fine_and_says_what_only_a_write_can_prove(call: Call, write_config: WriteConfig) -> None:
    write_config(links=FINE)
    called = call("doctor", "--json")
    assert called.json["ok"] is True
    assert called.code == 0
    found = checks(called)
    assert found["Tigerpaw SOAP write"]["ok"] is None
    assert found["Link Contoso Dental: right to read"]["detail"] == "read whole; devices: 5, licenses: 1"
    assert found["Item KES-SELECT"]["ok"] is True
    assert "Litware" in found["Tenants without link"]["detail"]
    assert found["In use, not billed: Kaspersky Security for Mail Server"]["detail"].startswith("Units: 1.")
    assert all(set(one) == {"name", "ok", "detail", "advice"} for one in found.values())


def test_it_writes_nothing_to_the_psa_and_binds_no_link(call: Call, write_config: WriteConfig, world: Sandbox) -> None:
    write_config(links=FINE)
    before = len(world.log())
    call("doctor")
    assert not [entry for entry in world.log()[before:] if entry["on"] == "tigerpaw_soap" and entry["call"].startswith("Submit")]
    assert world.state()["tigerpaw"]["accounts"] == _state_of(world, small_world())["tigerpaw"]["accounts"]
    assert ledger_tenants.all_bound("Integration with Tigerpaw") == {}


def _state_of(world: Sandbox, scenario: Scenario) -> Scenario:
    world.replace(scenario)
    return world.state()


def _server(scenario: Scenario, position: int) -> Scenario:
    return scenario["ksc"]["virtual_servers"][position]  # type: ignore[no-any-return]


def _disable(scenario: Scenario) -> None:
    _server(scenario, 1)["enabled"] = False


def _name_twice(scenario: Scenario) -> None:
    _server(scenario, 3)["name"] = "Fabrikam"


def _no_right(scenario: Scenario) -> None:
    scenario["ksc"]["users"] = [{"name": "tallybridge", "password": "secret", "virtual_servers": [1, 3, 4, 5]}]


def _no_cross_reference(scenario: Scenario) -> None:
    scenario["tigerpaw"]["accounts"][1]["external_products"] = []


def _end_agreement(scenario: Scenario) -> None:
    scenario["tigerpaw"]["accounts"][1]["agreements"][0]["end"] = "2020-12-31"


def _remove_item(scenario: Scenario) -> None:
    del scenario["tigerpaw"]["price_book"][3]


def _deactivate_item(scenario: Scenario) -> None:
    scenario["tigerpaw"]["price_book"][3]["inactive"] = True


def _no_price(scenario: Scenario) -> None:
    scenario["tigerpaw"]["price_book"][3]["price"] = 0


def _no_product(scenario: Scenario) -> None:
    scenario["tigerpaw"]["external_products"] = ["Another product"]
    scenario["tigerpaw"]["soap_users"] = []
    for account in scenario["tigerpaw"]["accounts"]:
        account["external_products"] = []


@pytest.mark.parametrize(
    ("change", "check", "detail", "advice"),
    [
        (_disable, "Link Fabrikam: tenant", "disabled", "enable it"),
        (_name_twice, "Link Fabrikam: tenant", "more than one virtual server or company", "tenant_id"),
        (_no_right, "Link Fabrikam: right to read", "refused the sign-in", "Basic functionality, Read"),
        (_no_cross_reference, f"Link Fabrikam: account {FABRIKAM}", "not cross-referenced", "External Products, and add 'Kaspersky MSP'"),
        (_end_agreement, "Link Fabrikam: agreement 2042", "ended on 2020-12-31", "that have not ended: none"),
        (_remove_item, "Item KES-SELECT", "no such item", "tallybridge items"),
        (_deactivate_item, "Item KES-SELECT", "inactive", "make it active"),
        (_no_price, "Item KES-SELECT", "no price", "selling price"),
        (_no_product, "Tigerpaw External Product", "Another product", "Edit > Master Tables"),
    ],
)
def test_what_is_wrong_on_a_side_is_named_with_what_to_click(
    call: Call, write_config: WriteConfig, world: Sandbox, change: Callable[[Scenario], None], check: str, detail: str, advice: str
) -> None:
    scenario = small_world()
    change(scenario)
    world.replace(scenario)
    write_config(links=FINE)
    called = call("doctor", "--json")
    assert called.code == 1
    assert called.json["ok"] is False
    assert detail in wrong(called)[check]["detail"]
    assert advice in wrong(called)[check]["advice"]


@pytest.mark.parametrize(
    ("links", "check", "detail", "advice"),
    [
        ({"Fabrikan": (FABRIKAM, 2042)}, "Link Fabrikan: tenant", "no virtual server or company of this name", "letter by letter"),
        ({"Fabrikam": (4711, 2042)}, "Link Fabrikam: account 4711", "no such account", "tallybridge accounts"),
        ({"Northwind": (NORTHWIND, 2043)}, f"Link Northwind: account {NORTHWIND}", "not cross-referenced", "open the account Northwind"),
        ({"Litware": (LITWARE, None)}, "Link Litware: agreement", "No agreement is chosen", "2045 (Managed Services)"),
        ({"Litware": (LITWARE, 4711)}, "Link Litware: agreement 4711", "no such agreement", "2045 (Managed Services)"),
        ({"Litware": (LITWARE, 2044)}, "Link Litware: agreement 2044", "ended on 2020-12-31", "2045 (Managed Services)"),
        ({"Litware": (LITWARE, 2041)}, "Link Litware: agreement 2041", f"belongs to account {CONTOSO}", "2045 (Managed Services)"),
        ({}, "Links", "No tenant is linked", "tallybridge links suggest"),
    ],
)
def test_what_is_wrong_with_a_link(
    call: Call, write_config: WriteConfig, links: dict[str, tuple[int, int | None]], check: str, detail: str, advice: str
) -> None:
    write_config(links=links)
    called = call("doctor", "--json")
    assert called.code == 1
    assert detail in wrong(called)[check]["detail"]
    assert advice in wrong(called)[check]["advice"]


@pytest.mark.parametrize(
    ("reason", "change"),
    [("replaced", lambda server: server.update(uid="vs-9")), ("no longer lists", lambda server: server.update(uid="vs-9", id=9, name="Else"))],
)
def test_a_link_that_was_used_is_compared_with_the_tenant_it_is_bound_to(
    call: Call, write_config: WriteConfig, world: Sandbox, reason: str, change: Callable[[Scenario], None]
) -> None:
    write_config(links=FINE)
    call("plan")
    scenario = small_world()
    change(_server(scenario, 1))
    world.replace(scenario)
    found = wrong(call("doctor", "--json"))["Link Fabrikam: tenant"]
    assert ("Another virtual server or company stands" if reason == "replaced" else reason) in found["detail"]


def test_a_refused_sign_in_ends_the_source_side_is_not_repeated_and_the_other_side_goes_on(
    call: Call, write_config: WriteConfig, world: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_config(links=FINE)
    monkeypatch.setenv("KSC_PASSWORD", "wrong")
    before = len(world.log())
    found = checks(call("doctor", "--json"))
    assert found["Kaspersky Security Center: sign-in"]["ok"] is False
    assert found["Link Fabrikam: tenant"]["ok"] is None
    assert found["Link Fabrikam: right to read"]["ok"] is None
    assert found[f"Link Fabrikam: account {FABRIKAM}"]["ok"] is True
    assert found["Item KES-SELECT"]["ok"] is True
    assert [entry["call"] for entry in world.log()[before:] if entry["on"] == "ksc"] == ["Session.StartSession"]


def test_refused_keys_end_the_destination_side_and_the_other_side_goes_on(
    call: Call, write_config: WriteConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_config(links=FINE)
    monkeypatch.setenv("TIGERPAW_PRIVATE_KEY", "00000000-0000-4000-8000-00000000CCCC")
    found = checks(call("doctor", "--json"))
    assert found["Tigerpaw REST keys"]["ok"] is False
    assert found[f"Link Fabrikam: account {FABRIKAM}"]["ok"] is None
    assert found["Price book items"]["ok"] is None
    assert found["Link Fabrikam: right to read"]["ok"] is True


def test_after_three_refusals_in_a_row_no_further_sign_in_is_tried(call: Call, write_config: WriteConfig, world: Sandbox) -> None:
    scenario = small_world()
    scenario["ksc"]["users"] = [{"name": "tallybridge", "password": "secret", "virtual_servers": []}]
    world.replace(scenario)
    write_config(links=FINE | {"Northwind": (NORTHWIND, 2043), "Litware": (LITWARE, 2045), "Wingtip Toys": (1053149, 2046)})
    before = len(world.log())
    found = wrong(call("doctor", "--json"))
    refused = [entry for entry in world.log()[before:] if entry["call"] == "Session.StartSession" and entry["status"] == 401]
    assert len(refused) == 3
    assert sum("not tried" in one["detail"] for one in found.values()) == 2


@pytest.mark.parametrize(
    ("old", "new", "check", "detail"),
    [
        ('dialect = "sandbox-0"', 'dialect = "sandbox-9"', "Dialect", "sandbox-9"),
        ('external_product = "Kaspersky MSP"', 'external_product = "kaspersky msp"', "Tigerpaw External Product", "'Kaspersky MSP'"),
        ('user = "tallybridge"', 'user = "nobody"', "Kaspersky Security Center: sign-in", "refused"),
    ],
)
def test_what_is_wrong_with_a_setting(call: Call, write_config: WriteConfig, old: str, new: str, check: str, detail: str) -> None:
    write_config(links=FINE, changed={f"\n{old}\n": f"\n{new}\n"})
    called = call("doctor", "--json")
    assert called.code == 1
    assert detail in wrong(called)[check]["detail"]
    assert wrong(called)[check]["advice"]


def test_a_changed_certificate_is_named(call: Call, write_config: WriteConfig, world: Sandbox) -> None:
    write_config(links=FINE, changed={world.fingerprint: "sha256:" + "ab" * 32})
    found = wrong(call("doctor", "--json"))
    assert "tallybridge fingerprint" in found["Kaspersky Security Center: certificate"]["advice"]


def test_an_unreachable_server_is_named(call: Call, write_config: WriteConfig, world: Sandbox) -> None:
    write_config(links=FINE, changed={world.tigerpaw_url: "http://127.0.0.1:1"})
    found = checks(call("doctor", "--json"))
    assert found["Tigerpaw connection"]["ok"] is False
    assert found["Link Contoso Dental: right to read"]["ok"] is True


@pytest.mark.parametrize(
    ("variable", "untested", "still_tested"),
    [
        ("KSC_PASSWORD", "Kaspersky Security Center", "Tigerpaw REST keys"),
        ("TIGERPAW_PRIVATE_KEY", "Tigerpaw", "Kaspersky Security Center: sign-in"),
        ("TIGERPAW_SOAP_PASSWORD", "Tigerpaw SOAP page", "Tigerpaw REST keys"),
    ],
)
def test_a_missing_secret_is_named_and_keeps_only_its_own_side_from_being_tested(
    call: Call, write_config: WriteConfig, monkeypatch: pytest.MonkeyPatch, variable: str, untested: str, still_tested: str
) -> None:
    write_config(links=FINE)
    monkeypatch.delenv(variable)
    called = call("doctor", "--json")
    assert called.code == 1
    (secret,) = [one for name, one in wrong(called).items() if name.startswith("Secret ")]
    assert variable in secret["detail"]
    assert variable in secret["advice"]
    assert checks(called)[untested]["ok"] is None
    assert checks(called)[still_tested]["ok"] is True


def test_a_wrong_configuration_is_told_problem_by_problem_and_nothing_is_contacted(call: Call, write_config: WriteConfig, world: Sandbox) -> None:
    write_config(changed={'time_zone = "Europe/Berlin"': 'time_zone = "Europe/Berlyn"', "settle = 0": 'settle = "soon"'})
    before = len(world.log())
    called = call("doctor", "--json")
    details = [one["detail"] for one in called.json["checks"] if one["name"] == "Configuration"]
    assert called.code == 1
    assert len(details) == 2
    assert any("Europe/Berlyn" in detail for detail in details)
    assert len(world.log()) == before


def test_without_any_configuration_every_place_is_named(folder: Path, call: Call) -> None:
    called = call("doctor", "--json")
    assert called.code == 1
    (check,) = [one for one in called.json["checks"] if one["name"] == "Configuration"]
    assert "TALLYBRIDGE_CONFIG" in check["detail"]
    assert str(folder / "tallybridge.toml") in check["detail"]
    assert "tallybridge init" in check["advice"]


def test_an_exposed_key_file_is_named_and_the_rest_is_still_checked(call: Call, write_config: WriteConfig, tmp_path: Path) -> None:
    write_config(links=FINE)
    assert call("doctor").code == 0
    (tmp_path / "home" / "key").chmod(0o644)
    called = call("doctor", "--json")
    assert called.code == 1
    assert "chmod 600" in wrong(called)["Ledger and key"]["detail"]
    assert checks(called)["Link Contoso Dental: right to read"]["ok"] is True


def test_worklist_mode_needs_neither_dialect_nor_soap(call: Call, write_config: WriteConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    write_config(links=FINE, changed={'write_mode = "soap"': 'write_mode = "worklist"'})
    monkeypatch.delenv("TIGERPAW_SOAP_PASSWORD")
    called = call("doctor", "--json")
    assert called.code == 0
    assert {checks(called)[name]["ok"] for name in ("Dialect", "Tigerpaw SOAP page", "Tigerpaw SOAP write")} == {None}


def test_billing_off_asks_for_no_agreement_and_signs_in_nowhere(call: Call, write_config: WriteConfig) -> None:
    write_config(links=FINE, more=f'[[link]]\ntenant = "Litware"\naccount = {LITWARE}\nbilling = false\n')
    called = call("doctor", "--json")
    assert called.code == 0
    assert checks(called)["Link Litware: agreement"]["ok"] is None
    assert checks(called)["Link Litware: right to read"]["ok"] is None
    assert checks(called)["Link Litware: tenant"]["ok"] is True


def test_no_mapping_at_all_is_wrong(call: Call, write_config: WriteConfig) -> None:
    file = write_config(links=FINE)
    text = file.read_text(encoding="utf-8")
    file.write_text(text[: text.index("[[mapping]]")], encoding="utf-8")
    found = checks(call("doctor", "--json"))
    assert found["Mappings"]["ok"] is False
    assert found[f"In use, not billed: {SELECT}"]["detail"].startswith("Units: 2.")


def test_states_are_told_by_word_and_shape(call: Call, write_config: WriteConfig) -> None:
    write_config()
    text = call("doctor")
    states = {line.split("  ")[0].strip() for line in text.stdout.splitlines()[1:] if line.strip()}
    assert states == {"✓ ok", "✗ WRONG", "? not checked"}
    only = call("doctor", "--wrong")
    assert only.code == 1
    assert [line for line in only.stdout.splitlines() if "WRONG" in line] == [line for line in only.stdout.splitlines()[1:] if line.strip()]
    assert "1 of" in only.stderr


def test_an_unencrypted_connection_that_was_allowed_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configuration = read_configuration(write(tmp_path))
    destination = replace(configuration.destination, url="http://tigerpaw.example", insecure=True)
    found = {
        one.name: one
        for one in setup_checks(replace(configuration, destination=destination), None, lambda: datetime(2026, 11, 22, 1, 30, tzinfo=UTC))
    }
    assert "INSECURE" in found["Tigerpaw encryption"].detail
    assert "encrypted" in found["Kaspersky Security Center: encryption"].detail
    assert "2026-11-22 02:30" in found["Time zone"].detail


def test_two_integrations_are_told_apart(call: Call, write_config: WriteConfig, tmp_path: Path) -> None:
    first = write_config(links={"Contoso Dental": (CONTOSO, 2041)})
    first.rename(tmp_path / "first.toml")
    second = write_config(links={"Fabrikam": (FABRIKAM, 2042)}, changed={'name = "Integration with Tigerpaw"': 'name = "Second"'})
    second.rename(tmp_path / "second.toml")
    called = call("doctor", "--json", "--config", tmp_path / "first.toml", "--config", tmp_path / "second.toml")
    assert called.code == 0
    assert checks(called)["Second: Link Fabrikam: tenant"]["ok"] is True
    assert checks(called)["Integration with Tigerpaw: Link Contoso Dental: tenant"]["ok"] is True
