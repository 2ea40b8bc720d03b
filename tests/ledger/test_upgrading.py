"""A ledger written before a migration is brought up to date, and everything that it vouched for still holds.

`ledger_of_0001.sqlite3.zst` is a ledger of the oldest schema: `examples.row_of_every_kind`, as the program wrote it then.
`ledger_before_0004.sqlite3.zst` holds three days of `examples.one_day`, as the program wrote them before the migration 0004. On PostgreSQL their rows
are put into tables of the same age, which are then brought up to date there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import zstandard
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import IntegrityError, connection, connections, transaction
from django.db.migrations.loader import MigrationLoader

from tallybridge.ledger import evidence, manifests, opening, runs
from tallybridge.ledger.database import URL_VARIABLE
from tallybridge.ledger.postgresql import PostgreSQL
from tests.databases.homes import blank, environment_of, on_postgresql
from tests.ledger.examples import AGREEMENT, START, TODAY, StandingClock, one_day
from tests.ledger.tampering import report_after


class Kept(NamedTuple):
    """A ledger as it was kept."""

    file: str
    migration: str
    """The newest one it has seen."""
    head: str
    key: str = ""


KEPT = (
    Kept(
        "ledger_of_0001.sqlite3.zst",
        "0001_initial",
        "sha256:8e66e4c194a6bdd266c268f84edcf7c9d667af9b058e71302835e9610618b677",
        "B5_JpXKgp1pbl5i6OacEpATe-YqiLMnTjbLFxYztxnc=",
    ),
    Kept(
        "ledger_before_0004.sqlite3.zst",
        "0003_guards_and_decisions",
        "sha256:c7874d7b54ff9c3e8730e0b4fc035d8ed4f58bbfc04fa7549805fe8c6e6bcd51",
    ),
)


@pytest.fixture(params=KEPT, ids=lambda kept: str(kept.migration))
def kept(request: pytest.FixtureRequest) -> Kept:
    """Each of the kept ledgers."""
    found: Kept = request.param
    return found


@pytest.fixture
def older(home: Path, clock: StandingClock, kept: Kept) -> Path:
    home.mkdir(parents=True, exist_ok=True)
    content = zstandard.ZstdDecompressor().decompress(Path(__file__).with_name(kept.file).read_bytes())
    file = (home.parent if on_postgresql() else home) / "ledger.sqlite3"
    file.write_bytes(content)
    if kept.key:
        (home / "key").write_text(kept.key)
        (home / "key").chmod(0o600)
    if on_postgresql():
        _put_into_tables_of_the_same_age(file, blank(home), kept.migration)
    opening.open_ledger(home, clock=clock)
    return home


def _put_into_tables_of_the_same_age(file: Path, home: Path, migration: str) -> None:
    database = PostgreSQL.named(environment_of(home)[URL_VARIABLE], called=URL_VARIABLE)
    with _pointed_at(database.settings(), file), transaction.atomic():
        call_command("migrate", "ledger", migration, interactive=False, verbosity=0)
        connection.cursor().execute("SET CONSTRAINTS ALL DEFERRED")
        tables = MigrationLoader(connection).project_state(("ledger", migration)).apps.get_models()
        for model in tables:
            rows = model._base_manager.using("kept").order_by("pk").values()
            model._base_manager.bulk_create([model(**row) for row in rows])
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), list(tables)):
                cursor.execute(statement)


@contextmanager
def _pointed_at(settings: dict[str, Any], file: Path) -> Iterator[None]:
    """Django's own connection, before the program has opened anything, and one to the kept file."""
    known = connections.settings["default"]
    connections.settings["default"] = {**known, **settings}
    connections.settings["kept"] = {**known, "ENGINE": "django.db.backends.sqlite3", "NAME": str(file), "OPTIONS": {}}
    with suppress(AttributeError):  # this thread has made no connection yet
        del connections["default"]
    try:
        yield
    finally:
        for alias in ("default", "kept"):
            connections[alias].close()
            del connections[alias]
        del connections.settings["kept"]
        connections.settings["default"] = known


def test_its_chain_is_whole_and_its_evidence_is_read(older: Path, kept: Kept) -> None:
    report = manifests.verify(kept_head=kept.head)
    assert (report.ok, report.runs, report.first_broken, report.head) == (True, 3, None, kept.head)
    (recorded,) = runs.tenant_runs("r2")
    assert recorded.evidence is not None
    assert evidence.get(recorded.evidence)
    assert sum(one.quantity for one in recorded.quantities) == 100
    assert [entry.charged for entry in runs.history(1, AGREEMENT, "KES-WKS")] == [90, 91, 92]


def test_the_days_go_on(older: Path, kept: Kept) -> None:
    one_day("r4", 1, on=TODAY + timedelta(days=3), started=START + timedelta(days=3), quantity=93)
    assert manifests.verify(kept_head=kept.head).runs == 4


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
