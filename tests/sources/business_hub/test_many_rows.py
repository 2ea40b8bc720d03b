"""A file of many rows is read whole, in each kind of file."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from tallybridge.sources.business_hub import COLUMNS, read_export
from tests.sources.business_hub.exports_of import csv_text, row, written

ROWS = 20_000
A_COMPANY = 100


def many_rows() -> list[dict[str, str]]:
    return [row(company_id=f"c-{number // A_COMPANY:04}", device_id=f"d-{number}", device=f"PC-{number}") for number in range(ROWS)]


def as_csv() -> bytes:
    return csv_text(many_rows()).encode()


def as_xlsx() -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"constant_memory": True, "in_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, COLUMNS)
        for number, cells in enumerate(many_rows(), start=1):
            sheet.write_row(number, 0, cells.values())
    return file.getvalue()


def as_json() -> bytes:
    first = row()
    license = {"id": first["license_id"], **{member: first[member] for member in ("application", "kind", "state", "expires")}}
    companies = [
        {
            "id": f"c-{company:04}",
            "name": first["company"],
            "licenses": [license],
            "devices": [
                {"id": f"d-{number}", "name": f"PC-{number}", "os_name": first["os_name"], "type": first["type"], "license": "l-1"}
                for number in range(company * A_COMPANY, (company + 1) * A_COMPANY)
            ],
            "mailboxes": [],
        }
        for company in range(ROWS // A_COMPANY)
    ]
    return json.dumps({"exported": first["exported"], "companies": companies}).encode()


@pytest.mark.parametrize(("name", "make"), [("hub.csv", as_csv), ("hub.xlsx", as_xlsx), ("hub.json", as_json)])
def test_many_rows_are_read_whole(name: str, make: Callable[[], bytes], tmp_path: Path) -> None:

    exports = read_export(written(tmp_path, make(), name)).exports

    assert [export.id for export in exports] == [f"c-{company:04}" for company in range(ROWS // A_COMPANY)]
    assert all(len(export.devices) == len(export.uses) == A_COMPANY for export in exports)
