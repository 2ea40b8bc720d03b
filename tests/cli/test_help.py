"""The command line as a whole: help, examples, common options, completion, and an instant start."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from docs.command_line import COMMON, command_line_page, every_command, words_of
from tallybridge.cli.frame import Frame
from tests.cli.conftest import Call

COMMANDS = dict(every_command())
REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "command-line.md"

PROMISED = {
    "demo", "sandbox", "doctor", "plan", "apply", "run", "explain", "verify", "holds list", "holds adopt", "replay", "serve",
    "init", "fingerprint", "tenants", "accounts", "agreements", "items", "applications", "links suggest", "config export", "config release",
}  # fmt: skip


def options(command: Any) -> set[str]:
    return {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts) if name.startswith("-")}


def test_every_promised_command_is_there() -> None:
    assert set(COMMANDS) >= PROMISED


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does_and_gives_an_example_that_fits(name: str) -> None:
    paragraphs, example = words_of(COMMANDS[name])
    assert paragraphs
    assert paragraphs[0].endswith(".")
    words = shlex.split(example)
    assert words[: 1 + len(name.split())] == ["tallybridge", *name.split()]
    assert {word for word in words if word.startswith("--")} <= options(COMMANDS[name])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_argument_and_option_has_a_help_text(name: str) -> None:
    for parameter in COMMANDS[name].params:
        assert parameter.help, f"{name}: {parameter.name}"
        assert parameter.help.rstrip().endswith((".", "”", ")")), f"{name}: {parameter.name} ends without a full stop: {parameter.help!r}"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_offers_the_common_options(name: str) -> None:
    assert {"--json", "--config", "--home"} <= options(COMMANDS[name])
    assert set(COMMON) <= {parameter.name for parameter in COMMANDS[name].params}


@pytest.mark.parametrize("arguments", [("fingerprint", "--json", "ftp://ksc.example"), ("fingerprint", "ftp://ksc.example", "--json")])
def test_options_may_stand_before_or_after_positional_arguments(folder: Path, call: Call, arguments: tuple[str, ...]) -> None:
    called = call(*arguments)
    assert called.code == 1
    assert "ftp://ksc.example" in called.json["error"]["message"]
    assert "no https address" in called.stderr


@pytest.mark.parametrize("arguments", [("no-such-command",), ("plan", "--no-such-option"), ("explain",)])
def test_wrong_usage_ends_with_1_because_2_means_changes(folder: Path, call: Call, arguments: tuple[str, ...]) -> None:
    called = call(*arguments)
    assert called.code == 1
    assert called.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("explain",), "--agreement"),
        (("plan", "--bogus"), "--bogus"),
        (("apply",), "FILE"),
        (("count", "set", "--quantity", "many"), "--quantity"),
        (("nosuch",), "nosuch"),
        ((), "--json"),
    ],
)
def test_wrong_usage_is_one_document_with_json_and_the_usage_for_people(folder: Path, call: Call, arguments: tuple[str, ...], named: str) -> None:
    """Contracts 2: one JSON document on stdout, and exit code 1."""
    called = call(*arguments, "--json")
    assert called.code == 1
    assert list(called.json) == ["error"]
    assert named in called.json["error"]["message"]
    assert called.json["error"]["message"] in called.stderr
    assert called.stderr.startswith("Usage: ")


@pytest.mark.parametrize(("arguments", "code"), [((), 1), (("holds",), 1), (("--help",), 0), (("plan", "--help", "--json"), 0)])
def test_help_is_shown_where_it_is_asked_for_or_nothing_is(folder: Path, call: Call, arguments: tuple[str, ...], code: int) -> None:
    called = call(*arguments)
    assert (called.code, called.stderr) == (code, "")
    assert "Usage: " in called.stdout


@pytest.mark.parametrize(
    ("raised", "sentence"), [(KeyboardInterrupt(), "Stopped. What was under way was brought to a clean end"), (typer.Abort(), "Aborted.")]
)
def test_a_stopped_command_ends_in_a_sentence(
    folder: Path, call: Call, monkeypatch: pytest.MonkeyPatch, raised: BaseException, sentence: str
) -> None:
    def stop(_frame: Frame) -> None:
        raise raised

    monkeypatch.setattr(Frame, "open_ledger", stop)
    called = call("holds", "list", "--json")
    assert called.code == 1
    assert called.json["error"]["message"].startswith(sentence)
    assert sentence in called.stderr


def test_help_is_instant_because_nothing_heavy_is_imported() -> None:
    heavy = ("django", "urllib3", "cryptography", "msgspec", "lxml", "zstandard", "tallybridge.ledger", "tallybridge.runs", "tallybridge.sandbox")
    code = f"import sys, tallybridge.cli.entry; print([name for name in {heavy!r} if name in sys.modules])"
    assert _python(code) == "[]"


@pytest.mark.parametrize(
    ("typed", "completed"),
    [("tallybridge doc", "doctor"), ("tallybridge links s", "suggest"), ("tallybridge plan --ten", "--tenant")],
)
def test_the_shell_completes_commands_and_options(typed: str, completed: str) -> None:
    completing = {"_TALLYBRIDGE_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)}
    assert completed in _tallybridge(completing).split()


def test_the_completion_script_can_be_shown_and_installed() -> None:
    assert "complete_zsh" in _tallybridge({"_TALLYBRIDGE_COMPLETE": "source_zsh"})


def test_the_reference_page_is_what_the_program_says() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == command_line_page(), "run: python -m docs.generate command-line"


def test_version_is_one_line(call: Call) -> None:
    called = call("--version")
    assert called.code == 0
    assert called.stdout.startswith("tallybridge ")


def test_json_errors_are_one_document(folder: Path, call: Call) -> None:
    called = call("tenants", "--json", "--config", "nowhere.toml")
    assert called.code == 1
    assert set(json.loads(called.stdout)) == {"error"}
    assert "nowhere.toml" in called.stderr


def _tallybridge(environment: dict[str, str]) -> str:
    return _python("import sys; sys.argv = ['tallybridge']; from tallybridge.cli import main; main()", environment)


def _python(code: str, environment: dict[str, str] | None = None) -> str:
    ended = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **(environment or {})}, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()
