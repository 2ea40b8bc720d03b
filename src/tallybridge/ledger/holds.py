"""Lines that wait for a person (design 6.3, 6.6): kept up with each plan, closed once their cause is gone or a decision settles them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction

from tallybridge.billing.decisions import possible_for
from tallybridge.billing.plan import Action, Change
from tallybridge.billing.reasons import Reason
from tallybridge.ledger import plain_sql
from tallybridge.ledger.canonical import encode
from tallybridge.ledger.errors import ledger_errors
from tallybridge.ledger.prepared import models

_ANY_OPEN = "SELECT 1 FROM ledger_hold WHERE destination_id = %s AND integration = %s AND agreement = %s AND closed IS NULL LIMIT 1"
_ids = msgspec.json.Decoder(tuple[int, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHold:
    """A line that waits for a person."""

    id: str
    """"H" and a number."""
    destination: int
    integration: str
    tenant_id: str
    tenant: str
    """The tenant's name."""
    agreement: int
    item: str
    reason: Reason
    psa: int | None
    """Quantity that the PSA shows; None where there is no line, or several."""
    last_written: int | None
    wanted: int | None
    since: datetime
    """UTC."""
    decisions: tuple[str, ...]
    """What can be decided (design 6.6)."""
    charge: int | None
    """The line's id in the PSA, where there is exactly one."""
    charges: tuple[int, ...]
    """Ids of all lines for the item."""
    detail: str = ""
    """The reason with the numbers of this case, where it has any."""


@ledger_errors()
def keep_up(
    destination: int, integration: str, tenant_id: str, tenant_name: str, agreement: int, changes: tuple[Change, ...], at: datetime
) -> dict[str, str]:
    """Brings the holds of an agreement in line with a plan, in one transaction; to be called under the agreement's lease.

    A held or moved line gets a hold; one that persists with the same reason keeps its id and `since`; those of this agreement and
    integration that are no more are closed.

    Returns:
        the hold's id by item, for every line that waits.
    """
    waiting = {change.item: change for change in changes if change.action in {Action.HOLD, Action.MOVE}}
    ids: dict[str, str] = {}
    if not waiting and not plain_sql.rows(_ANY_OPEN, destination, integration, agreement):
        return ids
    with transaction.atomic():
        rows = models.Hold.objects.filter(destination_id=destination, integration=integration, agreement=agreement, closed=None)
        for row in rows.select_for_update().order_by("id"):
            change = waiting.get(row.item)
            if change is None or _reason(change) != row.reason or row.item in ids:
                models.Hold.objects.filter(pk=row.pk).update(closed=at)
                continue
            ids[row.item] = _hold_id(row)
            now = _shown(change) | {"tenant_id": tenant_id, "tenant_name": tenant_name}
            changed = {name: value for name, value in now.items() if getattr(row, name) != value}
            if changed:
                models.Hold.objects.filter(pk=row.pk).update(**changed)
        for item, change in waiting.items():
            if item not in ids:
                ids[item] = _hold_id(
                    models.Hold.objects.create(
                        destination_id=destination,
                        integration=integration,
                        tenant_id=tenant_id,
                        tenant_name=tenant_name,
                        agreement=agreement,
                        item=item,
                        reason=_reason(change),
                        since=at,
                        **_shown(change),
                    )
                )
    return ids


@ledger_errors()
def close_others(integration: str, agreements: Collection[int], at: datetime) -> None:
    """Closes the integration's holds on agreements that it does not bill any more: nothing waits there."""
    models.Hold.objects.filter(integration=integration, closed=None).exclude(agreement__in=list(agreements)).update(closed=at)


@ledger_errors()
def open_holds(integration: str | None = None) -> tuple[StoredHold, ...]:
    """What waits for a person, in one integration or in all, oldest first."""
    rows = models.Hold.objects.filter(closed=None).order_by("id")
    return tuple(stored(row) for row in (rows if integration is None else rows.filter(integration=integration)))


def _reason(change: Change) -> Reason:
    if change.reason is not None:
        return change.reason
    if change.action is Action.MOVE:
        return Reason.MOVED
    raise ValueError(f"the hold on {change.item} has no reason")


def _shown(change: Change) -> dict[str, Any]:
    return {
        "psa": change.from_quantity,
        "last_written": change.last_written,
        "wanted": change.to_quantity,
        "detail": change.detail,
        "charge": change.charge,
        "charges": encode(change.known).decode(),
    }


def _hold_id(row: models.Hold) -> str:
    return f"H{row.pk}"


def stored(row: models.Hold) -> StoredHold:
    """A hold's row as a record; for the ledger's own modules."""
    reason = Reason(row.reason)
    return StoredHold(
        id=_hold_id(row),
        destination=row.destination_id,
        integration=row.integration,
        tenant_id=row.tenant_id,
        tenant=row.tenant_name,
        agreement=row.agreement,
        item=row.item,
        reason=reason,
        psa=row.psa,
        last_written=row.last_written,
        wanted=row.wanted,
        since=row.since,
        decisions=tuple(kind.value for kind in possible_for(reason)),
        detail=row.detail,
        charge=row.charge,
        charges=_ids.decode(row.charges),
    )
