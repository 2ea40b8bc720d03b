"""Backing up and restoring: the copy is the ledger, proved before it counts, and nothing is left of one that does not prove."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from django.db.backends.signals import connection_created

from tallybridge.ledger import keeping, manifests, opening, secrets, tables
from tallybridge.ledger.errors import KeyChanged, KeyLost
from tallybridge.ledger.keeping import CopyRefused
from tallybridge.ledger.prepared import models
from tests.databases import past_the_program
from tests.ledger.examples import START, TODAY, StandingClock, one_day

Rows = dict[str, list[tuple[Any, ...]]]


def every_row() -> Rows:
    """Every row of the ledger's own tables, as Django reads it."""
    own = tables.models_of(tables.labels_of(whole=False))
    return {model.__name__: [_plain(row) for row in model._default_manager.order_by("pk").values_list()] for model in own}


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(bytes(value) if isinstance(value, memoryview) else value for value in row)


def whole(home: Path, clock: StandingClock) -> None:
    """Opens the ledger with the console's tables, as the commands do."""
    opening.open_ledger(home, clock=clock, whole=True)


@pytest.fixture
def backed_up(populated: Path, clock: StandingClock, tmp_path: Path) -> Path:
    """A backup of a ledger with a row of every kind, which is closed."""
    whole(populated, clock)
    keeping.back_up(tmp_path / "ledger.backup")
    opening.close_ledger()
    return tmp_path / "ledger.backup"


def home_with_the_key(tmp_path: Path, home: Path) -> Path:
    """A home that holds nothing but the key of another."""
    other = tmp_path / "other"
    other.mkdir(mode=0o700)
    shutil.copy2(home / opening.KEY_FILE, other / opening.KEY_FILE)
    return other


def test_a_restored_backup_is_the_ledger_again(backed_up: Path, populated: Path, clock: StandingClock, tmp_path: Path) -> None:
    whole(populated, clock)
    before, head = every_row(), manifests.verify().head
    other = home_with_the_key(tmp_path, populated)

    restored = keeping.restore(other, backed_up, clock=clock)

    assert (restored.runs, restored.head) == (3, head)
    opening.open_ledger(other, clock=clock)
    assert every_row() == before
    assert manifests.verify().head == head
    assert secrets.unseal("soap_password") == "hidden"


def test_a_restored_ledger_goes_on(backed_up: Path, populated: Path, clock: StandingClock, tmp_path: Path) -> None:
    """Ids that are given out from now on are new, and the chain grows."""
    other = home_with_the_key(tmp_path, populated)
    keeping.restore(other, backed_up, clock=clock)
    opening.open_ledger(other, clock=clock)
    one_day("r4", 1, on=TODAY + timedelta(days=3), started=START + timedelta(days=3), quantity=93)
    report = manifests.verify()
    assert (report.ok, report.runs) == (True, 4)


def test_a_restored_ledger_still_refuses_changes(backed_up: Path, populated: Path, clock: StandingClock, tmp_path: Path) -> None:
    other = home_with_the_key(tmp_path, populated)
    keeping.restore(other, backed_up, clock=clock)
    opening.open_ledger(other, clock=clock)
    with pytest.raises(Exception, match="only ever added"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_manifest")


def test_a_backup_is_one_file_for_its_owner_alone_and_holds_no_key(backed_up: Path, populated: Path, tmp_path: Path) -> None:
    """L11."""
    assert stat.S_IMODE(backed_up.stat().st_mode) == 0o600
    assert {one.name for one in tmp_path.iterdir()} == {"home", "ledger.backup"}
    content = backed_up.read_bytes()
    assert (populated / opening.KEY_FILE).read_bytes().strip() not in content
    assert b"hidden" not in content


def test_a_backup_leaves_the_ledger_as_it_is(populated: Path, clock: StandingClock, tmp_path: Path) -> None:
    whole(populated, clock)
    before = every_row()
    keeping.back_up(tmp_path / "ledger.backup")
    assert every_row() == before


def test_a_backup_replaces_no_file(populated: Path, clock: StandingClock, tmp_path: Path) -> None:
    (tmp_path / "ledger.backup").write_text("precious")
    with pytest.raises(CopyRefused, match="is there already"):
        keeping.back_up(tmp_path / "ledger.backup")
    assert (tmp_path / "ledger.backup").read_text() == "precious"


def test_a_ledger_that_does_not_verify_is_not_backed_up(populated: Path, clock: StandingClock, tmp_path: Path) -> None:
    opening.close_ledger()
    past_the_program.change(populated, "UPDATE ledger_usageline SET quantity = quantity + 1")
    whole(populated, clock)
    with pytest.raises(CopyRefused, match="does not verify: Run r1"):
        keeping.back_up(tmp_path / "ledger.backup")
    assert {one.name for one in tmp_path.iterdir()} == {"home"}


def _no_key(home: Path) -> None:
    (home / opening.KEY_FILE).unlink()


def _other_key(home: Path) -> None:
    (home / opening.KEY_FILE).write_bytes(Fernet.generate_key())


@pytest.mark.parametrize(("spoil", "error"), [(_no_key, KeyLost), (_other_key, KeyChanged)])
def test_a_backup_is_not_restored_without_its_key(
    backed_up: Path, populated: Path, clock: StandingClock, tmp_path: Path, spoil: Callable[[Path], None], error: type[Exception]
) -> None:
    other = home_with_the_key(tmp_path, populated)
    spoil(other)
    with pytest.raises(error):
        keeping.restore(other, backed_up, clock=clock)
    assert not any(one.name.startswith((".restore", "ledger")) for one in other.iterdir())


def test_what_is_no_backup_is_not_restored(populated: Path, clock: StandingClock, tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("Dear grandmother")
    with pytest.raises(CopyRefused, match="no backup of a ledger"):
        keeping.restore(home_with_the_key(tmp_path, populated), tmp_path / "letter", clock=clock)


def test_a_backup_is_restored_into_an_empty_ledger_only(backed_up: Path, populated: Path, clock: StandingClock) -> None:
    opening.open_ledger(populated, clock=clock)
    before = every_row()
    opening.close_ledger()
    with pytest.raises(CopyRefused, match="is not empty"):
        keeping.restore(populated, backed_up, clock=clock)
    opening.open_ledger(populated, clock=clock)
    assert every_row() == before


def test_a_restoring_that_is_broken_off_leaves_nothing(backed_up: Path, populated: Path, clock: StandingClock, tmp_path: Path) -> None:
    other = home_with_the_key(tmp_path, populated)

    class BrokenOff(BaseException):
        """Stands for the end of the process."""

    def arm(connection: Any, **_: object) -> None:
        connection.execute_wrappers.append(strike)

    def strike(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("INSERT INTO") and "ledger_run" in sql:
            raise BrokenOff
        return execute(sql, params, many, context)

    connection_created.connect(arm)
    try:
        with pytest.raises(BrokenOff):
            keeping.restore(other, backed_up, clock=clock)
    finally:
        connection_created.disconnect(arm)
        for wrappers in (connection.execute_wrappers,):
            wrappers.clear()
    opening.close_ledger()

    assert keeping.restore(other, backed_up, clock=clock).runs == 3
    opening.open_ledger(other, clock=clock)
    assert models.Run.objects.count() == 3
