"""What the lists and pages of customers ask of the ledger, in a number of statements that does not grow with the tenants. All of it only reads.

Standing questions (`standing_queries`) look a month back for every tenant; these take the runs that matter, and read no manifest or document.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Max, Sum

from tallybridge.billing.model import Category
from tallybridge.billing.reasons import Reason
from tallybridge.ledger.errors import ledger_errors
from tallybridge.ledger.prepared import models

APPLYING = "apply"
"""The kind of a run that applied a saved plan."""
_AT_ONCE = 500
"""Values in one statement: databases bound their number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantInRun:
    """What a run made of one tenant, without what it counted and planned."""

    id: int
    """Grows with each record."""
    run: str
    kind: str
    """Of the run: one that applied a plan has counted nothing itself."""
    date: date
    """Billing date of the run."""
    tenant_id: str
    tenant: str
    """The tenant's name."""
    number: int | None
    account: int | None
    agreement: int | None
    outcome: str
    """The newest: after applying, where that was recorded."""
    reason: Reason | None
    detail: str
    observed_at: datetime | None
    """UTC; None where the tenant was not read in this run."""

    @property
    def sentence(self) -> str:
        """What happened, in words."""
        return self.detail or (self.reason.sentence if self.reason is not None else "")


class Counted(NamedTuple):
    """How many units of an application were counted in a category."""

    application: str
    category: Category | None
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantDay:
    """A billing date of one tenant; `counted` is None where no run of that date has read it."""

    date: date
    tenant_run: int
    counted: tuple[Counted, ...] | None


@ledger_errors()
def tenants_in(runs: Collection[str]) -> tuple[TenantInRun, ...]:
    """Every tenant that these runs met, a record per run and tenant, the newest first."""
    outcomes = {
        tenant_run: (outcome, reason, detail)
        for tenant_run, outcome, reason, detail in models.TenantRunOutcome.objects.filter(tenant_run__run__in=list(runs))
        .order_by("id")
        .values_list("tenant_run_id", "outcome", "reason", "detail")
    }
    columns = (
        "id",
        "run_id",
        "run__kind",
        "run__date",
        "tenant_id",
        "tenant_name",
        "number",
        "account",
        "agreement",
        "observed_at",
        "outcome",
        "reason",
        "detail",
    )
    found = []
    for id_, run, kind, day, tenant_id, tenant, number, account, agreement, observed_at, *first in (
        models.TenantRun.objects.filter(run__in=list(runs)).order_by("-id").values_list(*columns)
    ):
        outcome, reason, detail = outcomes.get(id_, first)
        found.append(
            TenantInRun(
                id=id_,
                run=run,
                kind=kind,
                date=day,
                tenant_id=tenant_id,
                tenant=tenant,
                number=number,
                account=account,
                agreement=agreement,
                outcome=outcome,
                reason=Reason(reason) if reason is not None else None,
                detail=detail,
                observed_at=observed_at,
            )
        )
    return tuple(found)


@ledger_errors()
def units_counted(runs: Collection[str]) -> Mapping[int, int]:
    """All units that were counted in these runs, by the id of the tenant run; tenants without any are left out."""
    counted = models.TenantRun.objects.filter(run__in=list(runs), facts__usageline__isnull=False)
    return dict(counted.values("id").annotate(units=Sum("facts__usageline__quantity")).values_list("id", "units"))


@ledger_errors()
def counted_by_application(tenant_runs: Sequence[int]) -> Mapping[int, tuple[tuple[str, int], ...]]:
    """Units per application, the most first, by the id of the tenant run; at most a page of them."""
    counted = models.UsageLine.objects.filter(facts__tenantrun__in=list(tenant_runs))
    rows = counted.values("facts__tenantrun", "application").annotate(units=Sum("quantity"))
    found: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for tenant_run, application, units in rows.order_by("-units", "application").values_list("facts__tenantrun", "application", "units"):
        found[tenant_run].append((application, units))
    return {tenant_run: tuple(counted) for tenant_run, counted in found.items()}


@ledger_errors()
def last_observed(integration: str, since: date, tenants: Collection[str]) -> Mapping[str, datetime]:
    """When each of these tenants was read whole last (UTC), by unique id, as far as a run with a billing date from `since` on has done so."""
    observed = models.TenantRun.objects.filter(run__integration=integration, run__date__gte=since, observed_at__isnull=False)
    if len(tenants) <= _AT_ONCE:
        observed = observed.filter(tenant_id__in=list(tenants))
    found = observed.values("tenant_id").annotate(at=Max("observed_at")).values_list("tenant_id", "at")
    return {tenant: at for tenant, at in found if at is not None}


@ledger_errors()
def days_of(integration: str, tenant_id: str, since: date) -> tuple[TenantDay, ...]:
    """The billing dates from `since` on of which any run met a tenant, oldest first, with what was counted on them.

    Of several runs on a date the last that read the tenant counts, or the last that met it where none did. One that applied a plan has read nothing
    itself: it only comes after the one whose plan it was.
    """
    met = models.TenantRun.objects.filter(run__integration=integration, run__date__gte=since, tenant_id=tenant_id)
    chosen: dict[date, tuple[bool, int]] = {}
    for id_, day, kind, observed_at in met.values_list("id", "run__date", "run__kind", "observed_at"):
        chosen[day] = max(chosen.get(day, (False, 0)), (observed_at is not None and kind != APPLYING, id_))
    counted: dict[int, list[Counted]] = defaultdict(list)
    ids = [id_ for observed, id_ in chosen.values() if observed]
    for first in range(0, len(ids), _AT_ONCE):
        lines = models.UsageLine.objects.filter(facts__tenantrun__in=ids[first : first + _AT_ONCE]).order_by("application", "category")
        for tenant_run_id, application, category, units in lines.values_list("facts__tenantrun", "application", "category", "quantity"):
            counted[tenant_run_id].append(Counted(application, Category(category) if category else None, units))
    return tuple(
        TenantDay(date=day, tenant_run=id_, counted=tuple(counted[id_]) if observed else None) for day, (observed, id_) in sorted(chosen.items())
    )
