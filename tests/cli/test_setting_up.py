"""`init`, `fingerprint` and `config`."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path

import pytest

from tallybridge.sandbox import Sandbox
from tests.cli.conftest import Call, WriteConfig


def test_init_writes_a_commented_file_that_only_its_owner_reads_and_says_what_is_next(folder: Path, call: Call) -> None:
    called = call("init", "--ksc-url", "https://ksc.example:13299", "--time-zone", "Europe/Berlin")
    file = folder / "tallybridge.toml"
    text = file.read_text(encoding="utf-8")
    assert called.code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert text.count("#") > 50
    assert tomllib.loads(text)["source"]["url"] == "https://ksc.example:13299"
    assert tomllib.loads(text)["integration"]["time_zone"] == "Europe/Berlin"
    for step in ("fingerprint", "doctor", "links suggest", "plan"):
        assert f"tallybridge {step}" in called.stderr


def test_init_never_overwrites(folder: Path, call: Call) -> None:
    file = folder / "tallybridge.toml"
    file.write_text("mine", encoding="utf-8")
    called = call("init", "--json")
    assert called.code == 1
    assert str(file) in called.json["error"]["message"]
    assert file.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("by", ["option", "variable", "folder"])
def test_init_writes_where_the_other_commands_will_look(folder: Path, call: Call, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    file = folder / "customers.toml"
    if by == "variable":
        monkeypatch.setenv("TALLYBRIDGE_CONFIG", str(file))
        called = call("init", "--json")
    elif by == "option":
        called = call("init", "--config", file, "--json")
    else:
        (folder / "etc").mkdir()
        file = folder / "etc" / "tallybridge.toml"
        called = call("init", "--json", "--config", folder / "etc")
    assert called.json == {"file": str(file)}
    assert file.exists()


def test_init_in_a_folder_that_is_not_there_is_a_sentence(folder: Path, call: Call) -> None:
    called = call("init", "--config", folder / "missing" / "file.toml")
    assert called.code == 1
    assert "Nothing was written" in called.stderr


def test_a_fresh_file_is_refused_with_every_empty_setting_named(folder: Path, call: Call) -> None:
    call("init")
    called = call("tenants")
    assert called.code == 1
    for place in ("integration.time_zone", "source.url", "source.user", "destination.url", "destination.public_key"):
        assert place in called.stderr


def test_fingerprint_shows_what_the_server_presents_and_the_line_to_paste(world: Sandbox, call: Call) -> None:
    called = call("fingerprint", world.ksc_url, "--json")
    assert called.code == 0
    assert called.json["fingerprint"] == world.fingerprint
    assert set(called.json["names"]) == {"localhost", "127.0.0.1"}
    assert called.json["line"] == f'fingerprint = "{world.fingerprint}"'
    people = call("fingerprint", world.ksc_url)
    assert world.fingerprint in people.stdout
    assert "Compare" in people.stderr


def test_fingerprint_sends_no_request(world: Sandbox, call: Call) -> None:
    before = len(world.log())
    call("fingerprint", world.ksc_url)
    assert len(world.log()) == before


@pytest.mark.parametrize(
    ("url", "says"),
    [("http://127.0.0.1:1", "no https address"), ("https://127.0.0.1:1", "Check the address and the port"), ("ksc", "no https address")],
)
def test_a_server_without_certificate_is_a_sentence(folder: Path, call: Call, url: str, says: str) -> None:
    called = call("fingerprint", url)
    assert called.code == 1
    assert says in called.stderr
    assert "Traceback" not in called.stderr


def test_config_show_names_the_origin_of_each_setting_and_no_secret(call: Call, write_config: WriteConfig) -> None:
    file = write_config(changed={'"env:KSC_PASSWORD"': '"secret"'})
    called = call("config", "show", "--json")
    (document,) = called.json
    settings = {one["setting"]: one for one in document["settings"]}
    line = file.read_text(encoding="utf-8").splitlines().index("[source]") + 3
    assert settings["source.url"]["origin"] == f"{file} (line {line})"
    assert settings["source.max_sessions"] == {"setting": "source.max_sessions", "value": 2, "origin": "default"}
    assert settings["destination.private_key"]["value"] == "env:TIGERPAW_PRIVATE_KEY"
    assert settings["source.password"]["value"] == "clear:source.password"
    assert settings["[[link]] number 2, account"]["value"] == 1053146
    assert '"secret"' not in call("config", "show").stdout


def test_config_export_is_a_file_that_reads_as_the_same_configuration(call: Call, write_config: WriteConfig, tmp_path: Path) -> None:
    write_config(changed={'"env:KSC_PASSWORD"': '"secret"'})
    printed = call("config", "export").stdout
    assert tomllib.loads(printed)["source"]["password"] == "env:TALLYBRIDGE_SOURCE_PASSWORD"
    assert tomllib.loads(printed)["link"][0] == {"tenant": "Contoso Dental", "account": 1053145, "agreement": 2041, "billing": True}
    called = call("config", "export", "--out", "copy.toml", "--json")
    assert called.json["toml"] == printed
    assert (tmp_path / "copy.toml").read_text(encoding="utf-8") == printed
    assert call("config", "export", "--config", "copy.toml").stdout == printed
    assert call("config", "export", "--out", "copy.toml").code == 1


def test_released_configuration_works_without_its_file(call: Call, write_config: WriteConfig) -> None:
    file = write_config(changed={'"env:KSC_PASSWORD"': '"secret"'})
    called = call("config", "release", "--json")
    assert called.code == 0
    assert called.json["origin"] == "ledger"
    file.unlink()
    assert len(call("tenants", "--json").json) == 5
    (document,) = call("config", "show", "--json").json
    assert {one["origin"] for one in document["settings"]} == {"the ledger"}


def test_release_says_to_move_the_file_away(call: Call, write_config: WriteConfig) -> None:
    file = write_config()
    assert f"Move {file} away" in call("config", "release").stderr


def test_a_changed_file_is_in_force_again_after_release(call: Call, write_config: WriteConfig) -> None:
    write_config()
    call("config", "release")
    write_config(links={})
    assert call("links", "list", "--json").json == []
