"""What the command line says where something is one of a kind, in an odd place, or has no name."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

import pytest

from tallybridge.cli import frame
from tests.cli.conftest import Call, WriteConfig


@pytest.mark.parametrize("error", [KeyError("getpwuid(): uid not found: 12345"), OSError("No username set in the environment")])
def test_a_user_without_a_name_is_known_by_the_id(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def nobody() -> str:
        raise error

    monkeypatch.setattr(getpass, "getuser", nobody)
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert frame.author() == "uid 12345"


def test_a_plan_is_not_saved_over_a_folder_and_nothing_is_read(folder: Path, call: Call) -> None:
    (folder / "plans").mkdir()
    called = call("plan", "--out", "plans", "--json")
    assert called.code == 1
    assert "plans is a folder" in called.json["error"]["message"]
    assert "Nothing was read or written." in called.stderr
    assert not (folder / "home").exists()


def test_one_link_is_one_link(call: Call, write_config: WriteConfig) -> None:
    write_config()
    assert "Added 1 link to " in call("links", "suggest", "--save").stderr
