"""What lists of runs say of each run, in a number of statements that grows neither with the runs nor with their tenants. All of it only reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Case, Count, F, Min, QuerySet, Sum, When
from django.db.models.functions import Coalesce

from tallybridge.billing.plan import IntentOutcome
from tallybridge.billing.reasons import Reason
from tallybridge.ledger import evidence
from tallybridge.ledger.errors import ledger_errors
from tallybridge.ledger.prepared import models

_FAILED = "failed"


class WrittenUnits(NamedTuple):
    """What the writes of a run that arrived have changed; worklist entries that were entered are among them."""

    lines: int
    rises: int
    falls: int
    """Units, neither negative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedTenants:
    """The tenants of a run that failed for one reason."""

    reason: Reason | None
    tenants: int
    tenant: str
    """The name of one of them."""
    detail: str

    @property
    def sentence(self) -> str:
        """Who failed and why, in words."""
        why = self.reason.sentence if self.reason is not None else self.detail
        return f"{self.tenant}: {self.detail or why}" if self.tenants == 1 else f"{self.tenants} customers: {why}"


@ledger_errors()
def units_written(runs: Collection[str]) -> Mapping[str, WrittenUnits]:
    """What each of these runs has written, by the run's id; runs that wrote nothing are left out."""
    difference = F("to_quantity") - Coalesce(F("from_quantity"), 0)
    written = models.Intent.objects.filter(run__in=list(runs), result__outcome=IntentOutcome.APPLIED.value).annotate(difference=difference)
    summed = written.values("run_id").annotate(
        lines=Count("key"),
        rises=Sum(Case(When(difference__gt=0, then=F("difference")), default=0)),
        falls=Sum(Case(When(difference__lt=0, then=-F("difference")), default=0)),
    )
    return {one["run_id"]: WrittenUnits(one["lines"], one["rises"], one["falls"]) for one in summed}


@ledger_errors()
def failed_tenants(runs: Collection[str]) -> Mapping[str, tuple[FailedTenants, ...]]:
    """Why tenants of these runs failed, the most first, by the run's id."""
    planned: QuerySet[models.TenantRun] = models.TenantRun.objects.filter(run__in=list(runs), outcome=_FAILED)
    applied: QuerySet[models.TenantRunOutcome] = models.TenantRunOutcome.objects.filter(tenant_run__run__in=list(runs), outcome=_FAILED)
    found: dict[str, list[FailedTenants]] = {}
    each = [
        *planned.values_list("run_id", "reason").annotate(Count("id"), Min("tenant_name"), Min("detail")),
        *applied.values_list("tenant_run__run_id", "reason").annotate(
            Count("tenant_run_id", distinct=True), Min("tenant_run__tenant_name"), Min("detail")
        ),
    ]
    for run, reason, tenants, tenant, detail in sorted(each, key=lambda one: -one[2]):
        known = Reason(reason) if reason is not None else None
        found.setdefault(run, []).append(FailedTenants(reason=known, tenants=tenants, tenant=tenant, detail=detail))
    return {run: tuple(failures) for run, failures in found.items()}


@ledger_errors()
def documents_of(tenant_runs: Collection[int]) -> Mapping[int, bytes]:
    """The documents (contracts 2) of some tenant runs, at most a page of them, by the ledger's number; after applying, where that was recorded."""
    ids = list(tenant_runs)
    addresses = dict(models.TenantRun.objects.filter(id__in=ids).values_list("id", "facts__document"))
    addresses.update(models.TenantRunOutcome.objects.filter(tenant_run__in=ids).order_by("id").values_list("tenant_run_id", "document"))
    kept = evidence.get_many(set(addresses.values()))
    return {number: kept[address] for number, address in addresses.items()}


@ledger_errors()
def destination_of(integration: str) -> int | None:
    """The ledger's id of the PSA that the integration's newest tenant run with a plan was for."""
    rows = models.TenantRun.objects.filter(run__integration=integration, destination__isnull=False)
    newest: int | None = rows.order_by("-id").values_list("destination", flat=True).first()
    return newest
