"""How many units were counted on each day over all tenants, and which evidence a tenant's days rest on. All of it only reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Count, Max, QuerySet, Sum

from tallybridge.billing.model import Category
from tallybridge.ledger.errors import ledger_errors
from tallybridge.ledger.prepared import models

_AT_ONCE = 500
_FEW_RUNS = 4
_LOOKED_THROUGH = 2000
"""Tenant runs: more than five years of days."""


class RunsOfDay(NamedTuple):
    """The runs of one billing date: as long as these say the same, so does what was counted on it."""

    newest: str
    """The greatest id of a run."""
    number: int
    finished: bool
    """Whether all of them have ended."""


class ObservedDay(NamedTuple):
    """A billing date of one tenant, and the evidence of the last run of that date that read it."""

    date: date
    evidence: str
    """Its address."""
    observed_at: datetime
    started: datetime
    """UTC instant at which the run began: what has expired is judged at it."""


@ledger_errors()
def runs_of_days(integration: str, since: date) -> Mapping[date, RunsOfDay]:
    """The runs of each billing date from `since` on; dates without a run are left out."""
    days = models.Run.objects.filter(integration=integration, date__gte=since).values("date")
    found = days.annotate(newest=Max("id"), number=Count("id"), ended=Count("manifest"))
    return {one["date"]: RunsOfDay(one["newest"], one["number"], one["number"] == one["ended"]) for one in found}


@ledger_errors()
def units_counted_on(integration: str, days: Collection[date]) -> Mapping[date, Mapping[str, int]]:
    """Units per application on billing dates, over all tenants: of each tenant by the last run of the date that counted it. One statement."""
    counted = models.TenantRun.objects.filter(run__integration=integration, run__date__in=sorted(set(days)), facts__usage__isnull=False)
    newest = counted.values("run__date", "tenant_id").annotate(newest=Max("id")).values("newest")
    lines: QuerySet[models.TenantRun] = models.TenantRun.objects.filter(id__in=newest, facts__usageline__isnull=False)
    found: dict[date, dict[str, int]] = {day: {} for day in days}
    for day, application, units in lines.values_list("run__date", "facts__usageline__application").annotate(Sum("facts__usageline__quantity")):
        found[day][application] = units
    return found


@ledger_errors()
def units_counted_in(tenant_runs: Collection[int]) -> Mapping[int, Mapping[tuple[str, Category | None], int]]:
    """Units per application and category in some tenant runs, by the ledger's number of each."""
    wanted = sorted(set(tenant_runs))
    found: dict[int, dict[tuple[str, Category | None], int]] = defaultdict(dict)
    for first in range(0, len(wanted), _AT_ONCE):
        lines = models.UsageLine.objects.filter(facts__tenantrun__in=wanted[first : first + _AT_ONCE])
        for number, application, category, units in lines.values_list("facts__tenantrun", "application", "category", "quantity"):
            found[number][application, Category(category) if category is not None else None] = units
    return found


@ledger_errors()
def observed_days(integration: str, tenant_id: str, most_evidence: int) -> tuple[ObservedDay, ...]:
    """A tenant's observed billing dates, newest first, until so many different pieces of evidence were met. One statement."""
    observed = models.TenantRun.objects.filter(run__integration=integration, tenant_id=tenant_id, facts__evidence__isnull=False).order_by("-id")
    found: dict[date, ObservedDay] = {}
    met: set[str] = set()
    for day, address, observed_at, started in observed.values_list("run__date", "facts__evidence", "observed_at", "run__started")[:_LOOKED_THROUGH]:
        if address is None or observed_at is None or day in found:
            continue
        if address not in met and len(met) == most_evidence:
            break
        met.add(address)
        found[day] = ObservedDay(day, address, observed_at, started)
    return tuple(found[day] for day in sorted(found, reverse=True))


@ledger_errors()
def newest_inputs(integration: str, most: int) -> tuple[tuple[str, datetime, date], ...]:
    """Address of the planning inputs, start (UTC) and billing date of the run, of the newest tenant runs that counted and have such."""
    counted = models.TenantRun.objects.filter(run__integration=integration, facts__inputs__isnull=False, facts__usage__isnull=False)
    columns = ("facts__inputs", "run__started", "run__date")
    found = [*counted.filter(run__in=newest_runs(integration)).order_by("-id").values_list(*columns)[:most]]
    found = found or [*counted.order_by("-id").values_list(*columns)[:most]]
    return tuple((inputs, started, day) for inputs, started, day in found if inputs is not None)


@ledger_errors()
def newest_runs(integration: str) -> tuple[str, ...]:
    """The ids of the integration's newest few runs. Mostly they answer what is asked of the newest tenant run, and asking them alone does not walk
    through years of history."""
    begun = models.Run.objects.filter(integration=integration).order_by("-started", "-id")
    return tuple(begun.values_list("id", flat=True)[:_FEW_RUNS])
