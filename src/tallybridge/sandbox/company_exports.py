"""Writing the companies of a scenario as a Business Hub export (contracts 5): one JSON file, there whole or not at all."""

from __future__ import annotations

import secrets
from datetime import UTC
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from tallybridge.sandbox.company_records import Company


class ExportNotWritten(Exception):
    """An export that could not be written. The text names the file and the reason; no part of it was left."""


def encode_export(companies: Sequence[Company], exported: datetime) -> bytes:
    """The export as JSON text, one member a line. Raises ValueError for an instant without a time zone."""
    if exported.tzinfo is None:
        raise ValueError(f"The instant of an export needs a time zone, found {exported.isoformat()}.")
    return msgspec.json.format(msgspec.json.encode({"exported": exported.astimezone(UTC), "companies": companies}), indent=1) + b"\n"


def write_export(folder: Path, content: bytes, exported: datetime) -> Path:
    """Writes an export to a file of the folder named after its instant, replacing one of the same instant; makes the folder if needed.

    Until it is whole the file has a name that no reader of exports takes. Raises ExportNotWritten.
    """
    instant = exported.astimezone(UTC)
    fraction = f".{instant.microsecond:06d}" if instant.microsecond else ""
    path = folder / f"business-hub-{instant:%Y-%m-%dT%H%M%S}{fraction}Z.json"
    unfinished = folder / f".{path.name}.{secrets.token_hex(4)}.partial"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            unfinished.write_bytes(content)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise ExportNotWritten(f"The Business Hub export {path} cannot be written: {error.strerror or error}.") from error
    return path
