"""A folder of export files, which are only read, never moved (contracts 5)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tallybridge.billing.reasons import Reason
from tallybridge.sources.base import SourceFailed
from tallybridge.sources.business_hub.exports import CompanyExport, Exports
from tallybridge.sources.business_hub.reading import ENDINGS, read_export
from tallybridge.sources.business_hub.refusing import ExportRefused, utc_text
from tallybridge.sources.business_hub.uniting import unite

_NOT_AN_EXPORT = ("~$", ".")
"""Beginnings of files that a spreadsheet or a system puts beside its documents."""


def read_folder(folder: Path, names: Mapping[str, str]) -> Exports:
    """Reads every export file in a folder, not in folders within it, and takes the newest export of each company.

    A refused file is told and the others count (L7). But where a refused file speaks of a company at the same instant as the newest export of
    it that could be read, the company is withheld: that export may be only a part (L1). So is one whose newest exports contradict each other.

    Args:
        folder: where the files are.
        names: columns that are recognized by no spelling, theirs → ours.

    Raises:
        SourceFailed: the folder cannot be read.
    """
    latest: dict[str, list[CompanyExport]] = {}
    refusals: list[ExportRefused] = []
    for path in export_files(folder):
        try:
            found = read_export(path, names=names).exports
        except ExportRefused as refusal:
            refusals.append(refusal)
            continue
        for export in found:
            known = latest.get(export.id)
            if known is None or export.exported > known[0].exported:
                latest[export.id] = [export]
            elif export.exported == known[0].exported:
                known.append(export)
    newest: dict[str, CompanyExport] = {}
    withheld: dict[str, str] = {}
    for company, parts in sorted(latest.items()):
        newest[company] = parts[0]
        try:
            (newest[company],) = unite(parts)
        except ExportRefused as refusal:
            refusals.append(refusal)
    for refused in refusals:
        for company, exported in refused.companies:
            if company in newest and newest[company].exported == exported:
                withheld.setdefault(company, f"Its export of {utc_text(exported)} may be only a part: {refused.sentence}")
    return Exports(newest=newest, refused=tuple(refused.sentence for refused in refusals), withheld=withheld)


def export_files(folder: Path) -> list[Path]:
    """The files of a folder that look like exports, in order of name. Raises SourceFailed."""
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        raise SourceFailed(
            Reason.SOURCE_UNREACHABLE,
            f"The folder of Business Hub exports, {folder}, cannot be read ({error.strerror or error}); nothing was written. "
            "Create it, or correct folder in [source] of the configuration.",
        ) from error
    return [path for path in files if path.suffix.lower() in ENDINGS and not path.name.startswith(_NOT_AN_EXPORT) and path.is_file()]
