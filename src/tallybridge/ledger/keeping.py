"""Moves a ledger to another database, backs it up into a file, and restores it from there; each copy is proved before it counts."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from django.db import connection

from tallybridge.ledger import manifests, opening, tables
from tallybridge.ledger.copying import Copied, CopyRefused, copy_into
from tallybridge.ledger.database import Database, database_of
from tallybridge.ledger.errors import ledger_errors, unwritable
from tallybridge.ledger.opening import Clock
from tallybridge.ledger.prepared import models
from tallybridge.ledger.processes import Owner, is_gone
from tallybridge.ledger.sqlite import MOVED_FILE, SQLite

__all__ = ["Copied", "CopyRefused", "back_up", "move", "restore"]


def move(home: Path, target: Database, *, clock: Clock) -> Copied:
    """Copies the ledger in the home's file into an empty database. The file is left as it is, marked as moved, and not opened any more.

    Raises:
        CopyRefused: there is nothing to move, a run is under way, or the target is not empty; nothing was changed.
        LedgerError: as `open_ledger`.
    """
    source = SQLite(home)
    if not source.is_there():
        raise CopyRefused(f"There is no ledger in {home} to be moved. Nothing was changed. Name its data folder with --home.")
    opening.open_ledger(home, clock=clock, whole=True, database=source)
    _require_no_run()

    def mark() -> None:
        (home / MOVED_FILE).write_text(f"{target.words}\n", encoding="utf-8")

    return copy_into(target, afterwards=mark)


def back_up(file: Path) -> Copied:
    """Copies the open ledger, which must be whole, into a file of its own; at any time, also while runs are made. The key is not in it.

    Raises:
        CopyRefused: the file is there already, or the copy does not verify; there is no new file.
        LedgerUnwritable: the same.
    """
    if file.exists():
        raise CopyRefused(f"{file} is there already. Nothing was written. Name another file, or remove that one.")
    unfinished = SQLite(file.absolute().parent, f".{file.name}.new")
    try:
        unfinished.file.unlink(missing_ok=True)
        if connection.vendor == "sqlite":
            _copy_file_into(unfinished.file)
            copied = _proved(unfinished)
        else:
            copied = copy_into(unfinished)
        unfinished.file.replace(file)
    except OSError as error:
        raise unwritable(error) from error
    finally:
        unfinished.file.unlink(missing_ok=True)
    return copied


def restore(home: Path, file: Path, *, clock: Clock) -> Copied:
    """Copies a backup into the home's ledger, which must be empty, wherever that is. The home must hold the key that the backup was made with.

    Raises:
        CopyRefused: the file is no backup, or there is a ledger already; nothing was changed.
        LedgerError: as `open_ledger`.
    """
    target = database_of(home)
    target.refuse_if_elsewhere()
    if not _is_backup(file):
        raise CopyRefused(f"{file} is no backup of a ledger. Nothing was changed.")
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=home) as folder:
            # An older backup is brought up to date first, and the backup itself stays as it is.
            source = SQLite(Path(folder))
            shutil.copyfile(file, source.file)
            opening.open_ledger(home, clock=clock, whole=True, database=source)
            try:
                return copy_into(target)
            finally:
                opening.close_ledger()
    except OSError as error:
        raise unwritable(error) from error


def _require_no_run() -> None:
    for lease in models.Lease.objects.filter(expires__gt=opening.clock()):
        if is_gone(Owner(host=lease.host, pid=lease.pid, process_started=lease.process_started)) is not True:
            raise CopyRefused("A run is under way. Nothing was changed. Stop “tallybridge serve”, wait for the run to end, and move then.")


@ledger_errors()
def _copy_file_into(file: Path) -> None:
    """Lets SQLite copy its file as it stands at one moment."""
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    connection.ensure_connection()
    with closing(sqlite3.connect(file)) as copy:
        connection.connection.backup(copy)


def _proved(copy: SQLite) -> Copied:
    with opening.turned_to(copy):
        report = manifests.verify()
        rows = sum(model._default_manager.count() for model in tables.models_of(tables.labels_of(whole=True)))  # noqa: SLF001 - Django documents it as public
    if not report.ok:
        raise CopyRefused(f"The copy does not verify: {report.first_broken} Nothing was written. Verify the ledger itself: tallybridge verify")
    return Copied(rows=rows, runs=report.runs, head=report.head)


def _is_backup(file: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as raw:
            return bool(raw.execute("SELECT 1 FROM ledger_keycheck").fetchone())
    except sqlite3.Error:
        return False
