"""Export files → ledger: a file is taken whole or refused, and each run takes the newest export per company (contracts 5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tallybridge.ledger import imports
from tallybridge.ledger.opening import together
from tallybridge.sources.base import Clock
from tallybridge.sources.business_hub import (
    CompanyExport,
    ExportRefused,
    Exports,
    ReadExport,
    decode_export,
    encode_export,
    read_export,
    read_folder,
    unite,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedFile:
    """What came of one file."""

    file: Path
    companies: tuple[str, ...]
    """Names of the companies in it."""
    new: int
    """How many of them the ledger did not hold yet."""
    ignored_columns: tuple[str, ...]


def import_files(
    integration: str,
    files: Sequence[Path],
    *,
    clock: Clock,
    exported: datetime | None = None,
    names: Mapping[str, str] | None = None,
    called: Callable[[Path], str] = str,
) -> tuple[ImportedFile, ...]:
    """Takes files into the ledger: all of them, or none where one is refused.

    Args:
        exported: the instant of the exports, where a file does not say it.
        names: what further columns mean, theirs → ours; remembered for the next time.
        called: under which name the ledger remembers a file.

    Raises:
        ExportRefused: the first file that is refused, with every problem; nothing of any was taken and nothing was remembered.
    """
    known = {**imports.column_names(integration), **(names or {})}
    read = [(file, read_export(file, exported=exported, names=known)) for file in files]
    _require_no_contradiction(integration, [export for _, found in read for export in found.exports])
    with together():
        if names:
            imports.remember_columns(integration, names)
        return tuple(_take(integration, file, found, clock, called(file)) for file, found in read)


def _take(integration: str, file: Path, read: ReadExport, clock: Clock, name: str) -> ImportedFile:
    parts = [imports.ImportedPart(company=one.id, exported=one.exported, content=encode_export(one)) for one in read.exports]
    new = imports.take(integration, parts, file=name, at=clock())
    return ImportedFile(file=file, companies=tuple(one.name for one in read.exports), new=new, ignored_columns=read.ignored_columns)


def _require_no_contradiction(integration: str, exports: Sequence[CompanyExport]) -> None:
    """Refuses files of which one says something else of a company than another one of the same instant. Raises ExportRefused."""
    known = [decode_export(part.content) for part in imports.newest_parts(integration)]
    instants = {(one.id, one.exported) for one in exports}
    unite([*exports, *(one for one in known if (one.id, one.exported) in instants)])


def exports_in_force(integration: str, folder: Path) -> Exports:
    """The newest export of each company, of those in the folder and those that were imported; and the files that were refused."""
    found = read_folder(folder, imports.column_names(integration))
    imported = _imported(integration)
    both = {company: [one[company] for one in (found.newest, imported) if company in one] for company in found.newest.keys() | imported.keys()}
    latest: dict[str, CompanyExport] = {}
    withheld = dict(found.withheld)
    for company, exports in both.items():
        newest_instant = max(one.exported for one in exports)
        in_folder = found.newest.get(company)
        if in_folder is None or in_folder.exported < newest_instant:
            withheld.pop(company, None)
        try:
            (latest[company],) = unite([one for one in exports if one.exported == newest_instant])
        except ExportRefused as refused:
            latest[company] = exports[0]
            withheld[company] = refused.sentence
    return Exports(newest=latest, refused=found.refused, withheld=withheld)


def _imported(integration: str) -> dict[str, CompanyExport]:
    """The newest imported export of each company; parts that came in several files were found to fit when they were imported."""
    parts: dict[str, list[CompanyExport]] = {}
    for part in imports.newest_parts(integration):
        parts.setdefault(part.company, []).append(decode_export(part.content))
    return {company: unite(exports)[0] for company, exports in parts.items()}
