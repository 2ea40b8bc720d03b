"""`links suggest` and `links list`."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path

import pytest

from tallybridge.sandbox import Sandbox
from tests.cli.conftest import Call, WriteConfig
from tests.cli.scenario import LITWARE, WINGTIP, small_world


def test_exact_names_come_first_and_near_ones_with_their_likeness(call: Call, write_config: WriteConfig) -> None:
    write_config()
    called = call("links", "suggest", "--json")
    assert called.code == 0
    exact, near = called.json
    assert {key: exact[key] for key in ("tenant", "tenant_id", "account", "account_name", "agreement", "likeness", "exact")} == {
        "tenant": "Litware",
        "tenant_id": "vs-4",
        "account": LITWARE,
        "account_name": "Litware",
        "agreement": 2045,
        "likeness": 1.0,
        "exact": True,
    }
    assert (near["tenant"], near["account"], near["exact"]) == ("Wingtip Toys", WINGTIP, False)
    assert 0.6 <= near["likeness"] < 1


def test_the_agreement_is_filled_in_only_where_exactly_one_has_not_ended(call: Call, write_config: WriteConfig) -> None:
    write_config()
    chosen = {one["tenant"]: (one["agreement"], one["agreements"]) for one in call("links", "suggest", "--json").json}
    assert chosen == {"Litware": (2045, [2045]), "Wingtip Toys": (None, [2046, 2047])}


def test_people_get_the_blocks_of_exact_names_to_paste(call: Call, write_config: WriteConfig) -> None:
    file = write_config()
    before = file.read_bytes()
    called = call("links", "suggest")
    blocks = tomllib.loads(called.stdout[called.stdout.index("[[link]]") :])
    assert blocks == {"link": [{"tenant": "Litware", "account": LITWARE, "agreement": 2045}]}
    assert "Wingtip Toys" in called.stdout
    assert file.read_bytes() == before


def test_a_name_that_is_not_unique_is_linked_by_its_id(call: Call, write_config: WriteConfig, world: Sandbox) -> None:
    scenario = small_world()
    scenario["ksc"]["virtual_servers"][4]["name"] = "Litware"
    world.replace(scenario)
    write_config()
    exact = [one for one in call("links", "suggest", "--json").json if one["exact"]]
    assert len(exact) == 1
    assert f'tenant_id = "{exact[0]["tenant_id"]}"' in exact[0]["block"]


def test_saving_adds_the_exact_ones_and_keeps_the_file_private(call: Call, write_config: WriteConfig) -> None:
    file = write_config()
    before = file.read_text(encoding="utf-8")
    called = call("links", "suggest", "--save")
    assert called.code == 0
    after = file.read_text(encoding="utf-8")
    assert after.startswith(before.rstrip("\n"))
    assert tomllib.loads(after)["link"][-1] == {"tenant": "Litware", "account": LITWARE, "agreement": 2045}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir() if "toml" in one.name] == ["tallybridge.toml"]
    assert [one["tenant"] for one in call("links", "list", "--json").json][-1] == "Litware"


def test_a_file_that_cannot_be_written_stays_as_it_was(call: Call, write_config: WriteConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_config()
    before = file.read_bytes()

    def refuse(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    called = call("links", "suggest", "--save")
    assert called.code == 1
    assert "No space left on device" in called.stderr
    assert file.read_bytes() == before


def test_when_everybody_is_linked_there_is_nothing_to_propose(call: Call, write_config: WriteConfig, world: Sandbox) -> None:
    scenario = small_world()
    scenario["ksc"]["virtual_servers"] = scenario["ksc"]["virtual_servers"][:3]
    world.replace(scenario)
    write_config()
    called = call("links", "suggest")
    assert (called.code, called.stdout) == (0, "")
    assert "Nothing to propose" in called.stderr
    assert call("links", "suggest", "--json").json == []


def test_links_are_listed_without_a_connection(call: Call, write_config: WriteConfig, world: Sandbox) -> None:
    write_config(links={"Contoso Dental": (1053145, None)})
    before = len(world.log())
    (link,) = call("links", "list", "--json").json
    assert (link["tenant"], link["account"], link["agreement"], link["billing"]) == ("Contoso Dental", 1053145, None, True)
    assert "none chosen" in call("links", "list").stdout
    assert len(world.log()) == before
