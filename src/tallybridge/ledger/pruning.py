"""Ends the retention of evidence: the bytes go, the hash, the counts and a pruning entry stay (design 7; decision 0028).

Evidence and imported exports hold the names of devices and mailboxes, which are personal data. Nothing else in the ledger does, so nothing else is
pruned. Evidence is kept as long as a run within retention rests on it, or one of our lines was last written from it: a fall is proved by it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction

from tallybridge.ledger import evidence, plain_sql
from tallybridge.ledger.addresses import address_of_digest, digest_of
from tallybridge.ledger.compression import compress
from tallybridge.ledger.errors import ledger_errors
from tallybridge.ledger.prepared import models
from tallybridge.ledger.run_queries import LAST_COUNTED

_LOOKED_BACK = timedelta(days=35)
"""How far before the end of retention a daily look goes: further than a month, at whose beginning everything is looked through."""
_AT_ONCE = 200
_ENDED_EVIDENCE = """SELECT DISTINCT facts.evidence FROM ledger_tenantfacts facts WHERE facts.id IN (
    SELECT part.facts_id FROM ledger_run run JOIN ledger_tenantrun part ON part.run_id = run.id
    WHERE run.integration = %s AND run.date >= %s AND run.date < %s
) AND facts.evidence IS NOT NULL
AND EXISTS (SELECT 1 FROM ledger_blob stored WHERE stored.address = facts.evidence)
AND NOT EXISTS (
    SELECT 1 FROM ledger_tenantfacts other JOIN ledger_tenantrun later ON later.facts_id = other.id JOIN ledger_run kept ON kept.id = later.run_id
    WHERE other.evidence = facts.evidence AND kept.date >= %s
)"""
_LAST_WRITTEN = LAST_COUNTED.format("facts.evidence")
_LINES = "SELECT destination_id, agreement, item, written FROM ledger_line WHERE integration = %s AND NOT closed AND written > 0"
_ROWS = "SELECT id, address, kind, size, LENGTH(data) FROM ledger_blob WHERE address IN {}"
_REMOVE = "DELETE FROM ledger_blob WHERE id IN {}"
_KEEP_WHOLE = "UPDATE ledger_blob SET base_id = NULL, depth = 0, data = %s WHERE id = %s"
_BUILT_ON = "SELECT id, address, base_id FROM ledger_blob WHERE base_id IN {}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruning:
    """What was pruned, or would be."""

    before: date
    """Evidence that only runs of earlier billing dates rest on."""
    contents: int = 0
    bytes: int = 0
    """As they were stored: compressed, most of them differences."""


@ledger_errors()
def prune(integration: str, before: date, *, at: datetime, everything: bool = False, dry_run: bool = False) -> Pruning:
    """Prunes what an integration's runs within retention do not rest on; to be called under the integration's lease.

    Each piece is pruned whole or not at all; after a crash the next call goes on.

    Args:
        before: the first billing date within retention.
        at: the present instant.
        everything: looks through all days, not only the last few that have come to their end.
        dry_run: only tells.
    """
    if connection.vendor == "sqlite":
        plain_sql.rows("PRAGMA secure_delete = ON")  # what is removed is written over
    ended = _ended(integration, before, everything=everything)
    contents = freed = 0
    for first in range(0, len(ended), _AT_ONCE):
        with transaction.atomic(durable=True):
            rows = _rows(ended[first : first + _AT_ONCE])
            if not dry_run:
                rows = _remove(rows, before, at)
        contents += len(rows)
        freed += sum(row.stored for row in rows)
    return Pruning(before=before, contents=contents, bytes=freed)


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    digest: bytes
    kind: str
    size: int
    stored: int


def _ended(integration: str, before: date, *, everything: bool) -> list[bytes]:
    """The digests of what can be pruned."""
    since = date.min if everything or before.day == 1 else before - _LOOKED_BACK
    found = {bytes(digest) for (digest,) in plain_sql.rows(_ENDED_EVIDENCE, integration, *map(plain_sql.day, (since, before, before)))}
    found |= set(_ended_exports(integration, before))
    return sorted(found - _last_written(integration)) if found else []


def _last_written(integration: str) -> set[bytes]:
    """The evidence that our lines were last written from."""
    found = (plain_sql.rows(_LAST_WRITTEN, *line) for line in plain_sql.rows(_LINES, integration))
    return {bytes(rows[0][0]) for rows in found if rows}


def _ended_exports(integration: str, before: date) -> Iterator[bytes]:
    """Imported exports that were made before, unless the same content has been exported since."""
    known = models.ImportedExport.objects.filter(integration=integration)
    first = datetime(before.year, before.month, before.day, tzinfo=UTC)
    later = models.ImportedExport.objects.filter(exported__gte=first).values("address")
    for address in known.filter(exported__lt=first).exclude(address__in=later).values_list("address", flat=True).distinct():
        yield digest_of(address)


def _rows(digests: Sequence[bytes]) -> list[_Row]:
    found = plain_sql.rows(_ROWS.format(plain_sql.value_places(len(digests))), *digests)
    return [_Row(id_, bytes(digest), kind, size, stored) for id_, digest, kind, size, stored in found]


def _remove(rows: Sequence[_Row], before: date, at: datetime) -> list[_Row]:
    """Removes contents and leaves an entry of each; what builds on them is kept whole from now on. Returns what was removed.

    Where what builds on a content is damaged, the content is left: `verify` has to say so first.
    """
    gone = list(rows)
    while gone:
        built_on = _built_on({row.id for row in gone})
        damaged = {base for base, content in built_on.values() if content is None}
        if not damaged:
            break
        gone = [row for row in gone if row.id not in damaged]
    else:
        return []
    entries = [(row.id, row.digest, row.kind, row.size, plain_sql.day(before), plain_sql.instant(at)) for row in gone]
    plain_sql.add("ledger_prunedcontent", ("blob", "address", "kind", "size", "before", "at"), entries)
    for id_, (_, content) in built_on.items():
        plain_sql.change(_KEEP_WHOLE, compress(content or b""), id_)
    plain_sql.change(_REMOVE.format(plain_sql.value_places(len(gone))), *(row.id for row in gone))
    return gone


def _built_on(bases: Collection[int]) -> dict[int, tuple[int, bytes | None]]:
    """The contents that build on these and are not among them, by number: the base, and the content, None where it is damaged."""
    found: dict[int, tuple[int, bytes | None]] = {}
    for id_, digest, base in plain_sql.rows(_BUILT_ON.format(plain_sql.value_places(len(bases))), *bases):
        if id_ in bases:
            continue
        try:
            found[id_] = base, evidence.get(address_of_digest(bytes(digest)))
        except evidence.EvidenceDamaged:
            found[id_] = base, None
    return found
