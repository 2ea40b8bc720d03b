"""Export files → ledger: a file is taken whole or refused, and each run takes the newest export per company (contracts 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tallybridge.ledger import imports
from tallybridge.sources.base import Clock
from tallybridge.sources.business_hub import CompanyExport, Exports, decode_export, encode_export, newest, read_export, read_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedFile:
    """What came of one file."""

    file: Path
    companies: tuple[str, ...]
    """Names of the companies in it."""
    new: int
    """How many of them the ledger did not hold yet."""
    ignored_columns: tuple[str, ...]


def import_file(
    integration: str, file: Path, *, clock: Clock, exported: datetime | None = None, names: Mapping[str, str] | None = None
) -> ImportedFile:
    """Takes one file into the ledger.

    Args:
        exported: the instant of the export, where the file does not say it.
        names: what further columns mean, theirs → ours; remembered for the next time.

    Raises:
        ExportRefused: the file, with every problem; nothing of it was taken and nothing was remembered.
    """
    known = {**imports.column_names(integration), **(names or {})}
    read = read_export(file, exported=exported, names=known)
    if names:
        imports.remember_columns(integration, names)
    parts = [imports.ImportedPart(company=one.id, exported=one.exported, content=encode_export(one)) for one in read.exports]
    new = imports.take(integration, parts, file=str(file), at=clock())
    return ImportedFile(file=file, companies=tuple(one.name for one in read.exports), new=new, ignored_columns=read.ignored_columns)


def exports_in_force(integration: str, folder: Path) -> Exports:
    """The newest export of each company, of those in the folder and those that were imported; and the files that were refused."""
    found = read_folder(folder, imports.column_names(integration))
    imported: list[CompanyExport] = [decode_export(part.content) for part in imports.newest_parts(integration)]
    return Exports(newest=newest([*found.newest.values(), *imported]), refused=found.refused)
