"""Where money is concerned rows are only ever added (design 7): the tables' own functions refuse changes, and so does the database."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection

from tallybridge.ledger.prepared import models

pytestmark = pytest.mark.usefixtures("populated")

APPEND_ONLY = [
    models.Blob,
    models.ConfigurationVersion,
    models.DecisionEnd,
    models.HoldDecision,
    models.ImportedExport,
    models.Intent,
    models.IntentCall,
    models.IntentResult,
    models.KeyCheck,
    models.Manifest,
    models.PlannedChange,
    models.PrunedContent,
    models.Run,
    models.SeenCharge,
    models.StatedCount,
    models.TenantFacts,
    models.TenantRun,
    models.TenantRunOutcome,
    models.UsageLine,
]


def test_the_list_of_append_only_tables_is_complete() -> None:
    assert sorted(map(models.table_of, APPEND_ONLY)) == sorted(models.append_only_tables())


@pytest.mark.parametrize("model", APPEND_ONLY, ids=lambda model: model.__name__)
def test_a_stored_row_is_neither_saved_again_nor_deleted(model: type[models.AppendOnly]) -> None:
    row = model.objects.all()[0]
    attempts: tuple[Callable[[], object], ...] = (row.save, row.delete, lambda: row.save(force_update=True))
    for refused in attempts:
        with pytest.raises(models.AppendOnlyViolation):
            refused()


@pytest.mark.parametrize("model", APPEND_ONLY, ids=lambda model: model.__name__)
def test_rows_are_not_changed_or_deleted_many_at_once(model: type[models.AppendOnly]) -> None:
    rows = model.objects.all()
    column = models.columns_of(model)[-1]
    copies = list(rows)
    attempts: tuple[Callable[[], object], ...] = (
        lambda: rows.update(**{column: None}),
        rows.delete,
        lambda: rows.bulk_update(copies, [column]),
        lambda: model.objects.bulk_create(copies, update_conflicts=True, update_fields=[column], unique_fields=["pk"]),
    )
    for refused in attempts:
        with pytest.raises(models.AppendOnlyViolation):
            refused()


@pytest.mark.parametrize("model", APPEND_ONLY, ids=lambda model: model.__name__)
def test_a_new_row_never_replaces_a_stored_one(model: type[models.AppendOnly]) -> None:
    stored = model.objects.all()[0]
    twin = model(**{column: getattr(stored, column) for column in models.columns_of(model)})
    with pytest.raises(IntegrityError):
        twin.save()


@pytest.mark.parametrize("model", APPEND_ONLY, ids=lambda model: model.__name__)
def test_the_database_itself_refuses(model: type[models.AppendOnly]) -> None:
    table, column = models.table_of(model), models.columns_of(model)[-1]
    for sql in (f'UPDATE "{table}" SET "{column}" = "{column}"', f'DELETE FROM "{table}"'):
        with connection.cursor() as cursor, pytest.raises(IntegrityError, match="only ever added"):
            cursor.execute(sql)
