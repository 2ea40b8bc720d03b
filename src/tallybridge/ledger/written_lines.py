"""Which lines a past run has written, and whose our lines are: what prescribing quantities starts from. All of it only reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import msgspec
from django.db.models import Max

from tallybridge.billing.plan import IntentOutcome, Part
from tallybridge.ledger.errors import ledger_errors
from tallybridge.ledger.prepared import models

_parts = lru_cache(maxsize=16_384)(msgspec.json.Decoder(tuple[Part, ...]).decode)


class OwnedLine(NamedTuple):
    """A line of ours that was last seen to stand, and whose it is."""

    destination: int
    tenant_id: str
    agreement: int
    item: str
    charge: int | None
    written: int
    """The quantity last read back as ours."""
    parts: tuple[Part, ...]


_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenLine:
    """What a run has brought a line to."""

    destination: int
    tenant_id: str
    agreement: int
    item: str
    before: int
    """The quantity before the run's first write of it; 0 for a line that the run made."""
    after: int
    """What Tigerpaw was read back to show after its last one."""
    parts_before: tuple[Part, ...] | None
    """What the quantity before was made of; None where no write of ours has led to it."""
    rewritten_by: str | None
    """The last later run that has written the line again."""


class KnownTenant(NamedTuple):
    """How a tenant was last called, and which account it was last seen with."""

    name: str
    number: int | None
    account: int | None


@ledger_errors()
def standing_lines(integration: str) -> Mapping[tuple[int, int, str], OwnedLine]:
    """Our lines of an integration without closed ones, by destination, agreement and item, in this order."""
    rows = models.Line.objects.filter(integration=integration, closed=False).order_by("destination_id", "agreement", "item")
    columns = ("destination_id", "tenant_id", "agreement", "item", "charge", "written", "parts")
    found = {}
    for destination, tenant_id, agreement, item, charge, written, parts in rows.values_list(*columns):
        found[destination, agreement, item] = OwnedLine(destination, tenant_id, agreement, item, charge, written, _parts(parts))
    return found


class BillingLine(NamedTuple):
    """A line of ours that was last seen to bill something, and whose it is."""

    tenant_id: str
    agreement: int
    item: str
    charge: int | None
    written: int
    """The quantity last read back as ours."""


@ledger_errors()
def billing_lines(integration: str, destination: int) -> tuple[BillingLine, ...]:
    """Our lines of an integration that bill something in a PSA, in no order. With thousands of them, what they are made of is asked of few alone."""
    rows = models.Line.objects.filter(integration=integration, destination=destination, closed=False, written__gt=0)
    return tuple(map(BillingLine._make, rows.values_list("tenant_id", "agreement", "item", "charge", "written")))


@ledger_errors()
def parts_of(integration: str, destination: int, agreements: Collection[int]) -> Mapping[tuple[int, str], tuple[Part, ...]]:
    """What our lines on some agreements of a PSA are made of, by agreement and item."""
    found: dict[tuple[int, str], tuple[Part, ...]] = {}
    every = sorted(set(agreements))
    for first in range(0, len(every), _AT_ONCE):
        rows = models.Line.objects.filter(integration=integration, destination=destination, agreement__in=every[first : first + _AT_ONCE])
        found |= {(agreement, item): _parts(parts) for agreement, item, parts in rows.values_list("agreement", "item", "parts")}
    return found


@ledger_errors()
def written_by(run: str) -> tuple[WrittenLine, ...]:
    """The lines that a run meant to write and that were read back as it meant them, in the order of destination, agreement and item.

    It does not matter whether the run itself found out or a later one.
    """
    meant = models.Intent.objects.filter(run_id=run, result__outcome=IntentOutcome.APPLIED)
    keys = set(meant.values_list("destination_id", "agreement", "item"))
    writes: dict[tuple[int, int, str], list[models.Intent]] = defaultdict(list)
    beside = models.Intent.objects.filter(agreement__in={agreement for _, agreement, _ in keys}, result__outcome=IntentOutcome.APPLIED)
    for row in beside.order_by("sequence"):
        if (key := (row.destination_id, row.agreement, row.item)) in keys:
            writes[key].append(row)
    return tuple(_written(run, writes[key]) for key in sorted(keys))


def _written(run: str, writes: list[models.Intent]) -> WrittenLine:
    """What the run has made of one line, by all writes of that line that arrived, oldest first."""
    places = [place for place, row in enumerate(writes) if row.run_id == run]
    first, last, newest = writes[places[0]], writes[places[-1]], writes[-1]
    before = first.from_quantity or 0
    earlier = writes[places[0] - 1] if places[0] else None
    return WrittenLine(
        destination=first.destination_id,
        tenant_id=first.tenant_id,
        agreement=first.agreement,
        item=first.item,
        before=before,
        after=last.to_quantity,
        parts_before=_parts(earlier.parts) if earlier is not None and earlier.to_quantity == before else None,
        rewritten_by=newest.run_id if newest is not last else None,
    )


@ledger_errors()
def without_result(run: str) -> tuple[tuple[str, int, str], ...]:
    """Tenant's id, agreement and item of each write of a run of which nobody knows yet whether it arrived, worklist entries included."""
    rows = models.Intent.objects.filter(run_id=run, result=None).order_by("agreement", "item", "sequence")
    return tuple(rows.values_list("tenant_id", "agreement", "item"))


@ledger_errors()
def known_tenants(integration: str, ids: Collection[str]) -> Mapping[str, KnownTenant]:
    """Name, number and account of tenants as the newest run that met them has recorded them."""
    met = models.TenantRun.objects.filter(run__integration=integration, tenant_id__in=set(ids))
    newest = met.values("tenant_id").annotate(newest=Max("id")).values_list("newest", flat=True)
    rows = models.TenantRun.objects.filter(id__in=newest).values_list("tenant_id", "tenant_name", "number", "account")
    return {tenant_id: KnownTenant(name, number, account) for tenant_id, name, number, account in rows}
