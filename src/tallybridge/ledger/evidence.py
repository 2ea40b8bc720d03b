"""The evidence store: canonical bytes, compressed, under the SHA-256 of what they hold. A known content is never written again.

A content that takes the place of another is kept as the difference to it, where that is smaller (decision 0027). Its address is the hash of the
whole all the same, and is checked on every reading. A whole copy now and then keeps the way to any content short.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

from tallybridge.ledger import plain_sql
from tallybridge.ledger.addresses import address_of_digest, digest_of
from tallybridge.ledger.compression import compress, decompress, difference, restore
from tallybridge.ledger.errors import EvidenceDamaged, EvidencePruned, EvidenceUnknown, ledger_errors
from tallybridge.ledger.recent import Recent

__all__ = [
    "EvidenceDamaged",
    "EvidencePruned",
    "EvidenceUnknown",
    "address_of",
    "compress",
    "decompress",
    "get",
    "get_many",
    "known",
    "put",
    "put_many",
]

KINDS = frozenset({"brief", "configuration", "document", "export", "inputs", "observation", "plan", "present", "rules", "saved_plan", "usage"})
"""What a content may be; `usage` was kept by earlier versions."""
_AT_ONCE = 500
"""Addresses in one look-up: databases bound the number of values in a statement."""
_DEEPEST = 40
"""Differences between a content and a whole one. A step costs a reader some ten microseconds; a whole copy is as large as some twenty
differences, so one in forty adds half to them."""
_FARTHEST = 64 << 20
"""Bytes that reading a content may have to restore on its way; of large ones, a whole copy comes sooner."""
_KNOWN = "SELECT address FROM ledger_blob WHERE address IN {}"
_PRUNED = "SELECT before FROM ledger_prunedcontent WHERE address = %s ORDER BY id DESC LIMIT 1"
_STORED = "SELECT id, address, size, base_id, depth, data FROM ledger_blob WHERE address IN {}"
_WAY = """WITH RECURSIVE way (id, base_id) AS (
    SELECT id, base_id FROM ledger_blob WHERE id IN {}
    UNION SELECT further.id, further.base_id FROM ledger_blob further JOIN way ON further.id = way.base_id
) SELECT stored.id, stored.address, stored.size, stored.base_id, stored.depth, stored.data FROM way JOIN ledger_blob stored ON stored.id = way.id"""
_MISLABELED = """SELECT stored.address FROM ledger_blob stored LEFT JOIN ledger_blob base ON base.id = stored.base_id
WHERE stored.kind NOT IN {} OR (stored.base_id IS NULL AND stored.depth <> 0)
OR (stored.base_id IS NOT NULL AND (stored.depth < base.depth + 1 OR stored.depth > %s)) ORDER BY stored.id LIMIT 1"""
_COLUMNS = ("address", "kind", "size", "base_id", "depth", "data")


class _Row(NamedTuple):
    id: int
    digest: bytes
    size: int
    base: int | None
    depth: int
    data: object
    """Bytes, unless somebody has put something else there."""


class _Base(NamedTuple):
    """A content that others may be kept as a difference to."""

    id: int
    depth: int
    content: bytes


def address_of(data: bytes) -> str:
    """The address of these bytes: "sha256:" and 64 hexadecimal digits."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def put(data: bytes, kind: str, *, earlier: str | None = None) -> str:
    """Stores `data` unless it is stored already; returns its address. `kind` is a word for people.

    Args:
        earlier: address of the content whose place it takes; `data` may be kept as the difference to that.
    """
    return put_many(((data, kind),), earlier=(lambda: {kind: earlier}) if earlier is not None else None)[0]


@ledger_errors()
def put_many(items: Iterable[tuple[bytes, str]], *, earlier: Callable[[], Mapping[str, str]] | None = None) -> tuple[str, ...]:
    """Stores several contents with one look-up and at most one insertion; returns their addresses in order.

    Args:
        earlier: asked only where a content is new: by kind, the address of the content whose place the new one takes.
    """
    wanted = [(address_of(data), data, kind) for data, kind in items]
    places = plain_sql.value_places(len(wanted))
    known = {bytes(digest) for (digest,) in plain_sql.rows(_KNOWN.format(places), *(digest_of(address) for address, _, _ in wanted))}
    new = {digest_of(address): (data, kind) for address, data, kind in wanted if digest_of(address) not in known}
    if new:
        kinds = {kind for _, kind in new.values()}
        replaced = earlier() if earlier is not None else {}
        bases = _bases({kind: address for kind, address in replaced.items() if kind in kinds})
        rows = [(digest, kind, len(data), *_kept(data, bases.get(kind))) for digest, (data, kind) in new.items()]
        plain_sql.add("ledger_blob", _COLUMNS, rows, unless_known=True)
    return tuple(address for address, _, _ in wanted)


def _kept(data: bytes, base: _Base | None) -> tuple[int | None, int, bytes]:
    """Base, depth and bytes under which a content is kept."""
    whole = compress(data)
    if base is None or base.depth >= _DEEPEST or (base.depth + 1) * len(base.content) > _FARTHEST:
        return None, 0, whole
    smaller = difference(data, base.content)
    return (base.id, base.depth + 1, smaller) if len(smaller) < len(whole) else (None, 0, whole)


def _bases(addresses: Mapping[str, str]) -> dict[str, _Base]:
    """The contents under these addresses, by kind; one that is no longer there or is damaged is left out: `verify` is there to say so."""
    stored = {row.digest: row for row in _rows_of(digest_of(address) for address in addresses.values())}
    restorer = _Restorer(stored.values())
    bases = {}
    for kind, address in addresses.items():
        row = stored.get(digest_of(address))
        content = restorer.restored(row) if row is not None else None
        if row is not None and content is not None and address_of(content) == address:
            bases[kind] = _Base(row.id, row.depth, content)
    return bases


def get(address: str) -> bytes:
    """The bytes under an address, checked against it.

    Raises:
        EvidenceUnknown: nothing is stored there.
        EvidenceDamaged: what is stored there is not what was put there.
    """
    return get_many((address,))[address]


@ledger_errors()
def get_many(addresses: Collection[str], *, recent: Recent | None = None) -> dict[str, bytes]:
    """The bytes under several addresses, each checked as in `get`; raises the same.

    Args:
        recent: what was read before, for a reader of many contents, each of which is mostly the difference to one of these.
    """
    asked = sorted(set(addresses))
    found: dict[str, bytes] = {}
    for first in range(0, len(asked), _AT_ONCE):
        rows = _rows_of(digest_of(address) for address in asked[first : first + _AT_ONCE])
        restorer = _Restorer(rows, recent)
        for row in rows:
            address = address_of_digest(row.digest)
            found[address] = _checked(address, row.size, restorer.restored(row))
            if recent is not None:
                recent.keep(row.id, found[address])
    for address in asked:
        if address not in found:
            raise _missing(address)
    return found


def _missing(address: str) -> EvidenceUnknown:
    pruned = plain_sql.rows(_PRUNED, digest_of(address))
    if not pruned:
        return EvidenceUnknown(f"The ledger holds nothing under {address}.")
    return EvidencePruned(
        f"The retention of this evidence has ended: it served billing dates before {pruned[0][0]} only, and was pruned. What was counted and charged "
        f"is still known; the names of devices and mailboxes behind it are gone ({address})."
    )


def _checked(address: str, size: int, data: bytes | None) -> bytes:
    if data is None or len(data) != size or address_of(data) != address:
        raise EvidenceDamaged(f"What the ledger holds under {address} has been changed since it was stored. Restore the ledger from a backup.")
    return data


def _rows_of(digests: Iterable[bytes]) -> list[_Row]:
    asked = tuple(digests)
    return [_row(*values) for values in plain_sql.rows(_STORED.format(plain_sql.value_places(len(asked))), *asked)] if asked else []


def _row(id_: int, digest: bytes, size: int, base: int | None, depth: int, data: object) -> _Row:
    return _Row(id_, bytes(digest), size, base, depth, data)


class _Restorer:
    """Restores some contents, with the rows that their differences build on read in one statement."""

    def __init__(self, rows: Iterable[_Row], recent: Recent | None = None) -> None:
        self._recent = recent
        self._rows: dict[int, _Row] = {}
        bases = sorted({row.base for row in rows if row.base is not None and (recent is None or row.base not in recent)})
        for first in range(0, len(bases), _AT_ONCE):
            asked = bases[first : first + _AT_ONCE]
            way = plain_sql.rows(_WAY.format(plain_sql.value_places(len(asked))), *asked)
            self._rows.update((values[0], _row(*values)) for values in way)

    def restored(self, row: _Row) -> bytes | None:
        """The content of a row; None where it, or one that it builds on, is not what was put there."""
        differences: list[_Row] = []
        while row.base is not None:
            differences.append(row)
            if self._recent is not None and row.base in self._recent:
                return _built(self._recent.content(row.base), differences)
            further = self._rows.get(row.base)
            if further is None or len(differences) > len(self._rows) + 1:
                return None
            row = further
        return _built(decompress(row.data), differences)


def _built(content: bytes | None, differences: list[_Row]) -> bytes | None:
    """A content from a whole one and the differences to it, the last one first."""
    for row in reversed(differences):
        if content is None:
            return None
        content = restore(row.data, content)
    return content


@ledger_errors()
def mislabeled() -> str | None:
    """The address of the first content whose kind is none, or whose depth cannot be right; what its address does not vouch for.

    Where what a difference builds on was put on another base by pruning, its depth is what it was: more than there is now, never less.
    """
    found = plain_sql.rows(_MISLABELED.format(plain_sql.value_places(len(KINDS))), *sorted(KINDS), _DEEPEST)
    return address_of_digest(bytes(found[0][0])) if found else None


@ledger_errors()
def known(address: str) -> bool:
    """Whether anything is stored under this address."""
    return bool(plain_sql.rows(_KNOWN.format(plain_sql.value_places(1)), digest_of(address)))
