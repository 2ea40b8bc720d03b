"""What is about to be written to the PSA, committed before the call, and how it ended (L5). Rows are only ever added."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

import msgspec
from django.db import transaction
from django.db.models import Count

from tallybridge.billing.plan import IntentKind, IntentOutcome, OpenIntent, Part
from tallybridge.ledger import plain_sql
from tallybridge.ledger.canonical import encode
from tallybridge.ledger.errors import IntentConcluded, IntentStillOpen, IntentUnknown, ledger_errors
from tallybridge.ledger.open_runs import require_open
from tallybridge.ledger.opening import in_turn
from tallybridge.ledger.prepared import models

_parts = msgspec.json.Decoder(tuple[Part, ...])
_ANY_OPEN = """
    SELECT 1 FROM ledger_intent WHERE destination_id = %s AND agreement = %s
    AND NOT EXISTS (SELECT 1 FROM ledger_intentresult WHERE intent_id = ledger_intent.key) LIMIT 1
"""
_ids = msgspec.json.Decoder(tuple[int, ...])


@ledger_errors()
def record(intent: OpenIntent, *, destination: int, integration: str, tenant_id: str, run: str) -> OpenIntent:
    """Commits an intent and returns it with its key; only then may the call be made.

    The key is the hash of destination, agreement, item, kind, charge, quantity last read back, quantity to write, and the number of
    earlier intents for that line.

    Raises:
        IntentStillOpen: an earlier intent for the line has not been concluded. Nothing was recorded.
        RunUnknown, RunClosed, LedgerUnwritable: nothing was recorded.
    """
    with transaction.atomic(durable=True):
        require_open(run)
        in_turn("intents", destination, intent.agreement, intent.item)
        earlier = models.Intent.objects.filter(destination_id=destination, agreement=intent.agreement, item=intent.item)
        if earlier.filter(result=None).exists():
            raise IntentStillOpen(
                f"An earlier write of {intent.item} on agreement {intent.agreement} has not been resolved. Nothing was recorded. "
                "The next run reads the agreement first and resolves it."
            )
        sequence = earlier.count()
        said = (
            destination,
            intent.agreement,
            intent.item,
            intent.kind,
            intent.charge,
            intent.from_quantity,
            intent.to_quantity,
            sequence,
        )
        key = hashlib.sha256(encode(said)).hexdigest()
        models.Intent.objects.create(
            key=key,
            run_id=run,
            destination_id=destination,
            integration=integration,
            tenant_id=tenant_id,
            agreement=intent.agreement,
            item=intent.item,
            sequence=sequence,
            kind=intent.kind,
            charge=intent.charge,
            from_quantity=intent.from_quantity,
            to_quantity=intent.to_quantity,
            known=encode(intent.known).decode(),
            recorded=intent.recorded,
            worklist=intent.worklist,
            parts=encode(intent.parts).decode(),
        )
    return replace(intent, key=key)


_OPEN_PLACES = """SELECT i.tenant_id, i.agreement, i.item FROM ledger_intent i LEFT JOIN ledger_intentresult r ON r.intent_id = i.key
WHERE i.destination_id = %s AND i.integration = %s AND r.id IS NULL"""
_OPEN_OF_OTHERS = """SELECT DISTINCT i.item FROM ledger_intent i LEFT JOIN ledger_intentresult r ON r.intent_id = i.key
WHERE i.destination_id = %s AND i.agreement = %s AND i.integration <> %s AND r.id IS NULL"""


@ledger_errors()
def open_intents(destination: int, agreement: int) -> tuple[OpenIntent, ...]:
    """Intents on an agreement that have not been concluded, oldest first."""
    if not plain_sql.rows(_ANY_OPEN, destination, agreement):
        return ()
    rows = list(models.Intent.objects.filter(destination_id=destination, agreement=agreement, result=None).order_by("recorded", "item", "sequence"))
    calls = dict(models.IntentCall.objects.filter(intent__in=rows).order_by("id").values_list("intent_id", "at"))
    return tuple(replace(_intent(row), recorded=max(row.recorded, calls.get(row.key, row.recorded))) for row in rows)


@ledger_errors()
def items_of_others(destination: int, agreement: int, integration: str) -> frozenset[str]:
    """Items of the agreement for which another integration means a write that has not been concluded."""
    return frozenset(item for (item,) in plain_sql.rows(_OPEN_OF_OTHERS, destination, agreement, integration))


@ledger_errors()
def places_of_open_intents(destination: int, integration: str) -> dict[str, tuple[tuple[int, str], ...]]:
    """Agreement and item of every intent of an integration that has not been concluded, by tenant; sorted. One statement for a whole run."""
    found: dict[str, set[tuple[int, str]]] = {}
    for tenant, agreement, item in plain_sql.rows(_OPEN_PLACES, destination, integration):
        found.setdefault(tenant, set()).add((agreement, item))
    return {tenant: tuple(sorted(places)) for tenant, places in found.items()}


class OwnIntent(NamedTuple):
    """An intent of a run that is still under way, for whoever goes on with what another process began."""

    intent: OpenIntent
    outcome: IntentOutcome | None
    """None while it is open."""
    charge: int | None
    detail: str


@ledger_errors()
def newest_of_run(run: str, destination: int, agreement: int, item: str) -> OwnIntent | None:
    """What the run meant last for a line, and how that ended; None where it has not come to mean anything yet."""
    rows = models.Intent.objects.select_related("result").filter(run_id=run, destination=destination, agreement=agreement, item=item)
    row = rows.order_by("-sequence").first()
    if row is None:
        return None
    called = models.IntentCall.objects.filter(intent=row).order_by("-id").values_list("at", flat=True).first()
    intent = replace(_intent(row), recorded=max(row.recorded, called or row.recorded))
    if not hasattr(row, "result"):
        return OwnIntent(intent, None, None, "")
    return OwnIntent(intent, IntentOutcome(row.result.outcome), row.result.charge, row.result.detail)


@ledger_errors()
def calls_by_tenant(run: str) -> dict[str, int]:
    """How many writes of a run were sent, by tenant."""
    called = models.Intent.objects.filter(run_id=run, intentcall__isnull=False).values("tenant_id")
    return {row["tenant_id"]: row["sent"] for row in called.annotate(sent=Count("key", distinct=True))}


@ledger_errors()
def mark_called(key: str, at: datetime) -> None:
    """Records that the call for an intent is about to be sent, or that it was given up without an answer: `settle` counts from the last of these.

    Raises:
        IntentUnknown, IntentConcluded, RunClosed, LedgerUnwritable: nothing was recorded.
    """
    with transaction.atomic(durable=True):
        in_turn("intent", key)
        require_open(_unconcluded(key).run_id)
        models.IntentCall.objects.create(intent_id=key, at=at)


@ledger_errors()
def conclude(key: str, outcome: IntentOutcome, charge: int | None, quantity: int | None, detail: str, at: datetime, run: str) -> None:
    """Records how an intent ended, as read from the PSA by `run`.

    Raises:
        IntentConcluded: it has been concluded before.
        IntentUnknown, RunUnknown, RunClosed, LedgerUnwritable: nothing was recorded.
    """
    with transaction.atomic(durable=True):
        require_open(run)
        in_turn("intent", key)
        _unconcluded(key)
        models.IntentResult.objects.create(intent_id=key, run_id=run, outcome=outcome, charge=charge, quantity=quantity, detail=detail, at=at)


def _unconcluded(key: str) -> models.Intent:
    row = models.Intent.objects.select_related("result").filter(key=key).first()
    if row is None:
        raise IntentUnknown(f"The ledger knows no intent {key}. Nothing was recorded.")
    if hasattr(row, "result"):
        raise IntentConcluded(
            f"The write of {row.item} on agreement {row.agreement} was concluded before as {row.result.outcome}. Nothing was recorded."
        )
    return row


def _intent(row: models.Intent) -> OpenIntent:
    return OpenIntent(
        key=row.key,
        agreement=row.agreement,
        item=row.item,
        kind=IntentKind(row.kind),
        charge=row.charge,
        from_quantity=row.from_quantity,
        to_quantity=row.to_quantity,
        known=_ids.decode(row.known),
        recorded=row.recorded,
        worklist=row.worklist,
        parts=_parts.decode(row.parts),
    )
