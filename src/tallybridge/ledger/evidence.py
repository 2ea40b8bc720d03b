"""The evidence store: canonical bytes, compressed, under the SHA-256 of what they hold. A known content is never written again."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection, Iterable

import zstandard

from tallybridge.ledger import plain_sql
from tallybridge.ledger.errors import EvidenceDamaged, EvidenceUnknown, ledger_errors
from tallybridge.ledger.prepared import models

__all__ = ["EvidenceDamaged", "EvidenceUnknown", "address_of", "compress", "decompress", "get", "get_many", "known", "put", "put_many"]

_LEVEL = 1
"""Measured on observations: smaller than level 3, in two thirds of the time (docs/performance.md)."""
_LARGEST = 1 << 30
"""Bytes; more is never stored under one address, so a damaged header cannot ask for more memory."""
_AT_ONCE = 500
"""Addresses in one look-up: databases bound the number of values in a statement."""
_KNOWN = "SELECT address FROM ledger_blob WHERE address IN {}"
_contexts = threading.local()


def address_of(data: bytes) -> str:
    """The address of these bytes: "sha256:" and 64 hexadecimal digits."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def put(data: bytes, kind: str) -> str:
    """Stores `data` unless it is stored already; returns its address. `kind` is a word for people."""
    return put_many(((data, kind),))[0]


@ledger_errors()
def put_many(items: Iterable[tuple[bytes, str]]) -> tuple[str, ...]:
    """Stores several contents with one look-up and at most one insertion; returns their addresses in order."""
    wanted = [(address_of(data), data, kind) for data, kind in items]
    known = {address for (address,) in plain_sql.rows(_KNOWN.format(plain_sql.value_places(len(wanted))), *(address for address, _, _ in wanted))}
    new = [(address, kind, len(data), compress(data)) for address, data, kind in wanted if address not in known]
    if new:
        plain_sql.add("ledger_blob", ("address", "kind", "size", "data"), new, unless_known=True)
    return tuple(address for address, _, _ in wanted)


def get(address: str) -> bytes:
    """The bytes under an address, checked against it.

    Raises:
        EvidenceUnknown: nothing is stored there.
        EvidenceDamaged: what is stored there is not what was put there.
    """
    return get_many((address,))[address]


@ledger_errors()
def get_many(addresses: Collection[str]) -> dict[str, bytes]:
    """The bytes under several addresses, each checked as in `get`; raises the same."""
    asked = sorted(set(addresses))
    found: dict[str, bytes] = {}
    for first in range(0, len(asked), _AT_ONCE):
        stored = models.Blob.objects.filter(address__in=asked[first : first + _AT_ONCE])
        found.update((address, _checked(address, size, data)) for address, size, data in stored.values_list("address", "size", "data"))
    for address in asked:
        if address not in found:
            raise EvidenceUnknown(f"The ledger holds nothing under {address}.")
    return found


def _checked(address: str, size: int, stored: object) -> bytes:
    data = decompress(stored)
    if data is None or len(data) != size or address_of(data) != address:
        raise EvidenceDamaged(f"What the ledger holds under {address} has been changed since it was stored. Restore the ledger from a backup.")
    return data


@ledger_errors()
def known(address: str) -> bool:
    """Whether anything is stored under this address."""
    return models.Blob.objects.filter(address=address).exists()


def compress(data: bytes) -> bytes:
    """Compressed bytes; the context is kept per thread."""
    compressor = getattr(_contexts, "compressor", None)
    if compressor is None:
        compressor = _contexts.compressor = zstandard.ZstdCompressor(level=_LEVEL)
    compressed: bytes = compressor.compress(data)
    return compressed


def decompress(data: object) -> bytes | None:
    """What `compress` was given, or None where `data` is not what it returned."""
    if not isinstance(data, bytes | memoryview):
        return None
    decompressor = getattr(_contexts, "decompressor", None)
    if decompressor is None:
        decompressor = _contexts.decompressor = zstandard.ZstdDecompressor()
    try:
        if zstandard.frame_content_size(data) > _LARGEST:
            return None
        whole: bytes = decompressor.decompress(data)
    except (zstandard.ZstdError, MemoryError):
        return None
    return whole
