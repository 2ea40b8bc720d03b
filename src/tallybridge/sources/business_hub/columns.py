"""The columns of a CSV or XLSX export, the spellings by which they are recognized, and where they stand in a file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from tallybridge.sources.business_hub.refusing import ExportProblem, ProblemList, shown
from tallybridge.sources.business_hub.values import one_of

COMPANY_ID, COMPANY, EXPORTED = "company_id", "company", "exported"
LICENSE_ID, APPLICATION, KIND, STATE, EXPIRES = "license_id", "application", "kind", "state", "expires"
DEVICE_ID, DEVICE, OS_NAME, TYPE = "device_id", "device", "os_name", "type"
MAILBOX, PROTECTED = "mailbox", "protected"

COLUMNS = (
    *(COMPANY_ID, COMPANY, EXPORTED),
    *(LICENSE_ID, APPLICATION, KIND, STATE, EXPIRES),
    *(DEVICE_ID, DEVICE, OS_NAME, TYPE),
    *(MAILBOX, PROTECTED),
)
"""The columns of a row: its company, the license in use, and the device or the mailbox that uses it."""

IGNORED = ""
"""What `names` leads a column to that is to be left alone although its spelling is recognized."""

_SPELLINGS = {
    COMPANY_ID: ("companyid", "customerid", "workspaceid"),
    COMPANY: ("company", "companyname", "customer", "customername", "workspace", "workspacename"),
    EXPORTED: ("exported", "exportedat", "exportdate", "exporttime", "dateofexport"),
    LICENSE_ID: ("licenseid", "licenceid", "license", "licence", "licensekey", "licencekey"),
    APPLICATION: ("application", "applicationname", "product", "productname", "solution", "softwaresolution"),
    KIND: ("kind", "licensekind", "licensetype", "licencekind", "licencetype"),
    STATE: ("state", "status", "licensestate", "licensestatus", "licencestate", "licencestatus"),
    EXPIRES: ("expires", "expireson", "expiry", "expirydate", "expirationdate", "expiration", "validuntil", "licenseexpires", "licenseexpiration"),
    DEVICE_ID: ("deviceid", "computerid"),
    DEVICE: ("device", "devicename", "computer", "computername", "hostname"),
    OS_NAME: ("osname", "os", "operatingsystem", "operatingsystemname"),
    TYPE: ("type", "devicetype"),
    MAILBOX: ("mailbox", "mailboxaddress", "email", "emailaddress", "mail", "mailaddress"),
    PROTECTED: ("protected", "isprotected", "mailboxprotected"),
}
SPELLINGS = MappingProxyType({spelling: column for column, spellings in _SPELLINGS.items() for spelling in spellings})
"""Recognized spellings, without regard to case, blanks, underscores, hyphens and dots: `E-mail address` is `emailaddress`."""


class Layout(NamedTuple):
    """Where our columns stand in a table."""

    places: tuple[int, ...]
    """For each of `COLUMNS` its place in a row; a column that the table does not have has the place after its last."""
    labels: tuple[str, ...]
    """For each of `COLUMNS` its name in the table's header."""
    width: int
    """How many cells the header has."""
    unnamed: tuple[int, ...]
    """Places without a name in the header; nothing may stand below them."""
    ignored: tuple[str, ...]
    """Columns that nothing knows."""


def recognized(header: Sequence[str], names: Mapping[str, str]) -> int:
    """How many cells of a header name one of our columns, by `names` (theirs → ours) or by their spelling."""
    mapped = _mapped(names)
    return sum(bool(_column_of(name, mapped)) for name in header)


def layout_of(
    header: Sequence[str], names: Mapping[str, str], *, may_lack_exported: bool, row: int, sheet: str | None, problems: ProblemList
) -> Layout | None:
    """Finds our columns in a header.

    Args:
        header: the names of the file's columns, in its order.
        names: columns of the file that are known by no spelling, theirs → ours.
        may_lack_exported: the export's instant is known otherwise.
        row: the header's row, for messages.
        sheet: the sheet of a workbook, for messages.
        problems: takes what is missing or claimed twice.

    Returns:
        The layout, or None if there was a problem.
    """
    mapped = _mapped(names)
    found: dict[str, int] = {}
    fine = True
    for place, name in enumerate(header):
        column = _column_of(name, mapped)
        if column and column in found:
            fine = False
            expected = f"one column for {column}; {shown(header[found[column]])} is read as it too. Map the other one to nothing, or rename it"
            problems.add(ExportProblem(row, name, shown(name), expected, sheet))
        elif column:
            found[column] = place
    unknown = tuple(name.strip() for name in header if name.strip() and _column_of(name, mapped) is None)
    optional = {EXPORTED} if may_lack_exported else set[str]()
    for column in COLUMNS:
        if column not in found and column not in optional:
            fine = False
            problems.add(ExportProblem(row, column, "no such column", _expected_column(column, unknown), sheet))
    if not fine:
        return None
    return Layout(
        places=tuple(found.get(column, len(header)) for column in COLUMNS),
        labels=tuple(header[found[column]].strip() if column in found else column for column in COLUMNS),
        width=len(header),
        unnamed=tuple(place for place, name in enumerate(header) if not name.strip()),
        ignored=unknown,
    )


def check_names(names: Mapping[str, str], problems: ProblemList) -> None:
    """Adds a problem for every name that is mapped to a column that there is not."""
    for theirs, ours in names.items():
        if ours != IGNORED and ours not in COLUMNS:
            problems.add(ExportProblem(None, f"column name {shown(theirs)}", shown(ours), f"one of our columns to map it to: {one_of(COLUMNS)}"))


def _mapped(names: Mapping[str, str]) -> dict[str, str]:
    return {_spelling(theirs): ours for theirs, ours in names.items()}


def _column_of(name: str, mapped: Mapping[str, str]) -> str | None:
    """Our column, `IGNORED` for one that is to be left alone, or None for one that nothing knows."""
    spelling = _spelling(name)
    return mapped[spelling] if spelling in mapped else SPELLINGS.get(spelling)


def _spelling(name: str) -> str:
    return re.sub(r"[\s_.\-]+", "", name).casefold()


def _expected_column(column: str, unknown: Sequence[str]) -> str:
    others = f"; columns that nothing knows: {', '.join(shown(name) for name in unknown)}, map one of them if it is meant" if unknown else ""
    what = (
        "the export's instant as a column, or given along with the file" if column == EXPORTED else f"a column {column}, empty where a row has none"
    )
    return f"{what}{others}"
