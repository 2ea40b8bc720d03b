"""Small builders for exports and export files: each fills in an unremarkable default, so that a test names only what it is about."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tallybridge.sources.business_hub import COLUMNS, CompanyExport, ExportRefused, read_export
from tallybridge.sources.business_hub.templates import EXAMPLE

NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
EXPORTED = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
FABRIKAM = EXAMPLE

DEVICE_ROW: Mapping[str, str] = {
    "company_id": "c-17",
    "company": "Fabrikam",
    "exported": "2026-11-22T01:00:00Z",
    "license_id": "l-1",
    "application": "Kaspersky Endpoint Security Cloud Plus",
    "kind": "subscription",
    "state": "active",
    "expires": "2027-06-30T00:00:00Z",
    "device_id": "d-1",
    "device": "LAPTOP-3",
    "os_name": "Microsoft Windows 11",
    "type": "laptop",
    "mailbox": "",
    "protected": "",
}
NO_DEVICE = {"device_id": "", "device": "", "os_name": "", "type": ""}
NO_LICENSE = {"license_id": "", "application": "", "kind": "", "state": "", "expires": ""}
MAILBOX_ROW: Mapping[str, str] = {**DEVICE_ROW, **NO_DEVICE, "mailbox": "anna@fabrikam.example", "protected": "yes"}


def row(**cells: str) -> dict[str, str]:
    """A row of one device with a license; `cells` replaces some."""
    return {**DEVICE_ROW, **cells}


def csv_text(rows: Iterable[Mapping[str, str]], *, columns: Iterable[str] = COLUMNS, separator: str = ",") -> str:
    """Rows as CSV, with a header of these columns."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(columns), delimiter=separator, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def written(folder: Path, data: str | bytes, name: str = "hub.csv") -> Path:
    """A file with this text or these bytes."""
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def of_company(company: str, *, exported: datetime = EXPORTED, name: str = "Fabrikam") -> CompanyExport:
    """The example under another id, name or instant."""
    return replace(FABRIKAM, id=company, name=name, exported=exported)


def refusal_of(path: Path) -> ExportRefused:
    """How a file is refused; it is a failure of the test if it is not."""
    try:
        read_export(path)
    except ExportRefused as refusal:
        return refusal
    raise AssertionError(f"{path.name} was taken")
