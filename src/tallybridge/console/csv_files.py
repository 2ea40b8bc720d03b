"""Tables as CSV files that are safe to open in a spreadsheet: no cell is ever taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from django.http import HttpResponse
from django.utils.http import content_disposition_header

_BEGINS_A_FORMULA = frozenset({"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"})  # noqa: RUF001 - spreadsheets take the wide ones for the same


def safe_cell(value: object) -> str:
    """A value as the text of a cell; text that a spreadsheet would take for a formula gets a leading apostrophe. None is an empty cell.

    Whole numbers stay numbers, negative ones too: nothing but digits can follow their sign.
    """
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    text = value if type(value) is str else str(value)
    return f"'{text}" if text.lstrip(" ")[:1] in _BEGINS_A_FORMULA else text


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Header and rows as CSV (RFC 4180: commas, CRLF, quotes where they are needed)."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow([safe_cell(cell) for cell in header])
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return written.getvalue()


def csv_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """A CSV file to download, UTF-8 with a byte order mark so that a spreadsheet reads names of every script.

    Args:
        filename: the name under which it is saved, for example "audit.csv".
        header: the names of the columns.
        rows: the cells of each row, in the order of the header; values become text by `safe_cell`.
    """
    answer = HttpResponse("\N{BYTE ORDER MARK}" + csv_text(header, rows), content_type="text/csv; charset=utf-8")
    disposition = content_disposition_header(as_attachment=True, filename=filename)
    if disposition is not None:
        answer["Content-Disposition"] = disposition
    answer["Cache-Control"] = "no-store"
    return answer
