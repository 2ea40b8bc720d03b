"""Questions about one run's plan, answered over all of its tenants with a fixed number of statements. All of them only read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from tallybridge.billing.plan import Action
from tallybridge.billing.reasons import Reason
from tallybridge.ledger.errors import ledger_errors
from tallybridge.ledger.prepared import models

_AT_ONCE = 500


class PlannedLine(NamedTuple):
    """A line of a plan that is to change or waits, without what only the plan's bytes tell."""

    action: Action
    item: str
    from_quantity: int | None
    to_quantity: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTenant:
    """A tenant's part of a run in short: what became of it and which of its lines are not simply as they should be."""

    row: int
    """The ledger's number of it, for `addresses`."""
    tenant_id: str
    name: str
    outcome: str
    reason: Reason | None
    detail: str
    account: int | None
    agreement: int | None
    planned: bool
    """Whether a plan was made for it."""
    lines: tuple[PlannedLine, ...]

    @property
    def writes(self) -> tuple[PlannedLine, ...]:
        """Lines that applying would write or put on the worklist."""
        return tuple(line for line in self.lines if line.action in (Action.CREATE, Action.UPDATE))

    @property
    def waits(self) -> tuple[PlannedLine, ...]:
        """Lines that wait for a person."""
        return tuple(line for line in self.lines if line.action in (Action.HOLD, Action.MOVE))


class PlanAddresses(NamedTuple):
    """Where the ledger keeps what a tenant's plan was made from, and the plan."""

    inputs: str
    plan: str


@ledger_errors()
def planned_tenants(run_id: str) -> tuple[PlannedTenant, ...]:
    """Every tenant of a run in order of name; two statements, however many there are. What was applied later is not told here."""
    lines: dict[int, list[PlannedLine]] = {}
    changing = models.PlannedChange.objects.filter(facts__tenantrun__run_id=run_id).exclude(action=Action.UNCHANGED.value).order_by("id")
    for row, action, item, before, after in changing.values_list("facts__tenantrun", "action", "item", "from_quantity", "to_quantity"):
        lines.setdefault(row, []).append(PlannedLine(Action(action), item, before, after))
    found = models.TenantRun.objects.filter(run_id=run_id).values_list(
        "id", "tenant_id", "tenant_name", "outcome", "reason", "detail", "account", "agreement", "facts__plan"
    )
    tenants = [
        PlannedTenant(
            row=row,
            tenant_id=tenant_id,
            name=name,
            outcome=outcome,
            reason=Reason(reason) if reason is not None else None,
            detail=detail,
            account=account,
            agreement=agreement,
            planned=plan is not None,
            lines=tuple(lines.get(row, ())),
        )
        for row, tenant_id, name, outcome, reason, detail, account, agreement, plan in found
    ]
    return tuple(sorted(tenants, key=lambda one: (one.name.casefold(), one.tenant_id)))


@ledger_errors()
def addresses(rows: Collection[int]) -> dict[int, PlanAddresses]:
    """The addresses of inputs and plan of several tenant runs, by their number; those without a plan are left out."""
    wanted = sorted(set(rows))
    found: dict[int, PlanAddresses] = {}
    for first in range(0, len(wanted), _AT_ONCE):
        kept = models.TenantRun.objects.filter(id__in=wanted[first : first + _AT_ONCE], facts__inputs__isnull=False, facts__plan__isnull=False)
        for row, inputs, plan in kept.values_list("id", "facts__inputs", "facts__plan"):
            if inputs is not None and plan is not None:
                found[row] = PlanAddresses(inputs, plan)
    return found


@ledger_errors()
def planned_again(integration: str, day: date, after: str) -> dict[str, str]:
    """Which tenants later runs of that billing date took in: the newest such run's id, by the tenant's id."""
    later = models.TenantRun.objects.filter(run__integration=integration, run__date=day, run_id__gt=after).order_by("id")
    return dict(later.values_list("tenant_id", "run_id"))
