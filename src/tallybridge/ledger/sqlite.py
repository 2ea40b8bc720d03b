"""The ledger in a file of the home: SQLite, whose transactions write one after the other."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from tallybridge.ledger.guarding import ALLOWED

DATABASE_FILE = "ledger.sqlite3"
BUSY_SECONDS = 20


@dataclass(frozen=True, slots=True)
class SQLite:
    """See `database.Database`."""

    home: Path

    @property
    def file(self) -> Path:
        """The ledger's file."""
        return self.home / DATABASE_FILE

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

    @contextmanager
    def closing_a_run(self, run: str) -> Iterator[None]:
        """See `database.Database`."""
        del run  # one transaction writes at a time
        with transaction.atomic(durable=True):
            yield

    def adding_to_a_run(self, run: str) -> None:
        """See `database.Database`; one transaction writes at a time."""

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
