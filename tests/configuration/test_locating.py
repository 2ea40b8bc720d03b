"""Which configuration files and data folder are used (contracts 2)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tallybridge.configuration import ConfigurationError, locate_configuration, locate_home


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("tallybridge.toml", "a.toml", "b.toml"):
        (tmp_path / name).touch()
    (tmp_path / "many").mkdir()
    return tmp_path


ROWS = {
    "options win": (["a.toml", "many"], "b.toml", ["a.toml", "many"]),
    "then the variable": ([], "b.toml", ["b.toml"]),
    "which may name several": ([], os.pathsep.join(["b.toml", "many"]), ["b.toml", "many"]),
    "an empty variable is none": ([], "", ["tallybridge.toml"]),
    "then the current folder": ([], None, ["tallybridge.toml"]),
}


@pytest.mark.parametrize(("options", "variable", "found"), ROWS.values(), ids=ROWS.keys())
def test_the_first_of_the_places_is_used(options: list[str], variable: str | None, found: list[str], folder: Path) -> None:
    environ = {} if variable is None else {"TALLYBRIDGE_CONFIG": variable}
    located = locate_configuration([Path(option) for option in options], environ=environ, folder=folder)
    assert located.demand() == tuple(folder / name for name in found)


def test_without_any_file_every_place_that_was_looked_at_is_named(tmp_path: Path) -> None:
    located = locate_configuration([], environ={}, folder=tmp_path)
    assert located.paths == ()
    with pytest.raises(ConfigurationError) as refused:
        located.demand()
    for place in ("--config (not given)", "$TALLYBRIDGE_CONFIG (not set)", f"{tmp_path / 'tallybridge.toml'} (does not exist)"):
        assert place in str(refused.value)


@pytest.mark.parametrize(("options", "environ"), [(["no.toml"], {}), ([], {"TALLYBRIDGE_CONFIG": "no.toml"})], ids=["option", "variable"])
def test_a_file_that_was_named_must_be_there(options: list[str], environ: dict[str, str], folder: Path) -> None:
    """The default file does not stand in for one that was named and is missing."""
    with pytest.raises(ConfigurationError, match=r"no\.toml \(from .*, does not exist\)"):
        locate_configuration([Path(option) for option in options], environ=environ, folder=folder)


def test_a_variable_of_separators_names_nothing(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="names no file"):
        locate_configuration([], environ={"TALLYBRIDGE_CONFIG": os.pathsep}, folder=folder)


def test_the_data_folder_is_the_option_then_the_variable_then_the_platforms(tmp_path: Path) -> None:
    environ = {"TALLYBRIDGE_HOME": "from-variable"}
    assert locate_home(Path("from-option"), environ=environ, folder=tmp_path) == tmp_path / "from-option"
    assert locate_home(None, environ=environ, folder=tmp_path) == tmp_path / "from-variable"
    platforms = locate_home(None, environ={"TALLYBRIDGE_HOME": ""}, folder=tmp_path)
    assert platforms.is_absolute()
    assert platforms.name == "tallybridge"
