"""An export file of any of the three kinds → exports: whole, or refused with every problem named."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from tallybridge.sources.business_hub.columns import check_names
from tallybridge.sources.business_hub.csv_files import csv_table
from tallybridge.sources.business_hub.exports import CompanyExport
from tallybridge.sources.business_hub.json_files import json_exports
from tallybridge.sources.business_hub.refusing import ExportProblem, ProblemList, shown
from tallybridge.sources.business_hub.rows import FlatRows
from tallybridge.sources.business_hub.xlsx_files import xlsx_tables

ENDINGS = (".csv", ".json", ".xlsx")
"""Endings of export files, in lower case; a file's kind is told by its ending."""

_NO_NAMES: Mapping[str, str] = MappingProxyType({})


class ReadExport(NamedTuple):
    """What a file holds."""

    exports: tuple[CompanyExport, ...]
    """By company id; at least one."""
    ignored_columns: tuple[str, ...]
    """Columns that nothing knows, so that nothing of them was taken."""


def read_export(path: Path, *, exported: datetime | None = None, names: Mapping[str, str] = _NO_NAMES) -> ReadExport:
    """Reads one export file whole.

    Args:
        path: a .json, .csv or .xlsx file.
        exported: the instant of the export, where the file does not say it; without a zone it is taken as UTC.
        names: columns of a CSV or XLSX file that are recognized by no spelling, theirs → ours (`columns.COLUMNS`), or "" to leave one alone.

    Raises:
        ExportRefused: the file cannot be taken whole; it says where and what was expected instead.
    """
    problems = ProblemList(path.name)
    instant = exported.replace(tzinfo=exported.tzinfo or UTC).astimezone(UTC) if exported is not None else None
    check_names(names, problems)
    problems.refuse_if_any()
    try:
        return _read(path, instant, names, problems)
    except OSError as error:
        problems.refuse(ExportProblem(None, None, f"a file that cannot be read ({error.strerror or error})", "a file that this user may read"))


def _read(path: Path, instant: datetime | None, names: Mapping[str, str], problems: ProblemList) -> ReadExport:
    ending = path.suffix.lower()
    if ending == ".json":
        return ReadExport(json_exports(path.read_bytes(), problems, exported=instant), ())
    rows = FlatRows(problems, exported=instant, names=names)
    if ending == ".csv":
        rows.take(csv_table(path, names, problems))
    elif ending == ".xlsx":
        for table in xlsx_tables(path, problems):
            rows.take(table)
    else:
        problems.refuse(ExportProblem(None, None, f"the ending {shown(ending)}", ".csv, .xlsx or .json"))
    return ReadExport(*rows.finish())
