"""`replay --with`: what other rules would have billed, on the command line; nothing is contacted, nothing is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tallybridge.sandbox import Sandbox
from tests.cli.conftest import MAPPINGS, Call, WriteConfig
from tests.cli.scenario import ADVANCED, MAIL, SELECT, small_world
from tests.databases import past_the_program

ONE_ITEM = f'[[mapping]]\napplication = "{ADVANCED}"\nitem = "KES-WKS"\n'
BY_CATEGORY = f'[[mapping]]\napplication = "{ADVANCED}"\nwindows_workstation = "KES-WKS"\nwindows_server = "KES-SRV"\nnon_windows = "KES-NIX"\n'


@pytest.fixture
def planned(call: Call, write_config: WriteConfig) -> None:
    """A day that was read, counted and planned."""
    write_config()
    assert call("plan", "--json").code == 3


@pytest.fixture
def other_file(write_config: WriteConfig, tmp_path: Path) -> Path:
    """The same configuration with another mapping: one item for all devices instead of one per category."""
    written = write_config(changed={BY_CATEGORY: ONE_ITEM})
    return written.rename(tmp_path / "one-item.toml")


def dump(folder: Path) -> list[str]:
    return past_the_program.everything(folder / "home")


def tenant(document: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [one for one in document["tenants"] if one["tenant"] == name]
    return dict(found)


def test_another_mapping_is_shown_per_tenant_agreement_and_item(call: Call, planned: None, other_file: Path) -> None:
    called = call("replay", "latest", "--with", other_file, "--json")
    assert called.code == 0
    contoso = tenant(called.json, "Contoso Dental")
    assert contoso["agreement"] == 2041
    assert [(one["item"], one["then"], one["with"], one["difference"]) for one in contoso["items"]] == [
        ("KES-NIX", 1, 0, -1),
        ("KES-SELECT", 0, 0, 0),
        ("KES-SRV", 1, 0, -1),
        ("KES-WKS", 3, 5, 2),
    ]
    assert called.json["with"] == {"key_scope": "used", "count_oem": False, "file": str(other_file), "differing": ["mappings"]}
    assert called.json["total_difference"] == 0


def test_the_table_shows_what_differs_and_how_much_is_the_same(call: Call, planned: None, other_file: Path) -> None:
    called = call("replay", "latest", "--with", other_file)
    assert called.code == 0
    rows = [line.split() for line in called.stdout.splitlines()]
    assert ["Contoso", "Dental", "2041", "KES-WKS", "3", "5", "+2"] in rows
    assert not any("KES-SELECT" in row for row in rows)
    assert "Not as in that run: mappings." in called.stderr
    assert "1 line with units is the same by both." in called.stderr
    assert "1 tenant would be billed otherwise; all lines together: +0 units. Nothing was written." in called.stderr


def test_what_would_be_billed_to_nobody_is_listed(call: Call, planned: None, write_config: WriteConfig, tmp_path: Path) -> None:
    other = write_config(changed={MAPPINGS: ONE_ITEM}).rename(tmp_path / "without-select.toml")
    fabrikam = tenant(call("replay", "latest", "--with", other, "--json").json, "Fabrikam")
    assert {(one["application"], one["quantity"], one["reason"]) for one in fabrikam["not_billed"]} == {
        (SELECT, 2, "no_mapping"),
        (MAIL, 1, "no_mapping"),
    }
    called = call("replay", "latest", "--with", other)
    _, listed = called.stdout.split("Not billed with these rules\n")
    assert SELECT in listed.split("\n\n")[0]
    assert MAIL not in listed.split("\n\n")[0]
    assert "1 use was billed to nobody then, and would be the same with these rules." in called.stderr


def test_tenants_that_were_not_billed_are_shown_as_such(call: Call, planned: None) -> None:
    called = call("replay", "latest", "--with", "key_scope=installed")
    _, listed = called.stdout.split("Not billed in that run, and so by no other rules\n")
    assert [line.split() for line in listed.splitlines()[1:5]] == [
        ["Litware", "not_linked", "not_linked"],
        ["Main", "server", "not_linked", "no_tenant"],
        ["Northwind", "blocked", "not_cross_referenced"],
        ["Wingtip", "Toys", "not_linked", "not_linked"],
    ]


def test_licenses_whose_uses_were_not_read_are_no_silent_zero(call: Call, world: Sandbox, write_config: WriteConfig) -> None:
    """L1: the evidence of a day without OEM licenses cannot say how many devices used them, and that is said."""
    scenario = small_world()
    contoso = scenario["ksc"]["virtual_servers"][0]
    contoso["keys"].append({"serial": "OEM-1", "name": ADVANCED, "type": 5})
    contoso["hosts"].append({"id": "oem-device", "name": "OEM-PC", "os_name": "Microsoft Windows 11", "ctype": 0x1007})
    contoso["uses"].append({"serial": "OEM-1", "host": "oem-device"})
    world.replace(scenario)
    write_config()
    call("plan")
    asked = tenant(call("replay", "latest", "--with", "count_oem=true", "--json").json, "Contoso Dental")
    assert [one["license"] for one in asked["not_read"]] == ["OEM-1"]
    workstations = next(one for one in asked["items"] if one["item"] == "KES-WKS")
    assert (workstations["then"], workstations["with"], workstations["at_least"]) == (3, 3, True)
    called = call("replay", "latest", "--with", "count_oem=true")
    assert (
        "at least 3  at least +0" in " ".join(called.stdout.split("Contoso Dental")[3].splitlines()[0].split("   ")) or "at least 3" in called.stdout
    )
    assert "their uses were not read and are missing above" in called.stderr


def test_nothing_is_contacted_and_nothing_is_written(call: Call, planned: None, world: Sandbox, other_file: Path, folder: Path) -> None:
    """L4, L9: a question changes neither the PSA nor the ledger."""
    calls, before, state = len(world.log()), dump(folder), world.state()
    call("replay", "latest", "--with", other_file, "--with", "key_scope=installed", "--with", "count_oem=true")
    assert (len(world.log()), dump(folder), world.state()) == (calls, before, state)


def test_a_stored_run_is_still_the_same_without_other_rules(call: Call, planned: None) -> None:
    called = call("replay", "latest", "--json")
    assert (called.code, called.json["same"]) == (0, True)


def test_a_run_that_observed_nobody_has_nothing_to_compare(call: Call, write_config: WriteConfig, tmp_path: Path) -> None:
    write_config(links={"Contoso Dental": (1053145, 2041)})
    call("plan", "--out", tmp_path / "plan.json")
    assert call("apply", tmp_path / "plan.json").code == 0
    called = call("replay", "latest", "--with", "key_scope=installed")
    assert called.code == 0
    assert "No tenant was observed in this run" in called.stderr
    assert call("replay", "latest", "--with", "key_scope=installed", "--json").json["tenants"] == []


REFUSED = {
    "an unknown value": ("key_scope=all", "Allowed: key_scope=used or key_scope=installed"),
    "an unknown setting": ("oem=true", "Allowed: key_scope=used, key_scope=installed, count_oem=true, count_oem=false, or the path"),
    "no such file": ("nowhere.toml", "neither a setting that can be supposed nor a file"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_other_rules_that_cannot_be_understood_do_nothing(call: Call, folder: Path, case: str) -> None:
    value, told = REFUSED[case]
    called = call("replay", "latest", "--with", value, "--json")
    assert called.code == 1
    assert f"--with {value}" in called.json["error"]["message"]
    assert told in called.stderr
    assert not (folder / "home").exists()


def test_a_wrong_configuration_file_does_nothing(call: Call, folder: Path) -> None:
    (folder / "other.toml").write_text("[source]\n", encoding="utf-8")
    called = call("replay", "latest", "--with", "other.toml")
    assert called.code == 1
    assert "other.toml" in called.stderr
    assert not (folder / "home").exists()


@pytest.mark.parametrize("run", ["no-such-run", "latest"])
def test_an_unknown_run_is_said(call: Call, folder: Path, run: str) -> None:
    called = call("replay", run, "--with", "count_oem=true")
    assert called.code == 1
    assert f"The ledger knows no run {run}." in called.stderr
