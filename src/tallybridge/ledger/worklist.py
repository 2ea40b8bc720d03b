"""What a person should still enter in the PSA: open intents without a call (design 6.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tallybridge.ledger.errors import ledger_errors
from tallybridge.ledger.prepared import models


@dataclass(frozen=True, slots=True, kw_only=True)
class WorklistEntry:
    """One quantity that waits to be entered; `now` is what the PSA showed when the entry was made, None where there was no line."""

    integration: str
    tenant: str
    account: int | None
    agreement: int
    item: str
    charge: int | None
    now: int | None
    enter: int
    since: datetime
    """UTC."""


@ledger_errors()
def open_entries() -> tuple[WorklistEntry, ...]:
    """Every entry that no run has yet seen entered, in the order of agreement and item."""
    rows = list(models.Intent.objects.filter(result=None, worklist=True).order_by("agreement", "item", "recorded"))
    known = models.TenantRun.objects.filter(run__in={row.run_id for row in rows})
    names = {(run, tenant): (name, account) for run, tenant, name, account in known.values_list("run_id", "tenant_id", "tenant_name", "account")}
    entries = []
    for row in rows:
        name, account = names.get((row.run_id, row.tenant_id), (row.tenant_id, None))
        entries.append(
            WorklistEntry(
                integration=row.integration,
                tenant=name,
                account=account,
                agreement=row.agreement,
                item=row.item,
                charge=row.charge,
                now=row.from_quantity,
                enter=row.to_quantity,
                since=row.recorded,
            )
        )
    return tuple(entries)
