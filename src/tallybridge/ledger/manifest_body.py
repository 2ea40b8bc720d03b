"""What a run's manifest says, made from the run's rows: `close` writes it, `manifests.verify` makes it again and compares."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tallybridge.ledger.canonical import encode
from tallybridge.ledger.evidence import address_of, compress
from tallybridge.ledger.prepared import models


def close(run: models.Run, *, outcome: str, totals: Mapping[str, Any], finished: datetime, tail: Mapping[str, Any]) -> str:
    """Adds the manifest of a run to the chain, within the caller's transaction; returns the new head."""
    newest = models.Manifest.objects.order_by("-sequence").first()
    sequence, previous = (newest.sequence + 1, newest.head) if newest else (1, None)
    finished = finished.astimezone(UTC)
    body = encode(
        {
            **run_part(run),
            "sequence": sequence,
            "previous": previous,
            "outcome": outcome,
            "finished": finished,
            "totals": totals,
            "tail": tail,
            "tenants": tenants_part(run),
        }
    )
    head = address_of(body)
    models.Manifest.objects.create(sequence=sequence, run=run, previous=previous, head=head, outcome=outcome, finished=finished, body=compress(body))
    return head


def run_part(run: models.Run) -> dict[str, Any]:
    """What the manifest says about the run as it began."""
    return {
        "run": run.id,
        "integration": run.integration,
        "kind": run.kind,
        "date": run.date,
        "started": run.started,
        "configuration": run.configuration,
        "rules": run.rules,
        "rules_version": run.rules_version,
        "owner": [run.host, run.pid, run.process_started],
    }


def tenants_part(run: models.Run) -> list[dict[str, Any]]:
    """What the manifest says about each tenant, sorted by id: the addresses it rests on and the hashes of its rows."""
    recorded = {row.tenant_id: row for row in models.TenantRun.objects.filter(run=run)}
    rows = _grouped_rows(run)
    results = _grouped_results(run)
    outcomes = dict(models.TenantRunOutcome.objects.filter(tenant_run__run=run).order_by("id").values_list("tenant_run__tenant_id", "outcome"))
    return [_tenant_part(tenant, recorded.get(tenant), outcomes.get(tenant), rows[tenant], results[tenant]) for tenant in sorted({*rows, *results})]


def _tenant_part(tenant: str, row: models.TenantRun | None, outcome: str | None, rows: list[Any], results: list[Any]) -> dict[str, Any]:
    part: dict[str, Any] = {"id": tenant, "rows": _digest(rows), "results": _digest(results)}
    if row is not None:
        part |= {"outcome": outcome or row.outcome, "evidence": row.evidence, "usage": row.usage, "inputs": row.inputs, "plan": row.plan}
    return part


def _digest(rows: list[Any]) -> str:
    return hashlib.sha256(encode(rows)).hexdigest()


def _grouped_rows(run: models.Run) -> dict[str, list[Any]]:
    """Every column of what was recorded for each tenant."""
    grouped: dict[str, list[Any]] = defaultdict(list)
    _gather(grouped, models.TenantRun, "tenant_id", run=run)
    for model in (models.UsageLine, models.PlannedChange, models.TenantRunOutcome):
        _gather(grouped, model, "tenant_run__tenant_id", tenant_run__run=run)
    return grouped


def _grouped_results(run: models.Run) -> dict[str, list[Any]]:
    """Every column of the intents of the run, of their calls, and of the results that the run found out, for each tenant."""
    grouped: dict[str, list[Any]] = defaultdict(list)
    _gather(grouped, models.Intent, "tenant_id", run=run)
    _gather(grouped, models.IntentCall, "intent__tenant_id", intent__run=run)
    _gather(grouped, models.IntentResult, "intent__tenant_id", run=run)
    return grouped


def _gather(grouped: dict[str, list[Any]], model: type[models.AppendOnly], tenant: str, **which: object) -> None:
    rows = model.objects.filter(**which).order_by("pk").values_list(tenant, *models.columns_of(model))
    for owner, *values in rows:
        grouped[owner].append((model.__name__, *values))
