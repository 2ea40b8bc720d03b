"""Runs: begun, filled tenant by tenant in one transaction each, and closed with a manifest (design 7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from tallybridge.billing.reasons import Reason
from tallybridge.ledger import at_work, evidence, manifest_body, plain_sql, tenant_facts
from tallybridge.ledger.errors import LedgerError, ledger_errors
from tallybridge.ledger.open_runs import require_open, require_still_open
from tallybridge.ledger.opening import closing_a_run, require_in_use
from tallybridge.ledger.prepared import models
from tallybridge.ledger.processes import Owner, is_gone, this_process
from tallybridge.ledger.run_queries import (
    get_run,
    history,
    last_counted,
    last_finished_date,
    latest_for,
    latest_run,
    newest_run,
    run_ids,
    runs_newest_first,
    runs_of,
    tenant_run_of,
    tenant_runs,
)
from tallybridge.ledger.run_records import (
    INTERRUPTED,
    HistoryEntry,
    LeftOutCount,
    NewRun,
    StoredRun,
    StoredTenantRun,
    TenantRunRecord,
)

__all__ = [
    "INTERRUPTED",
    "HistoryEntry",
    "LeftOutCount",
    "NewRun",
    "StoredRun",
    "StoredTenantRun",
    "TenantRunRecord",
    "begin",
    "finish",
    "get_run",
    "history",
    "last_counted",
    "last_finished_date",
    "latest_for",
    "latest_run",
    "newest_run",
    "record_tenant",
    "run_ids",
    "runs_newest_first",
    "runs_of",
    "tenant_run_of",
    "tenant_runs",
    "update_tenant",
]


_PLAIN = (
    "tenant_name",
    "number",
    "account",
    "destination",
    "agreement",
    "outcome",
    "reason",
    "detail",
)


@ledger_errors()
def begin(run: NewRun) -> None:
    """Records the start of a run; before that, closes the unfinished runs of processes that have ended as interrupted.

    To be called under the integration's lease: an unfinished run of the same integration and the same process is one that has failed.

    Raises:
        LedgerError: a run with this id exists.
        LedgerMoved: the ledger has been moved to another database since it was opened.
        LedgerUnwritable: nothing was recorded.
    """
    require_in_use()
    owner = this_process()
    _close_abandoned(run, owner)
    with transaction.atomic(durable=True):
        if models.Run.objects.filter(id=run.id).exists():
            raise LedgerError(f"A run with the id {run.id} is in the ledger already. Nothing was recorded.")
        models.Run.objects.create(
            id=run.id,
            integration=run.integration,
            kind=run.kind,
            date=run.date,
            started=run.started,
            configuration=run.configuration,
            rules=run.rules,
            rules_version=run.rules_version,
            host=owner.host,
            pid=owner.pid,
            process_started=owner.process_started,
        )


def _close_abandoned(run: NewRun, owner: Owner) -> None:
    for row in models.Run.objects.filter(manifest=None).order_by("started", "id"):
        if not _abandoned(row, run, owner):
            continue
        with closing_a_run(row.id):
            if not models.Manifest.objects.filter(run_id=row.id).exists():
                at_work.forget_parts(row.id)
                manifest_body.close(row, outcome=INTERRUPTED, totals={}, finished=max(run.started, row.started), tail={})


def _abandoned(row: models.Run, run: NewRun, owner: Owner) -> bool:
    """Whether nobody works on the run any more. A process that cannot be seen from here is believed to work while it keeps a lease.

    A spread run belongs to no one process: whoever has its integration's lease goes on with it or gives it up, and nobody else does.
    """
    if models.SpreadRun.objects.filter(run_id=row.id).exists():
        return row.integration == run.integration
    if (row.host, row.pid, row.process_started) == (owner.host, owner.pid, owner.process_started):
        return row.integration == run.integration
    gone = is_gone(Owner(host=row.host, pid=row.pid, process_started=row.process_started))
    if gone is not None:
        return gone
    leases = models.Lease.objects.filter(host=row.host, pid=row.pid, process_started=row.process_started, expires__gt=run.started)
    return not leases.exists()


@ledger_errors()
def record_tenant(run_id: str, record: TenantRunRecord, *, unfinished: bool = False) -> None:
    """Records a tenant run with its evidence, usage lines and changes in one transaction: all of it or nothing.

    The number of statements does not depend on the seats.

    Args:
        unfinished: the writes of its plan follow, and another process may have to go on with them (`ledger.at_work`).

    Raises:
        RunUnknown, RunClosed: nothing was recorded.
        LedgerUnwritable: nothing was recorded.
    """
    if record.changes and (record.destination is None or record.agreement is None):
        raise ValueError("a tenant run with changes needs its destination and its agreement")
    with transaction.atomic(durable=True):
        require_still_open(run_id)
        tenant_id = _kept_id(record)
        row = {name: getattr(record, name) for name in _PLAIN} | {"run_id": run_id, "tenant_id": tenant_id}
        row |= {"observed_at": plain_sql.instant(record.observed_at), "facts_id": tenant_facts.keep(record, tenant_id)}
        plain_sql.add("ledger_tenantrun", tuple(row), (tuple(row.values()),))
        if unfinished:
            at_work.note_unfinished(run_id, tenant_id)


def _kept_id(record: TenantRunRecord) -> str:
    return record.tenant_id or f"account:{record.account}"


@ledger_errors()
def update_tenant(run_id: str, tenant_id: str, outcome: str, reason: Reason | None, detail: str, document: bytes) -> None:
    """Adds what applying made of a tenant run; what was recorded before stays.

    Raises:
        RunUnknown, RunClosed, LedgerUnwritable: nothing was recorded.
    """
    with transaction.atomic(durable=True):
        require_open(run_id)
        stored = models.TenantRun.objects.select_related("facts").filter(run_id=run_id, tenant_id=tenant_id).first()
        if stored is None:
            raise LedgerError(f"Run {run_id} has recorded nothing for the tenant {tenant_id} yet. Nothing was recorded.")
        address = evidence.put(document, "document", earlier=stored.facts.document)
        models.TenantRunOutcome.objects.create(tenant_run=stored, outcome=outcome, reason=reason, detail=detail, document=address)
        at_work.note_finished(run_id, tenant_id)


@ledger_errors()
def finish(run_id: str, outcome: str, totals: Mapping[str, Any], finished: datetime, tail: Mapping[str, Any]) -> str:
    """Closes a run with its manifest, the next link of the ledger's chain.

    Args:
        totals: the run's totals (contracts 2); JSON values only.
        tail: further facts to be kept in the manifest, such as addresses of charges read; JSON values only.

    Returns:
        the head of the chain, "sha256:…", worth keeping elsewhere.

    Raises:
        RunUnknown, RunClosed: nothing was recorded.
        LedgerUnwritable: the run stays unfinished; the next one closes it as interrupted.
    """
    with closing_a_run(run_id):
        at_work.forget_parts(run_id)
        return manifest_body.close(require_open(run_id), outcome=outcome, totals=totals, finished=finished, tail=tail)
