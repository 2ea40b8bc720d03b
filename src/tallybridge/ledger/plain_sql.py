"""Plain SQL for what every tenant run asks and adds: putting such a statement together anew through the object mapper costs more than ten times
what the database needs for it (docs/performance.md). SQLite and PostgreSQL read these statements alike.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection


def rows(statement: str, *values: object) -> list[tuple[Any, ...]]:
    """The rows that a SELECT finds. Instants come back without a time zone, so they are not for asking."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def change(statement: str, *values: object) -> int:
    """Carries out an INSERT, UPDATE or DELETE; returns how many rows it concerned."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


def add(statement: str, each: Sequence[Sequence[object]]) -> None:
    """Carries out one INSERT for all rows; `{}` stands in the statement where their values go."""
    change(statement.format(", ".join(places(len(row)) for row in each)), *itertools.chain.from_iterable(each))


def places(number: int) -> str:
    """The placeholders of so many values, in parentheses."""
    return f"({', '.join(['%s'] * number)})"


def instant(moment: datetime) -> object:
    """A UTC instant as the database keeps it."""
    return connection.ops.adapt_datetimefield_value(moment)
