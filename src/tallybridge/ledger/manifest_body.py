"""What a run's manifest says, made from the run's rows: `close` writes it, `manifests.verify` makes it again and compares."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from tallybridge.ledger import added_rows, present_rows
from tallybridge.ledger.canonical import encode
from tallybridge.ledger.evidence import address_of, compress, decompress
from tallybridge.ledger.prepared import models
from tallybridge.ledger.row_values import values_of


class _Earlier(msgspec.Struct):
    """What the next manifest needs to know of a manifest; older ones say nothing of it."""

    between: added_rows.Between = added_rows.Between()


_earlier = msgspec.json.Decoder(_Earlier)


def close(run: models.Run, *, outcome: str, totals: Mapping[str, Any], finished: datetime, tail: Mapping[str, Any]) -> str:
    """Adds the manifest of a run to the chain, within `opening.closing_a_run`; returns the new head."""
    newest = models.Manifest.objects.order_by("-sequence").first()
    sequence, previous = (newest.sequence + 1, newest.head) if newest else (1, None)
    finished = finished.astimezone(UTC)
    # Rows that change are read after the decisions: one that is vouched for has then had its effect on them.
    between = added_rows.since(between_of(newest))
    present = present_rows.put()
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
            "between": between,
            "present": present,
        }
    )
    head = address_of(body)
    models.Manifest.objects.create(sequence=sequence, run=run, previous=previous, head=head, outcome=outcome, finished=finished, body=compress(body))
    return head


def between_of(manifest: models.Manifest | None) -> added_rows.Between:
    """What a manifest says of rows that no run owns; nothing where it is older than that, or can no longer be read: then the next says it anew."""
    data = decompress(manifest.body) if manifest is not None else None
    if data is None:
        return added_rows.Between()
    try:
        return _earlier.decode(data).between
    except (msgspec.DecodeError, msgspec.ValidationError):
        return added_rows.Between()


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


def tenants_part(run: models.Run, *, strict: bool = False) -> list[dict[str, Any]]:
    """What the manifest says about each tenant, sorted by id: the addresses it rests on and the hashes of its rows. `strict` as in `values_of`."""
    recorded = {row.tenant_id: row for row in models.TenantRun.objects.filter(run=run)}
    rows = _grouped_rows(run, strict=strict)
    results = _grouped_results(run, strict=strict)
    outcomes = dict(models.TenantRunOutcome.objects.filter(tenant_run__run=run).order_by("id").values_list("tenant_run__tenant_id", "outcome"))
    return [_tenant_part(tenant, recorded.get(tenant), outcomes.get(tenant), rows[tenant], results[tenant]) for tenant in sorted({*rows, *results})]


def _tenant_part(tenant: str, row: models.TenantRun | None, outcome: str | None, rows: list[Any], results: list[Any]) -> dict[str, Any]:
    part: dict[str, Any] = {"id": tenant, "rows": _digest(rows), "results": _digest(results)}
    if row is not None:
        part |= {"outcome": outcome or row.outcome, "evidence": row.evidence, "usage": row.usage, "inputs": row.inputs, "plan": row.plan}
    return part


def _digest(rows: list[Any]) -> str:
    return hashlib.sha256(encode(rows)).hexdigest()


def _grouped_rows(run: models.Run, *, strict: bool) -> dict[str, list[Any]]:
    """Every column of what was recorded for each tenant."""
    grouped: dict[str, list[Any]] = defaultdict(list)
    _gather(grouped, models.TenantRun, "tenant_id", strict=strict, run=run)
    for model in (models.UsageLine, models.PlannedChange, models.TenantRunOutcome):
        _gather(grouped, model, "tenant_run__tenant_id", strict=strict, tenant_run__run=run)
    return grouped


def _grouped_results(run: models.Run, *, strict: bool) -> dict[str, list[Any]]:
    """Every column of the intents of the run, of their calls, and of the results that the run found out, for each tenant."""
    grouped: dict[str, list[Any]] = defaultdict(list)
    _gather(grouped, models.Intent, "tenant_id", strict=strict, run=run)
    _gather(grouped, models.IntentCall, "intent__tenant_id", strict=strict, intent__run=run)
    _gather(grouped, models.IntentResult, "intent__tenant_id", strict=strict, run=run)
    return grouped


def _gather(grouped: dict[str, list[Any]], model: type[models.AppendOnly], tenant: str, *, strict: bool, **which: object) -> None:
    rows = model.objects.filter(**which).order_by("pk")
    for owner, *values in values_of(rows, (tenant, *models.columns_of(model)), strict=strict):
        grouped[owner].append((model.__name__, *values))
