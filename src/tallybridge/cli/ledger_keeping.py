"""`ledger`: move the ledger to PostgreSQL, back it up, restore it. None of them contacts a source or a PSA."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tallybridge.cli.frame import CommandFailed, ConfigOption, HomeOption, JsonOption, frame, utc_now
from tallybridge.cli.ledger import ledger

if TYPE_CHECKING:
    from tallybridge.cli.frame import Frame
    from tallybridge.ledger.keeping import Copied

_KEY = "The key is not in it: keep the file “key” of the data folder, or the value of TALLYBRIDGE_KEY, in another safe place."


def add_to(app: typer.Typer) -> None:
    """Adds these commands to their group, which `ledger` itself adds."""
    del app
    ledger.command("move")(move)
    ledger.command("backup")(backup)
    ledger.command("restore")(restore)


def move(
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Copy the data folder's ledger into the empty PostgreSQL database that TALLYBRIDGE_DATABASE_URL names, and verify it there.

    Stop “tallybridge serve” first. The old file is left as it is, and marked so that it is not used any more.

    Example: tallybridge ledger move
    """
    call = _frame(as_json, config, home)
    from tallybridge.configuration.locating import locate_home
    from tallybridge.ledger import keeping
    from tallybridge.ledger.database import URL_VARIABLE, database_of
    from tallybridge.ledger.sqlite import DATABASE_FILE

    if not os.environ.get(URL_VARIABLE, "").strip():
        raise CommandFailed(f"{URL_VARIABLE} does not say where to. Nothing was changed. Set it to the address of an empty PostgreSQL database.")
    folder = locate_home(call.home)
    target = database_of(folder)
    copied = keeping.move(folder, target, clock=utc_now)
    _tell(call, copied, f"The ledger is now in {target.words}.", ledger=target.words)
    call.say(f"From now on every command and service needs {URL_VARIABLE}. What to type next: tallybridge doctor")
    call.say(f"Further machines also need the key: {folder / 'key'}, or its content in TALLYBRIDGE_KEY.")
    call.say(f"{folder / DATABASE_FILE} is left as it was and must not be used any more. Once you have a backup of the new ledger, remove it.")


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The new file; it must not be there yet.")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Copy the whole ledger, the console's people with it, into one file, and verify the copy. Safe at any time, also while a run is made.

    The file is the same for both databases and can be restored into either. The key is not in it.

    Example: tallybridge ledger backup ledger-2026-11-30.backup
    """
    call = _frame(as_json, config, home)
    from tallybridge.ledger import keeping

    call.open_ledger(whole=True)
    copied = keeping.back_up(file)
    _tell(call, copied, f"The ledger is copied into {file}.", file=str(file))
    call.say(_KEY)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What “ledger backup” wrote.")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Copy a backup into an empty ledger, and verify it there: in the data folder, or in the database that TALLYBRIDGE_DATABASE_URL names.

    Put the key that belongs to it into the data folder first (the file “key”, readable by its owner alone), or into TALLYBRIDGE_KEY.

    Example: tallybridge ledger restore ledger-2026-11-30.backup --home restored
    """
    call = _frame(as_json, config, home)
    from tallybridge.configuration.locating import locate_home
    from tallybridge.ledger import keeping
    from tallybridge.ledger.database import database_of

    folder = locate_home(call.home)
    words = database_of(folder).words
    copied = keeping.restore(folder, file, clock=utc_now)
    _tell(call, copied, f"The ledger is restored into {words}.", ledger=words)
    call.say("Two machines with copies of one ledger would both write: see that the other one is stopped. What to type next: tallybridge plan")


def _frame(as_json: bool, config: list[Path] | None, home: Path | None) -> Frame:
    """The console's tables belong to the ledger, and are prepared before anything else of it is imported."""
    from tallybridge.console.serving import prepare_console

    prepare_console()
    return frame(as_json, config, home)


def _tell(call: Frame, copied: Copied, sentence: str, **where: str) -> None:
    if call.as_json:
        call.give({**where, "rows": copied.rows, "runs": copied.runs, "head": copied.head})
        return
    chain = f"{copied.runs} runs verify, chain head {copied.head}" if copied.head is not None else "there is no run in it yet"
    call.say(f"{sentence} {copied.rows} rows; {chain}.")
