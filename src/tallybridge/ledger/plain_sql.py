"""Plain SQL for what every tenant run asks and adds: putting such a statement together anew through the object mapper costs more than ten times
what the database needs for it (docs/performance.md). SQLite and PostgreSQL read these statements alike.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection


def rows(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows that a SELECT finds. Instants come back without a time zone, so they are not for asking."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def change(statement: str, *values: Any) -> int:
    """Carries out a statement that changes rows; returns how many it changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        concerned: int = cursor.rowcount
        return concerned


def add(table: str, columns: Sequence[str], each: Sequence[Sequence[object]], *, unless_known: bool = False) -> int:
    """Adds rows in one statement; returns how many were added.

    Args:
        each: the values of each row, in the order of the columns.
        unless_known: leaves out rows whose key is there already, which is otherwise an error.
    """
    places = ", ".join(value_places(len(columns)) for _ in each)
    statement = f"{_insert(table, columns)} {places}{' ON CONFLICT DO NOTHING' if unless_known else ''}"
    return change(statement, *itertools.chain.from_iterable(each))


def add_one(table: str, values: Mapping[str, object]) -> int:
    """Adds a row, given by column, and returns its id."""
    ((added,),) = rows(f"{_insert(table, list(values))} {value_places(len(values))} RETURNING id", *values.values())
    return int(added)


def _insert(table: str, columns: Sequence[str]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES"


def value_places(number: int) -> str:
    """The places of so many values in a statement, in parentheses."""
    return f"({', '.join(['%s'] * number)})"


def day(on: date) -> object:
    """A date as the database keeps it."""
    return connection.ops.adapt_datefield_value(on)


def instant(moment: datetime | None) -> object:
    """A UTC instant as the database keeps it."""
    return connection.ops.adapt_datetimefield_value(moment)
