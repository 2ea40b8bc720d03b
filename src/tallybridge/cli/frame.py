"""What every command shares: its common options, where its words go, and how its errors end.

Data goes to stdout (a table, or one JSON document with --json), talk goes to stderr. A terminal gets tables and progress, a pipe plain text.
"""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from unicodedata import category

import typer
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from tallybridge.runs.configuring import Configured

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, nothing else there.", rich_help_panel="Common options")]
ConfigOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Configuration file, or a folder of them; may be repeated. Default: $TALLYBRIDGE_CONFIG, else tallybridge.toml in the current folder.",
        rich_help_panel="Common options",
    ),
]
HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        metavar="DIR",
        help="Data folder with the ledger. Default: $TALLYBRIDGE_HOME, else the platform's data folder.",
        rich_help_panel="Common options",
    ),
]


def with_names(sentence: str) -> str:
    """A sentence of the rules, which know no PSA by name, as people say it: Tigerpaw is the one that every integration writes to."""
    from tallybridge.billing.reasons import naming_the_psa

    return naming_the_psa(sentence, "Tigerpaw")


# Controls, line separators and paragraph separators.
_CONTROLS = frozenset({"Cc", "Zl", "Zp"})


class CommandFailed(Exception):
    """The command cannot do what it was asked to; the text says why, whether anything was written, and what to do."""

    def __init__(self, sentence: str, *, exit_code: int = 1) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


class Finished(Exception):
    """The command has done its work and ends with this exit code. Not `typer.Exit`, so that a wrong usage can be told from `plan`'s 2."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code


def utc_now() -> datetime:
    """The one clock that the command line injects everywhere (L10)."""
    return datetime.now(UTC)


def author() -> str:
    """Who gives the command: the name that a decision is kept with; the user id where the system has no name for it, as in many containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return f"uid {os.getuid()}" if sys.platform != "win32" else "unknown"


@dataclass(frozen=True, slots=True)
class Frame:
    """One call of a command: its common options and its two ways of talking."""

    as_json: bool
    config: Sequence[Path]
    home: Path | None

    @property
    def talk(self) -> Console:
        """Where words for people go: stderr."""
        return Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())

    @property
    def out(self) -> Console:
        """Where data goes: stdout; plain and unwrapped in a pipe."""
        return Console(highlight=False, soft_wrap=not sys.stdout.isatty(), width=None if sys.stdout.isatty() else 200)

    def say(self, words: str) -> None:
        """A sentence for a person."""
        self.talk.print(without_controls(words, kept="\n"), markup=False)

    def give(self, document: Any) -> None:
        """The command's one JSON document, written piece by piece: as one text, that of ten thousand customers would be the run's largest piece."""
        sys.stdout.writelines(json.JSONEncoder(ensure_ascii=False, indent=2).iterencode(document))
        sys.stdout.write("\n")

    def show(self, columns: Sequence[str], rows: Sequence[Sequence[object]], *, title: str = "", numbers: Sequence[str] = ()) -> None:
        """A table: drawn on a terminal, plain aligned text in a pipe. `numbers` names the columns that are aligned to the right."""
        texts = [["" if cell is None else without_controls(str(cell)) for cell in row] for row in rows]
        right = [column in numbers for column in columns]
        if sys.stdout.isatty():
            self._draw(columns, texts, right, title)
        else:
            sys.stdout.write(plain_table(columns, texts, right, title))

    def _draw(self, columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool], title: str) -> None:
        table = Table(title=title or None, title_justify="left", title_style="bold", header_style="bold", box=SIMPLE_HEAD, pad_edge=False)
        for column, to_the_right in zip(columns, right, strict=True):
            table.add_column(column, justify="right" if to_the_right else "left", overflow="fold")
        for row in rows:
            table.add_row(*(escape(cell) for cell in row))
        self.out.print(table)

    def open_ledger(self, *, whole: bool = False) -> Path:
        """Opens the ledger in the data folder and returns the folder.

        Args:
            whole: also the tables of the console.

        Raises:
            LedgerError: in words.
        """
        from tallybridge.configuration.locating import locate_home
        from tallybridge.ledger.opening import open_ledger

        home = locate_home(self.home)
        open_ledger(home, clock=utc_now, whole=whole)
        return home

    def configured(self) -> tuple[Configured, ...]:
        """Opens the ledger and gives every integration: from the files if there are any, else from the ledger.

        Raises:
            ConfigurationError: all problems, and every place that was looked in.
        """
        from tallybridge.configuration.locating import locate_configuration
        from tallybridge.configuration.reading import read_configurations

        located = locate_configuration(self.config)
        # Read once before the ledger is touched: a wrong file changes nothing anywhere.
        read_configurations(located.paths)
        self.open_ledger()
        return self.read_configured()

    def read_configured(self) -> tuple[Configured, ...]:
        """Every integration as it is configured now; the ledger must be open. Raises as `configured` does."""
        from tallybridge.configuration.locating import locate_configuration

        found = self.read_if_configured()
        if not found:
            locate_configuration(self.config).demand()
        return found

    def read_if_configured(self) -> tuple[Configured, ...]:
        """As `read_configured`, but nothing where nothing is configured yet: the console is where that begins."""
        from tallybridge.configuration.locating import locate_configuration
        from tallybridge.runs.configuring import from_ledger, take_files

        located = locate_configuration(self.config)
        return take_files(located.paths, utc_now) if located.paths else from_ledger()

    def one_integration(self) -> Configured:
        """The only integration that is configured.

        Raises:
            CommandFailed: there are several; they are named.
        """
        found = self.configured()
        if len(found) > 1:
            names = ", ".join(f"“{one.configuration.integration.name}”" for one in found)
            raise CommandFailed(f"Several integrations are configured: {names}. Name one file with --config. Nothing was contacted.")
        return found[0]


def without_controls(text: str, *, kept: str = "") -> str:
    """The text without control characters: a name from either side can neither break a table nor speak to the terminal."""
    return "".join("\N{REPLACEMENT CHARACTER}" if category(one) in _CONTROLS and one not in kept else one for one in text)


def plain_table(columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool], title: str) -> str:
    """A table as aligned text without any drawing, its title on a line of its own."""
    lines = [list(columns), *(list(row) for row in rows)]
    widths = [max(cell_len(line[place]) for line in lines) for place in range(len(columns))]
    text = f"{title}\n" if title else ""
    for line in lines:
        cells = [
            " " * (width - cell_len(cell)) + cell if to_the_right else cell + " " * (width - cell_len(cell))
            for cell, width, to_the_right in zip(line, widths, right, strict=True)
        ]
        text += "  ".join(cells).rstrip() + "\n"
    return text + "\n"


def frame(as_json: bool, config: Sequence[Path] | None, home: Path | None) -> Frame:
    """The frame of one call."""
    return Frame(as_json, tuple(config or ()), home)
