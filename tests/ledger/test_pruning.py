"""The end of retention (design 7): the bytes of old evidence go, its hash and counts stay, and nothing that still proves something is touched."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from tallybridge.ledger import destinations, evidence, imports, lines, manifests, opening, pruning, runs
from tallybridge.ledger.prepared import models
from tests.ledger.examples import AGREEMENT, INTEGRATION, START, TENANT, TODAY, StandingClock, begin, change, line, tamper, tenant_run
from tests.ledger.tampering import report_after

DAYS = 6
KEPT_FROM = TODAY + timedelta(days=4)
"""Of the days 0 to 5 the first four are over."""


def _day(number: int) -> date:
    return TODAY + timedelta(days=number)


def _bill(psa: int, number: int, *, devices: int, written: int = 90) -> str:
    """A closed day whose evidence shows so many devices; returns the address of that."""
    run, started = f"r{number}", START + timedelta(days=number)
    begin(run, on=_day(number), started=started)
    record = tenant_run(psa, devices=devices, mark=run, observed_at=started, changes=(change(to_quantity=written),))
    runs.record_tenant(run, record)
    runs.finish(run, "done", {}, started, {})
    assert record.evidence is not None
    return record.evidence


@pytest.fixture
def psa(ledger: Path) -> int:
    return destinations.identify("tigerpaw", "http://127.0.0.1:8085", "public")


@pytest.fixture
def addresses(psa: int) -> list[str]:
    """The evidence of six days, each with a device more, kept as differences."""
    runs_of_days: list[str] = []
    for number in range(DAYS):
        run, started = f"r{number}", START + timedelta(days=number)
        begin(run, on=_day(number), started=started)
        seen = evidence.put(f"{'device ' * 200}{number}".encode(), "observation", earlier=runs_of_days[-1] if runs_of_days else None)
        record = tenant_run(psa, mark=run, observed_at=started, evidence=seen, changes=(change(to_quantity=90 + number),))
        runs.record_tenant(run, record)
        runs.finish(run, "done", {}, started, {})
        runs_of_days.append(seen)
    return runs_of_days


def _prune(**options: bool) -> pruning.Pruning:
    pruned = pruning.prune(INTEGRATION, KEPT_FROM, at=START + timedelta(days=DAYS), everything=True, **options)
    begin("after", on=_day(DAYS), started=START + timedelta(days=DAYS))
    runs.finish("after", "done", {}, START + timedelta(days=DAYS), {})
    return pruned


def test_evidence_whose_retention_has_ended_goes_and_its_hash_and_counts_stay(addresses: list[str]) -> None:
    assert models.Blob.objects.filter(kind="observation", base__isnull=False).count() == DAYS - 1
    assert _prune().contents == 4
    for address in addresses[:4]:
        with pytest.raises(evidence.EvidencePruned, match="retention of this evidence has ended"):
            evidence.get(address)
        assert models.PrunedContent.objects.get(address=address).before == KEPT_FROM
    (recorded,) = runs.tenant_runs("r0")
    assert (recorded.evidence, sum(one.quantity for one in recorded.quantities)) == (addresses[0], 100)


def test_what_a_kept_difference_builds_on_goes_too_and_the_difference_is_read_all_the_same(addresses: list[str]) -> None:
    _prune()
    assert [evidence.get(address)[-1:] for address in addresses[4:]] == [b"4", b"5"]
    kept = models.Blob.objects.filter(address__in=addresses)
    assert list(kept.order_by("id").values_list("address", "base__address")) == [(addresses[4], None), (addresses[5], addresses[4])]


def test_verify_says_what_was_pruned_and_finds_everything_right(addresses: list[str]) -> None:
    _prune()
    report = manifests.verify()
    assert (report.ok, report.first_broken, report.pruned, report.not_yet_vouched) == (True, None, 4, 0)


def test_a_dry_run_only_tells(addresses: list[str]) -> None:
    assert _prune(dry_run=True).contents == 4
    assert all(evidence.get(address) for address in addresses)


def test_pruning_twice_is_once(addresses: list[str]) -> None:
    """L8."""
    _prune()
    assert pruning.prune(INTEGRATION, KEPT_FROM, at=START, everything=True).contents == 0


def test_evidence_that_a_later_day_rests_on_is_kept(psa: int) -> None:
    unchanged = {_bill(psa, number, devices=3) for number in range(DAYS)}
    assert len(unchanged) == 1
    assert pruning.prune(INTEGRATION, KEPT_FROM, at=START, everything=True).contents == 0


def test_evidence_that_a_line_of_ours_was_last_written_from_is_kept(addresses: list[str], psa: int) -> None:
    """Design 6.5: the next fall of the line is proved by it."""
    lines.take_over(psa, INTEGRATION, TENANT.id, (line(written=91),), [])
    assert _prune().contents == 3
    assert evidence.get(addresses[1])
    recorded = runs.last_counted(psa, AGREEMENT, "KES-WKS", 91)
    assert recorded is not None
    assert recorded.evidence == addresses[1]


def test_exports_whose_retention_has_ended_go_with_it(ledger: Path) -> None:
    for number in range(DAYS):
        part = imports.ImportedPart(company="c-17", exported=START + timedelta(days=number), content=b"anna@fabrikam.example %d" % number)
        imports.take(INTEGRATION, [part], file="export.json", at=START)
    assert pruning.prune(INTEGRATION, KEPT_FROM, at=START).contents == 4
    assert [part.content[-1:] for part in imports.newest_parts(INTEGRATION)] == [b"5"]


def test_nothing_of_what_was_pruned_is_left_in_the_file(psa: int, home: Path, clock: StandingClock) -> None:
    """Names of devices and mailboxes are personal data."""
    begin("r0")
    address = evidence.put(b"the laptop of somebody: NB-4711", "observation")
    runs.record_tenant("r0", tenant_run(psa, evidence=address))
    runs.finish("r0", "done", {}, START, {})
    pruning.prune(INTEGRATION, KEPT_FROM, at=START, everything=True)
    opening.close_ledger()
    assert all(b"NB-4711" not in file.read_bytes() for file in home.iterdir() if file.is_file())
    opening.open_ledger(home, clock=clock)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM ledger_blob WHERE id = {kept}",
        "UPDATE ledger_blob SET base_id = NULL, data = x'00' WHERE id = {kept}",
        "DELETE FROM ledger_prunedcontent",
        "UPDATE ledger_prunedcontent SET before = '2000-01-01'",
    ],
)
def test_the_database_lets_nothing_go_that_was_not_pruned(addresses: list[str], statement: str) -> None:
    _prune()
    kept = models.Blob.objects.get(address=addresses[5]).id
    with pytest.raises(IntegrityError, match="only ever added"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(kept=kept).replace("x'00'", "data"))


def test_a_piece_that_was_removed_before_its_time_is_found_whatever_the_entry_says(addresses: list[str], ledger: Path, clock: StandingClock) -> None:
    _prune()
    report = report_after(
        ledger,
        clock,
        "INSERT INTO ledger_prunedcontent (blob, address, kind, size, before, at)"
        " SELECT id, address, kind, size, '2026-11-26', '2026-11-26 00:00:00' FROM ledger_blob WHERE kind = 'observation' AND base_id IS NOT NULL",
        "DELETE FROM ledger_blob WHERE kind = 'observation' AND base_id IS NOT NULL",
    )
    assert not report.ok
    assert "was pruned before its retention had ended" in (report.first_broken or "")


def test_what_a_damaged_piece_builds_on_is_left_for_verify_to_tell(addresses: list[str], home: Path, clock: StandingClock) -> None:
    opening.close_ledger()
    tamper(home, "UPDATE ledger_blob SET data = address WHERE id = (SELECT MAX(base_id) FROM ledger_blob WHERE kind = 'observation')")
    opening.open_ledger(home, clock=clock)
    assert pruning.prune(INTEGRATION, KEPT_FROM, at=START, everything=True).contents == 3
    assert not manifests.verify().ok
