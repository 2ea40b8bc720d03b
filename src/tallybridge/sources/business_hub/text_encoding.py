"""In which encoding a text file is, told by its mark or by the whole of its bytes, never by guessing."""

from __future__ import annotations

import codecs
from pathlib import Path

from tallybridge.sources.business_hub.refusing import ExportProblem, ProblemList, shown

_CHUNK = 1 << 20
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ADVICE = "text in UTF-8; in a spreadsheet, save it as CSV UTF-8"
SAME_IN_WESTERN_EUROPE = frozenset(b"\xb5\xc4\xc9\xd3\xd6\xdc\xdf\xe4\xe9\xf3\xf6\xfc")
"""The letters µÄÉÓÖÜßäéóöü, which Windows-1250, -1252, -1254, -1257 and ISO 8859-15 all write with the same byte. Any other byte above 127 is a
different letter in one of them, and nothing in a file says which of them it is."""


def encoding_of(path: Path, problems: ProblemList) -> str:
    """The name of the file's encoding, which can read it from beginning to end.

    Raises:
        ExportRefused: it is empty, no text, or in an encoding that cannot be told.
    """
    with path.open("rb") as file:
        start = file.read(4)
    if not start:
        problems.refuse(ExportProblem(None, None, "an empty file", "a header and at least one row below it"))
    if start.startswith(b"PK\x03\x04"):
        problems.refuse(ExportProblem(None, None, "an Excel workbook", "text; give the file the ending .xlsx"))
    if start.startswith(_UTF_16_MARKS):
        return _proved(path, "utf-16", problems)
    if _first_that_fails(path, "utf-8-sig") is None:
        return _proved(path, "utf-8-sig", problems)
    if start.startswith(codecs.BOM_UTF8):
        return _proved(path, "utf-8-sig", problems)
    _prove_windows_1252(path, problems)
    return _proved(path, "cp1252", problems)


def _proved(path: Path, encoding: str, problems: ProblemList) -> str:
    row = _first_that_fails(path, encoding)
    if row is not None:
        problems.refuse(ExportProblem(row, None, f"bytes that are no text in {encoding.removesuffix('-sig').upper()}", _ADVICE))
    row = _first_with_a_nul(path, encoding)
    if row is not None:
        problems.refuse(ExportProblem(row, None, "a NUL character", _ADVICE))
    return encoding


def _first_that_fails(path: Path, encoding: str) -> int | None:
    """The row at which the bytes are no text in the encoding, or None."""
    decoder = codecs.getincrementaldecoder(encoding)()
    rows = 1
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            try:
                rows += decoder.decode(chunk, final=not chunk).count("\n")
            except UnicodeDecodeError as error:
                return rows + error.object[: error.start].count(b"\n")
            if not chunk:
                return None


def _first_with_a_nul(path: Path, encoding: str) -> int | None:
    rows = 1
    with path.open(encoding=encoding, newline="") as file:
        while chunk := file.read(_CHUNK):
            if "\0" in chunk:
                return rows + chunk[: chunk.index("\0")].count("\n")
            rows += chunk.count("\n")
    return None


def _prove_windows_1252(path: Path, problems: ProblemList) -> None:
    """Refuses a file that is no UTF-8 unless every letter beyond ASCII is the same in all encodings that it could be."""
    with path.open("rb") as file:
        for row, line in enumerate(file, start=1):
            if line.isascii() or SAME_IN_WESTERN_EUROPE.issuperset(byte for byte in line if byte > 127):
                continue
            place = next(place for place, byte in enumerate(line) if byte > 127 and byte not in SAME_IN_WESTERN_EUROPE)
            around = line[max(0, place - 12) : place + 12].decode("ascii", "replace")
            value = f"the byte {line[place]:#x} in {shown(around)}"
            problems.refuse(ExportProblem(row, None, value, f"{_ADVICE}. It is no UTF-8, and which letter that byte stands for cannot be told"))
