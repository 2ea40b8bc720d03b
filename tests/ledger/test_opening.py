"""Opening a home: what is made, what is refused, and that nothing is changed where it is refused."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import IntegrityError, connection

from tallybridge.ledger import configurations, errors, evidence, opening, secrets
from tallybridge.ledger.key import KEY_VARIABLE
from tallybridge.ledger.prepared import models
from tallybridge.ledger.sqlite import DATABASE_FILE
from tests.databases import past_the_program
from tests.databases.homes import on_postgresql
from tests.ledger.examples import START, StandingClock, fill_the_disk, statements, tamper, wait_briefly

NO_FILE = "spoils the ledger's file"


def _contents(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(home.iterdir()) if path.name != opening.LOCK_FILE}


def test_a_fresh_home_is_made_for_its_owner_alone(home: Path, clock: StandingClock) -> None:
    opening.open_ledger(home, clock=clock)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    for name in (opening.KEY_FILE,) if on_postgresql() else (opening.KEY_FILE, DATABASE_FILE):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600


def test_models_and_migrations_agree(ledger: Path) -> None:
    call_command("makemigrations", "ledger", check=True, dry_run=True, verbosity=0)


@pytest.mark.sqlite_only("asks SQLite for its settings")
@pytest.mark.parametrize(("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 20_000)])
def test_the_database_is_set_up_to_lose_nothing(ledger: Path, pragma: str, value: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {pragma}")
        assert cursor.fetchone() == (value,)


def test_opening_again_changes_nothing(home: Path, clock: StandingClock) -> None:
    opening.open_ledger(home, clock=clock)
    secrets.seal("soap_password", "hidden")
    opening.close_ledger()
    before = _contents(home)
    opening.open_ledger(home, clock=clock)
    assert secrets.unseal("soap_password") == "hidden"
    opening.close_ledger()
    assert _contents(home) == before


def test_one_process_can_open_one_home_after_another(tmp_path: Path, clock: StandingClock) -> None:
    for name in ("first", "second"):
        opening.open_ledger(tmp_path / name, clock=clock)
        assert configurations.integrations() == ()
        configurations.take(name, b"content", origin="file", at=START)
    opening.open_ledger(tmp_path / "first", clock=clock)
    assert configurations.integrations() == ("first",)
    opening.close_ledger()


def test_the_ledger_stamps_with_the_given_clock(ledger: Path, clock: StandingClock) -> None:
    clock.advance(5)
    assert opening.clock() == clock.now


def test_nothing_can_be_asked_of_a_ledger_that_is_not_open() -> None:
    with pytest.raises(opening.LedgerError, match="open_ledger"):
        opening.clock()


# Refusals


def _newer(home: Path) -> None:
    tamper(home, "INSERT INTO django_migrations (app, name, applied) VALUES ('ledger', '9999_from_the_future', '2030-01-01')")


def _key_lost(home: Path) -> None:
    (home / opening.KEY_FILE).unlink()


def _key_changed(home: Path) -> None:
    (home / opening.KEY_FILE).write_bytes(Fernet.generate_key())


def _key_garbage(home: Path) -> None:
    (home / opening.KEY_FILE).write_bytes(b"not a key")


def _key_exposed(home: Path) -> None:
    (home / opening.KEY_FILE).chmod(0o640)


def _not_a_database(home: Path) -> None:
    (home / DATABASE_FILE).write_bytes(b"a letter to grandmother, long enough to be no database" * 50)


def _a_folder(home: Path) -> None:
    (home / DATABASE_FILE).unlink()
    (home / DATABASE_FILE).mkdir()


@pytest.mark.parametrize(
    ("spoil", "error", "says"),
    [
        (_newer, opening.LedgerNewer, "9999_from_the_future"),
        (_key_lost, opening.KeyLost, "Copy the file “key” from" if on_postgresql() else "Restore the file from a backup"),
        (_key_changed, opening.KeyChanged, "not the one this ledger was made with"),
        (_key_garbage, opening.KeyChanged, "not a key"),
        (_key_exposed, opening.KeyExposed, "chmod 600"),
        pytest.param(_not_a_database, opening.LedgerUnwritable, "not a ledger", marks=pytest.mark.sqlite_only(NO_FILE)),
        pytest.param(_a_folder, opening.LedgerUnwritable, "cannot be opened", marks=pytest.mark.sqlite_only(NO_FILE)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_spoiled_home_is_refused_in_one_sentence_and_left_alone(
    populated: Path, home: Path, clock: StandingClock, spoil: Callable[[Path], None], error: type[Exception], says: str
) -> None:
    opening.close_ledger()
    spoil(home)
    before = {path.name: path.read_bytes() for path in home.iterdir() if path.is_file()}
    with pytest.raises(error, match=says):
        opening.open_ledger(home, clock=clock)
    assert {path.name: path.read_bytes() for path in home.iterdir() if path.is_file()} == before
    with pytest.raises(opening.LedgerError, match="No ledger is open"):
        opening.sealing_key()


def test_no_error_shows_the_key(home: Path, clock: StandingClock) -> None:
    opening.open_ledger(home, clock=clock)
    opening.close_ledger()
    other = Fernet.generate_key()
    (home / opening.KEY_FILE).write_bytes(other)
    with pytest.raises(opening.KeyChanged) as refused:
        opening.open_ledger(home, clock=clock)
    assert other.decode() not in str(refused.value)


def test_a_file_where_the_home_should_be_is_refused(tmp_path: Path, clock: StandingClock) -> None:
    (tmp_path / "home").write_text("in the way")
    with pytest.raises(opening.LedgerUnwritable):
        opening.open_ledger(tmp_path / "home", clock=clock)


# The key from the environment


def test_the_key_may_come_from_the_environment(home: Path, clock: StandingClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, Fernet.generate_key().decode())
    opening.open_ledger(home, clock=clock)
    secrets.seal("soap_password", "hidden")
    opening.close_ledger()
    assert not (home / opening.KEY_FILE).exists()
    opening.open_ledger(home, clock=clock)
    assert secrets.unseal("soap_password") == "hidden"
    opening.close_ledger()
    monkeypatch.delenv(KEY_VARIABLE)
    with pytest.raises(opening.KeyLost):
        opening.open_ledger(home, clock=clock)
    monkeypatch.setenv(KEY_VARIABLE, Fernet.generate_key().decode())
    with pytest.raises(opening.KeyChanged, match=KEY_VARIABLE):
        opening.open_ledger(home, clock=clock)


def test_secrets_are_sealed_in_the_file(home: Path, clock: StandingClock) -> None:
    """L11."""
    opening.open_ledger(home, clock=clock)
    secrets.seal("soap_password", "hunter2hunter2")
    assert secrets.unseal("soap_password") == "hunter2hunter2"
    assert secrets.unseal("another") is None
    secrets.seal("soap_password", "changed-since")
    assert secrets.unseal("soap_password") == "changed-since"
    opening.close_ledger()
    assert b"hunter2" not in b"".join(_contents(home).values())


# A full disk, a locked database


@pytest.mark.sqlite_only("the disk is the server's; its error is told in test_postgresql.py")
def test_a_full_disk_is_named_and_leaves_nothing_half_written(ledger: Path) -> None:
    fill_the_disk()
    with pytest.raises(opening.LedgerUnwritable, match="disk that holds the ledger is full"):
        configurations.take("Integration", os.urandom(1_000_000), origin="file", at=START)
    assert configurations.integrations() == ()
    assert models.Blob.objects.count() == 0


def test_a_locked_database_is_named_and_leaves_nothing_half_written(ledger: Path) -> None:
    wait_briefly()
    with past_the_program.locked(ledger), pytest.raises(opening.LedgerUnwritable, match="Another process kept the ledger locked"):
        configurations.take("Integration", b"content", origin="file", at=START)
    assert configurations.integrations() == ()
    configurations.take("Integration", b"content", origin="file", at=START)
    assert configurations.integrations() == ("Integration",)


@pytest.mark.sqlite_only("asks SQLite past Django; the same through Django holds everywhere")
def test_defects_of_sqlite_are_not_taken_for_a_full_disk(ledger: Path) -> None:
    models.Secret.objects.create(name="twice", sealed="")
    with pytest.raises(sqlite3.IntegrityError), opening.ledger_errors(), connection.cursor() as cursor:
        cursor.db.connection.execute("INSERT INTO ledger_secret (name, sealed) VALUES ('twice', '')")


def test_defects_of_the_program_are_not_taken_for_a_full_disk(ledger: Path) -> None:
    models.Secret.objects.create(name="twice", sealed="")
    with pytest.raises(IntegrityError), opening.ledger_errors():
        models.Secret.objects.create(name="twice", sealed="")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "is full"),
        (OSError(errno.EROFS, "Read-only file system"), "may not write"),
        (PermissionError(errno.EACCES, "Permission denied", "/data/fuller"), "may not write"),
        (OSError(errno.EIO, "Input/output error", "/data/full"), "Input/output error"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "may not write"),
        (sqlite3.OperationalError("disk I/O error"), "Check the disk"),
        (sqlite3.DatabaseError("database disk image is malformed"), "Restore it from a backup"),
        (sqlite3.OperationalError("something new"), "something new"),
    ],
)
def test_each_trouble_with_the_disk_has_its_sentence(error: Exception, says: str) -> None:
    sentence = str(errors.unwritable(error))
    assert says in sentence
    assert "Nothing of this step was recorded." in sentence


# Threads


def test_each_thread_has_its_own_connection_and_close_ledger_closes_all(home: Path, clock: StandingClock) -> None:
    opening.open_ledger(home, clock=clock)
    evidence.put(b"from the main thread", "observation")
    looked, closed = threading.Event(), threading.Event()
    raw: list[object] = []
    after: list[object] = []

    def look() -> None:
        models.Blob.objects.count()
        raw.append(connection.connection)
        looked.set()
        closed.wait(5)
        after.append(connection.connection)

    thread = threading.Thread(target=look)
    thread.start()
    assert looked.wait(5)
    assert raw[0] is not connection.connection
    opening.close_ledger()
    closed.set()
    thread.join()
    assert after == [None]
    with pytest.raises((sqlite3.ProgrammingError, psycopg.OperationalError), match="closed"):
        raw[0].execute("SELECT 1")  # type: ignore[attr-defined] # the raw connection of another thread


def test_a_thread_follows_when_another_home_is_opened(tmp_path: Path, clock: StandingClock) -> None:
    opening.open_ledger(tmp_path / "first", clock=clock)
    configurations.take("first", b"content", origin="file", at=START)
    asked, answered = threading.Event(), threading.Event()
    seen: list[tuple[str, ...]] = []

    def look() -> None:
        seen.append(configurations.integrations())
        answered.set()
        asked.wait(5)
        seen.append(configurations.integrations())
        opening.close_thread()

    thread = threading.Thread(target=look)
    thread.start()
    assert answered.wait(5)
    opening.open_ledger(tmp_path / "second", clock=clock)
    asked.set()
    thread.join()
    opening.close_ledger()
    assert seen == [("first",), ()]


def test_opening_a_ready_ledger_takes_few_statements_and_writes_nothing(home: Path, clock: StandingClock) -> None:
    opening.open_ledger(home, clock=clock)
    opening.close_ledger()
    with statements() as sql:
        opening.open_ledger(home, clock=clock)
    assert len(sql) < 10
    assert {statement.split()[0] for statement in sql} <= {"SELECT", "PRAGMA"}
