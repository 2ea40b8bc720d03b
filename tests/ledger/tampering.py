"""Changes behind the ledger's back, and what `verify` says of them."""

from __future__ import annotations

from pathlib import Path

from django.db import models as django_models

from tallybridge.ledger import manifests, opening
from tests.databases.homes import on_postgresql
from tests.ledger.examples import StandingClock, tamper


def report_after(home: Path, clock: StandingClock, *sql: str) -> manifests.VerifyReport:
    """What `verify` finds once somebody has carried out these statements with the ledger's file."""
    opening.close_ledger()
    tamper(home, *sql)
    opening.open_ledger(home, clock=clock)
    return manifests.verify()


ROW = "ctid" if on_postgresql() else "rowid"
"""What each database calls the place of a row."""


def bytes_in_sql(content: bytes) -> str:
    """Bytes as a value in SQL."""
    return f"'\\x{content.hex()}'::bytea" if on_postgresql() else f"x'{content.hex()}'"


def changed(field: django_models.Field[object, object]) -> str:
    """SQL that sets a column to a value that differs from the stored one in one byte, or in being there."""
    column = f'"{field.attname}"'
    value = _other_value_on_postgresql(column, field) if on_postgresql() else _other_value(column, field)
    return f"{column} = {value}"


def _other_value_on_postgresql(column: str, field: django_models.Field[object, object]) -> str:
    if isinstance(field, django_models.BinaryField):
        return f"set_byte({column}, 5, (get_byte({column}, 5) + 1) % 256)"
    if isinstance(field, django_models.BooleanField):
        return f"NOT {column}"
    if isinstance(field, django_models.DateTimeField):
        return f"COALESCE({column} + interval '1 microsecond', '2026-11-24')"
    if isinstance(field, django_models.DateField):
        return f"COALESCE({column} + 1, '2026-11-24')"
    return _other_value(column, field)


def _other_value(column: str, field: django_models.Field[object, object]) -> str:
    if isinstance(field, django_models.BinaryField):
        return f"CAST(substr({column}, 1, 5) || char(unicode(substr({column}, 6, 1)) % 26 + 65) || substr({column}, 7) AS BLOB)"
    if isinstance(field, django_models.BooleanField):
        return f"1 - {column}"
    if isinstance(field, django_models.IntegerField):
        return f"COALESCE({column} + 1000, 1)"
    if isinstance(field, django_models.ForeignKey | django_models.OneToOneField) and isinstance(field.target_field, django_models.IntegerField):
        return f"{column} + 1000"
    if isinstance(field, django_models.DateField) and not isinstance(field, django_models.DateTimeField):
        return f"CASE WHEN {column} = '2026-11-23' THEN '2026-11-24' ELSE '2026-11-23' END"
    shorter = f"substr({column}, 1, length({column}) - 1)"
    return f"CASE WHEN {column} IS NULL OR {column} = '' THEN 'x' WHEN {column} LIKE '%9' THEN {shorter} || '8' ELSE {shorter} || '9' END"
