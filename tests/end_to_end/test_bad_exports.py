"""Bad export files through `import`: each refused whole with a sentence that names the place, and nothing in the ledger changed (contracts 5)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.companies import (
    CLOUD_PLUS,
    HubBench,
    box,
    export,
    flat_rows,
    licensed,
    northwind,
    unit,
    write_file,
)
from tests.end_to_end.conftest import Bench, Called

Json = dict[str, Any]
Spoil = Callable[[HubBench], Path]


@pytest.fixture
def hub(bench: Bench) -> HubBench:
    """One export is imported already, so that there is something to lose."""
    hub = HubBench(bench)
    hub.bring(hub.file("good.json", northwind()))
    return hub


def table(**members: Any) -> Spoil:
    """A CSV of Northwind with members changed."""
    return lambda hub: write_file(hub.bench.folder / "bad.csv", [northwind(**members)], hub.bench.now())


def cell(row: int, column: str, value: str) -> Spoil:
    """A CSV in which one cell holds something else; rows are numbered as a spreadsheet numbers them."""

    def spoil(hub: HubBench) -> Path:
        rows = flat_rows([northwind()], hub.bench.now())
        rows[row - 2][column] = value
        path = hub.bench.folder / "bad.csv"
        lines = [";".join(rows[0]), *(";".join(one.values()) for one in rows)]
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    return spoil


def document(change: Callable[[Json], object]) -> Spoil:
    """A JSON export that `change` has changed."""

    def spoil(hub: HubBench) -> Path:
        content = export([northwind()], hub.bench.now())
        change(content)
        path = hub.bench.folder / "bad.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    return spoil


def raw(name: str, content: bytes) -> Spoil:
    """A file of just these bytes."""

    def spoil(hub: HubBench) -> Path:
        path = hub.bench.folder / name
        path.write_bytes(content)
        return path

    return spoil


def first(content: Json) -> Json:
    return dict(content["companies"][0])


TABLE: list[tuple[str, Spoil, list[str]]] = [
    ("a type that there is not", cell(4, "type", "toaster"), ["row 4", "type", "toaster", "desktop"]),
    ("a kind that there is not", cell(2, "kind", "pirated"), ["row 2", "kind", "pirated", "commercial"]),
    ("a state that there is not", cell(3, "state", "sleepy"), ["row 3", "state", "sleepy", "active"]),
    ("a date that can be read in two ways", cell(2, "expires", "03/04/2027"), ["row 2", "expires", "03/04/2027", "2027-03-04", "2027-04-03"]),
    ("a date that does not exist", cell(2, "expires", "2027-02-30"), ["row 2", "expires", "2027-02-30"]),
    ("an instant without its zone", cell(2, "exported", "2026-11-22T01:00:00"), ["row 2", "exported", "zone"]),
    ("neither yes nor no", cell(6, "protected", "maybe"), ["row 6", "protected", "maybe", "yes"]),
    ("a device without id", cell(4, "device_id", ""), ["row 4", "device_id"]),
    ("an id that a spreadsheet has shortened", cell(4, "device_id", "1.23457E+15"), ["row 4", "device_id", "1.23457E+15"]),
    ("a company without name", cell(4, "company", ""), ["row 4", "company"]),
    ("two names of one company", cell(4, "company", "Northwind Ltd"), ["row 4", "company", "Northwind Ltd"]),
    ("two instants of one company", cell(4, "exported", "2020-01-01T00:00:00Z"), ["row 4", "exported"]),
    ("a device and a mailbox in one row", cell(4, "mailbox", "anna@nw.example"), ["row 4", "mailbox"]),
    ("one device with two names", table(devices=[unit("d"), unit("d") | {"name": "OTHER"}]), ["row 5", "device", "OTHER"]),
    ("a device under a license that is not listed", document(lambda it: it["companies"][0].update(licenses=[])), ["L1"]),
    ("a mailbox under a license that is not listed", document(lambda it: it["companies"][0].update(mailboxes=[box("a@x", "L9")])), ["L9"]),
    ("a license twice with different facts", document(lambda it: it["companies"][0]["licenses"].append(licensed("L1", state="paused"))), ["L1"]),
    ("a company twice", document(lambda it: it["companies"].append(first(it) | {"name": "Other"})), ["c-1"]),
    ("an unknown member", document(lambda it: it["companies"][0].update(colour="red")), ["colour"]),
    ("a number where a name should be", document(lambda it: it["companies"][0].update(name=7)), ["name", "7"]),
    ("no instant", document(lambda it: it.pop("exported")), ["exported"]),
    ("no companies", document(lambda it: it.update(companies=[])), ["compan"]),
    ("no JSON at all", raw("bad.json", b'{"exported": '), ["bad.json"]),
    ("JSON in bytes that are no text", raw("bad.json", b"\xff\xfe\x00"), ["bad.json"]),
    ("an empty file", raw("bad.csv", b""), ["bad.csv"]),
    ("a header alone", raw("bad.csv", (",".join(flat_rows([northwind()], None)[0]) + "\n").encode()), ["bad.csv"]),
    ("columns missing", raw("bad.csv", b"company_id,company\nc-1,Northwind\n"), ["device_id", "row 1"]),
    ("a workbook that is none", raw("bad.xlsx", b"PK\x03\x04 and no more"), ["bad.xlsx"]),
    ("another ending", raw("bad.txt", b"company_id,company\n"), [".txt", ".csv"]),
    ("no ending", raw("bad", b"company_id,company\n"), ["bad", ".csv"]),
]


def require_refused(hub: HubBench, refused: Called, before: object, words: list[str]) -> None:
    assert refused.code == 1, refused.words
    assert "Traceback" not in refused.words
    assert "error of its own" not in refused.words
    for word in words:
        assert word in refused.words, f"{word!r} is not in: {refused.words}"
    assert hub.given() == before


@pytest.mark.parametrize(("spoil", "words"), [pytest.param(spoil, words, id=name) for name, spoil, words in TABLE])
def test_a_bad_file_is_refused_whole(hub: HubBench, spoil: Spoil, words: list[str]) -> None:
    before, file = hub.given(), spoil(hub)

    refused = hub.bench.call("import", file)

    require_refused(hub, refused, before, [file.name, "nothing", *words])


def test_as_a_document_the_refusal_is_one_message_with_the_same_words(hub: HubBench) -> None:
    _, spoil, words = TABLE[0]

    message = hub.bench.call("import", spoil(hub), "--json").json["error"]["message"]

    assert [word for word in words if word not in message] == []


def test_every_problem_of_a_file_is_told_at_once(hub: HubBench) -> None:
    devices = [unit(f"d{number}", "toaster") for number in range(7)]
    file = write_file(hub.bench.folder / "bad.csv", [northwind(devices=devices)], hub.bench.now())

    refused = hub.bench.call("import", file)

    assert [f"row {number}" in refused.words for number in range(4, 11)] == [True] * 7


def test_a_file_with_thousands_of_problems_tells_the_first_of_them(hub: HubBench) -> None:
    devices = [unit(f"d{number}", "toaster") for number in range(5000)]
    file = write_file(hub.bench.folder / "bad.csv", [northwind(devices=devices)], hub.bench.now())

    refused = hub.bench.call("import", file)

    assert refused.code == 1
    assert refused.words.count("toaster") == 50


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.csv"], ["nowhere.csv"]),
        ([], ["--template"]),
        (["."], ["."]),
        (["good.csv", "--exported", "yesterday"], ["--exported"]),
        (["good.csv", "--exported", "2026-11-22"], ["--exported"]),
        (["good.csv", "--column", "Gerätename"], ["Gerätename", "THEIRS=OURS"]),
        (["good.csv", "--column", "=device"], ["THEIRS=OURS"]),
        (["good.csv", "--column", "Gerätename=gadget"], ["gadget", "device"]),
        (["good.csv", "--column", "device=mailbox"], ["mailbox"]),
        (["good.csv", "--integration", "Nowhere"], ["Nowhere", "Business Hub"]),
        (["--template", "pdf"], ["pdf"]),
        (["--template", "csv", "good.csv"], ["good.csv", "not overwritten"]),
        (["--template", "csv", "nowhere/example.csv"], ["nowhere"]),
    ],
)
def test_a_wrong_use_of_the_command_changes_nothing(hub: HubBench, arguments: list[str], words: list[str]) -> None:
    good = write_file(hub.bench.folder / "good.csv", [northwind()], hub.bench.now())
    before, content = hub.given(), good.read_bytes()

    refused = hub.bench.call("import", *arguments)

    require_refused(hub, refused, before, words)
    assert good.read_bytes() == content


def test_without_an_integration_that_reads_exports_nothing_is_taken(bench: Bench) -> None:
    file = write_file(bench.folder / "good.csv", [northwind()], bench.now())

    refused = bench.call("import", file)

    assert refused.code == 1
    assert "business_hub" in refused.words


def test_a_cloud_application_is_not_mapped_by_category(hub: HubBench) -> None:
    """It is licensed per user, and a user has no category (issue: refused with that explanation)."""
    hub.declare(mappings=[{"application": CLOUD_PLUS, "windows_workstation": "KES-WKS", "windows_server": "KES-SRV"}])
    before = hub.given()

    refused = hub.bench.call("import", hub.file("new.json", northwind(users=9)))

    require_refused(hub, refused, before, [CLOUD_PLUS, "user"])


def test_after_a_refusal_the_next_run_bills_what_was_known_before(hub: HubBench) -> None:
    hub.bench.run("--tenant", "Northwind")
    lines = hub.bench.sandbox.state()
    hub.bench.call("import", table(devices=[unit("d", "toaster")])(hub))

    again = hub.bench.run("--tenant", "Northwind")

    assert (again.code, again.writes) == (0, 0)
    assert hub.bench.sandbox.state() == lines
