"""`tallybridge sandbox` with companies: which files it writes, and where (contracts 2 and 4)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.sandbox.test_companies import THE_CONTRACTS_COMPANY, companies
from tests.sandbox.test_sandbox_declaration import SIGN_IN

PROGRAM = (sys.executable, "-c", "from tallybridge.cli.entry import main; main()", "sandbox")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="stopped by a POSIX signal")


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """A scenario file with one company."""
    file = tmp_path / "world.json"
    file.write_text(json.dumps({**companies(THE_CONTRACTS_COMPANY), "tigerpaw": SIGN_IN}))
    return file


@contextmanager
def started(scenario: Path, *options: str) -> Iterator[dict[str, str]]:
    """The sandbox as its own process in the scenario's folder; gives what it announces."""
    process = subprocess.Popen(
        [*PROGRAM, "--scenario", scenario.name, *options], cwd=scenario.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            yield json.loads(line)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0


def only_export(folder: Path) -> dict[str, object]:
    """The one file in a folder of exports."""
    (file,) = folder.iterdir()
    document: dict[str, object] = json.loads(file.read_bytes())
    return document


def test_exports_and_configuration_are_ready_when_the_sandbox_says_so(scenario: Path) -> None:
    folder = scenario.parent
    with started(scenario, "--write-config", "tallybridge.toml", "--write-exports", "out"):
        assert only_export(folder / "out")["companies"] == [THE_CONTRACTS_COMPANY]
        assert tomllib.loads((folder / "tallybridge-hub.toml").read_text())["source"] == {"kind": "business_hub", "folder": str(folder / "out")}


def test_a_configuration_alone_brings_the_exports_that_it_names(scenario: Path) -> None:
    with started(scenario, "--write-config", "tallybridge.toml"):
        assert only_export(scenario.parent / "exports")["companies"] == [THE_CONTRACTS_COMPANY]


def test_without_the_options_nothing_is_written(scenario: Path) -> None:
    with started(scenario) as announced:
        assert set(announced) == {"ksc_url", "fingerprint", "ca_file", "tigerpaw_url"}
        assert list(scenario.parent.iterdir()) == [scenario]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--write-exports", "world.json"), "cannot be written"),
        (("--write-config", "missing/x.toml", "--write-exports", "out"), "The configuration cannot be written to missing/x.toml"),
    ],
)
def test_a_place_that_cannot_be_written_ends_in_a_sentence(scenario: Path, options: tuple[str, ...], sentence: str) -> None:
    ended = subprocess.run(
        [*PROGRAM, "--scenario", scenario.name, *options], cwd=scenario.parent, capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 1
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""
