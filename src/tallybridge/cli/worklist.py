"""`worklist`: what a person should enter in Tigerpaw, as a table or a file for a spreadsheet (design 6.2)."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tallybridge.cli.frame import CommandFailed, ConfigOption, Finished, HomeOption, JsonOption, frame

if TYPE_CHECKING:
    from collections.abc import Sequence

_COLUMNS = ("Tenant", "Account", "Agreement", "Item", "Line", "Now", "Enter", "Since")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def add_to(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command("worklist", rich_help_panel="The day's bill")(worklist)


def worklist(
    to: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the list as CSV for a spreadsheet.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """List the quantities that wait to be entered in Tigerpaw by hand (write_mode = "worklist"). Needs no connection.

    The next run reads Tigerpaw and takes each entry off the list that it finds entered.

    Exit code: 0 nothing waits, 3 something does.

    Example: tallybridge worklist --csv monday.csv
    """
    call = frame(as_json, config, home)
    call.open_ledger()
    from tallybridge.ledger.worklist import open_entries

    entries = open_entries()
    rows = [
        (one.tenant, one.account, one.agreement, one.item, one.charge, "none" if one.now is None else one.now, one.enter, f"{one.since:%Y-%m-%d}")
        for one in entries
    ]
    if to is not None:
        _write(to, rows)
        call.say(f"{len(rows)} entries written to {to}.")
    if call.as_json:
        names = ("tenant", "account", "agreement", "item", "charge", "now", "enter")
        call.give([{name: getattr(one, name) for name in names} | {"since": f"{one.since:%Y-%m-%dT%H:%M:%SZ}"} for one in entries])
    elif to is None and rows:
        numbers = ("Account", "Agreement", "Line", "Now", "Enter")
        call.show(_COLUMNS, rows, title="Worklist: enter these quantities in Tigerpaw", numbers=numbers)
    elif not rows:
        call.say("Nothing waits to be entered.")
    raise Finished(3 if rows else 0)


def _write(to: Path, rows: Sequence[Sequence[object]]) -> None:
    try:
        # The byte order mark is what makes spreadsheets read UTF-8 as UTF-8.
        with to.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(_COLUMNS)
            writer.writerows([_safe(cell) for cell in row] for row in rows)
    except OSError as error:
        raise CommandFailed(f"The worklist could not be written to {to}: {error.strerror}. Nothing else was changed.") from error


def _safe(cell: object) -> object:
    """Text that a spreadsheet would take for a formula is marked as text."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell
