"""`verify` walks the chain and names the first link that is no longer as it was recorded (design 7)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from tallybridge.ledger import evidence, manifests, opening, runs
from tallybridge.ledger.addresses import digest_of
from tallybridge.ledger.canonical import encode
from tallybridge.ledger.prepared import models
from tallybridge.ledger.sqlite import DATABASE_FILE
from tests.databases.homes import on_postgresql
from tests.ledger.examples import START, TODAY, StandingClock, begin, one_day
from tests.ledger.tampering import ROW, bytes_in_sql, changed, report_after

VOUCHED_FOR = (
    models.Run,
    models.TenantRun,
    models.TenantFacts,
    models.UsageLine,
    models.PlannedChange,
    models.TenantRunOutcome,
    models.Intent,
    models.IntentCall,
    models.IntentResult,
    models.Manifest,
)
ONLY_ORDERED = ("ledger_usageline.id", "ledger_plannedchange.id")
"""Numbers of which only the order says anything."""
EVIDENCE_KINDS = ("configuration", "rules", "observation", "inputs", "plan", "usage", "document")


def _changes() -> Iterator[ParameterSet]:
    """A change to each column of each table, and the run that must be named."""
    named = {"ledger_manifest.sequence": "r3", "ledger_manifest.run_id": "r9"}
    for model in VOUCHED_FOR:
        table = models.table_of(model)
        for field in model._meta.concrete_fields:
            where = f"{table}.{field.attname}"
            if where not in ONLY_ORDERED:
                yield pytest.param(table, changed(field), named.get(where, "r2"), id=where)


SHORTER = "substr(data, 1, length(data) - 1) || '\\x78'::bytea" if on_postgresql() else "CAST(substr(data, 1, length(data) - 1) || 'x' AS BLOB)"


def _second_row(table: str) -> str:
    """The row that belongs to the second of three runs."""
    return f" WHERE {ROW} = (SELECT {ROW} FROM {table} ORDER BY {ROW} LIMIT 1 OFFSET (SELECT COUNT(*) / 2 FROM {table}))"


def test_an_untouched_ledger_is_right(populated: Path) -> None:
    report = manifests.verify()
    assert (report.ok, report.runs, report.first_broken) == (True, 3, None)
    assert report.evidence > 10


def test_an_empty_ledger_is_right(ledger: Path) -> None:
    assert manifests.verify() == manifests.VerifyReport(ok=True, runs=0, evidence=0, first_broken=None)


@pytest.mark.parametrize(("table", "change", "named"), list(_changes()))
def test_a_changed_row_is_found_and_its_run_is_named(populated: Path, clock: StandingClock, table: str, change: str, named: str) -> None:
    report = report_after(populated, clock, f"UPDATE {table} SET {change}" + _second_row(table))
    assert not report.ok
    assert report.first_broken is not None
    assert report.first_broken.startswith(f"Run {named}: "), report.first_broken
    assert report.runs == 1


@pytest.mark.parametrize("kind", EVIDENCE_KINDS)
@pytest.mark.parametrize("how", [f"UPDATE ledger_blob SET data = {SHORTER}", "DELETE FROM ledger_blob"])
def test_changed_or_missing_evidence_is_found_and_named(populated: Path, clock: StandingClock, kind: str, how: str) -> None:
    report = report_after(populated, clock, f"{how} WHERE kind = '{kind}'")
    if kind == "usage" and how.startswith("DELETE"):
        assert report.ok, "usage may be kept as a hash alone"
        return
    assert not report.ok
    assert report.first_broken is not None
    assert report.first_broken.startswith("Run r1: its ")
    word = {"inputs": "planning inputs", "observation": "evidence"}.get(kind, kind)
    assert word in report.first_broken


@pytest.mark.parametrize("model", [model for model in VOUCHED_FOR if model is not models.Manifest], ids=lambda model: model.__name__)
def test_a_removed_row_is_found(populated: Path, clock: StandingClock, model: type[models.AppendOnly]) -> None:
    table = models.table_of(model)
    report = report_after(populated, clock, f"DELETE FROM {table}" + _second_row(table))
    assert not report.ok
    assert report.first_broken is not None
    assert report.first_broken.startswith("Run r2")


@pytest.mark.parametrize("model", [models.UsageLine, models.PlannedChange, models.IntentCall], ids=lambda model: model.__name__)
def test_an_added_row_is_found(populated: Path, clock: StandingClock, model: type[models.AppendOnly]) -> None:
    table = models.table_of(model)
    columns = ", ".join(f'"{column}"' for column in models.columns_of(model) if column != "id")
    report = report_after(populated, clock, f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table}" + _second_row(table))
    assert not report.ok
    assert report.first_broken is not None
    assert report.first_broken.startswith("Run r2")


@pytest.mark.parametrize(
    "change",
    [
        "ledger_run SET date = 'garbage' WHERE id = 'r2'",
        "ledger_run SET pid = 'garbage' WHERE id = 'r2'",
        "ledger_manifest SET body = 'text' WHERE sequence = 2",
        "ledger_manifest SET body = CAST(x'ff' AS TEXT) WHERE sequence = 2",
        "ledger_manifest SET body = x'' WHERE sequence = 2",
        "ledger_intent SET known = CAST(x'ff' AS TEXT) WHERE run_id = 'r2'",
        "ledger_intentresult SET at = 'garbage' WHERE run_id = 'r2'",
    ],
)
@pytest.mark.sqlite_only("columns of PostgreSQL hold no values of another kind")
def test_values_that_can_no_longer_be_read_are_named_too(populated: Path, clock: StandingClock, change: str) -> None:
    report = report_after(populated, clock, f"UPDATE {change}")
    assert not report.ok
    assert report.first_broken is not None
    assert report.first_broken.startswith("Run r2")


def _blob_of_nobody() -> str:
    """Evidence that no manifest refers to; where it is."""
    return evidence.put(b"read by a run that was killed " * 20, "observation")


def _flip_byte(home: Path, place: int) -> None:
    file = home / DATABASE_FILE
    content = bytearray(file.read_bytes())
    content[place] ^= 0x01
    file.write_bytes(content)


@pytest.mark.sqlite_only("flips a byte of the file")
def test_a_flipped_byte_in_evidence_that_no_manifest_refers_to_is_found(populated: Path, clock: StandingClock) -> None:
    address = _blob_of_nobody()
    checked = manifests.verify().evidence
    stored = bytes(models.Blob.objects.get(address=address).data)
    opening.close_ledger()
    place = (populated / DATABASE_FILE).read_bytes().index(stored)
    _flip_byte(populated, place + len(stored) - 1)
    opening.open_ledger(populated, clock=clock)
    report = manifests.verify()
    assert not report.ok
    assert report.first_broken == f"Evidence of the kind “observation” that no manifest refers to has been changed since it was stored ({address})."
    assert (report.runs, checked > report.evidence > 10) == (3, True), "the chain itself is right"


@pytest.mark.parametrize("kind", [*EVIDENCE_KINDS, "saved_plan"])
def test_every_kind_of_evidence_is_checked_against_its_hash(populated: Path, clock: StandingClock, kind: str) -> None:
    evidence.put(b"kept by hand", "saved_plan")
    report = report_after(populated, clock, f"UPDATE ledger_blob SET size = size + 1 WHERE kind = '{kind}'")
    assert not report.ok
    assert "has been changed since it was stored" in str(report.first_broken)


@pytest.mark.sqlite_only("flips a byte of the file")
@pytest.mark.parametrize("change", ["kind = 'observatiom'", "kind = ''", "depth = {wrong}", "depth = 1000"])
@pytest.mark.parametrize(("which", "wrong"), [("base_id IS NULL", 1), ("base_id IS NOT NULL", 0)])
def test_what_is_written_beside_a_content_is_checked_too(populated: Path, clock: StandingClock, change: str, which: str, wrong: int) -> None:
    """A kind is a word for people, and a depth tells how far it is to a whole content: no bill rests on them, and still nobody changes them."""
    first = evidence.put(b"what stood before " * 20, "present")
    changed_content = evidence.put(b"what stood before " * 20 + b"and more", "present", earlier=first)
    of = first if which == "base_id IS NULL" else changed_content
    digest = bytes_in_sql(digest_of(of))

    report = report_after(populated, clock, f"UPDATE ledger_blob SET {change.format(wrong=wrong)} WHERE address = {digest} AND {which}")

    assert not report.ok
    assert of in (report.first_broken or "")


@pytest.mark.sqlite_only("flips a byte of the file")
def test_a_flipped_byte_in_an_index_of_the_file_is_found_before_anything_else(populated: Path, clock: StandingClock) -> None:
    opening.close_ledger()
    with closing(sqlite3.connect(populated / DATABASE_FILE)) as raw:
        (size,) = raw.execute("PRAGMA page_size").fetchone()
        (page,) = raw.execute("SELECT rootpage FROM sqlite_master WHERE type = 'index' AND tbl_name = 'ledger_blob'").fetchone()
    # The last byte of an index page is the row that its first entry leads to.
    _flip_byte(populated, page * size - 1)
    opening.open_ledger(populated, clock=clock)
    report = manifests.verify()
    assert (report.ok, report.runs) == (False, 0)
    assert str(report.first_broken).startswith("The ledger's file is damaged (")
    assert str(report.first_broken).endswith("Restore the ledger from a backup.")


@pytest.mark.sqlite_only("PostgreSQL checks every reference itself")
def test_a_row_that_refers_to_a_missing_one_is_found_although_no_manifest_tells_of_it(populated: Path, clock: StandingClock) -> None:
    begin("r4")
    report = report_after(populated, clock, "UPDATE ledger_tenantrun SET run_id = 'r99' WHERE rowid = (SELECT MAX(rowid) FROM ledger_tenantrun)")
    assert not report.ok
    assert report.first_broken is not None


def test_a_removed_manifest_breaks_the_chain_at_the_next_one(populated: Path, clock: StandingClock) -> None:
    report = report_after(populated, clock, "DELETE FROM ledger_manifest WHERE sequence = 2")
    assert not report.ok
    assert report.first_broken == "Run r3: its manifest does not follow the one before; a manifest is missing or has been put in between."


def test_a_chain_that_was_cut_short_is_found_by_the_head_that_was_kept(populated: Path, clock: StandingClock) -> None:
    kept = manifests.verify().head
    report = report_after(populated, clock, "DELETE FROM ledger_manifest WHERE sequence = 3")
    assert report.ok, "by itself the rest of the chain is right"
    cut = manifests.verify(kept_head=kept)
    assert not cut.ok
    assert cut.first_broken is not None
    assert str(kept) in cut.first_broken


def test_a_chain_that_grew_still_contains_the_kept_head(populated: Path) -> None:
    kept = manifests.verify().head
    one_day("r4", 1, on=TODAY + timedelta(days=3), started=START + timedelta(days=3), quantity=93)
    report = manifests.verify(kept_head=kept)
    assert report.ok
    assert report.runs == 4
    assert report.head != kept


def test_each_head_depends_on_the_one_before(ledger: Path) -> None:
    begin("a")
    first = runs.finish("a", "done", {}, START, {})
    begin("b")
    second = runs.finish("b", "done", {}, START, {})
    stored = models.Manifest.objects.get(run="b")
    assert (stored.previous, stored.head) == (first, second)


def test_a_run_that_is_not_finished_is_no_broken_link(populated: Path) -> None:
    begin("r4")
    assert manifests.verify().ok


def test_a_manifest_says_what_the_run_said(ledger: Path) -> None:
    begin("a")
    runs.finish("a", "attention", {"tenants": 3}, START, {"charges_read": "sha256:…"})
    stored = runs.get_run("a")
    assert stored is not None
    assert (stored.outcome, stored.totals, stored.tail) == ("attention", {"tenants": 3}, {"charges_read": "sha256:…"})
    assert encode(stored.finished) == encode(START)
