"""JSON exports in the form of contracts 5.

Every row is decoded by itself, so that all bad ones are told at once and a large file stays small in memory.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct

from tallybridge.billing.model import Device, DeviceForm, LicenseKind, LicenseState, Mailbox
from tallybridge.sources.business_hub.exports import CompanyExport, ExportedLicense
from tallybridge.sources.business_hub.gathering import CompanyFacts, Contradiction
from tallybridge.sources.business_hub.refusing import LONGEST_VALUE, ExportProblem, ProblemList, shown, utc_text

_Text = Annotated[str, Meta(pattern=r"\S")]
_Instant = Annotated[datetime, Meta(tz=True)]


class _File(Struct, forbid_unknown_fields=True):
    companies: list[Raw]
    exported: _Instant | None = None


class _Company(Struct, forbid_unknown_fields=True):
    """Lists default to empty, as in a scenario (contracts 4)."""

    id: _Text
    name: _Text
    licenses: list[Raw] = []
    devices: list[Raw] = []
    mailboxes: list[Raw] = []


class _License(Struct, forbid_unknown_fields=True):
    id: _Text
    application: _Text
    kind: Literal["commercial", "subscription", "trial", "beta", "test", "oem"]
    state: Literal["active", "paused", "canceled"]
    expires: _Instant | None


class _Device(Struct, forbid_unknown_fields=True):
    id: _Text
    name: str
    os_name: str | None
    type: Literal["desktop", "laptop", "file_server", "mobile"]
    license: _Text | None


class _Mailbox(Struct, forbid_unknown_fields=True):
    address: _Text
    protected: bool
    license: _Text | None


_Row = TypeVar("_Row", _Company, _License, _Device, _Mailbox)

_read_file = msgspec.json.Decoder(_File).decode
_read_company = msgspec.json.Decoder(_Company).decode
_read_license = msgspec.json.Decoder(_License).decode
_read_device = msgspec.json.Decoder(_Device).decode
_read_mailbox = msgspec.json.Decoder(_Mailbox).decode

_A_TEXT = "a text that is not blank"
_A_LICENSE = "the id of a license, or null"
_AN_INSTANT = "an instant with its zone, as 2026-11-22T01:00:00Z"
_EXPECTED = MappingProxyType(
    {
        "exported": _AN_INSTANT,
        "companies": "a list of companies",
        "id": _A_TEXT,
        "name": _A_TEXT,
        "licenses": "a list of licenses",
        "devices": "a list of devices",
        "mailboxes": "a list of mailboxes",
        "application": _A_TEXT,
        "kind": "commercial, subscription, trial, beta, test or oem",
        "state": "active, paused or canceled",
        "expires": f"{_AN_INSTANT}, or null for never",
        "os_name": "a text, or null",
        "type": "desktop, laptop, file_server or mobile",
        "license": _A_LICENSE,
        "address": _A_TEXT,
        "protected": "true or false",
    }
)
_MEMBER = re.compile(r"`\$\.(?P<at>\w+)|missing required field `(?P<missing>[^`]+)`|unknown field `(?P<unknown>[^`]*)`")


def json_exports(data: bytes, problems: ProblemList, *, exported: datetime | None = None) -> tuple[CompanyExport, ...]:
    """The exports in the bytes of a JSON file, by company id.

    Args:
        data: UTF-8, or UTF-16 with its mark.
        problems: takes what is wrong with the file.
        exported: the instant given along with the file, in UTC.

    Raises:
        ExportRefused: anything is wrong with it.
    """
    text = _utf_8(data, problems)
    file = _file(text, problems)
    instant = _instant(file, exported, problems)
    reader = _CompanyReader(instant, problems)
    for place, raw in enumerate(file.companies):
        reader.read(raw, f"companies[{place}]")
    return reader.finish()


def _utf_8(data: bytes, problems: ProblemList) -> bytes:
    if not data.strip():
        problems.refuse(ExportProblem(None, None, "an empty file", "an export as JSON"))
    text = data.removeprefix(codecs.BOM_UTF8)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            text = data.decode("utf-16").encode()
        except UnicodeError as error:
            problems.refuse(ExportProblem(None, None, f"bytes that are no UTF-16 ({error})", "JSON in UTF-8"))
    try:
        text.decode()
    except UnicodeDecodeError as error:
        row = text[: error.start].count(b"\n") + 1
        around = shown(text[max(0, error.start - 12) : error.start + 12].decode("ascii", "replace"))
        problems.refuse(ExportProblem(row, None, f"the byte {text[error.start]:#x} in {around}, which is no UTF-8", "JSON in UTF-8"))
    if b"\0" in text or b"\\u0000" in text:
        row = text[: max(text.find(b"\0"), text.find(b"\\u0000"))].count(b"\n") + 1
        problems.refuse(ExportProblem(row, None, "a NUL character", "JSON in UTF-8 without NUL characters"))
    return text


def _file(text: bytes, problems: ProblemList) -> _File:
    expected = 'an object with "exported" and "companies"'
    try:
        return _read_file(text)
    except msgspec.ValidationError as error:
        problems.refuse(_problem("", text, error, _File, expected))
    except msgspec.DecodeError as error:
        position = re.search(r"\(byte ([0-9]+)\)", str(error))
        end = int(position[1]) if position else len(text)
        around = text[max(0, end - 30) : end + 10].decode("utf-8", "replace")
        problems.refuse(ExportProblem(text[:end].count(b"\n") + 1, None, f"{shown(around)}: {error}", "JSON that is whole, in UTF-8"))
    except RecursionError:
        problems.refuse(ExportProblem(None, None, "lists within lists without end", expected))


def _instant(file: _File, given: datetime | None, problems: ProblemList) -> datetime:
    told = file.exported.astimezone(UTC) if file.exported is not None else None
    if told is not None and given is not None and told != given:
        expected = f"{utc_text(given)}, the instant that was given along with the file, or no such member"
        problems.refuse(ExportProblem(None, "exported", shown(told), expected))
    instant = told or given
    if instant is None:
        expected = f"the export's instant, {_AN_INSTANT}, or given along with the file"
        problems.refuse(ExportProblem(None, "exported", "no such member", expected))
    return instant


class _CompanyReader:
    """Reads the companies of one file. A `path` is the way to an object, for messages."""

    def __init__(self, instant: datetime, problems: ProblemList) -> None:
        self._instant = instant
        self._problems = problems
        self._companies: dict[str, CompanyFacts] = {}
        self._named: dict[tuple[str, str], str] = {}
        """Where a license of a company is named first."""
        self._listed: set[tuple[str, str]] = set()
        self._systems: dict[str, str | None] = {}
        """Names of operating systems, each kept once."""

    def read(self, raw: Raw, path: str) -> None:
        """Takes one company."""
        company = self._row(raw, path, _read_company, _Company)
        if company is None:
            return
        facts = self._companies.setdefault(company.id, CompanyFacts(company.id, company.name, self._instant))
        self._problems.saw(company.id, self._instant)
        if facts.name != company.name:
            self._unless(path, Contradiction(f"company {company.id}", "name", company.name, facts.name))
        for place, one in enumerate(company.licenses):
            self._license(facts, one, f"{path}.licenses[{place}]")
        for place, one in enumerate(company.devices):
            self._device(facts, one, f"{path}.devices[{place}]")
        for place, one in enumerate(company.mailboxes):
            self._mailbox(facts, one, f"{path}.mailboxes[{place}]")

    def finish(self) -> tuple[CompanyExport, ...]:
        """The exports by company id; raises ExportRefused if there was any problem."""
        for (company, license), path in self._named.items():
            if (company, license) not in self._listed:
                self._problems.add(ExportProblem(None, f"{path}.license", shown(license), f"a license that is listed for company {company}"))
        self._problems.refuse_if_any()
        if not self._companies:
            self._problems.refuse(ExportProblem(None, "companies", "an empty list", "at least one company"))
        return tuple(self._companies[company].export() for company in sorted(self._companies))

    def _license(self, facts: CompanyFacts, raw: Raw, path: str) -> None:
        one = self._row(raw, path, _read_license, _License)
        if one is not None:
            self._listed.add((facts.id, one.id))
            expires = one.expires.astimezone(UTC) if one.expires is not None else None
            record = ExportedLicense(one.id, one.application, LicenseKind(one.kind), LicenseState(one.state), expires)
            self._unless(path, facts.add_license(record))

    def _device(self, facts: CompanyFacts, raw: Raw, path: str) -> None:
        one = self._row(raw, path, _read_device, _Device)
        if one is not None:
            self._names(facts, one.license, path)
            record = Device(one.id, one.name, self._systems.setdefault(one.os_name or "", one.os_name or None), None, DeviceForm(one.type))
            self._unless(path, facts.add_device(record, one.license))

    def _mailbox(self, facts: CompanyFacts, raw: Raw, path: str) -> None:
        one = self._row(raw, path, _read_mailbox, _Mailbox)
        if one is not None:
            self._names(facts, one.license, path)
            self._unless(path, facts.add_mailbox(Mailbox(one.address.lower(), one.protected, one.license)))

    def _names(self, facts: CompanyFacts, license: str | None, path: str) -> None:
        if license is not None:
            self._named.setdefault((facts.id, license), path)

    def _row(self, raw: Raw, path: str, read: Callable[[Raw], _Row], kind: type[_Row]) -> _Row | None:
        try:
            return read(raw)
        except msgspec.DecodeError as error:
            expected = f"an object with {', '.join(kind.__struct_fields__)}"
            self._problems.add(_problem(path, raw, error, kind, expected))
            return None

    def _unless(self, path: str, contradiction: Contradiction | None) -> None:
        if contradiction is not None:
            about, member, value, known = contradiction
            at = f"{path}.{'type' if member == 'form' else member}"
            self._problems.add(ExportProblem(None, at, shown(value), f"{shown(known)}, as is said before of {about}"))


def _problem(path: str, raw: Raw | bytes, error: msgspec.DecodeError, kind: type[Struct], expected: str) -> ExportProblem:
    """What a decoder's error says, in words for people."""
    found = _MEMBER.search(str(error))
    if found is None:
        return ExportProblem(None, path or None, f"something else ({error})", expected)
    at = ".".join(part for part in (path, found["at"] or found["missing"] or found["unknown"]) if part)
    if found["missing"] is not None:
        return ExportProblem(None, at, "no such member", _EXPECTED[found["missing"]])
    if found["unknown"] is not None:
        return ExportProblem(None, at, "an unknown member", f"only {', '.join(kind.__struct_fields__)}")
    try:
        members: Mapping[str, Any] = msgspec.json.decode(raw)
    except msgspec.DecodeError as broken:
        # What comes after the first wrong member may not even be JSON.
        return ExportProblem(None, path or None, f"something else ({broken})", expected)
    return ExportProblem(None, at, _json_text(members.get(found["at"])), _EXPECTED[found["at"]])


def _json_text(value: object) -> str:
    """A member's value as it stands in the file; of a long one only its beginning."""
    if isinstance(value, str):
        return shown(value)
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
