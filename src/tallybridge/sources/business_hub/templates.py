"""An example of each kind of export file, to be filled with one's own facts; it imports as it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec
import xlsxwriter

from tallybridge.billing.model import Device, DeviceForm, LicenseKind, LicenseState, Mailbox
from tallybridge.sources.business_hub.canonical import company_members, used_licenses
from tallybridge.sources.business_hub.columns import COLUMNS
from tallybridge.sources.business_hub.exports import CompanyExport, ExportedLicense, Use
from tallybridge.sources.business_hub.refusing import utc_text

Kind = Literal["csv", "xlsx", "json"]
_CellValue = str | bool | datetime

EXAMPLE = CompanyExport(
    id="c-17",
    name="Fabrikam",
    exported=datetime(2026, 11, 22, 1, 0, tzinfo=UTC),
    licenses=(
        ExportedLicense(
            "l-1", "Kaspersky Endpoint Security Cloud Plus", LicenseKind.SUBSCRIPTION, LicenseState.ACTIVE, datetime(2027, 6, 30, tzinfo=UTC)
        ),
        ExportedLicense("l-2", "Kaspersky Security for Microsoft Office 365", LicenseKind.COMMERCIAL, LicenseState.ACTIVE, None),
    ),
    devices=(
        Device("d-1", "LAPTOP-3", "Microsoft Windows 11", None, DeviceForm.LAPTOP),
        Device("d-2", "PHONE-3", "Android 15", None, DeviceForm.MOBILE),
        Device("d-3", "FILES-1", "Microsoft Windows Server 2022", None, DeviceForm.FILE_SERVER),
        Device("d-4", "SPARE-1", "Microsoft Windows 11", None, DeviceForm.DESKTOP),
    ),
    uses=(Use("d-1", "l-1"), Use("d-2", "l-1"), Use("d-3", "l-1")),
    mailboxes=(Mailbox("anna@fabrikam.example", protected=True, license="l-2"), Mailbox("info@fabrikam.example", protected=False, license=None)),
)
"""What the templates hold: every kind of row once."""


def write_template(kind: Kind, path: Path) -> None:
    """Writes the template of a kind to a new file.

    Raises:
        FileExistsError: there is a file of that name; it stays as it is.
        OSError: the file cannot be written.
    """
    data = template(kind)
    with path.open("xb") as file:
        file.write(data)


def template(kind: Kind) -> bytes:
    """The template of a kind; the same bytes every time."""
    if kind == "json":
        return msgspec.json.format(msgspec.json.encode({"exported": EXAMPLE.exported, "companies": [company_members(EXAMPLE)]}), indent=2) + b"\n"
    return _csv_bytes() if kind == "csv" else _xlsx_bytes()


def _csv_bytes() -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    writer.writerows([_csv_text(value) for value in row] for row in flat_rows(EXAMPLE))
    # The mark tells spreadsheets that the text is UTF-8.
    return file.getvalue().encode("utf-8-sig")


def _csv_text(value: _CellValue) -> str:
    if isinstance(value, datetime):
        return utc_text(value)
    return ("yes" if value else "no") if isinstance(value, bool) else value


def _xlsx_bytes() -> bytes:
    file = io.BytesIO()
    # A fixed date of creation, so that the same facts are the same bytes.
    with xlsxwriter.Workbook(file, {"in_memory": True, "remove_timezone": True, "default_date_format": "yyyy-mm-dd hh:mm:ss"}) as workbook:
        workbook.set_properties({"created": EXAMPLE.exported.replace(tzinfo=None)})
        sheet = workbook.add_worksheet("Export")
        # Text, so that a spreadsheet neither shortens an id nor takes it for a number.
        sheet.set_column(0, len(COLUMNS) - 1, 18, workbook.add_format({"num_format": "@"}))
        sheet.write_row(0, 0, COLUMNS, workbook.add_format({"bold": True}))
        for number, row in enumerate(flat_rows(EXAMPLE), start=1):
            sheet.write_row(number, 0, row)
        sheet.freeze_panes(1, 0)
    return file.getvalue()


def flat_rows(export: CompanyExport) -> Iterator[tuple[_CellValue, ...]]:
    """The rows of an export in the order of `COLUMNS`: what `rows.FlatRows` takes back."""
    company = (export.id, export.name, export.exported)
    no_license: tuple[_CellValue, ...] = ("",) * 5
    no_device: tuple[_CellValue, ...] = ("",) * 4
    no_mailbox: tuple[_CellValue, ...] = ("",) * 2
    licenses: dict[str | None, tuple[_CellValue, ...]] = {
        one.id: (one.id, one.application, one.kind.value, one.state.value, one.expires or "never") for one in export.licenses
    }
    licenses[None] = no_license
    used = {use.license for use in export.uses}.union(one.license for one in export.mailboxes)
    for device, license in used_licenses(export.devices, export.uses):
        yield (*company, *licenses[license], device.id, device.name, device.os_name or "", device.form or "", *no_mailbox)
    for mailbox in export.mailboxes:
        yield (*company, *licenses[mailbox.license], *no_device, mailbox.address, mailbox.protected)
    for one in export.licenses:
        if one.id not in used:
            yield (*company, *licenses[one.id], *no_device, *no_mailbox)
    if not (export.licenses or export.devices or export.mailboxes):
        yield (*company, *no_license, *no_device, *no_mailbox)
