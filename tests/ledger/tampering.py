"""Changes behind the ledger's back, and what `verify` says of them."""

from __future__ import annotations

from pathlib import Path

from django.db import models as django_models

from tallybridge.ledger import manifests, opening
from tests.ledger.examples import StandingClock, tamper


def report_after(home: Path, clock: StandingClock, *sql: str) -> manifests.VerifyReport:
    """What `verify` finds once somebody has carried out these statements with the ledger's file."""
    opening.close_ledger()
    tamper(home, *sql)
    opening.open_ledger(home, clock=clock)
    return manifests.verify()


def changed(field: django_models.Field[object, object]) -> str:
    """SQL that sets a column to a value that differs from the stored one in one byte, or in being there."""
    column = f'"{field.attname}"'
    return f"{column} = {_other_value(column, field)}"


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
