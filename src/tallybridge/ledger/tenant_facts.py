"""What a tenant run read, counted and planned, kept once however many days it stays the same (decision 0027).

A day on which nothing changes adds a row that says who was run, when, and with which facts. Facts are recognized by their digest: the SHA-256 of
the canonical bytes of the row, its usage lines and its planned changes, without the ledger's own numbers.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from tallybridge.billing.model import Quantity
from tallybridge.ledger import evidence, plain_sql
from tallybridge.ledger.addresses import address_of_digest, digest_of
from tallybridge.ledger.canonical import encode
from tallybridge.ledger.prepared import models
from tallybridge.ledger.run_records import TenantRunRecord

_ADDRESSES = ("evidence", "usage", "inputs", "plan", "document")
_TEXTS = ("not_billed", "left_out", "notices")
_USAGE = Quantity._fields
_CHANGE = ("action", "item", "from_quantity", "to_quantity", "charge", "reason", "last_written", "counted")
_KINDS = {"observation": "evidence", "inputs": "inputs", "plan": "plan", "document": "document"}
"""Kind of a content, and the column with its address."""
_SAME = "SELECT id FROM ledger_tenantfacts WHERE digest = %s ORDER BY id LIMIT 1"
_NEWEST = """SELECT facts.evidence, facts.inputs, facts.plan, facts.document
FROM ledger_tenantrun run JOIN ledger_tenantfacts facts ON facts.id = run.facts_id
WHERE run.tenant_id = %s AND facts.evidence IS NOT NULL ORDER BY run.run_id DESC LIMIT 1"""


def keep(record: TenantRunRecord, tenant_id: str) -> int:
    """Keeps the facts of a tenant run with their contents, or finds them kept; returns their number. To be called within a transaction."""
    document = evidence.put_many((*record.contents, (record.document, "document")), earlier=lambda: _newest_contents(tenant_id))[-1]
    addresses = {name: getattr(record, name, None) for name in _ADDRESSES} | {"document": document}
    texts = {name: encode(getattr(record, name)).decode() for name in _TEXTS}
    changes = [tuple(getattr(change, name) for name in _CHANGE) for change in record.changes]
    digest = _digest((*addresses.values(), *texts.values()), record.quantities, changes)
    if same := plain_sql.rows(_SAME, digest):
        return int(same[0][0])
    columns = {name: digest_of(address) if address is not None else None for name, address in addresses.items()}
    added = plain_sql.add_one("ledger_tenantfacts", {"digest": digest, **columns, **texts})
    if record.quantities:
        plain_sql.add("ledger_usageline", ("facts_id", *_USAGE), [(added, *quantity) for quantity in record.quantities])
    if changes:
        plain_sql.add("ledger_plannedchange", ("facts_id", *_CHANGE), [(added, *change) for change in changes])
    return added


def _newest_contents(tenant_id: str) -> Mapping[str, str]:
    """By kind, the addresses of what the tenant's newest observed run rests on."""
    found = plain_sql.rows(_NEWEST, tenant_id)
    addresses = zip(_KINDS, found[0], strict=True) if found else ()
    return {kind: address_of_digest(bytes(digest)) for kind, digest in addresses if digest is not None}


def changed(facts: Collection[int]) -> int | None:
    """The first of these facts that are no longer what their digest says, None where all are."""
    rows = list(models.TenantFacts.objects.filter(id__in=facts).order_by("id"))
    lines = _of_each(models.UsageLine.objects.filter(facts__in=facts), _USAGE)
    changes = _of_each(models.PlannedChange.objects.filter(facts__in=facts), _CHANGE)
    for row in rows:
        columns = tuple(getattr(row, name) for name in (*_ADDRESSES, *_TEXTS))
        if _digest(columns, lines[row.id], changes[row.id]) != bytes(row.digest):
            return row.id
    return None


def _of_each(rows: Any, columns: Sequence[str]) -> Mapping[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for facts, *values in rows.order_by("id").values_list("facts_id", *columns):
        found[facts].append(tuple(values))
    return found


def _digest(columns: Iterable[object], lines: Iterable[Sequence[object]], changes: Iterable[Sequence[object]]) -> bytes:
    return hashlib.sha256(encode([list(columns), [list(one) for one in lines], [list(one) for one in changes]])).digest()
