"""What the settings ask of past runs: whether a plan was ever carried out, and what the other key scope would have counted. All of them only read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from django.db.models import Q

from tallybridge.billing.reasons import Reason
from tallybridge.ledger import evidence
from tallybridge.ledger.errors import ledger_errors
from tallybridge.ledger.prepared import models
from tallybridge.ledger.run_records import INTERRUPTED

_CARRIED_OUT = ("applied", "unchanged")


class OtherQuantity(NamedTuple):
    """A quantity of one tenant that the other key scope would have made another one."""

    tenant_id: str
    tenant: str
    application: str
    category: str | None
    counted: int
    other: int


class OtherCounting(NamedTuple):
    """What other choices about license keys would have changed in a run."""

    scope: tuple[OtherQuantity, ...]
    oem_devices: int
    """Devices of OEM keys that were left out because of it."""


class _Quantity(msgspec.Struct):
    application: str
    category: str | None
    quantity: int


class _LeftOut(msgspec.Struct):
    reason: str
    devices: int


class _Document(msgspec.Struct):
    other_scope: tuple[_Quantity, ...] = ()
    licenses_left_out: tuple[_LeftOut, ...] = ()


_document = msgspec.json.Decoder(_Document)


@ledger_errors()
def plan_was_carried_out(integration: str, kinds: Sequence[str] = ("run", "apply")) -> bool:
    """Whether a run that may write came to its end with at least one tenant whose charges are as planned. One statement."""
    ended = Q(run__integration=integration, run__kind__in=list(kinds), run__manifest__isnull=False)
    well = Q(outcome__in=_CARRIED_OUT) | Q(tenantrunoutcome__outcome__in=_CARRIED_OUT)
    return bool(models.TenantRun.objects.filter(ended, well).exclude(run__manifest__outcome=INTERRUPTED).exists())


@ledger_errors()
def other_counting_of(run_id: str) -> OtherCounting:
    """What one run would have counted otherwise with other choices about keys, its tenants in their order; a bounded number of statements."""
    tenants = list(models.TenantRun.objects.filter(run_id=run_id).order_by("id").values_list("id", "tenant_id", "tenant_name", "facts__document"))
    contents = evidence.get_many({address for *_, address in tenants})
    documents = {address: _document.decode(content) for address, content in contents.items()}
    oem = sum(one.devices for *_, address in tenants for one in documents[address].licenses_left_out if one.reason == Reason.OEM_NOT_COUNTED)
    if not any(document.other_scope for document in documents.values()):
        return OtherCounting((), oem)
    lines = models.UsageLine.objects.filter(facts__tenantrun__run_id=run_id).values_list("facts__tenantrun", "application", "category", "quantity")
    counted = {(row, application, category): quantity for row, application, category, quantity in lines}
    scope = tuple(
        OtherQuantity(tenant_id, name, one.application, one.category, counted.get((row, one.application, one.category), 0), one.quantity)
        for row, tenant_id, name, address in tenants
        for one in documents[address].other_scope
    )
    return OtherCounting(scope, oem)
