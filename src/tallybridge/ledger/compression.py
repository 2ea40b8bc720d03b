"""Compressed bytes: whole, or as the difference to bytes that both sides know. Decompressing never fails: what cannot be right is None."""

from __future__ import annotations

import threading

import zstandard

_WHOLE = 1
"""zstd level; measured on observations: smaller than level 3, in two thirds of the time (docs/performance.md)."""
_DIFFERENCE = 3
"""The lowest level that still finds a large content's unchanged parts again; higher ones gain a tenth for twice the time."""
_LARGEST = 1 << 30
"""Bytes; more is never stored under one address, so a damaged header cannot ask for more memory."""
_contexts = threading.local()


def compress(data: bytes) -> bytes:
    """Compressed bytes; the context is kept per thread."""
    compressor = getattr(_contexts, "compressor", None)
    if compressor is None:
        compressor = _contexts.compressor = zstandard.ZstdCompressor(level=_WHOLE)
    compressed: bytes = compressor.compress(data)
    return compressed


def decompress(data: object) -> bytes | None:
    """What `compress` was given, or None where `data` is not what it returned."""
    decompressor = getattr(_contexts, "decompressor", None)
    if decompressor is None:
        decompressor = _contexts.decompressor = zstandard.ZstdDecompressor()
    return _decompressed(decompressor, data)


def difference(data: bytes, base: bytes) -> bytes:
    """What `data` has that `base` has not; most of it is references into `base`."""
    sizes = zstandard.ZstdCompressionParameters.from_level(_DIFFERENCE, source_size=len(data), dict_size=len(base))
    return zstandard.ZstdCompressor(dict_data=_known(base), compression_params=sizes).compress(data)


def restore(data: object, base: bytes) -> bytes | None:
    """What `difference` was given, or None where `data` cannot be a difference to `base`."""
    return _decompressed(zstandard.ZstdDecompressor(dict_data=_known(base)), data)


def _known(base: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(base, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


def _decompressed(decompressor: zstandard.ZstdDecompressor, data: object) -> bytes | None:
    if not isinstance(data, bytes | memoryview):
        return None
    try:
        if zstandard.frame_content_size(data) > _LARGEST:
            return None
        return decompressor.decompress(data)
    except (zstandard.ZstdError, MemoryError):
        return None
