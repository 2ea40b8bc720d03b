"""What spreadsheets really write is read: encodings, separators, dates, booleans, spellings of columns, empty cells left out."""

from __future__ import annotations

import codecs
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from tallybridge.billing.model import DeviceForm, LicenseKind, LicenseState
from tallybridge.sources.business_hub import COLUMNS, CompanyExport, ReadExport, read_export
from tallybridge.sources.business_hub.templates import template
from tallybridge.sources.business_hub.values import Cell, Unfit, expiry_of, form_of, identity_of, instant_of, kind_of, state_of, truth_of
from tests.sources.business_hub.exports_of import (
    DEVICE_ROW,
    EXPORTED,
    FABRIKAM,
    MAILBOX_ROW,
    NO_DEVICE,
    NO_LICENSE,
    csv_text,
    row,
    written,
)

MULLER = csv_text([row(company="Zahnärzte Müller")])

ENCODINGS = {
    "UTF-8": MULLER.encode(),
    "UTF-8 with its mark": MULLER.encode("utf-8-sig"),
    "UTF-16, little end first": codecs.BOM_UTF16_LE + MULLER.encode("utf-16-le"),
    "UTF-16, big end first": codecs.BOM_UTF16_BE + MULLER.encode("utf-16-be"),
    "Windows-1252, letters that cannot be mistaken": MULLER.encode("cp1252"),
    "semicolons": csv_text([row(company="Zahnärzte Müller")], separator=";").encode(),
    "tabs": csv_text([row(company="Zahnärzte Müller")], separator="\t").encode(),
    "a line that names the separator": b"sep=;\r\n" + csv_text([row(company="Zahnärzte Müller")], separator=";").encode(),
    "a line that names an unusual separator": b"sep=|\r\n" + csv_text([row(company="Zahnärzte Müller")], separator="|").encode(),
    "lines that end as on old systems": MULLER.replace("\r\n", "\r").encode(),
    "no line end after the last row": MULLER.rstrip("\r\n").encode(),
    "empty cells left out at the end of a row": MULLER.replace(",laptop,,\r\n", ",laptop\r\n").encode(),
    "empty cells too many at the end of a row": MULLER.replace(",laptop,,\r\n", ",laptop,,,,\r\n").encode(),
    "empty rows before, between and after": b"\r\n,,\r\n" + MULLER.replace("\r\n", "\r\n,,,,,,,,,,,,,\r\n").encode() + b"\r\n",
    "blanks around the cells": csv_text([{name: f"\N{NO-BREAK SPACE}{cell} " for name, cell in row(company="Zahnärzte Müller").items()}]).encode(),
}


def only_export(path: Path) -> CompanyExport:
    (export,) = read_export(path).exports
    return export


@pytest.mark.parametrize("style", ENCODINGS)
def test_a_csv_file_is_read_as_spreadsheets_write_it(style: str, tmp_path: Path) -> None:
    export = only_export(written(tmp_path, ENCODINGS[style]))

    assert (export.name, [device.name for device in export.devices]) == ("Zahnärzte Müller", ["LAPTOP-3"])


def test_json_may_bear_the_marks_that_editors_write(tmp_path: Path) -> None:
    text = template("json").decode()

    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert only_export(written(tmp_path, text.encode(encoding), "hub.json")) == FABRIKAM


INSTANTS: dict[Cell, datetime] = {
    "2026-11-22T01:00:00Z": EXPORTED,
    "2026-11-22t01:00z".upper(): EXPORTED,
    "2026-11-22 02:00:00+01:00": EXPORTED,
    "2026-11-21T20:00:00.000-0500": EXPORTED,
    "2026-11-22 01:00 UTC": EXPORTED,
    "22.11.2026 01:00": EXPORTED,
    "22.11.2026, 1:00:00": EXPORTED,
    "11/22/2026 1:00": EXPORTED,
    "11/22/2026 1:00 AM": EXPORTED,
    "22/11/2026 01:00": EXPORTED,
    "22-11-2026 01:00": EXPORTED,
    datetime(2026, 11, 22, 1, 0): EXPORTED,  # noqa: DTZ001 - a spreadsheet's date has no zone
    datetime(2026, 11, 22, 0, 59, 59, 999997): EXPORTED,  # noqa: DTZ001 - nor is it exact
    "2026-11-22": datetime(2026, 11, 22, tzinfo=UTC),
    "2026/11/22": datetime(2026, 11, 22, tzinfo=UTC),
    "1.2.2026": datetime(2026, 2, 1, tzinfo=UTC),
    "03/03/2026": datetime(2026, 3, 3, tzinfo=UTC),
    date(2026, 11, 22): datetime(2026, 11, 22, tzinfo=UTC),
    "11/22/2026 12:30 pm": datetime(2026, 11, 22, 12, 30, tzinfo=UTC),
    "11/22/2026 12:30 a.m.": datetime(2026, 11, 22, 0, 30, tzinfo=UTC),
}


@pytest.mark.parametrize("cell", INSTANTS)
def test_an_instant_is_read_in_every_style_that_has_one_meaning(cell: Cell) -> None:
    assert instant_of(cell) == INSTANTS[cell]


@pytest.mark.parametrize(
    "cell", ["03/04/2026", "03-04-2026 01:00", "2026-11-22 01:00", "0001-01-01T00:00:00+10:00", "11/22/2026 13:00 PM", "", "46348", 46348.0, True]
)
def test_an_instant_that_could_mean_two_things_or_none_is_refused(cell: Cell) -> None:
    with pytest.raises(Unfit):
        instant_of(cell)


def test_words_are_read_however_they_are_capitalized_and_joined() -> None:
    assert [form_of(cell) for cell in ("File server", "file-server", "FILE_SERVER", " laptop ")] == [*[DeviceForm.FILE_SERVER] * 3, DeviceForm.LAPTOP]
    assert (kind_of("Commercial"), state_of("Cancelled"), state_of("CANCELED")) == (
        LicenseKind.COMMERCIAL,
        LicenseState.CANCELED,
        LicenseState.CANCELED,
    )
    assert [truth_of(cell) for cell in ("Yes", "TRUE", "1", 1.0, True)] == [True] * 5
    assert [truth_of(cell) for cell in ("no", "False", "0", 0.0, False)] == [False] * 5
    assert [expiry_of(cell) for cell in ("", "Never", "unlimited")] == [None] * 3
    assert [identity_of(cell) for cell in (17.0, 17, "0017")] == ["17", "17", "0017"]


@pytest.mark.parametrize("word", ["other", "", 3.5, True])
def test_words_that_nothing_knows_are_refused(word: Cell) -> None:
    for parse in (kind_of, state_of, form_of):
        with pytest.raises(Unfit):
            parse(word)


SPELLINGS = {
    "blanks and capitals": ("Company ID", "Company name", "License type", "Operating system", "E-mail", "Device type"),
    "other words": ("CUSTOMER_ID", "Customer", "license-type", "OS", "Mailbox address", "Type"),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_common_spellings_of_columns_are_recognized(spelling: str, tmp_path: Path) -> None:
    theirs = dict(zip(("company_id", "company", "kind", "os_name", "mailbox", "type"), SPELLINGS[spelling], strict=True))
    header = ",".join(theirs.get(name, name) for name in COLUMNS)

    read = read_export(written(tmp_path, f"{header}\r\n{','.join(DEVICE_ROW.values())}\r\n"))

    assert read == ReadExport(read_export(written(tmp_path, csv_text([DEVICE_ROW]))).exports, ())


def test_columns_that_nothing_knows_are_ignored_and_told(tmp_path: Path) -> None:
    read = read_export(written(tmp_path, csv_text([{**DEVICE_ROW, "Remark": "new", "Owner": "Bea"}], columns=["Remark", *COLUMNS, "Owner"])))

    assert read.ignored_columns == ("Remark", "Owner")
    assert read.exports[0].devices


def test_other_names_are_mapped_to_ours_and_a_recognized_one_can_be_left_alone(tmp_path: Path) -> None:
    columns = ["Firma" if name == "company" else name for name in COLUMNS]
    path = written(tmp_path, csv_text([{**DEVICE_ROW, "Firma": "Fabrikam", "Status": "on vacation"}], columns=[*columns, "Status"]))

    read = read_export(path, names={"firma": "company", "Status": ""})

    assert read.exports[0].name == "Fabrikam"
    assert read.ignored_columns == ()


def test_the_instant_may_be_given_along_with_the_file_and_is_utc_without_a_zone(tmp_path: Path) -> None:
    path = written(tmp_path, csv_text([DEVICE_ROW], columns=[name for name in COLUMNS if name != "exported"]))
    berlin = timezone(timedelta(hours=1))

    for given in (datetime(2026, 11, 22, 1, 0), datetime(2026, 11, 22, 2, 0, tzinfo=berlin)):  # noqa: DTZ001 - as the command line gives it
        assert read_export(path, exported=given).exports[0].exported == EXPORTED


def test_a_row_may_hold_a_license_or_a_company_alone(tmp_path: Path) -> None:
    bare = row(**NO_DEVICE, company_id="c-18", company="Contoso")

    unused, empty = read_export(written(tmp_path, csv_text([bare, row(**NO_DEVICE, **NO_LICENSE, company_id="c-19")]))).exports

    assert ([one.id for one in unused.licenses], unused.devices) == (["l-1"], ())
    assert (empty.id, empty.licenses, empty.devices, empty.mailboxes) == ("c-19", (), (), ())


def test_a_license_is_told_once_and_named_by_its_id_elsewhere(tmp_path: Path) -> None:
    named = row(device_id="d-2", application="", kind="", state="", expires="")

    export = only_export(written(tmp_path, csv_text([named, DEVICE_ROW])))

    assert [tuple(use) for use in export.uses] == [("d-1", "l-1"), ("d-2", "l-1")]


def test_a_device_may_use_several_licenses(tmp_path: Path) -> None:
    export = only_export(
        written(tmp_path, csv_text([DEVICE_ROW, row(license_id="l-2", application="Kaspersky Endpoint Security Cloud"), row(**NO_LICENSE)]))
    )

    assert [tuple(use) for use in export.uses] == [("d-1", "l-1"), ("d-1", "l-2")]
    assert len(export.devices) == 1


def test_an_address_is_one_mailbox_however_it_is_spelled(tmp_path: Path) -> None:
    export = only_export(written(tmp_path, csv_text([MAILBOX_ROW, {**MAILBOX_ROW, "mailbox": "Anna@Fabrikam.example"}])))

    assert [mailbox.address for mailbox in export.mailboxes] == ["anna@fabrikam.example"]
