"""A configuration goes through the ledger's bytes and through the text of a file, and comes back equal."""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tallybridge.configuration import Configuration, ConfigurationError, from_canonical, read_configuration, to_canonical, to_toml
from tallybridge.configuration.secrets import SecretHome
from tallybridge.configuration.toml_text import toml_value
from tests.configuration.builders import GOOD, HUB_SOURCE, SOURCE, changed, ksc_source, write
from tests.configuration.configurations import configurations, letters


@given(configuration=configurations())
@settings(deadline=None)
def test_canonical_bytes_read_back_equal_and_are_the_same_again(configuration: Configuration) -> None:
    content = to_canonical(configuration)
    assert from_canonical(content) == configuration
    assert to_canonical(from_canonical(content)) == content


@given(configuration=configurations())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_exported_file_reads_back_equal(configuration: Configuration, tmp_path: Path) -> None:
    assert read_configuration(write(tmp_path, to_toml(configuration))) == configuration


@given(text=st.text(letters))
def test_any_text_survives_its_quotation_marks(text: str) -> None:
    assert tomllib.loads(f"text = {toml_value(text)}") == {"text": text}


STORED = Path(__file__).parent / "stored"


def test_a_file_of_the_first_version_keeps_the_bytes_that_ledgers_hold_for_it(tmp_path: Path) -> None:
    """Other bytes would make a new version of every configuration, and break the address that past runs name."""
    stored = (STORED / "ksc.json").read_bytes()
    assert to_canonical(read_configuration(write(tmp_path))) == stored
    assert from_canonical(stored) == read_configuration(write(tmp_path))


def test_a_file_of_exports_keeps_its_bytes_too(tmp_path: Path) -> None:
    stored = (STORED / "business_hub.json").read_bytes()
    text = changed(SOURCE, changed('"exports"', '"/srv/exports"', HUB_SOURCE))
    assert to_canonical(read_configuration(write(tmp_path, text))) == stored
    assert from_canonical(stored) == read_configuration(write(tmp_path, text))


def test_spelling_and_order_of_a_file_do_not_change_the_bytes(tmp_path: Path) -> None:
    text = changed("max_sessions = 2\n", "", GOOD.replace("https://127.0.0.1:13299", "https://127.0.0.1:13299/"))
    text = changed('kind = "ksc"\n', "# a comment\n", text) + "\n"
    text = changed("[source]\n", '[source]\ncount_oem = false\nkind = "ksc"\n', text)
    assert to_canonical(read_configuration(write(tmp_path, text, name="b.toml"))) == to_canonical(read_configuration(write(tmp_path)))


@pytest.mark.parametrize(
    ("old", "new"),
    [("max_sessions = 2", "max_sessions = 3"), ('"env:KSC_PASSWORD"', '"env:OTHER"'), ("agreement = 2041", "agreement = 2042")],
)
def test_another_meaning_has_other_bytes(old: str, new: str, tmp_path: Path) -> None:
    other = read_configuration(write(tmp_path, changed(old, new), name="b.toml"))
    assert to_canonical(other) != to_canonical(read_configuration(write(tmp_path)))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no file modes to check")
def test_a_clear_text_leaves_a_placeholder_in_bytes_and_text(tmp_path: Path) -> None:
    """L11. Another clear text is no other configuration."""
    first, second = (
        read_configuration(write(tmp_path, changed('"env:KSC_PASSWORD"', f'"{secret}"'), name=f"{secret}.toml", mode=0o600))
        for secret in ("hunter2", "hunter3")
    )
    assert to_canonical(first) == to_canonical(second)
    assert json.loads(to_canonical(first))["source"]["password"] == "clear:source.password"
    exported = to_toml(first)
    assert "hunter2" not in exported
    again = read_configuration(write(tmp_path, exported))
    source = ksc_source(again)
    assert source.password.home is SecretHome.ENVIRONMENT
    assert source.password.locator == "TALLYBRIDGE_SOURCE_PASSWORD"
    assert replace(source, password=ksc_source(first).password) == first.source


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff", "no JSON object"),
        (b"[]", "no JSON object"),
        (b"{}", "format None"),
        (b'{"format": 2}', "newer Tallybridge"),
        (b'{"format": 1}', "[source]"),
    ],
    ids=["no JSON", "no object", "no format", "newer format", "no tables"],
)
def test_bytes_that_are_not_a_configuration_are_refused(content: bytes, words: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        from_canonical(content)
    assert words in str(refused.value)


def test_stored_bytes_hold_no_clear_text_even_if_someone_puts_one_there(tmp_path: Path) -> None:
    content = to_canonical(read_configuration(write(tmp_path))).replace(b"env:KSC_PASSWORD", b"hunter2")
    with pytest.raises(ConfigurationError) as refused:
        from_canonical(content)
    assert "a text that refers to no secret" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_only_what_a_file_can_hold_is_written() -> None:
    with pytest.raises(TypeError, match="has no place in a configuration file"):
        toml_value(Path("/"))
