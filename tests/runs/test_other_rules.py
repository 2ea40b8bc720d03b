"""What `--with` may name, and what it refuses with the allowed values."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallybridge.billing.model import Category, KeyScope, Rules
from tallybridge.configuration import ConfigurationError
from tallybridge.runs.other_rules import OtherRules, RulesRefused, read_other_rules
from tests.configuration import builders

SETTINGS = {
    "key_scope=used": OtherRules(key_scope=KeyScope.USED),
    "key_scope=installed": OtherRules(key_scope=KeyScope.INSTALLED),
    "count_oem=true": OtherRules(count_oem=True),
    "count_oem=false": OtherRules(count_oem=False),
}


@pytest.mark.parametrize("value", SETTINGS)
def test_a_single_setting_is_named_by_its_value(value: str) -> None:
    assert read_other_rules([value]) == SETTINGS[value]


def test_a_configuration_file_brings_all_its_rules(tmp_path: Path) -> None:
    file = builders.write(tmp_path, builders.changed('key_scope = "used"', 'key_scope = "installed"'))
    found = read_other_rules([str(file)]).in_place_of(Rules(count_oem=True))
    assert (found.key_scope, found.count_oem) == (KeyScope.INSTALLED, False)
    assert dict(found.mappings[1].by_category)[Category.WINDOWS_SERVER] == "KES-SRV"
    assert any(application.prefixes for application in found.applications)


def test_a_single_setting_has_the_last_word_wherever_it_stands(tmp_path: Path) -> None:
    file = str(builders.write(tmp_path, builders.changed('key_scope = "used"', 'key_scope = "installed"')))
    before, after = read_other_rules(["key_scope=used", file]), read_other_rules([file, "key_scope=used"])
    assert before == after
    assert before.in_place_of(Rules()).key_scope is KeyScope.USED


def test_what_is_not_named_stays_as_the_run_had_it() -> None:
    own = Rules(key_scope=KeyScope.INSTALLED)
    assert read_other_rules(["count_oem=true"]).in_place_of(own) == Rules(key_scope=KeyScope.INSTALLED, count_oem=True)


REFUSED = {
    "an unknown value": (["key_scope=all"], "key_scope=used or key_scope=installed"),
    "no value": (["count_oem="], "count_oem=true or count_oem=false"),
    "another spelling": (["count_oem=yes"], "count_oem=true or count_oem=false"),
    "an unknown setting": (["keyscope=used"], "key_scope=used, key_scope=installed, count_oem=true, count_oem=false"),
    "no such file": (["other.toml"], "the path of a configuration file"),
    "nothing": ([""], "the path of a configuration file"),
    "a folder": (["."], "Name one configuration file"),
    "one setting twice": (["key_scope=used", "key_scope=installed"], "key_scope twice: key_scope=used and key_scope=installed"),
    "two files": (["one.toml", "two.toml"], "two configuration files: one.toml and two.toml"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_the_option_and_what_it_takes(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given, told = REFUSED[case]
    with pytest.raises(RulesRefused) as refused:
        read_other_rules(given)
    sentence = str(refused.value)
    assert sentence.startswith("--with ")
    assert told in sentence
    assert sentence.endswith("Nothing was done.")


def test_a_wrong_file_is_refused_with_all_its_problems(tmp_path: Path) -> None:
    file = builders.write(tmp_path, builders.changed('key_scope = "used"', 'key_scope = "all"\nmax_session = 2'))
    with pytest.raises(ConfigurationError) as refused:
        read_other_rules([str(file)])
    assert len(refused.value.problems) == 2
