"""Dialect files: found by name or path, checked whole, every error naming the file and the member."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallybridge.destinations.tigerpaw import DialectError, load_dialect, shipped_dialects

GOOD = """
name = "captured"
about = "From our server, March 2026."
create = '<C agreement="{agreement}" item="{item}" quantity="{quantity}"/>'
update = '<C line="{charge}" quantity="{quantity}"/>'
[result.success]
at = "{*}Answer/{*}Status"
values = ["OK"]
"""


def test_a_shipped_dialect_is_found_by_name_and_says_that_it_is_invented() -> None:
    assert shipped_dialects() == ("sandbox-0",)
    assert "invented" in load_dialect("sandbox-0", beside=None).about


def test_one_s_own_dialect_is_found_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(GOOD)
    configuration = tmp_path / "tallybridge.toml"
    configuration.write_text("")
    for beside in (tmp_path, configuration, None):
        name = "ours.toml" if beside else str(tmp_path / "ours.toml")
        assert load_dialect(name, beside=beside).name == "captured"


@pytest.mark.parametrize("name", ["captured", "nowhere.toml", "folder.toml", "latin.toml"])
def test_what_is_not_found_lists_what_is_shipped(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "latin.toml").write_bytes(b"name = '\xe9'")
    with pytest.raises(DialectError, match="sandbox-0") as caught:
        load_dialect(name, beside=tmp_path)
    assert name in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('name = "captured"', "name = ", "not valid TOML"),
        ('name = "captured"', "", "missing required field `name`"),
        ('name = "captured"', "name = 7", r"\$.name"),
        ('name = "captured"', 'name = "captured"\ndelete = ""', "unknown field `delete`"),
        ('item="{item}" ', "", r"`create`: placeholder \{item\} is missing"),
        ('agreement="{agreement}" ', "", r"`create`: placeholder \{agreement\} is missing"),
        (' quantity="{quantity}"/>\'\nupdate', "/>'\nupdate", r"`create`: placeholder \{quantity\} is missing"),
        ('item="{item}" ', 'item="{item}" line="{charge}" ', r"`create`: placeholder \{charge\} has no value here"),
        ('line="{charge}"', "", r"`update`: placeholder \{charge\} is missing"),
        ("<C line", "<C> line", "`update`: not one well-formed"),
        ("[result.success]", "[result.failure]", r"\$.result"),
        ('at = "{*}Answer/{*}Status"', "", r"missing required field `at`.*\$.result.success"),
        ('at = "{*}Answer/{*}Status"', 'at = "/Answer"', "`result.success.at`"),
        ('at = "{*}Answer/{*}Status"', 'at = "x:Answer"', "`result.success.at`"),
    ],
)
def test_a_file_that_cannot_be_used_names_file_and_member(old: str, new: str, says: str, tmp_path: Path) -> None:
    assert old in GOOD
    path = tmp_path / "ours.toml"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(DialectError, match=says) as caught:
        load_dialect("ours.toml", beside=tmp_path)
    assert str(path) in str(caught.value)
