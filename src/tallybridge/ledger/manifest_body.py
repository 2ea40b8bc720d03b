"""What a run's manifest says, made from the run's rows: `close` writes it, `manifests.verify` makes it again and compares."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from tallybridge.ledger import added_rows, present_rows
from tallybridge.ledger.canonical import encode
from tallybridge.ledger.compression import compress, decompress
from tallybridge.ledger.evidence import address_of
from tallybridge.ledger.prepared import models
from tallybridge.ledger.row_values import values_of

LAYOUT = 2
"""How manifests put what a run recorded of its tenants."""
_COLUMN_BY_COLUMN = 1
_WITHOUT_COUNTED = 0
"""As the one before, when planned changes did not say yet what was counted for them (before the migration 0003)."""
_OLDER_TENANT_RUN = (
    "id",
    "run_id",
    "tenant_id",
    "tenant_name",
    "number",
    "account",
    "destination",
    "agreement",
    "outcome",
    "reason",
    "detail",
    "observed_at",
    *(f"facts__{name}" for name in ("evidence", "usage", "inputs", "plan", "not_billed", "left_out", "notices", "document")),
)
"""The columns of a tenant run in the order of the tables before the migration 0004."""


class _Earlier(msgspec.Struct):
    """What the next manifest needs to know of a manifest; older ones say nothing of it."""

    between: added_rows.Between = added_rows.Between()
    present: str | None = None


_earlier = msgspec.json.Decoder(_Earlier)


def close(run: models.Run, *, outcome: str, totals: Mapping[str, Any], finished: datetime, tail: Mapping[str, Any]) -> str:
    """Adds the manifest of a run to the chain, within `opening.closing_a_run`; returns the new head."""
    newest = models.Manifest.objects.order_by("-sequence").first()
    sequence, previous = (newest.sequence + 1, newest.head) if newest else (1, None)
    finished = finished.astimezone(UTC)
    # Rows that change are read after the decisions: one that is vouched for has then had its effect on them.
    earlier = _earlier_of(newest)
    between = added_rows.since(earlier.between)
    present = present_rows.put(earlier.present)
    body = encode(
        {
            **run_part(run),
            "sequence": sequence,
            "previous": previous,
            "outcome": outcome,
            "finished": finished,
            "totals": totals,
            "tail": tail,
            "layout": LAYOUT,
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
    return _earlier_of(manifest).between


def _earlier_of(manifest: models.Manifest | None) -> _Earlier:
    data = decompress(manifest.body) if manifest is not None else None
    if data is None:
        return _Earlier()
    try:
        return _earlier.decode(data)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return _Earlier()


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


def layout_of(said: Mapping[str, Any]) -> int:
    """How a manifest puts what was recorded of tenants; the oldest do not say it, and nothing of rows that no run owns either."""
    layout: int = said.get("layout", _COLUMN_BY_COLUMN if "between" in said else _WITHOUT_COUNTED)
    return layout


def tenants_part(run: models.Run, *, layout: int = LAYOUT, strict: bool = False) -> list[dict[str, Any]]:
    """What the manifest says about each tenant, sorted by id: the hashes of its rows, those of its facts by their digest.

    Args:
        layout: how the manifest puts it; older ones name every column of facts, usage lines and changes, and the addresses beside.
        strict: as in `values_of`.
    """
    rows = _grouped_rows(run, layout, strict=strict)
    results = _grouped_results(run, strict=strict)
    outcomes = dict(models.TenantRun.objects.filter(run=run).values_list("tenant_id", "outcome"))
    applied = models.TenantRunOutcome.objects.filter(tenant_run__run=run).order_by("id")
    outcomes.update(applied.values_list("tenant_run__tenant_id", "outcome"))
    addresses = _addresses(run) if layout <= _COLUMN_BY_COLUMN else {}
    return [
        {"id": tenant, "rows": _digest(rows[tenant]), "results": _digest(results[tenant])}
        | ({"outcome": outcomes[tenant]} if tenant in outcomes else {})
        | addresses.get(tenant, {})
        for tenant in sorted({*rows, *results})
    ]


def _addresses(run: models.Run) -> dict[str, dict[str, str | None]]:
    names = ("evidence", "usage", "inputs", "plan")
    rows = models.TenantRun.objects.filter(run=run).values_list("tenant_id", *(f"facts__{name}" for name in names))
    return {tenant: dict(zip(names, addresses, strict=True)) for tenant, *addresses in rows}


def _digest(rows: list[bytes]) -> str:
    """The hash of the list of the rows, each of which is encoded already: as bytes, those of ten thousand tenants take a third of the memory."""
    return hashlib.sha256(b"[" + b",".join(rows) + b"]").hexdigest()


def _grouped_rows(run: models.Run, layout: int, *, strict: bool) -> dict[str, list[bytes]]:
    """Everything that was recorded for each tenant."""
    grouped: dict[str, list[bytes]] = defaultdict(list)
    if layout <= _COLUMN_BY_COLUMN:
        change = [name for name in models.columns_of(models.PlannedChange) if layout != _WITHOUT_COUNTED or name != "counted"]
        _gather(grouped, models.TenantRun, "tenant_id", _OLDER_TENANT_RUN, strict=strict, run=run)
        _gather(grouped, models.UsageLine, "facts__tenantrun__tenant_id", strict=strict, facts__tenantrun__run=run)
        _gather(grouped, models.PlannedChange, "facts__tenantrun__tenant_id", change, strict=strict, facts__tenantrun__run=run)
    else:
        _gather(grouped, models.TenantRun, "tenant_id", (*models.columns_of(models.TenantRun), "facts__digest"), strict=strict, run=run)
    _gather(grouped, models.TenantRunOutcome, "tenant_run__tenant_id", strict=strict, tenant_run__run=run)
    return grouped


def _grouped_results(run: models.Run, *, strict: bool) -> dict[str, list[bytes]]:
    """Every column of the intents of the run, of their calls, and of the results that the run found out, for each tenant."""
    grouped: dict[str, list[bytes]] = defaultdict(list)
    _gather(grouped, models.Intent, "tenant_id", strict=strict, run=run)
    _gather(grouped, models.IntentCall, "intent__tenant_id", strict=strict, intent__run=run)
    _gather(grouped, models.IntentResult, "intent__tenant_id", strict=strict, run=run)
    return grouped


def _gather(
    grouped: dict[str, list[bytes]], model: type[models.AppendOnly], tenant: str, columns: Sequence[str] = (), *, strict: bool, **which: object
) -> None:
    """Adds the rows of a table to those of their tenants: all columns, unless said otherwise."""
    rows = model.objects.filter(**which).order_by("pk")
    for owner, *values in values_of(rows, (tenant, *(columns or models.columns_of(model))), strict=strict):
        grouped[owner].append(encode((model.__name__, *values)))
