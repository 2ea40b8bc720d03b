"""Reads configuration files: text → document → records, with every problem of every file told at once (contracts 3)."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import threading
import tomllib
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tallybridge.configuration.canonical import to_canonical
from tallybridge.configuration.collisions import check_together
from tallybridge.configuration.consistency import check_one
from tallybridge.configuration.document import Draft, read_document
from tallybridge.configuration.errors import ConfigurationError
from tallybridge.configuration.places import Places
from tallybridge.configuration.records import Configuration
from tallybridge.configuration.values import Where

OTHERS_MAY_READ = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationFile:
    """One file that was read, and what it declares."""

    path: Path
    """Absolute."""
    configuration: Configuration
    canonical: bytes
    """The configuration as the ledger keeps it."""


@dataclass(frozen=True, slots=True)
class _Content:
    """What stands in a file that could be read."""

    path: Path
    mode: int
    content: bytes

    @property
    def version(self) -> tuple[str, int, str]:
        """What the result of reading depends on, and nothing else."""
        return str(self.path), self.mode, hashlib.sha256(self.content).hexdigest()


_KEPT = 8
_kept: OrderedDict[tuple[tuple[str, int, str], ...], tuple[ConfigurationFile, ...]] = OrderedDict()
_kept_lock = threading.Lock()


def read_configuration(path: Path) -> Configuration:
    """Reads one file.

    Raises:
        ConfigurationError: all its problems.
    """
    (found,) = read_configurations([path])
    return found.configuration


def read_configurations(paths: Iterable[Path]) -> tuple[ConfigurationFile, ...]:
    """Reads files, and the `*.toml` files of folders; a file that is named twice is read once.

    Raises:
        ConfigurationError: all problems of all files, and what the files contradict each other in.
    """
    missing = Draft(file=None, places=Places())
    files = list(dict.fromkeys(file for path in paths for file in _files_of(path, missing)))
    found = [_content_of(file) for file in files]
    contents = [one for one in found if isinstance(one, _Content)]
    versions = tuple(one.version for one in contents)
    whole = len(contents) == len(files) and not missing.problems
    # Pages and the schedule read the files again and again, and one with thousands of links takes a tenth of a second.
    if whole and (known := _known(versions)) is not None:
        return known
    drafts = [_read(one) if isinstance(one, _Content) else one for one in found]
    for draft in drafts:
        check_one(draft)
    check_together(drafts)
    problems = tuple(problem for draft in (missing, *drafts) for problem in draft.problems)
    if problems:
        raise ConfigurationError(problems)
    configurations = [draft.configuration() for draft in drafts]
    read = tuple(
        ConfigurationFile(path=file, configuration=one, canonical=to_canonical(one)) for file, one in zip(files, configurations, strict=True)
    )
    _remember(versions, read)
    return read


def _known(versions: tuple[tuple[str, int, str], ...]) -> tuple[ConfigurationFile, ...] | None:
    with _kept_lock:
        if versions in _kept:
            _kept.move_to_end(versions)
        return _kept.get(versions)


def _remember(versions: tuple[tuple[str, int, str], ...], read: tuple[ConfigurationFile, ...]) -> None:
    with _kept_lock:
        _kept[versions] = read
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)


def _files_of(path: Path, missing: Draft) -> list[Path]:
    path = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links, and relative paths start where the link stands
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.glob("*.toml") if not file.name.startswith("."))
    if not files:
        missing.refuse(str(path), found="a folder without *.toml files", expected="one file for each integration")
    return files


def _content_of(path: Path) -> _Content | Draft:
    """What stands in one file; a draft with one problem where it cannot be read at all."""
    unread = Draft(file=str(path), places=Places())
    try:
        with path.open("rb") as stream:
            return _Content(path, os.fstat(stream.fileno()).st_mode, stream.read())
    except FileNotFoundError:
        unread.refuse("", found="no such file", expected="a configuration file", advice="`tallybridge init` writes one.")
    except OSError as error:
        unread.refuse("", found=f"a file that cannot be read ({error.strerror})", expected="a configuration file")
    return unread


def _read(found: _Content) -> Draft:
    """The draft of one file; a draft with one problem where it is no text or no TOML."""
    path = found.path
    unread = Draft(file=str(path), places=Places())
    try:
        text = found.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        unread.refuse("", found=f"a byte at offset {error.start} that is not UTF-8", expected="a text file in UTF-8")
        return unread
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        place, sentence = _syntax(error)
        unread.refuse(place, found=f"malformed TOML: {sentence}", expected="TOML 1.0", advice="Texts need quotation marks, and each setting a line.")
        return unread
    where = Where(place="", folder=path.parent, readable_by_others=_readable_by_others(found.mode))
    return read_document(document, where=where, file=str(path), places=Places(text))


def _readable_by_others(mode: int) -> str | None:
    """Why this file cannot hold a secret in clear text. Not checked on Windows, whose access lists have no such mode."""
    if os.name == "nt" or not mode & OTHERS_MAY_READ:
        return None
    return f"a file that not only its owner can use (mode {stat.S_IMODE(mode):04o})"


def _syntax(error: Exception) -> tuple[str, str]:
    """Place and sentence of an error in the TOML; the parser names line and column at the end of its message."""
    if isinstance(error, RecursionError):
        return "", "lists or tables nested too deeply"
    message = str(error)
    if place := re.search(r" \(at (line \d+, column \d+)\)$", message):
        return place[1], message[: place.start()]
    if message.endswith(" (at end of document)"):
        return "end of file", message.removesuffix(" (at end of document)")
    return "", "a number that is too long"
