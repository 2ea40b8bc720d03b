"""Export files of Business Hub that a browser sends: taken into the ledger as `tallybridge import` takes them, whole or not at all (contracts 5)."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath, PureWindowsPath
from tempfile import TemporaryDirectory
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from tallybridge.console import integrations
from tallybridge.runs.importing import ImportedFile, import_files

MOST_BYTES = 200_000_000
"""Of all files that are sent at once."""
_LONGEST_NAME = 120


class ManyFiles(forms.ClearableFileInput):
    """A field that several files can be chosen for."""

    allow_multiple_selected = True


class ExportsField(forms.FileField):
    """Export files; none, where none is required."""

    def __init__(self, **more: Any) -> None:
        super().__init__(widget=ManyFiles(attrs={"accept": ".json,.csv,.xlsx", "multiple": True}), **more)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """The files, each by itself as Django checks one."""
        files = data if isinstance(data, list | tuple) else [data] if data else []
        if not files:
            super().clean(None, initial)
            return []
        if sum(file.size or 0 for file in files) > MOST_BYTES:
            raise forms.ValidationError(f"Together they have more than {MOST_BYTES // 1_000_000} MB. Send them one after the other.")
        return [super(ExportsField, self).clean(file, initial) for file in files]


class ExportedField(forms.DateTimeField):
    """The instant of an export in UTC, where its file does not say it."""

    def __init__(self, **more: Any) -> None:
        super().__init__(
            label="Exported at (UTC)",
            required=False,
            help_text="Only where a file does not say it itself.",
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
            error_messages={"invalid": "Write an instant such as 2026-11-22T01:00."},
            **more,
        )

    def to_python(self, value: Any) -> datetime | None:
        """In UTC, whatever zone the server is in."""
        found = super().to_python(value)
        return found.replace(tzinfo=UTC) if found is not None else None


def take(integration: str, files: Sequence[UploadedFile[bytes]], *, exported: datetime | None) -> tuple[ImportedFile, ...]:
    """Takes files into the ledger: all of them, or none where one is refused.

    Raises:
        ExportRefused: the first that is refused, with every problem; nothing of any was taken.
        LedgerError: the ledger cannot be written.
    """
    with TemporaryDirectory() as folder:
        paths = []
        for number, file in enumerate(files):
            path = Path(folder) / str(number) / plain_name(file.name or "")
            path.parent.mkdir()
            with path.open("wb") as written:
                shutil.copyfileobj(file, written)
            paths.append(path)
        return import_files(integration, paths, clock=integrations.clock(), exported=exported, called=lambda path: path.name)


def plain_name(name: str) -> str:
    """A file's name without folders and without what no name may have."""
    last = PurePosixPath(PureWindowsPath(name).name).name
    kept = "".join(letter for letter in last if letter.isprintable()).strip(". ") or "export"
    stem, dot, ending = kept.rpartition(".")
    return f"{stem[:_LONGEST_NAME]}.{ending[:8]}" if dot else kept[:_LONGEST_NAME]


def in_words(taken: Sequence[ImportedFile]) -> str:
    """What came of the files."""
    said = []
    for one in taken:
        companies = f"{len(one.companies)} {'company' if len(one.companies) == 1 else 'companies'}"
        ignored = f"; columns passed over: {', '.join(one.ignored_columns)}" if one.ignored_columns else ""
        said.append(f"{one.file.name}: {companies}, {one.new} new{ignored}.")
    return " ".join(said)
