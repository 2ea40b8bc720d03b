"""Counts that people state for what no source tells: only ever added, each with its author, its reason and the date until which it holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from tallybridge.billing.model import Category, Stated
from tallybridge.ledger.errors import ledger_errors
from tallybridge.ledger.prepared import models


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedFor:
    """A count in force, and the tenant (by name or unique id) that it was stated for."""

    integration: str
    tenant: str
    stated: Stated
    at: datetime
    """UTC instant at which it was stated."""


@ledger_errors()
def state(integration: str, tenant: str, stated: Stated, *, at: datetime) -> None:
    """Keeps a stated count; it takes the place of an earlier one for the same tenant, application and category.

    One for all devices takes the place of those by category, and the other way round: together they would count devices twice.
    """
    _add(integration, tenant, stated, quantity=stated.quantity, at=at)


@ledger_errors()
def withdraw(integration: str, tenant: str, stated: Stated, *, at: datetime) -> None:
    """Ends a stated count before its time; who and why stand in `stated`."""
    _add(integration, tenant, stated, quantity=None, at=at)


@ledger_errors()
def in_force(integration: str, today: date) -> tuple[StatedFor, ...]:
    """The counts that hold on a billing date, in order of tenant, application and category."""
    newest: dict[tuple[str, str, str | None], models.StatedCount] = {}
    for row in models.StatedCount.objects.filter(integration=integration).order_by("id"):
        key = (row.tenant, row.application, row.category)
        if row.quantity is not None:
            for displaced in [one for one in newest if one[:2] == key[:2] and (one[2] is None) != (key[2] is None)]:
                del newest[displaced]
        newest[key] = row
    found = [_stated_for(row, row.quantity) for row in newest.values() if row.quantity is not None and row.until >= today]
    return tuple(sorted(found, key=lambda one: (one.tenant, one.stated.application, one.stated.category or "")))


def _stated_for(row: models.StatedCount, quantity: int) -> StatedFor:
    category = Category(row.category) if row.category is not None else None
    stated = Stated(row.application, category, quantity, row.author, row.reason, row.until)
    return StatedFor(integration=row.integration, tenant=row.tenant, stated=stated, at=row.at)


def _add(integration: str, tenant: str, stated: Stated, *, quantity: int | None, at: datetime) -> None:
    models.StatedCount.objects.create(
        integration=integration,
        tenant=tenant,
        application=stated.application,
        category=stated.category,
        quantity=quantity,
        author=stated.author,
        reason=stated.reason,
        until=stated.until,
        at=at,
    )
