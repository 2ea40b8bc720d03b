"""Runs whose tenants are carried out by several processes: what was read once, how far they have come, and what they share (decision 0031)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from django.db import transaction
from django.db.models import F, Sum

from tallybridge.ledger import evidence, plain_sql
from tallybridge.ledger.errors import RunClosed, RunUnknown, ledger_errors
from tallybridge.ledger.opening import adding_to_a_run
from tallybridge.ledger.prepared import models
from tallybridge.ledger.processes import Owner

_Plan = TypeVar("_Plan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A spread run that is not closed yet, as it began."""

    id: str
    integration: str
    kind: str
    date: date
    started: datetime
    configuration: str
    """Address of the configuration that it is made under."""
    parts: int
    """How many tenants it carries out."""


@ledger_errors()
def spread(run_id: str, brief: bytes, *, parts: int, may_fall: int) -> None:
    """Keeps what was read once for a run that has begun, so that any process can carry out its parts.

    Args:
        may_fall: units by which the run may lower charges in all.
    """
    with transaction.atomic(durable=True):
        address = evidence.put(brief, "brief")
        models.SpreadRun.objects.create(run_id=run_id, brief=address, parts=parts, may_fall=may_fall)


@ledger_errors()
def unclosed(integration: str | None = None) -> tuple[Spread, ...]:
    """The spread runs that are not closed with their manifest, oldest first; of one integration, or of all."""
    rows = models.SpreadRun.objects.select_related("run").filter(run__manifest=None)
    if integration is not None:
        rows = rows.filter(run__integration=integration)
    return tuple(_spread(row) for row in rows.order_by("run__started", "run_id"))


@ledger_errors()
def get(run_id: str) -> Spread:
    """The spread run with this id.

    Raises:
        RunUnknown: no such run was spread.
        RunClosed: it is closed; nothing of it is left to do.
    """
    row = models.SpreadRun.objects.select_related("run__manifest").filter(run_id=run_id).first()
    if row is None:
        raise RunUnknown(f"The ledger knows no run {run_id} that is carried out by several processes.")
    if hasattr(row.run, "manifest"):
        raise RunClosed(f"Run {run_id} is closed as {row.run.manifest.outcome}; nothing of it is left to do.")
    return _spread(row)


@ledger_errors()
def brief(run_id: str) -> bytes:
    """What was read once for the run."""
    return evidence.get(models.SpreadRun.objects.values_list("brief", flat=True).get(run_id=run_id))


@ledger_errors()
def finished_parts(run_id: str) -> frozenset[str]:
    """The tenants (as their tenant runs are kept) whose part is recorded to its end."""
    recorded = models.TenantRun.objects.filter(run_id=run_id).values_list("tenant_id", flat=True)
    unfinished = models.PartAtWork.objects.filter(run_id=run_id, unfinished=True).values_list("tenant_id", flat=True)
    return frozenset(recorded) - frozenset(unfinished)


@ledger_errors()
def finished_count(run_id: str) -> int:
    """How many parts are recorded to their end."""
    unfinished = models.PartAtWork.objects.filter(run_id=run_id, unfinished=True).count()
    return models.TenantRun.objects.filter(run_id=run_id).count() - unfinished


@ledger_errors()
def recorded_after(run_id: str, number: int) -> tuple[tuple[int, str, str], ...]:
    """Number, name and outcome of each tenant run that was recorded after the one with this number, in order."""
    found = models.TenantRun.objects.filter(run_id=run_id, id__gt=number).order_by("id")
    return tuple(found.values_list("id", "tenant_name", "outcome"))


@ledger_errors()
def is_unfinished(run_id: str, tenant_id: str) -> bool:
    """Whether the tenant's plan is recorded and what became of its writes is not."""
    return models.PartAtWork.objects.filter(run_id=run_id, tenant_id=tenant_id, unfinished=True).exists()


def note_unfinished(run_id: str, tenant_id: str) -> None:
    """To be called within the transaction that records a plan whose writes follow."""
    models.PartAtWork.objects.update_or_create(run_id=run_id, tenant_id=tenant_id, defaults={"unfinished": True})


def note_finished(run_id: str, tenant_id: str) -> None:
    """To be called within the transaction that records what became of the writes."""
    plain_sql.change("UPDATE ledger_partatwork SET unfinished = FALSE WHERE run_id = %s AND tenant_id = %s", run_id, tenant_id)


def forget_parts(run_id: str) -> None:
    """To be called within the transaction that closes the run."""
    plain_sql.change("DELETE FROM ledger_partatwork WHERE run_id = %s", run_id)


@ledger_errors()
def take_fall(run_id: str, tenant_id: str, make: Callable[[int], tuple[_Plan, int]]) -> _Plan:
    """Makes one tenant's plan while no other process makes one for this run, and takes what it lowers from what the run may.

    What an earlier plan of the same tenant took and never recorded is given back: nothing was written by it.

    Args:
        make: gives, for the units that are left, the plan and the units by which it lowers charges; must neither read nor write elsewhere.
    """
    with transaction.atomic(durable=True):
        adding_to_a_run(run_id)
        may_fall = models.SpreadRun.objects.select_for_update().values_list("may_fall", flat=True).get(run_id=run_id)
        others = models.PartAtWork.objects.filter(run_id=run_id).exclude(tenant_id=tenant_id).aggregate(taken=Sum("lowers"))["taken"] or 0
        plan, lowers = make(may_fall - others)
        models.PartAtWork.objects.update_or_create(run_id=run_id, tenant_id=tenant_id, defaults={"lowers": lowers})
    return plan


@ledger_errors()
def refuse_writes(run_id: str) -> None:
    """Keeps that the PSA has refused the sign-in of a write: no process tries another one in this run."""
    models.SpreadRun.objects.filter(run_id=run_id).update(refused_writes=True)


@ledger_errors()
def writes_refused(run_id: str) -> bool:
    """Whether the PSA has refused the sign-in of a write of this run."""
    return models.SpreadRun.objects.filter(run_id=run_id, refused_writes=True).exists()


@ledger_errors()
def count_refused_read(run_id: str, refusals: int = 1) -> None:
    """Counts sign-ins that the source has refused, over all processes of the run."""
    models.SpreadRun.objects.filter(run_id=run_id).update(refused_reads=F("refused_reads") + refusals)


@ledger_errors()
def forget_refused_reads(run_id: str) -> None:
    """A sign-in was accepted: the count begins anew."""
    models.SpreadRun.objects.filter(run_id=run_id, refused_reads__gt=0).update(refused_reads=0)


@ledger_errors()
def refused_reads(run_id: str) -> int:
    """How many sign-ins the source has refused in a row."""
    return models.SpreadRun.objects.values_list("refused_reads", flat=True).get(run_id=run_id)


@ledger_errors()
def note_taken_over(run_id: str, by: Owner, at: datetime) -> None:
    """Keeps that another process goes on with the run."""
    with transaction.atomic(durable=True):
        row = models.SpreadRun.objects.select_for_update().get(run_id=run_id)
        known = [*json.loads(row.taken_over), [by.host, by.pid, at.isoformat()]]
        models.SpreadRun.objects.filter(run_id=run_id).update(taken_over=json.dumps(known))


@ledger_errors()
def taken_over(run_id: str) -> tuple[tuple[str, int, str], ...]:
    """Host, process id and instant (RFC 3339) of each process that went on with the run, in order."""
    found = models.SpreadRun.objects.filter(run_id=run_id).values_list("taken_over", flat=True).first()
    return tuple((host, pid, at) for host, pid, at in json.loads(found or "[]"))


def _spread(row: models.SpreadRun) -> Spread:
    run = row.run
    return Spread(
        id=run.id,
        integration=run.integration,
        kind=run.kind,
        date=run.date,
        started=run.started,
        configuration=run.configuration,
        parts=row.parts,
    )
