"""Watches the folder of a Business Hub integration, so that a wrong file is told within minutes and not at the nightly run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tallybridge.runs.importing import import_files
from tallybridge.sources.base import Clock
from tallybridge.sources.business_hub import ExportRefused, export_files

_Version = tuple[int, int]
"""A file's time of change (nanoseconds) and size."""


class FolderWatch:
    """Takes in each file of a folder once it has stopped changing. Files are only read, never moved.

    Args:
        integration: whose exports they are.
        folder: need not exist yet.
    """

    def __init__(self, integration: str, folder: Path, *, clock: Clock) -> None:
        self._integration = integration
        self._folder = folder
        self._clock = clock
        self._seen: dict[Path, _Version] = {}
        self._done: dict[Path, _Version] = {}

    def look(self) -> Iterator[str]:
        """Takes in what is new since the last look; gives a sentence per file.

        A file that is still being written changes between two looks and is left for the next one.
        """
        now = {file: (status.st_mtime_ns, status.st_size) for file in export_files(self._folder) for status in (file.stat(),)}
        settled = [file for file, version in now.items() if self._seen.get(file) == version and self._done.get(file) != version]
        self._seen = now
        for file in settled:
            self._done[file] = now[file]
            yield self._take(file)

    def _take(self, file: Path) -> str:
        try:
            (imported,) = import_files(self._integration, [file], clock=self._clock)
        except ExportRefused as refused:
            return str(refused)
        return f"{file.name}: {len(imported.companies)} {'company' if len(imported.companies) == 1 else 'companies'}, {imported.new} new."
