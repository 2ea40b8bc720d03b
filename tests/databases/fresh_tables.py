"""A fresh ledger of a test has its tables at once: in a file, Django's migrations take a second of the processor for each, and always make the same.

They are run once per process. What they made, tables, triggers and rows, is written into every further empty database in the same place of the
program, `tables.migrate`; a ledger that has any table is migrated as ever. Processes that a test starts, and the template of PostgreSQL, know
nothing of this.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from tallybridge.ledger import tables
from tallybridge.ledger.database import Database

Made = tuple[tuple[str, tuple[Any, ...]], ...]
"""Statements with their values, in the order in which they make the tables."""


@contextmanager
def migrated_once() -> Iterator[None]:
    """For the length of a `with` block, the program's migrations of an empty file are run once for each set of applications."""
    made: dict[frozenset[str], Made] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "migrate", _migrating(tables.migrate, made))
        yield


def _migrating(migrate: Callable[[Database, frozenset[str]], None], made: dict[frozenset[str], Made]) -> Callable[[Database, frozenset[str]], None]:
    @functools.wraps(migrate)
    def migrate_once(database: Database, labels: frozenset[str]) -> None:
        if connection.vendor != "sqlite" or connection.introspection.table_names():
            migrate(database, labels)
        elif labels not in made:
            migrate(database, labels)
            made[labels] = _as_made()
        else:
            with connection.cursor() as cursor:
                for statement, values in made[labels]:
                    cursor.execute(statement, values)

    return migrate_once


def _as_made() -> Made:
    with connection.cursor() as cursor:
        cursor.execute("select type, name, sql from sqlite_master where sql is not null and name not like 'sqlite_%'")
        schema = cursor.fetchall()
        rows: list[tuple[str, tuple[Any, ...]]] = []
        for table in (name for kind, name, _ in schema if kind == "table"):
            cursor.execute(f'select * from "{table}"')
            rows += [(f'insert into "{table}" values ({", ".join(["%s"] * len(row))})', tuple(row)) for row in cursor.fetchall()]
    # A view needs its tables, an index its table; a trigger might refuse the rows.
    return (
        *((_escaped(sql), ()) for kind, _, sql in schema if kind == "table"),
        *rows,
        *((_escaped(sql), ()) for kind, _, sql in schema if kind == "index"),
        *((_escaped(sql), ()) for kind, _, sql in schema if kind in {"view", "trigger"}),
    )


def _escaped(sql: str) -> str:
    return sql.replace("%", "%%")
