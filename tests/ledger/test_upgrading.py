"""A ledger written before a migration is brought up to date, and everything that it vouched for still holds.

`ledger_before_0004.sqlite3.zst` holds three days of `examples.one_day`, as the program wrote them before the migration 0004.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import zstandard
from django.db import IntegrityError, connection

from tallybridge.ledger import evidence, manifests, opening, runs
from tests.ledger.examples import AGREEMENT, START, TODAY, StandingClock, one_day
from tests.ledger.tampering import report_after

pytestmark = pytest.mark.sqlite_only("the ledger that is kept here is a file")
HEAD = "sha256:c7874d7b54ff9c3e8730e0b4fc035d8ed4f58bbfc04fa7549805fe8c6e6bcd51"


@pytest.fixture
def older(home: Path, clock: StandingClock) -> Path:
    home.mkdir(parents=True, exist_ok=True)
    kept = Path(__file__).with_name("ledger_before_0004.sqlite3.zst").read_bytes()
    (home / "ledger.sqlite3").write_bytes(zstandard.ZstdDecompressor().decompress(kept))
    opening.open_ledger(home, clock=clock)
    return home


def test_its_chain_is_whole_and_its_evidence_is_read(older: Path) -> None:
    report = manifests.verify(kept_head=HEAD)
    assert (report.ok, report.runs, report.first_broken, report.head) == (True, 3, None, HEAD)
    (recorded,) = runs.tenant_runs("r2")
    assert recorded.evidence is not None
    assert evidence.get(recorded.evidence)
    assert sum(one.quantity for one in recorded.quantities) == 100
    assert [entry.charged for entry in runs.history(1, AGREEMENT, "KES-WKS")] == [90, 91, 92]


def test_the_days_go_on(older: Path) -> None:
    one_day("r4", 1, on=TODAY + timedelta(days=3), started=START + timedelta(days=3), quantity=93)
    assert manifests.verify(kept_head=HEAD).runs == 4


@pytest.mark.parametrize(
    "change",
    [
        "ledger_usageline SET quantity = quantity + 1 WHERE facts_id = 2",
        "ledger_plannedchange SET to_quantity = 1 WHERE facts_id = 2",
        "ledger_tenantfacts SET notices = '[]' WHERE id = 2",
        "ledger_tenantfacts SET evidence = usage WHERE id = 2",
        "ledger_tenantrun SET facts_id = 1 WHERE id = 2",
    ],
)
def test_what_was_changed_in_an_earlier_day_is_still_found(older: Path, clock: StandingClock, change: str) -> None:
    report = report_after(older, clock, f"UPDATE {change}")
    assert (report.ok, report.runs) == (False, 1)
    assert (report.first_broken or "").startswith("Run r2")


def test_the_database_refuses_changes_again(older: Path) -> None:
    for table in ("ledger_blob", "ledger_tenantrun", "ledger_tenantfacts", "ledger_usageline", "ledger_plannedchange"):
        with connection.cursor() as cursor, pytest.raises(IntegrityError, match="only ever added"):
            cursor.execute(f"DELETE FROM {table}")
