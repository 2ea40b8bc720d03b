"""Our lines as they stand (design 6.2): per destination, agreement and item, never per integration."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
from django.db import transaction

from tallybridge.billing.plan import OurLine, Part
from tallybridge.ledger import plain_sql
from tallybridge.ledger.canonical import encode
from tallybridge.ledger.errors import ledger_errors
from tallybridge.ledger.opening import in_turn
from tallybridge.ledger.prepared import models

_parts = msgspec.json.Decoder(tuple[Part, ...])
_ids = msgspec.json.Decoder(tuple[int, ...])
_SEEN = "SELECT charge FROM ledger_seencharge WHERE destination_id = %s AND agreement = %s ORDER BY charge"
_LINES = """SELECT agreement, item, parts, "left", charge, written, closed, delete_after_invoicing, last_billed, next_billing, since
FROM ledger_line"""
_OF_AGREEMENT = f"{_LINES} WHERE destination_id = %s AND agreement = %s"
_OF_OTHERS = "SELECT item FROM ledger_line WHERE destination_id = %s AND agreement = %s AND integration <> %s"
_OF_TENANT = f"{_LINES} WHERE destination_id = %s AND integration = %s AND tenant_id = %s AND NOT closed"
_UNITS = "SELECT SUM(written) FROM ledger_line WHERE destination_id = %s AND integration = %s AND NOT closed"
_PLAIN = ("charge", "written", "closed", "delete_after_invoicing", "last_billed", "next_billing", "since")


@ledger_errors()
def lines_of(destination: int, agreement: int) -> tuple[OurLine, ...]:
    """Our lines on an agreement, closed ones too, sorted by item."""
    rows = plain_sql.rows(_OF_AGREEMENT, destination, agreement)
    return tuple(sorted((_line(*row) for row in rows), key=lambda line: line.item))


@ledger_errors()
def items_of_others(destination: int, agreement: int, integration: str) -> frozenset[str]:
    """Items of the agreement whose line was last written for another integration."""
    return frozenset(item for (item,) in plain_sql.rows(_OF_OTHERS, destination, agreement, integration))


@ledger_errors()
def lines_of_tenant(destination: int, integration: str, tenant_id: str) -> tuple[OurLine, ...]:
    """Our lines for the tenant on all agreements, without closed ones, sorted by agreement and item."""
    rows = plain_sql.rows(_OF_TENANT, destination, integration, tenant_id)
    return tuple(sorted((_line(*row) for row in rows), key=lambda line: (line.agreement, line.item)))


def lines_elsewhere(destination: int, integration: str, tenant_id: str, agreement: int) -> tuple[OurLine, ...]:
    """Our lines for the tenant on other agreements, without closed ones, sorted by agreement and item.

    Whether an agreement has ended only the PSA knows.
    """
    return tuple(line for line in lines_of_tenant(destination, integration, tenant_id) if line.agreement != agreement)


@ledger_errors()
def seen(destination: int, agreement: int) -> tuple[int, ...]:
    """Ids of all charges ever seen on an agreement, sorted."""
    return tuple(charge for (charge,) in plain_sql.rows(_SEEN, destination, agreement))


@ledger_errors()
def take_over(
    destination: int,
    integration: str,
    tenant_id: str,
    lines: tuple[OurLine, ...],
    seen: Iterable[tuple[int, str]],
    *,
    agreement: int | None = None,
) -> None:
    """Records how our lines stand, and charge ids with their items that are seen for the first time, in one transaction.

    A row that has not changed is not written.

    Args:
        agreement: where the charges in `seen` were seen; may be left out where `lines` are all on one agreement.
    """
    seen_now = dict(seen)
    agreements = {line.agreement for line in lines}
    if agreement is None and len(agreements) == 1:
        agreement = next(iter(agreements))
    if seen_now and agreement is None:
        raise ValueError("charges were seen, and it was not said on which agreement")
    if not lines and not seen_now:
        return
    with transaction.atomic():
        for one in sorted(agreements):
            in_turn("lines", destination, one)
        known = {(row.agreement, row.item): row for row in models.Line.objects.filter(destination_id=destination, agreement__in=agreements)}
        for line in lines:
            _store(known.get((line.agreement, line.item)), destination, integration, tenant_id, line)
        if seen_now and agreement is not None:
            _see(destination, agreement, seen_now)


@ledger_errors()
def adopt(
    destination: int,
    agreement: int,
    item: str,
    charge: int,
    quantity: int,
    left: tuple[int, ...],
    *,
    integration: str = "",
    tenant_id: str = "",
    delete_after_invoicing: bool = False,
    last_billed: date | None = None,
    next_billing: date | None = None,
    parts: tuple[Part, ...] = (),
    since: date | None = None,
) -> None:
    """Makes a line that we did not make ours (design 6.6): `quantity` is what the PSA shows, `left` are the other lines for the item.

    Args:
        since: the billing date on which it became ours; None leaves what is known of a line that was ours before.
    """
    line = OurLine(
        agreement=agreement,
        item=item,
        charge=charge,
        written=quantity,
        delete_after_invoicing=delete_after_invoicing,
        last_billed=last_billed,
        next_billing=next_billing,
        parts=parts,
        left=left,
        since=since,
    )
    with transaction.atomic():
        in_turn("lines", destination, agreement)
        row = models.Line.objects.filter(destination_id=destination, agreement=agreement, item=item).first()
        if since is None and row is not None:
            line = replace(line, since=row.since)
        _store(row, destination, integration or (row.integration if row else ""), tenant_id or (row.tenant_id if row else ""), line)
        _see(destination, agreement, dict.fromkeys((charge, *left), item))


@ledger_errors()
def close(destination: int, agreement: int, item: str) -> None:
    """Forgets that a line of ours stands: the PSA has none, and a person decided that the next one is made anew (design 6.6)."""
    models.Line.objects.filter(destination_id=destination, agreement=agreement, item=item).update(closed=True, charge=None)


@ledger_errors()
def units_billed(destination: int, integration: str) -> int:
    """Units that our lines of an integration bill by what was last read back: what its run's guard is measured by (design 6.5)."""
    ((units,),) = plain_sql.rows(_UNITS, destination, integration)
    return int(units or 0)


def _store(row: models.Line | None, destination: int, integration: str, tenant_id: str, line: OurLine) -> None:
    wanted: dict[str, Any] = {name: getattr(line, name) for name in _PLAIN}
    wanted |= {
        "integration": integration,
        "tenant_id": tenant_id,
        "parts": encode(line.parts).decode(),
        "left": encode(line.left).decode(),
    }
    if row is None:
        models.Line.objects.create(destination_id=destination, agreement=line.agreement, item=line.item, **wanted)
        return
    changed = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    if changed:
        models.Line.objects.filter(pk=row.pk).update(**changed)


def _see(destination: int, agreement: int, seen_now: dict[int, str]) -> None:
    known = set(models.SeenCharge.objects.filter(destination_id=destination, agreement=agreement).values_list("charge", flat=True))
    new = [
        models.SeenCharge(destination_id=destination, agreement=agreement, charge=charge, item=item)
        for charge, item in sorted(seen_now.items())
        if charge not in known
    ]
    models.SeenCharge.objects.bulk_create(new, ignore_conflicts=True)


def _line(agreement: int, item: str, parts: str, left: str, *plain: Any) -> OurLine:
    return OurLine(agreement=agreement, item=item, parts=_parts.decode(parts), left=_ids.decode(left), **dict(zip(_PLAIN, plain, strict=True)))
