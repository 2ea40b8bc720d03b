"""Excel workbooks → tables of rows. Every sheet that holds anything is read, so that no half of an export stays behind on another sheet."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO
from zipfile import BadZipFile, ZipFile, is_zipfile

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from tallybridge.sources.business_hub.refusing import ExportProblem, ProblemList
from tallybridge.sources.business_hub.rows import Table
from tallybridge.sources.business_hub.values import Cell

_MOST_BYTES = 1 << 30
_CHUNK = 1 << 20
_LONGEST_CELL_START = 512
_CELL_THAT_IS_NO_VALUE = re.compile(
    rb"""<(?:\w+:)?c\b(?=[^>]*\bt=["']e["']|[^>]*>\s*<(?:\w+:)?f[\s/>])[^>]*?\br=["']([A-Z]+)([0-9]+)["'][^>]*""",
)
_ERROR_TYPE = re.compile(rb"""\bt=["']e["']""")
_SIGNS_OF_SUCH_CELLS = (b"<f", b":f", b't="e"', b"t='e'")
_RELATIONSHIP = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_A_WORKBOOK = "an Excel workbook (.xlsx) that opens without a password"


def xlsx_tables(path: Path, problems: ProblemList) -> Iterator[Table]:
    """The sheets of a workbook, as far as they hold anything; each must be a table with a header in one row.

    A cell that holds a formula or an error is refused, because the number that is stored beside a formula may be old or missing; so are merged
    cells, of which only the first holds the value.

    Raises:
        ExportRefused: at once or while the tables are read: no workbook, or such cells.
    """
    try:
        _refuse_computed_cells(path, problems)
        with CalamineWorkbook.from_path(path) as workbook:
            for name in workbook.sheet_names:
                sheet = workbook.get_sheet_by_name(name)
                if sheet.start is not None:
                    _refuse_merged_cells(sheet, problems)
                    yield Table(name if len(workbook.sheet_names) > 1 else None, _rows(sheet))
    except PasswordError:
        problems.refuse(ExportProblem(None, None, "a workbook with a password", _A_WORKBOOK))
    except (CalamineError, BadZipFile, zlib.error, DefusedXmlException, ElementTree.ParseError, KeyError, EOFError, NotImplementedError) as error:
        problems.refuse(ExportProblem(None, None, f"something else ({error})", _A_WORKBOOK))


def _rows(sheet: CalamineSheet) -> Iterator[tuple[int, Sequence[Cell]]]:
    # The rows begin with the first of the sheet, the cells with the first column that holds anything.
    return enumerate(sheet.iter_rows(), start=1)


def _refuse_merged_cells(sheet: CalamineSheet, problems: ProblemList) -> None:
    for (row, column), (last_row, last_column) in sheet.merged_cell_ranges or ():
        value = f"merged cells {_letters(column)}{row + 1}:{_letters(last_column)}{last_row + 1}"
        problems.add(ExportProblem(row + 1, _letters(column), value, "cells that are not merged", sheet.name))


def _refuse_computed_cells(path: Path, problems: ProblemList) -> None:
    if not is_zipfile(path):
        problems.refuse(ExportProblem(None, None, "something else", _A_WORKBOOK))
    with ZipFile(path) as archive:
        if sum(part.file_size for part in archive.infolist()) > _MOST_BYTES:
            problems.refuse(ExportProblem(None, None, "a workbook that unpacks to more than 1 GiB", "an export of at most that size; split it"))
        for name, part in _worksheets(archive):
            with archive.open(part) as file:
                for column, row, kind in _computed_cells(file):
                    problems.add(ExportProblem(row, column, kind, "a plain value; paste the values over the formulas", name))


def _worksheets(archive: ZipFile) -> list[tuple[str, str]]:
    """Name and part of every worksheet."""
    targets = {one.get("Id"): one.get("Target", "") for one in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))}
    sheets = [element for element in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter() if element.tag.endswith("}sheet")]
    parts = [(sheet.get("name", ""), targets[sheet.get(_RELATIONSHIP)]) for sheet in sheets]
    return [(name, target.removeprefix("/") if target.startswith("/") else f"xl/{target}") for name, target in parts]


def _computed_cells(file: IO[bytes]) -> Iterator[tuple[str, int, str]]:
    """Column, row and what stands there, of every cell that holds a formula or an error."""
    kept = b""
    while chunk := file.read(_CHUNK):
        text = kept + chunk
        taken = 0
        # Looking for the signs takes a tenth of the time, and nearly every file has none.
        for found in _CELL_THAT_IS_NO_VALUE.finditer(text) if any(sign in text for sign in _SIGNS_OF_SUCH_CELLS) else ():
            taken = found.end()
            yield found[1].decode(), int(found[2]), "an error" if _ERROR_TYPE.search(found[0]) else "a formula"
        # The start of a cell may be cut by the end of the chunk; what was found is not looked at again.
        kept = text[max(taken, len(text) - _LONGEST_CELL_START) :]


def _letters(column: int) -> str:
    """Column 0 is A, 25 is Z, 26 is AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
