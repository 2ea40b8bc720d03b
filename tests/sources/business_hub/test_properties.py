"""The order of rows and columns, repeated rows, and how an export is split into files change nothing: the same usage (design 10)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from tallybridge.billing.counting import count
from tallybridge.billing.model import Device, DeviceForm, LicenseKind, LicenseState, Mailbox, Rules, Tenant
from tallybridge.configuration.catalog import shipped_catalog
from tallybridge.sources.business_hub import (
    COLUMNS,
    CompanyExport,
    ExportedLicense,
    Use,
    decode_export,
    encode_export,
    newest,
    observation_of,
    read_export,
    unite,
)
from tallybridge.sources.business_hub.refusing import utc_text
from tallybridge.sources.business_hub.templates import flat_rows
from tests.sources.business_hub.exports_of import EXPORTED, NOW, csv_text

# Deterministic, so that a red build is red everywhere.
modest = settings(max_examples=60, deadline=None, derandomize=True)

APPLICATIONS = tuple(application.name for application in shipped_catalog())
INSTANTS = (None, datetime(2026, 11, 22, 1, 30, tzinfo=UTC), datetime(2027, 6, 30, tzinfo=UTC))


@st.composite
def companies(draw: st.DrawFn, company: str) -> CompanyExport:
    licenses = tuple(
        ExportedLicense(
            f"l-{number}",
            draw(st.sampled_from(APPLICATIONS)),
            draw(st.sampled_from([kind for kind in LicenseKind if kind is not LicenseKind.OTHER])),
            draw(st.sampled_from([state for state in LicenseState if state is not LicenseState.OTHER])),
            draw(st.sampled_from(INSTANTS)),
        )
        for number in range(draw(st.integers(0, 3)))
    )
    ids = [one.id for one in licenses]
    devices = tuple(
        Device(f"d-{number}", draw(st.sampled_from(["PC", ""])), draw(st.sampled_from(["Windows 11", None])), None, draw(st.sampled_from(DeviceForm)))
        for number in range(draw(st.integers(0, 5)))
    )
    uses = sorted(Use(device.id, license) for device in devices for license in ids if draw(st.booleans()))
    mailboxes = tuple(
        Mailbox(f"{number}@example", draw(st.booleans()), draw(st.sampled_from([None, *ids]))) for number in range(draw(st.integers(0, 3)))
    )
    return CompanyExport(
        id=company, name=f"Company {company}", exported=EXPORTED, licenses=licenses, devices=devices, uses=tuple(uses), mailboxes=mailboxes
    )


exports = st.tuples(companies("c-1"), companies("c-2"))


def rows_of(companies: Iterable[CompanyExport]) -> list[dict[str, str]]:
    def text(value: str | bool | datetime) -> str:
        return utc_text(value) if isinstance(value, datetime) else str(value)

    return [dict(zip(COLUMNS, map(text, row), strict=True)) for company in companies for row in flat_rows(company)]


def read_back(files: Iterable[str]) -> tuple[CompanyExport, ...]:
    with TemporaryDirectory() as folder:
        found: list[CompanyExport] = []
        for number, text in enumerate(files):
            path = Path(folder) / f"{number}.csv"
            path.write_text(text, encoding="utf-8", newline="")
            found += read_export(path).exports
    return unite(found)


@modest
@given(exports, st.data())
def test_any_order_of_rows_and_columns_and_any_repetition_give_the_same_exports(expected: tuple[CompanyExport, ...], data: st.DataObject) -> None:
    rows = rows_of(expected)
    repeated = [*rows, *data.draw(st.lists(st.sampled_from(rows), max_size=4))]

    text = csv_text(data.draw(st.permutations(repeated)), columns=data.draw(st.permutations(COLUMNS)))

    assert read_back([text]) == expected


@modest
@given(exports)
def test_splitting_an_export_into_a_file_per_company_gives_the_same_exports(expected: tuple[CompanyExport, ...]) -> None:
    assert read_back(csv_text(rows_of([company])) for company in expected) == expected


@modest
@given(exports, st.data())
def test_splitting_companies_themselves_into_files_of_the_same_instant_gives_the_same_exports(
    expected: tuple[CompanyExport, ...], data: st.DataObject
) -> None:
    rows = rows_of(expected)
    files = [data.draw(st.integers(0, 2)) for _ in rows]

    split = [[row for row, place in zip(rows, files, strict=True) if place == file] for file in range(3)]

    assert read_back(csv_text(part) for part in split if part) == expected


@modest
@given(exports)
def test_the_bytes_of_an_export_tell_all_of_it_and_uniting_it_with_itself_changes_nothing(expected: tuple[CompanyExport, ...]) -> None:
    assert tuple(decode_export(encode_export(export)) for export in expected) == expected
    assert newest([*expected, *expected]) == {export.id: export for export in expected}


@modest
@given(companies("c-1"))
def test_every_device_and_mailbox_of_an_export_is_counted_or_left_out_with_a_reason(export: CompanyExport) -> None:
    """L3: nothing vanishes; L9: the seats are the quantity."""
    usage = count(observation_of(export, Tenant(id=export.id, name=export.name)), Rules(applications=shipped_catalog()), now=NOW)

    left_out_licenses = {one.license for one in usage.left_out_licenses}
    told = {seat.device for seat in usage.left_out}.union(*((seat.device, *seat.devices) for seat in usage.seats))
    # Of a license that does not count, the license is told and not its mailboxes.
    mailboxes = {mailbox.address for mailbox in export.mailboxes if mailbox.license not in left_out_licenses}
    assert told >= {device.id for device in export.devices} | mailboxes
    assert sum(quantity.quantity for quantity in usage.quantities) == len(usage.seats)
