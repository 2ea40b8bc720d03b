"""Exports that people import: kept whole per company, only ever added; and what the columns of their files mean (contracts 5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from tallybridge.ledger import evidence
from tallybridge.ledger.errors import ledger_errors
from tallybridge.ledger.prepared import models

KIND = "export"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPart:
    """One company's part of an export, as canonical bytes."""

    company: str
    exported: datetime
    """UTC instant at which the export was made."""
    content: bytes


@ledger_errors()
def take(integration: str, parts: Iterable[ImportedPart], *, file: str, at: datetime) -> int:
    """Takes a file's companies in one transaction; returns how many of them are new. The same file again changes nothing."""
    with transaction.atomic():
        added = 0
        for part in parts:
            address = evidence.put(part.content, KIND)
            _, new = models.ImportedExport.objects.get_or_create(
                integration=integration, company=part.company, exported=part.exported, address=address, defaults={"file": file, "at": at}
            )
            added += new
    return added


@ledger_errors()
def newest_parts(integration: str) -> tuple[ImportedPart, ...]:
    """Every imported part that has the newest instant of its company; more than one where an export came in several files.

    A company whose newest export was pruned, because its retention has ended, is left out.
    """
    known = models.ImportedExport.objects.filter(integration=integration)
    latest: dict[str, datetime] = dict(known.values_list("company").annotate(Max("exported")).order_by())
    rows = [row for row in known.order_by("company", "id") if row.exported == latest[row.company]]
    pruned = set(models.PrunedContent.objects.filter(address__in={row.address for row in rows}).values_list("address", flat=True))
    there = [row for row in rows if row.address not in pruned or evidence.known(row.address)]
    contents = evidence.get_many({row.address for row in there})
    return tuple(ImportedPart(company=row.company, exported=row.exported, content=contents[row.address]) for row in there)


@ledger_errors()
def remember_columns(integration: str, names: Mapping[str, str]) -> None:
    """Remembers what columns mean: theirs → ours; a column that is explained again takes its newest meaning."""
    with transaction.atomic():
        for theirs, ours in names.items():
            models.ColumnName.objects.update_or_create(integration=integration, theirs=theirs, defaults={"ours": ours})


@ledger_errors()
def column_names(integration: str) -> Mapping[str, str]:
    """What is remembered of columns: theirs → ours."""
    return dict(models.ColumnName.objects.filter(integration=integration).values_list("theirs", "ours"))
