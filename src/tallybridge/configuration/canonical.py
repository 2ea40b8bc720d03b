"""A configuration as canonical bytes, for the ledger: equal configurations give equal bytes, and no secret is in them (L11)."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tallybridge.configuration.document import document_of, read_document
from tallybridge.configuration.errors import ConfigurationError, Problem
from tallybridge.configuration.places import Places
from tallybridge.configuration.records import Configuration
from tallybridge.configuration.values import Where

FORMAT = 1
STORED = "the configuration stored in the ledger"


def to_canonical(configuration: Configuration) -> bytes:
    """Deterministic JSON. Secrets appear as references: `env:NAME`, `file:PATH`, or `clear:PLACE` for a clear text, whose value is left out."""
    return msgspec.json.encode({"format": FORMAT, **document_of(configuration)}, order="deterministic")


def from_canonical(content: bytes) -> Configuration:
    """Reads what `to_canonical` wrote. Clear-text secrets come back as references without a value.

    Raises:
        ConfigurationError: the bytes are damaged, or this version of the program no longer accepts what they say.
    """
    try:
        document = msgspec.json.decode(content, type=dict[str, object])
    except msgspec.DecodeError:
        raise _not_ours("bytes that are no JSON object", "") from None
    if (found := document.pop("format", None)) != FORMAT:
        raise _not_ours(f"format {found}", "A newer Tallybridge may have written it.")
    where = Where(place="", folder=Path("/"), canonical=True)
    draft = read_document(document, where=where, file=STORED, places=Places())
    if draft.problems:
        raise ConfigurationError(tuple(draft.problems))
    return draft.configuration()


def _not_ours(found: str, advice: str) -> ConfigurationError:
    return ConfigurationError((Problem(file=STORED, place="", found=found, expected=f"format {FORMAT}", advice=advice),))
