"""Copies the whole open ledger into another database, the console's people with it, and proves the copy before it counts.

Tables are made, rows copied, counted and verified in one transaction of the target, so a copy that was broken off or does not verify leaves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.core.management.color import no_style
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.models import Model

from tallybridge.ledger import manifests, opening, plain_sql, tables
from tallybridge.ledger.database import Database
from tallybridge.ledger.errors import LedgerError, ledger_errors
from tallybridge.ledger.prepared import models

_SOURCE = "source"
_VALUES_AT_ONCE = 20_000
"""In one statement; databases bound it."""
_MADE_WITH_THE_TABLES = frozenset({"contenttypes.ContentType", "auth.Permission"})
_OF_THE_MOMENT = frozenset({"sessions.Session"})
"""What ends with the place where it was made: people sign in anew."""


class CopyRefused(LedgerError):
    """The target is not empty, or the copy is not what was copied; nothing was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A proved copy."""

    rows: int
    runs: int
    head: str | None
    """The newest link of the chain, the same in both."""


def copy_into(target: Database, *, afterwards: Callable[[], None] = lambda: None) -> Copied:
    """Copies the open ledger, which must be whole, into an empty database, and turns back to the open one.

    The open ledger is read as it stands at one moment; in SQLite nobody else can write to it meanwhile.

    Args:
        afterwards: is done once the copy counts, before others can write to the open ledger again.

    Raises:
        CopyRefused, LedgerUnwritable: nothing was written to the target.
    """
    source = opening.database_of_the_open_ledger()
    with opening.turned_to(target), ledger_errors(), _reading(source):
        target.make()
        with transaction.atomic(using=_SOURCE):
            copied = _carry_over(target)
            afterwards()
    return copied


def _carry_over(target: Database) -> Copied:
    labels = tables.labels_of(whole=True)
    with target.upgrading():
        if tables.lack_migrations(labels):
            tables.migrate(target, labels)
        copied = [model for model in tables.models_of(labels) if model._meta.label not in _OF_THE_MOMENT]  # noqa: SLF001 - Django documents it
        _require_empty(copied, target)
        target.defer_references()
        rows = sum(_copy(model) for model in copied)
        _go_on_counting(copied)
        return _proved(rows)


@contextmanager
def _reading(source: Database) -> Iterator[None]:
    connections.settings[_SOURCE] = {**connections.settings[DEFAULT_DB_ALIAS], "USER": "", "PASSWORD": "", "HOST": "", "PORT": "", **source.reading()}
    try:
        yield
    finally:
        connections[_SOURCE].close()
        del connections[_SOURCE]
        del connections.settings[_SOURCE]


def _require_empty(copied: list[type[Model]], target: Database) -> None:
    for model in copied:
        if model._meta.label not in _MADE_WITH_THE_TABLES and model._default_manager.exists():  # noqa: SLF001 - as above
            raise CopyRefused(f"{target.words} is not empty: there are rows in {models.table_of(model)}. Nothing was changed. Name an empty one.")


def _copy(model: type[Model]) -> int:
    """Copies a table's rows in batches; returns their number."""
    if model._meta.label in _MADE_WITH_THE_TABLES:  # noqa: SLF001 - as above
        model._default_manager.all().delete()  # noqa: SLF001 - as above
    fields = model._meta.concrete_fields  # noqa: SLF001 - as above
    columns = [connection.ops.quote_name(field.column or "") for field in fields]
    rows = model._default_manager.using(_SOURCE).order_by("pk").values_list(*(field.attname for field in fields))  # noqa: SLF001 - as above
    number = 0
    for batch in _batches(rows.iterator(chunk_size=1000), max(1, min(500, _VALUES_AT_ONCE // len(fields)))):
        stored = [[field.get_db_prep_save(value, connection) for field, value in zip(fields, row, strict=True)] for row in batch]
        number += plain_sql.add(connection.ops.quote_name(models.table_of(model)), columns, stored)
    if number != model._default_manager.using(_SOURCE).count() or number != model._default_manager.count():  # noqa: SLF001 - as above
        raise CopyRefused(f"{models.table_of(model)} has other rows in the copy than it had. Nothing was written.")
    return number


def _batches(rows: Iterable[tuple[Any, ...]], size: int) -> Iterator[list[tuple[Any, ...]]]:
    left = iter(rows)
    while batch := list(islice(left, size)):
        yield batch


def _go_on_counting(copied: list[type[Model]]) -> None:
    """Ids that the target gives out from now on follow those that were copied."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), copied):
            cursor.execute(statement)


def _proved(rows: int) -> Copied:
    """Walks the chain in the copy and compares it with the one that was copied."""
    newest = models.Manifest.objects.using(_SOURCE).order_by("-sequence").values_list("sequence", "head").first()
    runs, head = newest or (0, None)
    report = manifests.verify()
    if not report.ok:
        raise CopyRefused(f"The copy does not verify: {report.first_broken} Nothing was written. Verify the ledger itself: tallybridge verify")
    if (report.runs, report.head) != (runs, head):
        raise CopyRefused(
            f"The copy's chain ends at {report.head} after {report.runs} runs, the ledger's at {head} after {runs}. Nothing was written."
        )
    return Copied(rows=rows, runs=report.runs, head=report.head)
