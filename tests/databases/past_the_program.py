"""What somebody who has the database can see and do there without the program: read it, change it, keep it locked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tallybridge.ledger.sqlite import DATABASE_FILE
from tests.databases.homes import homes, on_postgresql

_TABLES = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' ORDER BY table_name"


def rows(home: Path, statement: str) -> list[tuple[Any, ...]]:
    """What a statement finds in the ledger of this home."""
    if on_postgresql():
        with _every_right(home) as connection:
            return connection.execute(sql.SQL(statement)).fetchall()
    with closing(sqlite3.connect(home / DATABASE_FILE)) as connection:
        return connection.execute(statement).fetchall()


def change(home: Path, *statements: str) -> None:
    """Changes the closed ledger behind its back: neither guards nor references hold, and each statement must change something."""
    if on_postgresql():
        with _every_right(home) as connection:
            connection.execute("SET session_replication_role = replica")
            for statement in statements:
                changed = connection.execute(sql.SQL(statement)).rowcount
                assert changed != 0, f"nothing was changed by {statement}"
        return
    with closing(sqlite3.connect(home / DATABASE_FILE)) as raw:
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f'DROP TRIGGER "{name}"')
        for statement in statements:
            changed = raw.execute(statement).rowcount
            assert changed != 0, f"nothing was changed by {statement}"
        raw.commit()


def set_beside_the_ledger(home: Path, statement: str) -> None:
    """Changes, while the program is at work, a table of the console, which no guard holds."""
    if on_postgresql():
        with _every_right(home) as connection:
            connection.execute(sql.SQL(statement))
        return
    with closing(sqlite3.connect(home / DATABASE_FILE)) as database, database:
        database.execute(statement)


def everything(home: Path) -> list[str]:
    """Every row of every table, so that two states can be compared."""
    if on_postgresql():
        with _every_right(home) as connection:
            tables = [name for (name,) in connection.execute(_TABLES)]
            return [line for name in tables for line in _copied(connection, name)]
    with closing(sqlite3.connect(home / DATABASE_FILE)) as database:
        return list(database.iterdump())


def all_bytes(home: Path) -> bytes:
    """Everything that is kept for this home, files and database, as bytes: what must not be in it can be looked for."""
    files = [file.read_bytes() for file in sorted(home.rglob("*")) if file.is_file()]
    if not on_postgresql():
        return b"".join(files)
    return b"".join(files) + "\n".join(everything(home)).encode()


def ledger_as_it_is(home: Path) -> object:
    """The whole ledger, whatever is in it, so that two states can be compared: the bytes of its file, or every row."""
    return everything(home) if on_postgresql() else (home / DATABASE_FILE).read_bytes()


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Nobody else can write to the ledger meanwhile."""
    if on_postgresql():
        with _every_right(home) as connection:
            names = [sql.Identifier(name) for (name,) in connection.execute(_TABLES)]
            connection.execute(sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(sql.SQL(", ").join(names)))
            yield
            connection.rollback()
        return
    with closing(sqlite3.connect(home / DATABASE_FILE, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def _every_right(home: Path) -> psycopg.Connection[tuple[Any, ...]]:
    return psycopg.connect(homes.server().superuser_url(homes.database_of(home)))


def _copied(connection: psycopg.Connection[tuple[Any, ...]], table: str) -> list[str]:
    statement = sql.SQL("COPY (SELECT * FROM {0} ORDER BY {0}::text) TO STDOUT").format(sql.Identifier(table))
    with connection.cursor().copy(statement) as copy:
        return [f"{table}\t{bytes(line).decode()}" for line in copy]
