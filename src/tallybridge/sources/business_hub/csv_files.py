"""CSV files as spreadsheets write them → a table of rows, one row in memory at a time."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tallybridge.sources.business_hub.columns import recognized
from tallybridge.sources.business_hub.refusing import ExportProblem, ProblemList, shown
from tallybridge.sources.business_hub.rows import Table
from tallybridge.sources.business_hub.text_encoding import encoding_of
from tallybridge.sources.business_hub.values import Cell

_SEPARATORS = (",", ";", "\t")
_SEPARATOR_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)


def csv_table(path: Path, names: Mapping[str, str], problems: ProblemList) -> Table:
    """The rows of a CSV file.

    The encoding is UTF-8, UTF-16 with its mark, or Windows-1252 where that cannot be mistaken; the separator is the comma, semicolon or tab that
    makes a known header of the first line, or the one that a line `sep=;` above it names.

    Raises:
        ExportRefused: at once or while the rows are read: the text cannot be read, or the file is cut off.
    """
    return Table(None, _rows(path, encoding_of(path, problems), names, problems))


def _rows(path: Path, encoding: str, names: Mapping[str, str], problems: ProblemList) -> Iterator[tuple[int, Sequence[Cell]]]:
    with path.open(encoding=encoding, newline="") as file:
        first = file.readline()
        named = _SEPARATOR_LINE.fullmatch(first)
        if named is None:
            file.seek(0)
        separator = named[1] if named is not None else _separator_of(first, names)
        number = 0
        cells: list[str] = []
        columns: int | None = None
        try:
            for number, cells in enumerate(csv.reader(file, delimiter=separator, strict=True), start=1):
                columns = columns or len(cells)
                yield number, cells
        except csv.Error as error:
            expected = 'cells in the form of CSV, where a quotation mark within quotation marks is doubled ("")'
            problems.refuse(ExportProblem(number + 1, None, f"a row that cannot be read ({error})", expected))
    if columns is not None and 0 < len(cells) < columns and not _ends_with_a_line(path):
        expected = f"{columns} cells, as many as the header has; the file seems to be cut off"
        problems.add(ExportProblem(number, None, f"{len(cells)} cells, the last of them {shown(cells[-1])}", expected))


def _separator_of(header: str, names: Mapping[str, str]) -> str:
    def known_columns(separator: str) -> int:
        return recognized(next(csv.reader([header], delimiter=separator), []), names)

    return max(_SEPARATORS, key=known_columns)


def _ends_with_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-min(2, path.stat().st_size), 2)
        return file.read().rstrip(b"\0").endswith((b"\n", b"\r"))
