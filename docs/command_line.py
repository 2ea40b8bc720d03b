"""The reference page of the command line, written from the Typer application itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from tallybridge.cli.entry import app

COMMON = ("as_json", "config", "home")
EXAMPLE = "Example: "

HEAD = """\
# The command line

This page is written by `python -m docs.generate command-line`. `tallybridge COMMAND --help` shows the same.

Data goes to stdout: a table on a terminal, plain text in a pipe, one JSON document with `--json`. Words for people go to stderr.
Options may stand before or after positional arguments. `tallybridge --install-completion` makes the Tab key complete commands and options.

Every command has these options:

| option | meaning |
| --- | --- |
"""

EXIT_CODES = """\

## Exit codes

| code | means |
| --- | --- |
| 0 | done; nothing waits |
| 1 | something failed, or the command was not understood; a sentence on stderr says what, and whether anything was written |
| 2 | `plan` and `revert` only: there are changes |
| 3 | something is held, blocked or waiting for a person, or another run is under way |
"""


def command_line_page() -> str:
    """Every command with its words, arguments, options and example, in the order of `--help`."""
    commands = tuple(every_command())
    shared = [_option_row(parameter) for parameter in commands[0][1].params if parameter.name in COMMON]
    return HEAD + "\n".join(shared) + "\n" + EXIT_CODES + "".join(_section(name, command) for name, command in commands)


def every_command() -> Iterator[tuple[str, Any]]:
    """Every command that does something, with its whole name: `links suggest`."""
    yield from _within("", typer.main.get_command(app))


def _within(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    # A group is told by what it has: Typer may bring its own copy of the classes that it builds on.
    members = getattr(command, "commands", None)
    if members is None:
        yield name, command
        return
    for member, inner in members.items():
        yield from _within(f"{name} {member}".strip(), inner)


def words_of(command: Any) -> tuple[list[str], str]:
    """A command's paragraphs, and its example."""
    paragraphs = [" ".join(paragraph.split()) for paragraph in (command.help or "").split("\n\n")]
    example = next((one.removeprefix(EXAMPLE) for one in paragraphs if one.startswith(EXAMPLE)), "")
    return [one for one in paragraphs if not one.startswith(EXAMPLE)], example


def _section(name: str, command: Any) -> str:
    paragraphs, example = words_of(command)
    own = [parameter for parameter in command.params if parameter.name not in COMMON]
    blocks = [f"\n## tallybridge {name}\n", *(f"{paragraph}\n" for paragraph in paragraphs), f"```\n{example}\n```\n"]
    if own:
        rows = "\n".join(_option_row(parameter) for parameter in own)
        blocks.append(f"| argument or option | meaning |\n| --- | --- |\n{rows}\n")
    return "\n".join(blocks)


def _option_row(parameter: Any) -> str:
    needed = " Required." if parameter.required else ""
    return f"| `{_spelled(parameter)}` | {_cell(parameter.help or '')}{needed} |"


def _spelled(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return _cell(str(parameter.metavar or parameter.name.upper()))
    names = ", ".join((*parameter.opts, *parameter.secondary_opts))
    value = "" if parameter.is_flag else f" {parameter.metavar or parameter.name.upper()}"
    return _cell(f"{names}{value}")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
