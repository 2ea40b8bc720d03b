"""Opens a home: its folder, its key and its database (`database`).

A fresh ledger and an older one are brought up to date under a lock and in one transaction, so a process that is killed leaves either
the old state or the new one, and of two that come at once one waits for the other.
"""

from __future__ import annotations

import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.fernet import Fernet
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from tallybridge.ledger import tables
from tallybridge.ledger.database import Database, database_of
from tallybridge.ledger.errors import (
    KeyChanged,
    KeyExposed,
    KeyLost,
    LedgerError,
    LedgerNewer,
    LedgerNotMoved,
    LedgerUnwritable,
    ledger_errors,
    unwritable,
)
from tallybridge.ledger.key import check_value, confirm_key, discard_unfinished, find_key, make_key
from tallybridge.ledger.prepared import models
from tallybridge.ledger.sqlite import DATABASE_FILE, moved_to

__all__ = [
    "Clock",
    "KeyChanged",
    "KeyExposed",
    "KeyLost",
    "LedgerError",
    "LedgerNewer",
    "LedgerUnwritable",
    "adding_to_a_run",
    "clock",
    "close_ledger",
    "close_thread",
    "closing_a_run",
    "database_of_the_open_ledger",
    "fault_in_file",
    "fault_in_references",
    "in_turn",
    "ledger_errors",
    "open_ledger",
    "require_in_use",
    "sealing_key",
    "together",
    "turned_to",
    "words_for_the_ledger",
]

Clock = Callable[[], datetime]
"""Gives the present instant, aware and in UTC (L10)."""

KEY_FILE = "key"
LOCK_FILE = "opening.lock"


@dataclass(frozen=True, slots=True)
class _Opened:
    clock: Clock
    key: Fernet
    database: Database


_opened: _Opened | None = None
_connections: weakref.WeakSet[BaseDatabaseWrapper] = weakref.WeakSet()
_connections_lock = threading.Lock()


def open_ledger(home: Path, *, clock: Clock, whole: bool = False, database: Database | None = None) -> None:
    """Makes the ledger in the folder `home` ready, making what is missing; a second call closes the first home and opens another.

    Args:
        home: the data folder; made with rights for its owner alone where it is missing.
        clock: the present instant, for what the ledger itself stamps.
        whole: also the tables of the other installed Django applications, which the console keeps people and sessions in.
        database: where the ledger is; where not given, `database_of` says it.

    Raises:
        LedgerNewer, LedgerMoved, LedgerNotMoved, KeyLost, KeyChanged, KeyExposed: nothing was changed.
        LedgerUnwritable: the folder or the database cannot be used.
    """
    global _opened  # noqa: PLW0603 - Django knows one database per process, so there is one open ledger per process
    close_ledger()
    database = database or database_of(home)
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        _point_at(database)
        with ledger_errors():
            labels = tables.labels_of(whole=whole)
            database.refuse_if_elsewhere()
            key = _ready_key(home, database, labels) or _bring_up_to_date(home, database, labels)
    except LedgerError:
        close_ledger()
        raise
    except OSError as error:
        close_ledger()
        raise unwritable(error) from error
    _opened = _Opened(clock, key, database)


def close_ledger() -> None:
    """Closes the connections of all threads; without an open ledger, does nothing."""
    global _opened  # noqa: PLW0603 - see open_ledger
    _opened = None
    with _connections_lock:
        for known in tuple(_connections):
            known.inc_thread_sharing()
            try:
                known.close()
            finally:
                known.dec_thread_sharing()
        _connections.clear()
    connections.settings[DEFAULT_DB_ALIAS]["NAME"] = ""


def close_thread() -> None:
    """Closes the connection of the calling thread, if it has one; to be called by a thread that is about to end."""
    connections.close_all()


@contextmanager
def turned_to(database: Database) -> Iterator[None]:
    """For the length of a `with` block, the open ledger's functions work on another database, with the same key and clock."""
    global _opened  # noqa: PLW0603 - see open_ledger
    before = _require()
    close_ledger()
    _point_at(database)
    _opened = _Opened(before.clock, before.key, database)
    try:
        yield
    finally:
        close_ledger()
        _point_at(before.database)
        _opened = before


def require_in_use() -> None:
    """Asks, before something begins, whether the ledger has been moved since it was opened. Raises LedgerMoved."""
    _require().database.refuse_if_elsewhere()


@contextmanager
def together() -> Iterator[None]:
    """Everything within is kept together, or nothing of it."""
    with ledger_errors(), transaction.atomic():
        yield


def clock() -> datetime:
    """The present instant by the open ledger's clock."""
    return _require().clock()


def sealing_key() -> Fernet:
    """The key of the open ledger."""
    return _require().key


def database_of_the_open_ledger() -> Database:
    """Where the open ledger is."""
    return _require().database


def words_for_the_ledger() -> str:
    """Where the open ledger is, for people; without secrets."""
    return _require().database.words


@contextmanager
def closing_a_run(run: str) -> Iterator[None]:
    """One transaction that sees a single state of the whole ledger, while no other one adds to this run or closes any."""
    with _require().database.closing_a_run(run):
        yield


def adding_to_a_run(run: str) -> None:
    """Until the transaction ends, the run is not closed. What is asked of the run is to be asked afterwards."""
    _require().database.adding_to_a_run(run)


def in_turn(*subject: object) -> None:
    """Until the transaction ends, nobody else gets beyond this call for the same subject: what is read now is still true when it is acted upon.

    A transaction that takes turns for several subjects of one kind takes them in their order, so that no two wait for each other.
    """
    _require().database.in_turn(*subject)


def without_awaiting_the_disk() -> AbstractContextManager[None]:
    """What is committed within may be gone after a loss of power; for what means nothing without the process that wrote it."""
    return _require().database.without_awaiting_the_disk()


def fault_in_file() -> str | None:
    """What the database finds wrong with its own file, in words; None where it finds nothing, or keeps no file of ours.

    Raises:
        LedgerDamaged: so damaged that not even this can be told.
    """
    with ledger_errors():
        return _require().database.fault_in_file()


def fault_in_references() -> str | None:
    """The first row that refers to one that is not there, in words; None where all do, or where the database sees to it by itself."""
    with ledger_errors():
        return _require().database.fault_in_references()


def _require() -> _Opened:
    if _opened is None:
        raise LedgerError("No ledger is open: open_ledger must be called first.")
    return _opened


def _remember(connection: BaseDatabaseWrapper, **_: object) -> None:
    with _connections_lock:
        _connections.add(connection)


connection_created.connect(_remember, dispatch_uid="tallybridge.ledger.opening")


def _point_at(database: Database) -> None:
    """Connections of other threads follow, because Django's settings are changed in place; those for another kind of database are made anew."""
    wanted = database.settings()
    known = connections.settings[DEFAULT_DB_ALIAS]
    if known["ENGINE"] == wanted["ENGINE"]:
        known.update(wanted)
        return
    connections.settings[DEFAULT_DB_ALIAS] = {**known, "USER": "", "PASSWORD": "", "HOST": "", "PORT": "", **wanted}
    with suppress(AttributeError):  # this thread has made no connection yet
        del connections[DEFAULT_DB_ALIAS]


def _ready_key(home: Path, database: Database, labels: frozenset[str]) -> Fernet | None:
    """The key of a ledger that needs nothing; None for one that is to be made or brought up to date."""
    if not database.is_there():
        return None
    missing = tables.lack_migrations(labels)
    key, sealed = _confirmed_key(home, database)
    return key if sealed is not None and not missing else None


def _bring_up_to_date(home: Path, database: Database, labels: frozenset[str]) -> Fernet:
    with _file_lock(home / LOCK_FILE):
        discard_unfinished(home / KEY_FILE)
        database.make()
        with database.upgrading():
            _refuse_beside_a_file(home, database)
            missing = tables.lack_migrations(labels)
            key, sealed = _confirmed_key(home, database)
            if missing:
                tables.migrate(database, labels)
            if key is None:
                key = make_key(home / KEY_FILE)
            if sealed is None:
                models.KeyCheck.objects.create(sealed=check_value(key))
        return key


def _refuse_beside_a_file(home: Path, database: Database) -> None:
    """A fresh ledger elsewhere would know nothing of the lines that the one in the home's file has written."""
    if database.shared and (home / DATABASE_FILE).exists() and moved_to(home) is None and _sealed_check() is None:
        raise LedgerNotMoved(
            f"{database.words} holds no ledger yet, and the one in {home / DATABASE_FILE} has not been moved there. Nothing was changed. "
            "Move it with: tallybridge ledger move. For a new ledger beside it, name another data folder with --home."
        )


def _confirmed_key(home: Path, database: Database) -> tuple[Fernet | None, str | None]:
    """The key, and the ledger's check value that it agrees with; either may be missing only where the check value is."""
    sealed = _sealed_check()
    key = find_key(home / KEY_FILE)
    confirm_key(key, sealed, home / KEY_FILE, shared=database.shared)
    return key, sealed


def _sealed_check() -> str | None:
    if models.table_of(models.KeyCheck) not in connection.introspection.table_names():
        return None
    newest: str | None = models.KeyCheck.objects.order_by("id").values_list("sealed", flat=True).last()
    return newest


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    """Waits until no other process holds the lock; the system releases the lock of a process that dies."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - exists on Windows only

            msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - exists on POSIX only

            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
