"""A file is whole or refused: one row per way to be bad, each refused with where, what was found, and what was expected (L1)."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tallybridge.sources.business_hub import COLUMNS, ExportRefused, read_export
from tallybridge.sources.business_hub.refusing import MOST_PROBLEMS
from tallybridge.sources.business_hub.templates import template
from tests.sources.business_hub.exports_of import DEVICE_ROW, EXPORTED, MAILBOX_ROW, NO_DEVICE, NO_LICENSE, csv_text, refusal_of, row, written

GOOD = row(device_id="d-0")

BAD_ROWS: dict[str, tuple[dict[str, str], str]] = {
    "no company id": (row(company_id=" "), 'row 3, column "company_id": found nothing, expected a value'),
    "no company name": (row(company=""), 'row 3, column "company": found nothing, expected a value'),
    "another name of the company": (row(company="Contoso"), 'row 3, column "company": found "Contoso", expected "Fabrikam", as another row'),
    "no exported instant": (row(exported=""), 'row 3, column "exported": found "", expected an instant'.replace('""', "nothing")),
    "two exported instants in one company": (
        row(exported="2026-11-21T01:00:00Z"),
        'row 3, column "exported": found "2026-11-21T01:00:00Z", expected 2026-11-22T01:00:00Z, as another row of company c-17',
    ),
    "exported without its zone": (row(exported="2026-11-22T01:00:00"), "expected an instant that says its zone, as 2026-11-22T01:00:00Z"),
    "unknown kind": (row(license_id="l-9", kind="perpetual"), 'row 3, column "kind": found "perpetual", expected commercial, beta'),
    "kind left empty": (row(license_id="l-9", kind=""), 'row 3, column "kind": found nothing, expected commercial'),
    "unknown state": (row(license_id="l-9", state="dormant"), 'column "state": found "dormant", expected active, paused or canceled'),
    "unknown type": (row(type="tablet"), 'row 3, column "type": found "tablet", expected desktop, laptop, file_server or mobile'),
    "type left empty": (row(type=""), 'row 3, column "type": found nothing, expected desktop'),
    "bad date": (row(license_id="l-9", expires="soon"), 'column "expires": found "soon", expected an instant, as 2026-11-22T01:00:00Z'),
    "a date that does not exist": (row(license_id="l-9", expires="2027-02-30"), 'found "2027-02-30", expected an instant that exists'),
    "a time that does not exist": (row(license_id="l-9", expires="30.06.2027 25:00"), "expected an instant that exists"),
    "an ambiguous date": (row(license_id="l-9", expires="03/04/2026"), 'found "03/04/2026", expected a date that can be read in one way only'),
    "a year of two digits": (row(license_id="l-9", expires="22.11.26"), 'found "22.11.26", expected an instant'),
    "the same device with another name": (
        row(device_id="d-0", device="PC-2"),
        'row 3, column "device": found "PC-2", expected "LAPTOP-3", as another row says of device d-0',
    ),
    "the same device with another type": (row(device_id="d-0", type="mobile"), 'column "type": found "mobile", expected "laptop"'),
    "the same license with another expiry": (
        row(expires="never"),
        'column "expires": found nothing, expected 2027-06-30T00:00:00Z, as another row says of license l-1',
    ),
    "a license that is listed nowhere": (
        row(license_id="l-9", application="", kind="", state="", expires=""),
        'row 3, column "license_id": found "l-9", expected a license that the file lists for company c-17',
    ),
    "facts of a license without its id": (row(license_id=""), 'row 3, column "license_id": found nothing, expected a value'),
    "a device without an id": (row(device_id=""), 'row 3, column "device_id": found nothing, expected a value'),
    "an id that a spreadsheet has shortened": (row(device_id="1,23457E+15"), 'found "1,23457E+15", expected all its digits'),
    "a formula": (row(device_id='="0017"'), 'column "device_id": found "="0017"", expected a plain value, no formula'),
    "an error of the spreadsheet": (row(device="#NAME?"), 'column "device": found "#NAME?", expected a plain value'),
    "a device and a mailbox in one row": (row(mailbox="anna@fabrikam.example", protected="yes"), "one row per device or mailbox"),
    "protection of a device": (row(protected="no"), 'row 3, column "protected": found "no", expected nothing, because the row holds a device'),
    "a mailbox of which nothing is said": ({**MAILBOX_ROW, "protected": ""}, 'row 3, column "protected": found nothing, expected yes or no'),
    "neither yes nor no": ({**MAILBOX_ROW, "protected": "maybe"}, 'row 3, column "protected": found "maybe", expected yes or no'),
    "protection without a mailbox": ({**MAILBOX_ROW, "mailbox": ""}, 'row 3, column "mailbox": found nothing, expected a value'),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_a_bad_row_refuses_the_file_naming_row_column_value_and_what_was_expected(case: str, tmp_path: Path) -> None:
    bad, sentence = BAD_ROWS[case]

    refusal = refusal_of(written(tmp_path, csv_text([GOOD, bad])))

    assert sentence in refusal.sentence
    assert len(refusal.problems) == 1


def test_the_same_mailbox_protected_and_not_protected_is_refused(tmp_path: Path) -> None:
    refusal = refusal_of(written(tmp_path, csv_text([MAILBOX_ROW, {**MAILBOX_ROW, "protected": "no"}])))

    assert 'row 3, column "protected": found False, expected True, as another row says of mailbox anna@fabrikam.example' in refusal.sentence


HEADER = ",".join(COLUMNS)
LINE = ",".join(DEVICE_ROW.values())

BAD_TEXTS: dict[str, tuple[str | bytes, str]] = {
    "empty file": (b"", "found an empty file, expected a header and at least one row"),
    "blank lines only": (b"\r\n\r\n", "found no company, expected a header and at least one row"),
    "header only": (HEADER + "\r\n", "found no company, expected a header and at least one row"),
    "no header": (LINE + "\r\n", 'row 1, column "company_id": found no such column, expected a column company_id'),
    "missing column": (
        csv_text([GOOD], columns=[name for name in COLUMNS if name != "type"]),
        'row 1, column "type": found no such column, expected a column type',
    ),
    "no exported column": (
        csv_text([GOOD], columns=[name for name in COLUMNS if name != "exported"]),
        'row 1, column "exported": found no such column, expected the export\'s instant as a column, or given along with the file',
    ),
    "two columns for one": (
        f"{HEADER},Company name\r\n{LINE},Fabrikam\r\n",
        'row 1, column "Company name": found "Company name", expected one column for company; "company" is read as it too',
    ),
    "more cells than the header": (f"{HEADER}\r\n{LINE},extra\r\n", 'row 2: found 15 cells, the last of them "extra", expected at most 14 cells'),
    "something below a column without a name": (
        f"{HEADER},\r\n{LINE},note\r\n",
        'row 2: found "note", expected nothing, because column 15 has no name',
    ),
    "cut off in the middle of a row": (f"{HEADER}\r\n{LINE}\r\nc-17,Fabrikam,2026-11", "row 3: found 3 cells, the last of them"),
    "cut off within quotation marks": (f'{HEADER}\r\nc-17,"Fabri', "row 2: found a row that cannot be read"),
    "stray quotation marks": (f'{HEADER}\r\nc-17,"Fabrikam" Ltd,{LINE}\r\n', "row 2: found a row that cannot be read"),
    "NUL bytes": (f"{HEADER}\r\n{LINE}\r\nc-17\0,Fabrikam\r\n", "row 3: found a NUL character, expected text in UTF-8"),
    "UTF-16 without its mark": ((HEADER + "\r\n").encode("utf-16-le"), "found a NUL character"),
    "UTF-16 cut off": ((HEADER + "\r\n").encode("utf-16") + b"\x00", "found bytes that are no text in UTF-16"),
    "an encoding that cannot be told": (
        csv_text([row(company="Crèmerie")]).encode("cp1252"),
        "row 2: found the byte 0xe8 in",
    ),
    "Cyrillic letters of Windows-1251": (
        csv_text([row(company="Ромашка")]).encode("cp1251"),
        "expected text in UTF-8; in a spreadsheet, save it as CSV",
    ),
    "broken UTF-8 with its mark": (b"\xef\xbb\xbf" + HEADER.encode() + b"\r\n\xff", "row 2: found bytes that are no text in UTF-8"),
    "a workbook under the wrong ending": (template("xlsx"), "found an Excel workbook, expected text; give the file the ending .xlsx"),
}


@pytest.mark.parametrize("case", BAD_TEXTS)
def test_a_bad_csv_file_is_refused(case: str, tmp_path: Path) -> None:
    data, sentence = BAD_TEXTS[case]

    assert sentence in refusal_of(written(tmp_path, data)).report


def a_json_export() -> dict[str, Any]:
    return json.loads(template("json"))  # type: ignore[no-any-return]


def with_member(change: Callable[[dict[str, Any]], object]) -> bytes:
    """The example with something done to its only company."""
    export = a_json_export()
    change(export["companies"][0])
    return json.dumps(export).encode()


BAD_JSON: dict[str, tuple[bytes, str]] = {
    "empty file": (b" \n", "found an empty file, expected an export as JSON"),
    "truncated": (template("json")[:500], "Input data was truncated, expected JSON that is whole"),
    "no JSON": (b"company_id,company\n", "row 1: found"),
    "another document": (b"[]", 'expected an object with "exported" and "companies"'),
    "no exported instant": (b'{"companies": []}', "exported: found no such member, expected the export's instant"),
    "exported without its zone": (
        b'{"exported": "2026-11-22T01:00:00", "companies": []}',
        'exported: found "2026-11-22T01:00:00", expected an instant with',
    ),
    "no company": (b'{"exported": "2026-11-22T01:00:00Z", "companies": []}', "companies: found an empty list, expected at least one company"),
    "unknown member of the file": (
        b'{"exported": "2026-11-22T01:00:00Z", "companies": [], "page": 1}',
        "page: found an unknown member, expected only",
    ),
    "a company that is none": (
        b'{"exported": "2026-11-22T01:00:00Z", "companies": [17]}',
        "companies[0]: found something else (Expected `object`, got `int`), expected an object with id, name",
    ),
    "no company id": (with_member(lambda company: company.pop("id")), "companies[0].id: found no such member, expected a text"),
    "a blank company id": (with_member(lambda company: company.update(id=" ")), "companies[0].id: found nothing, expected a text that is not blank"),
    "a wrong type": (with_member(lambda company: company.update(devices={})), "companies[0].devices: found {}, expected a list of devices"),
    "a number as an id": (with_member(lambda company: company["devices"][0].update(id=17)), "companies[0].devices[0].id: found 17, expected a text"),
    "an unknown member": (
        with_member(lambda company: company["devices"][1].update(license_id="l-1")),
        "companies[0].devices[1].license_id: found an unknown member, expected only id, name, os_name, type, license",
    ),
    "a missing license member": (
        with_member(lambda company: company["devices"][1].pop("license")),
        "companies[0].devices[1].license: found no such member, expected the id of a license, or null",
    ),
    "an unknown kind": (
        with_member(lambda company: company["licenses"][0].update(kind="other")),
        'licenses[0].kind: found "other", expected commercial',
    ),
    "an unknown state": (
        with_member(lambda company: company["licenses"][0].update(state="other")),
        'licenses[0].state: found "other", expected active',
    ),
    "an unknown type": (
        with_member(lambda company: company["devices"][0].update(type="tablet")),
        'devices[0].type: found "tablet", expected desktop',
    ),
    "a bad date": (
        with_member(lambda company: company["licenses"][0].update(expires="2027-06-30")),
        'licenses[0].expires: found "2027-06-30", expected',
    ),
    "yes as a text": (with_member(lambda company: company["mailboxes"][0].update(protected="yes")), 'protected: found "yes", expected true or false'),
    "the same device with other facts": (
        with_member(lambda company: company["devices"].append({**company["devices"][0], "type": "desktop"})),
        'companies[0].devices[4].type: found "desktop", expected "laptop", as is said before of device d-1',
    ),
    "a device that names an unlisted license": (
        with_member(lambda company: company["devices"][0].update(license="l-9")),
        'companies[0].devices[0].license: found "l-9", expected a license that is listed for company c-17',
    ),
    "a mailbox that names an unlisted license": (
        with_member(lambda company: company["mailboxes"][0].update(license="l-9")),
        'companies[0].mailboxes[0].license: found "l-9"',
    ),
    "a NUL character": (with_member(lambda company: company.update(name="Fabri\0kam")), "found a NUL character"),
    "a wrong type and broken after it": (b'{"companies": 17, "exported": }', "found something else (JSON is malformed"),
    "wrong encoding": (b'{"exported": "2026-11-22T01:00:00Z", "companies": [{"id": "c", "name": "M\xfcller"}]}', "row 1: found the byte 0xfc in"),
    "lists without end": (b'{"exported": "2026-11-22T01:00:00Z", "companies": [' + b"[" * 100_000, "found"),
}


@pytest.mark.parametrize("case", BAD_JSON)
def test_a_bad_json_file_is_refused(case: str, tmp_path: Path) -> None:
    data, sentence = BAD_JSON[case]

    assert sentence in refusal_of(written(tmp_path, data, "hub.json")).sentence


def a_workbook(fill: Callable[[xlsxwriter.Workbook, Any], object], *, header: bool = True) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet("Export")
        if header:
            sheet.write_row(0, 0, COLUMNS)
            sheet.write_row(1, 0, list(DEVICE_ROW.values()))
        fill(workbook, sheet)
    return file.getvalue()


BAD_WORKBOOKS: dict[str, tuple[bytes, str]] = {
    "empty file": (b"", "found something else, expected an Excel workbook (.xlsx)"),
    "not a spreadsheet": (b"company_id,company\r\n", "found something else, expected an Excel workbook (.xlsx)"),
    "a truncated workbook": (template("xlsx")[:-400], "found something else, expected an Excel workbook (.xlsx)"),
    "an empty sheet": (a_workbook(lambda _book, _sheet: None, header=False), "found no company, expected a header"),
    "a formula cell": (
        a_workbook(lambda _book, sheet: sheet.write_formula("I2", '="d-1"', None, "d-1")),
        'sheet "Export", row 2, column "I": found a formula, expected a plain value; paste the values over the formulas',
    ),
    "an error cell": (a_workbook(lambda _book, sheet: sheet.write_formula("L2", "=NA()", None, "#N/A")), 'row 2, column "L": found an error'),
    "a merged header": (
        a_workbook(lambda _book, sheet: (sheet.write_row(0, 0, COLUMNS), sheet.merge_range("P1:Q1", "Notes"))),
        'sheet "Export", row 1, column "P": found merged cells P1:Q1, expected cells that are not merged',
    ),
    "a second sheet that is no table": (
        a_workbook(lambda book, _sheet: book.add_worksheet("Notes").write(0, 0, "read me")),
        'sheet "Notes", row 1, column "company_id": found no such column',
    ),
    "a number as a date": (
        a_workbook(lambda _book, sheet: sheet.write_number("C2", 46348.04)),
        'row 2, column "exported": found 46348.04, expected an instant',
    ),
    "a number with too many digits as an id": (
        a_workbook(lambda _book, sheet: sheet.write_number("I2", 12345678901234567890)),
        "expected text; enter it again in a column formatted as text, because a spreadsheet holds only 15 digits",
    ),
    "a date as an id": (
        a_workbook(lambda book, sheet: sheet.write_datetime("I2", datetime(2026, 3, 1), book.add_format({"num_format": "d mmm"}))),  # noqa: DTZ001
        'row 2, column "device_id": found 2026-03-01, expected text',
    ),
}


@pytest.mark.parametrize("case", BAD_WORKBOOKS)
def test_a_bad_workbook_is_refused(case: str, tmp_path: Path) -> None:
    data, sentence = BAD_WORKBOOKS[case]

    assert sentence in refusal_of(written(tmp_path, data, "hub.xlsx")).report


def test_all_problems_are_told_at_once_up_to_a_bound(tmp_path: Path) -> None:
    three = refusal_of(written(tmp_path, csv_text([GOOD, *(row(device_id=f"d-{number}", type="tablet") for number in range(3, 6))])))
    many = refusal_of(written(tmp_path, csv_text([row(device_id=f"d-{number}", type="tablet") for number in range(200)])))

    assert [problem.row for problem in three.problems] == [3, 4, 5]
    assert "and 2 more problems" in three.sentence
    assert len(many.problems) == MOST_PROBLEMS
    assert "perhaps more" in many.report


def test_a_refused_file_says_which_companies_it_speaks_of(tmp_path: Path) -> None:
    refusal = refusal_of(written(tmp_path, csv_text([GOOD, row(company_id="c-18", company="Contoso", type="tablet")])))

    assert refusal.companies == {("c-17", EXPORTED), ("c-18", EXPORTED)}


def test_a_file_that_is_not_there_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    assert "found a file that cannot be read (No such file or directory)" in refusal_of(tmp_path / "nowhere.csv").sentence
    assert 'found the ending ".ods", expected .csv, .xlsx or .json' in refusal_of(written(tmp_path, b"", "hub.ods")).sentence


def test_an_instant_given_along_must_agree_with_the_file(tmp_path: Path) -> None:
    other = datetime(2026, 11, 20, tzinfo=UTC)

    for name, data in (("hub.csv", csv_text([GOOD]).encode()), ("hub.json", template("json"))):
        with pytest.raises(ExportRefused, match="2026-11-20T00:00:00Z, the instant that was given along with the file"):
            read_export(written(tmp_path, data, name), exported=other)


def test_a_name_mapped_to_no_column_of_ours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportRefused, match='column name "Firma": found "firm", expected one of our columns'):
        read_export(written(tmp_path, csv_text([GOOD])), names={"Firma": "firm"})


def test_a_license_alone_that_only_bears_an_id_is_refused(tmp_path: Path) -> None:
    bare = row(**{**NO_DEVICE, **NO_LICENSE, "license_id": "l-9"})

    assert 'column "license_id": found "l-9"' in refusal_of(written(tmp_path, csv_text([GOOD, bare]))).sentence
