"""What was counted lately over all tenants of an integration, summed by the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Max, Q, QuerySet, Sum

from tallybridge.billing.model import Category, Unit
from tallybridge.ledger.counted_days import newest_runs
from tallybridge.ledger.errors import ledger_errors
from tallybridge.ledger.prepared import models

_LOOKED_BACK = timedelta(days=3)
"""Days before the newest on which a tenant may have been read last: one that could not be read for a day is still there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationInUse:
    """An application, or a license name that no application claimed, over all tenants."""

    name: str
    unit: Unit
    matched: bool
    """Whether an application claimed it when it was counted."""
    quantity: int
    tenants: int
    categories: tuple[tuple[Category, int], ...]
    """Of devices, in order of category; those of which there are none left out."""


@ledger_errors()
def applications_in_use(integration: str) -> tuple[ApplicationInUse, ...]:
    """What each tenant's newest count says, summed over the tenants, in order of name; three statements, however many tenants there are."""
    counted = models.TenantRun.objects.filter(run__integration=integration, facts__usage__isnull=False)
    of_newest = counted.filter(run__in=newest_runs(integration))
    dates = (some.order_by("-id").values_list("run__date", flat=True).first() for some in (of_newest, counted))
    newest = next((day for day in dates if day is not None), None)
    if newest is None:
        return ()
    latest = counted.filter(run__date__gte=newest - _LOOKED_BACK).values("tenant_id").annotate(newest=Max("id")).values("newest")
    lines: QuerySet[models.UsageLine] = models.UsageLine.objects.filter(facts__tenantrun__in=latest, quantity__gt=0)
    by_category: dict[str, dict[Category, int]] = {}
    for name, category, quantity in lines.values_list("application", "category").annotate(Sum("quantity")).order_by("application", "category"):
        if category is not None:
            by_category.setdefault(name, {})[Category(category)] = quantity
    summed = lines.values("application").annotate(
        units=Sum("quantity"),
        tenants=Count("facts__tenantrun__tenant_id", distinct=True),
        unit=Max("unit"),
        claimed=Count("id", filter=Q(matched=True)),  # PostgreSQL knows no largest of truths
    )
    return tuple(
        ApplicationInUse(
            name=one["application"],
            unit=Unit(one["unit"]),
            matched=one["claimed"] > 0,
            quantity=one["units"],
            tenants=one["tenants"],
            categories=tuple(by_category.get(one["application"], {}).items()),
        )
        for one in summed.order_by("application")
    )
