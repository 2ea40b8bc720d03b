"""The ledger in a file of the home: SQLite, whose transactions write one after the other."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from tallybridge.ledger.errors import LedgerMoved
from tallybridge.ledger.guarding import ALLOWED

DATABASE_FILE = "ledger.sqlite3"
MOVED_FILE = "ledger.moved"
"""Stands beside a ledger that has been moved, and says where to."""
BUSY_SECONDS = 20


def moved_to(home: Path) -> str | None:
    """Where the ledger of a home was moved to, in words; None where it was not."""
    try:
        return (home / MOVED_FILE).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None


@dataclass(frozen=True, slots=True)
class SQLite:
    """See `database.Database`."""

    home: Path
    name: str = DATABASE_FILE

    @property
    def file(self) -> Path:
        """The ledger's file."""
        return self.home / self.name

    @property
    def words(self) -> str:
        """See `database.Database`."""
        return str(self.file)

    @property
    def shared(self) -> bool:
        """See `database.Database`."""
        return False

    def settings(self) -> dict[str, Any]:
        """See `database.Database`. A transaction takes the right to write when it begins: what it reads first is still true when it writes."""
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(self.file.absolute()),
            "OPTIONS": {"timeout": BUSY_SECONDS, "transaction_mode": "IMMEDIATE", "init_command": "PRAGMA synchronous = FULL"},
        }

    def refuse_if_elsewhere(self) -> None:
        """See `database.Database`."""
        words = moved_to(self.home)
        if words is not None:
            raise LedgerMoved(
                f"The ledger of {self.home} was moved to {words}. Nothing was changed. Name that database in TALLYBRIDGE_DATABASE_URL. "
                f"Only if the move is to be given up: remove {self.home / MOVED_FILE}; what has been recorded there since would be forgotten."
            )

    def is_there(self) -> bool:
        """See `database.Database`."""
        return self.file.exists()

    def make(self) -> None:
        """See `database.Database`."""
        os.close(os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600))
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode = WAL")

    @contextmanager
    def upgrading(self) -> Iterator[None]:
        """See `database.Database`. The home's lock keeps others out."""
        connection.disable_constraint_checking()
        try:
            with transaction.atomic(durable=True):
                yield
        finally:
            connection.enable_constraint_checking()

    def guard(self, tables: Iterable[str]) -> None:
        """See `database.Database`."""
        with connection.cursor() as cursor:
            for table in tables:
                for verb in ("UPDATE", "DELETE"):
                    allowed = ALLOWED.get((table, verb))
                    cursor.execute(f'DROP TRIGGER IF EXISTS "{table}_no_{verb.lower()}"')
                    cursor.execute(
                        f'CREATE TRIGGER "{table}_no_{verb.lower()}" BEFORE {verb} ON "{table}" '
                        f"{f'WHEN NOT COALESCE({allowed}, 0) ' if allowed else ''}"
                        f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are only ever added'); END"
                    )

    def free_of_limits(self, tables: Iterable[str]) -> None:
        """See `database.Database`; SQLite knows no limits."""

    def defer_references(self) -> None:
        """See `database.Database`; `upgrading` does not check them."""

    def reading(self) -> dict[str, Any]:
        """See `database.Database`. Nobody else can write meanwhile."""
        return self.settings()

    @contextmanager
    def closing_a_run(self, run: str) -> Iterator[None]:
        """See `database.Database`."""
        del run  # one transaction writes at a time
        with transaction.atomic(durable=True):
            yield

    def adding_to_a_run(self, run: str) -> None:
        """See `database.Database`; one transaction writes at a time. A run that was under way when the ledger was moved ends here."""
        del run
        self.refuse_if_elsewhere()

    def in_turn(self, *subject: object) -> None:
        """See `database.Database`; one transaction writes at a time."""

    @contextmanager
    def without_awaiting_the_disk(self) -> Iterator[None]:
        """See `database.Database`. In WAL mode this can lose a commit, never damage the file."""
        if connection.in_atomic_block:  # SQLite changes this between transactions only
            yield
            return
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous = NORMAL")
            try:
                yield
            finally:
                cursor.execute("PRAGMA synchronous = FULL")

    def fault_in_file(self) -> str | None:
        """See `database.Database`."""
        with connection.cursor() as cursor:
            found = cursor.execute("PRAGMA integrity_check(1)").fetchone()
        return None if found is None or found[0] == "ok" else f"The ledger's file is damaged ({' '.join(str(found[0]).split())})."

    def fault_in_references(self) -> str | None:
        """See `database.Database`."""
        with connection.cursor() as cursor:
            found = cursor.execute("PRAGMA foreign_key_check").fetchone()
        return None if found is None else f"Row {found[1]} of {found[0]} refers to a row of {found[2]} that is not there."
