"""What only a ledger in PostgreSQL has: its guards, its time limits, a server that goes away, a second machine, and the way there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, connection

from tallybridge.ledger import configurations, keeping, leases, manifests, opening, runs, secrets
from tallybridge.ledger.database import URL_VARIABLE
from tallybridge.ledger.errors import KeyChanged, KeyLost, LedgerMoved, LedgerNotMoved, LedgerUnwritable
from tallybridge.ledger.keeping import CopyRefused
from tallybridge.ledger.postgresql import PostgreSQL
from tallybridge.ledger.prepared import models
from tallybridge.ledger.sqlite import DATABASE_FILE, SQLite
from tests.databases import past_the_program
from tests.databases.homes import blank, environment_of, homes, in_a_file
from tests.ledger.examples import START, TODAY, StandingClock, begin, one_day, row_of_every_kind
from tests.ledger.test_keeping import every_row

INTEGRATION = "Integration"


def asked(statement: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("table", models.append_only_tables())
def test_a_table_that_is_only_added_to_cannot_be_emptied(ledger: Path, table: str) -> None:
    with connection.cursor() as cursor, pytest.raises(IntegrityError, match="only ever added"):
        cursor.execute(f'TRUNCATE "{table}" CASCADE')


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("lock_timeout", "20s"),
        ("statement_timeout", "2min"),
        ("idle_in_transaction_session_timeout", "5min"),
        ("synchronous_commit", "on"),
        ("transaction_isolation", "read committed"),
    ],
)
def test_no_stopped_process_holds_others_up_for_ever_and_nothing_committed_is_lost(ledger: Path, setting: str, value: str) -> None:
    assert asked(f"SHOW {setting}") == value


def test_a_name_may_be_longer_than_anybody_thought(ledger: Path) -> None:
    """L7: as in SQLite."""
    configurations.take("x" * 5000, b"content", origin="file", at=START)
    assert configurations.integrations() == ("x" * 5000,)


def test_models_and_tables_agree_although_they_know_no_limits(home: Path, clock: StandingClock) -> None:
    """A ledger that is opened twice is not migrated twice."""
    opening.open_ledger(blank(home), clock=clock)
    limited = "SELECT count(*) FROM information_schema.columns WHERE table_name LIKE 'ledger_%' AND character_maximum_length IS NOT NULL"
    assert asked(limited) == 0


# A server that goes away


def end_every_connection(home: Path) -> None:
    homes.server().order(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{homes.database_of(home)}'")


def test_a_lost_connection_is_told_and_the_next_call_makes_a_new_one(ledger: Path) -> None:
    end_every_connection(ledger)
    with pytest.raises(LedgerUnwritable, match="connection to the database that holds the ledger was lost"):
        configurations.integrations()
    assert configurations.integrations() == ()


def test_a_connection_that_is_lost_within_a_transaction_undoes_it(ledger: Path) -> None:
    def take_two() -> None:
        with opening.together():
            configurations.take(INTEGRATION, b"content", origin="file", at=START)
            end_every_connection(ledger)
            configurations.take(INTEGRATION, b"more", origin="file", at=START)

    with pytest.raises(LedgerUnwritable, match="was lost"):
        take_two()
    assert configurations.integrations() == ()


def test_a_run_whose_connection_was_lost_is_closed_by_the_next(ledger: Path, clock: StandingClock) -> None:
    begin("r1")
    end_every_connection(ledger)
    with pytest.raises(LedgerUnwritable):
        runs.finish("r1", "done", {}, START, {})
    begin("r2", started=START + timedelta(minutes=1))
    assert list(models.Manifest.objects.values_list("run_id", "outcome")) == [("r1", "interrupted")]


# The address


@pytest.mark.parametrize(
    "url", ["x", "sqlite:///ledger", "postgresql://", "postgresql://kim:pass%word@host/db", "postgresql://kim:se@cret@host/db", "host=x"]
)
def test_what_is_no_address_is_refused_without_repeating_it(url: str) -> None:
    """L11."""
    with pytest.raises(opening.LedgerError, match=r"postgresql://USER:PASSWORD@HOST") as refused:
        PostgreSQL.named(url, called=URL_VARIABLE)
    assert "cret" not in str(refused.value)
    assert "word@" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://kim:secret@127.0.0.1:1/ledger",
        "postgresql://kim:secret@/ledger?host=/nowhere",
        "postgresql://kim:secret@no.such.host.invalid/ledger",
    ],
)
def test_a_server_that_is_not_there_is_told_without_the_password(
    tmp_path: Path, clock: StandingClock, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """L11."""
    with pytest.raises(LedgerUnwritable, match="does not let us in") as refused:
        opening.open_ledger(tmp_path / "home", clock=clock, database=PostgreSQL.named(url, called=URL_VARIABLE))
    assert "secret" not in str(refused.value) + caplog.text + repr(PostgreSQL.named(url, called=URL_VARIABLE))


def test_a_database_that_is_not_there_is_told(tmp_path: Path, clock: StandingClock) -> None:
    url = homes.server().url("nobody_made_this")
    with pytest.raises(LedgerUnwritable, match="nobody_made_this"):
        opening.open_ledger(tmp_path / "home", clock=clock, database=PostgreSQL.named(url, called=URL_VARIABLE))


# Several machines


def _second_machine(home: Path, tmp_path: Path) -> PostgreSQL:
    (tmp_path / "second").mkdir(mode=0o700)
    return PostgreSQL.named(environment_of(home)[URL_VARIABLE], called=URL_VARIABLE)


def test_a_second_machine_is_told_how_to_get_the_key(ledger: Path, clock: StandingClock, tmp_path: Path) -> None:
    database = _second_machine(ledger, tmp_path)
    with pytest.raises(KeyLost, match="Copy the file “key” from the data folder of a machine that works on this ledger"):
        opening.open_ledger(tmp_path / "second", clock=clock, database=database)
    assert not (tmp_path / "second" / "key").exists()


def test_a_second_machine_with_another_key_is_refused(ledger: Path, clock: StandingClock, tmp_path: Path) -> None:
    database = _second_machine(ledger, tmp_path)
    opening.open_ledger(tmp_path / "second", clock=clock, database=SQLite(tmp_path / "second"))
    with pytest.raises(KeyChanged, match="Copy that key from a machine"):
        opening.open_ledger(tmp_path / "second", clock=clock, database=database)


def test_a_second_machine_with_the_key_works_on_the_same_ledger(ledger: Path, clock: StandingClock, tmp_path: Path) -> None:
    secrets.seal("soap_password", "hidden")
    database = _second_machine(ledger, tmp_path)
    shutil.copy2(ledger / "key", tmp_path / "second" / "key")
    opening.open_ledger(tmp_path / "second", clock=clock, database=database)
    assert secrets.unseal("soap_password") == "hidden"


# The way there


@pytest.fixture
def in_file(home: Path, clock: StandingClock) -> Iterator[Path]:
    """A closed ledger in a file, with a row of every kind."""
    with in_a_file(home):
        opening.open_ledger(home, clock=clock)
        row_of_every_kind()
        opening.close_ledger()
    yield home
    opening.close_ledger()


def _target(home: Path) -> PostgreSQL:
    return PostgreSQL.named(environment_of(blank(home))[URL_VARIABLE], called=URL_VARIABLE)


def test_a_moved_ledger_is_the_same_and_goes_on(in_file: Path, clock: StandingClock) -> None:
    opening.open_ledger(in_file, clock=clock, database=SQLite(in_file))
    before, head = every_row(), manifests.verify().head

    moved = keeping.move(in_file, _target(in_file), clock=clock)

    opening.open_ledger(in_file, clock=clock)
    assert connection.vendor == "postgresql"
    assert every_row() == before
    assert (moved.runs, moved.head) == (3, head) == (manifests.verify().runs, manifests.verify().head)
    assert secrets.unseal("soap_password") == "hidden"
    one_day("r4", 1, on=TODAY + timedelta(days=3), started=START + timedelta(days=3), quantity=93)
    assert manifests.verify().ok


def test_the_old_file_stays_as_it_was_and_is_not_opened_any_more(in_file: Path, clock: StandingClock) -> None:
    opening.open_ledger(in_file, clock=clock, whole=True, database=SQLite(in_file))
    opening.close_ledger()
    before = (in_file / DATABASE_FILE).read_bytes()
    keeping.move(in_file, _target(in_file), clock=clock)
    opening.close_ledger()
    assert (in_file / DATABASE_FILE).read_bytes() == before
    with in_a_file(in_file), pytest.raises(LedgerMoved, match="was moved to the PostgreSQL database home_"):
        opening.open_ledger(in_file, clock=clock)


def test_a_process_that_had_the_old_file_open_records_nothing_more_there(in_file: Path, clock: StandingClock) -> None:
    opening.open_ledger(in_file, clock=clock, database=SQLite(in_file))
    begin("r4", started=START + timedelta(days=3))
    (in_file / "ledger.moved").write_text("elsewhere\n")
    with pytest.raises(LedgerMoved):
        runs.finish("r4", "done", {}, START + timedelta(days=3), {})
    with pytest.raises(LedgerMoved):
        begin("r5", started=START + timedelta(days=4))


def test_a_ledger_is_not_begun_anew_beside_one_that_has_not_been_moved(in_file: Path, clock: StandingClock) -> None:
    with pytest.raises(LedgerNotMoved, match="tallybridge ledger move"):
        opening.open_ledger(in_file, clock=clock, database=_target(in_file))


def test_a_ledger_is_moved_into_an_empty_database_only(in_file: Path, clock: StandingClock, tmp_path: Path) -> None:
    other = tmp_path / "other"
    opening.open_ledger(other, clock=clock)
    opening.close_ledger()
    before = past_the_program.everything(other)
    with pytest.raises(CopyRefused, match="is not empty"):
        keeping.move(in_file, PostgreSQL.named(environment_of(other)[URL_VARIABLE], called=URL_VARIABLE), clock=clock)
    assert past_the_program.everything(other) == before
    assert not (in_file / "ledger.moved").exists()


def test_a_ledger_is_not_moved_under_a_run(in_file: Path, clock: StandingClock) -> None:
    opening.open_ledger(in_file, clock=clock, database=SQLite(in_file))
    leases.acquire("integration", owner=leases.this_process(), now=clock())
    with pytest.raises(CopyRefused, match="A run is under way"):
        keeping.move(in_file, _target(in_file), clock=clock)
    assert not (in_file / "ledger.moved").exists()


def test_a_ledger_that_does_not_verify_is_not_moved(in_file: Path, clock: StandingClock) -> None:
    opening.open_ledger(in_file, clock=clock, database=SQLite(in_file))
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER ledger_usageline_no_update")
        cursor.execute("UPDATE ledger_usageline SET quantity = quantity + 1")
    target = _target(in_file)
    with pytest.raises(CopyRefused, match="does not verify: Run r1"):
        keeping.move(in_file, target, clock=clock)
    opening.close_ledger()
    assert past_the_program.rows(in_file, "SELECT 1 FROM information_schema.tables WHERE table_schema = 'public'") == []
    assert not (in_file / "ledger.moved").exists()
