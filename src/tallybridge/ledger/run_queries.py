"""Questions about past runs. All of them only read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from django.db.models import Q, QuerySet

from tallybridge.billing.model import Category, Notice, Quantity, Unit
from tallybridge.billing.plan import Action
from tallybridge.billing.reasons import Reason
from tallybridge.billing.wanting import NotBilled
from tallybridge.ledger import evidence, plain_sql
from tallybridge.ledger.errors import LedgerError, RunAmbiguous, ledger_errors
from tallybridge.ledger.prepared import models
from tallybridge.ledger.run_records import INTERRUPTED, HistoryEntry, LeftOutCount, StoredRun, StoredTenantRun

_not_billed = msgspec.json.Decoder(tuple[NotBilled, ...])
_left_out = msgspec.json.Decoder(tuple[LeftOutCount, ...])
_notices = msgspec.json.Decoder(tuple[Notice, ...])


LAST_COUNTED = """SELECT {} FROM ledger_tenantrun run
JOIN ledger_tenantfacts facts ON facts.id = run.facts_id JOIN ledger_plannedchange planned ON planned.facts_id = facts.id
WHERE run.destination = %s AND run.agreement = %s AND planned.item = %s AND planned.to_quantity = %s AND facts.evidence IS NOT NULL
AND planned.action IN ('create', 'update', 'unchanged') AND planned.reason IS NULL ORDER BY run.id DESC LIMIT 1"""
"""The newest tenant run that counted a quantity for a line and meant to write it, or found it there: destination, agreement, item, quantity."""


class _Said(msgspec.Struct):
    """What is asked of a manifest's body; the hundreds of tenants in it are passed over."""

    totals: dict[str, Any]
    tail: dict[str, Any]


_said = msgspec.json.Decoder(_Said)
_known_sayings: dict[str, _Said] = {}
_MOST_SAYINGS = 2000
_AT_ONCE = 500


@ledger_errors()
def get_run(run_id: str) -> StoredRun | None:
    """The run with this id, or the only one whose id begins so; None where there is none. Raises RunAmbiguous where there are several."""
    if not run_id or "\0" in run_id:  # PostgreSQL refuses to be asked for a NUL character
        return None
    exact = _stored(_runs().filter(id=run_id))
    if exact:
        return exact[0]
    found = _stored(_runs().filter(id__startswith=run_id).order_by("id")[:2])
    if len(found) > 1:
        raise RunAmbiguous(f"More than one run's id begins with {run_id}, for example {found[0].id} and {found[1].id}. Give more of it.")
    return found[0] if found else None


@ledger_errors()
def latest_run(integration: str, kinds: Sequence[str] = ("run", "plan", "apply")) -> StoredRun | None:
    """The run of these kinds that started last, finished or not."""
    newest = _stored(_runs().filter(integration=integration, kind__in=list(kinds)).order_by("-started", "-id")[:1])
    return newest[0] if newest else None


@ledger_errors()
def newest_run() -> StoredRun | None:
    """The run that started last, whatever its integration and kind."""
    newest = _stored(_runs().order_by("-started", "-id")[:1])
    return newest[0] if newest else None


@ledger_errors()
def run_ids() -> tuple[str, ...]:
    """The ids of all runs, in the order they started."""
    return tuple(models.Run.objects.order_by("started", "id").values_list("id", flat=True))


@ledger_errors()
def runs_of(integration: str, first: date, last: date) -> tuple[StoredRun, ...]:
    """The integration's runs with a billing date from `first` to `last`, both included, in the order they started."""
    return _stored(_runs().filter(integration=integration, date__gte=first, date__lte=last).order_by("started", "id"))


@ledger_errors()
def runs_newest_first(integration: str, first: int, count: int) -> tuple[tuple[StoredRun, ...], int]:
    """So many of the integration's runs from place `first` on (0: the newest), and how many there are in all."""
    found = models.Run.objects.filter(integration=integration)
    rows = _runs().filter(integration=integration).order_by("-started", "-id")[first : first + count]
    return _stored(rows), found.count()


@ledger_errors()
def last_finished_date(integration: str, kinds: Sequence[str] = ("run",)) -> date | None:
    """The newest billing date with a run of these kinds that came to its end, whatever its outcome; an interrupted run did not."""
    begun = models.Run.objects.filter(integration=integration, kind__in=list(kinds))
    finished = begun.filter(manifest__isnull=False).exclude(manifest__outcome=INTERRUPTED)
    newest: date | None = finished.order_by("-date").values_list("date", flat=True).first()
    return newest


@ledger_errors()
def tenant_runs(run_id: str) -> tuple[StoredTenantRun, ...]:
    """Everything a run recorded, a record per tenant, by name: which of several threads recorded first is chance. A fixed number of statements."""
    recorded = _stored_tenant_runs(models.TenantRun.objects.filter(run_id=run_id))
    return tuple(sorted(recorded, key=lambda one: (one.tenant_name.casefold(), one.tenant_id)))


@ledger_errors()
def tenant_run_of(run_id: str, tenant_id: str) -> StoredTenantRun | None:
    """Everything a run recorded of one tenant, by the id that it is kept under; None where it has recorded nothing of it yet."""
    found = _stored_tenant_runs(models.TenantRun.objects.filter(run_id=run_id, tenant_id=tenant_id))
    return found[0] if found else None


@ledger_errors()
def tenant_run(id_: int) -> StoredTenantRun | None:
    """Everything a run recorded of one tenant, by the ledger's number of that record; None where there is none."""
    found = _stored_tenant_runs(models.TenantRun.objects.filter(id=id_))
    return found[0] if found else None


@ledger_errors()
def latest_for(destination: int, agreement: int, item: str) -> StoredTenantRun | None:
    """The newest tenant run that counted usage and planned this item of this agreement."""
    planned = Q(destination=destination, agreement=agreement, facts__plannedchange__item=item, facts__usage__isnull=False)
    newest = models.TenantRun.objects.filter(planned).order_by("-id").values_list("id", flat=True).first()
    found = _stored_tenant_runs(models.TenantRun.objects.filter(id=newest)) if newest is not None else ()
    return found[0] if found else None


@ledger_errors()
def last_counted(destination: int, agreement: int, item: str, quantity: int) -> StoredTenantRun | None:
    """The newest tenant run that counted this quantity for the line and meant to write it, or found it there: what it was written from."""
    newest = plain_sql.rows(LAST_COUNTED.format("run.id"), destination, agreement, item, quantity)
    found = _stored_tenant_runs(models.TenantRun.objects.filter(id=newest[0][0])) if newest else ()
    return found[0] if found else None


@ledger_errors()
def history(destination: int, agreement: int, item: str) -> tuple[HistoryEntry, ...]:
    """What became of one line on each date, oldest first; of several runs on a date the last one counts.

    A run that counted nothing itself leaves what was counted on its date as it is: one that applied a plan, and one of prescribed quantities.
    """
    results = models.IntentResult.objects.filter(intent__destination_id=destination, intent__agreement=agreement, intent__item=item)
    read_back = {run: quantity for run, quantity in results.order_by("id").values_list("run_id", "quantity") if quantity is not None}
    planned = models.TenantRun.objects.filter(destination=destination, agreement=agreement, facts__plannedchange__item=item)
    change = (f"facts__plannedchange__{one}" for one in ("action", "from_quantity", "to_quantity", "counted"))
    columns = ("run_id", "run__date", "facts__usage", *change)
    entries: dict[date, HistoryEntry] = {}
    for run_id, on, usage, action, shown, wanted, counted in planned.order_by("id", "facts__plannedchange__id").values_list(*columns):
        charged = read_back.get(run_id, wanted if action == Action.UNCHANGED else shown)
        before = entries[on].quantity if on in entries else None
        quantity = before if usage is None else wanted if counted is None else counted
        entries[on] = HistoryEntry(on, quantity, charged, run_id)
    return tuple(entries[on] for on in sorted(entries))


def _runs() -> QuerySet[models.Run]:
    """Without the manifests' bodies, which grow with the tenants: what most of them say was asked before."""
    rows: QuerySet[models.Run] = models.Run.objects.select_related("manifest").defer("manifest__body")
    return rows


def _stored(rows: Iterable[models.Run]) -> tuple[StoredRun, ...]:
    found = tuple(rows)
    manifests = [row.manifest for row in found if hasattr(row, "manifest")]
    said = _said_in([manifest.head for manifest in manifests])
    return tuple(_stored_run(row, said) for row in found)


def _said_in(heads: Collection[str]) -> Mapping[str, _Said]:
    """What manifests say, by the head that each made: it covers the body, so what is known of it stays true. One statement for hundreds."""
    known = {head: _known_sayings[head] for head in heads if head in _known_sayings}
    unknown = [head for head in heads if head not in known]
    for first in range(0, len(unknown), _AT_ONCE):
        rows = models.Manifest.objects.filter(head__in=unknown[first : first + _AT_ONCE]).values_list("head", "run_id", "body")
        for head, run, packed in rows:
            body = evidence.decompress(packed)
            if body is None:
                raise LedgerError(f"The manifest of run {run} is damaged. Type: tallybridge verify")
            known[head] = _said.decode(body)
    if len(_known_sayings) > _MOST_SAYINGS:
        _known_sayings.clear()
    _known_sayings.update(known)
    return known


def _stored_run(row: models.Run, said: Mapping[str, _Said]) -> StoredRun:
    begun: dict[str, Any] = {
        name: getattr(row, name) for name in ("id", "integration", "kind", "date", "started", "configuration", "rules", "rules_version")
    }
    if not hasattr(row, "manifest"):
        return StoredRun(**begun)
    manifest = row.manifest
    told = said[manifest.head]
    return StoredRun(**begun, outcome=manifest.outcome, finished=manifest.finished, totals=told.totals, tail=told.tail, head=manifest.head)


def _stored_tenant_runs(which: QuerySet[models.TenantRun]) -> tuple[StoredTenantRun, ...]:
    rows = list(which.select_related("run__manifest", "facts").defer("run__manifest__body").order_by("id"))
    outcomes = {row.tenant_run_id: row for row in models.TenantRunOutcome.objects.filter(tenant_run__in=which).order_by("id")}
    quantities: dict[int, list[Quantity]] = {row.facts_id: [] for row in rows}
    for line in models.UsageLine.objects.filter(facts__in=which.values("facts")).order_by("id"):
        category = Category(line.category) if line.category is not None else None
        quantities[line.facts_id].append(Quantity(line.application, category, Unit(line.unit), line.quantity, line.matched))
    documents = evidence.get_many({(outcomes.get(row.id) or row.facts).document for row in rows})
    runs = {run.id: run for run in _stored({row.run_id: row.run for row in rows}.values())}
    return tuple(_stored_tenant_run(row, runs[row.run_id], outcomes.get(row.id), quantities[row.facts_id], documents) for row in rows)


def _stored_tenant_run(
    row: models.TenantRun,
    run: StoredRun,
    applied: models.TenantRunOutcome | None,
    quantities: Iterable[Quantity],
    documents: dict[str, bytes],
) -> StoredTenantRun:
    facts, newest = row.facts, applied or row
    return StoredTenantRun(
        run=run,
        tenant_id=row.tenant_id,
        tenant_name=row.tenant_name,
        outcome=newest.outcome,
        document=documents[(applied or facts).document],
        number=row.number,
        account=row.account,
        destination=row.destination,
        agreement=row.agreement,
        reason=Reason(newest.reason) if newest.reason is not None else None,
        detail=newest.detail,
        observed_at=row.observed_at,
        evidence=facts.evidence,
        usage=facts.usage,
        inputs=facts.inputs,
        plan=facts.plan,
        quantities=tuple(quantities),
        not_billed=_not_billed.decode(facts.not_billed),
        left_out=_left_out.decode(facts.left_out),
        notices=_notices.decode(facts.notices),
    )
