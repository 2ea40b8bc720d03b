"""What the tests write into an empty file instead of migrating it is what the migrations make."""

from __future__ import annotations

import inspect
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tallybridge.ledger import opening, tables
from tests.databases.fresh_tables import migrated_once

pytestmark = pytest.mark.sqlite_only("on PostgreSQL a template does this")


def everything_in(home: Path) -> tuple[set[tuple[str, ...]], dict[str, list[tuple[object, ...]]]]:
    """The schema, and the rows of each table but for what differs between any two ledgers."""
    with sqlite3.connect(home / "ledger.sqlite3") as connection:
        schema = set(connection.execute("select type, name, tbl_name, coalesce(sql, '') from sqlite_master"))
        names = [name for kind, name, *_ in schema if kind == "table"]
        rows = {name: connection.execute(f'select * from "{name}"').fetchall() for name in names}
    connection.close()
    rows["django_migrations"] = [row[:3] for row in rows["django_migrations"]]
    # A counter that stands at 0 and none at all are the same.
    rows["sqlite_sequence"] = sorted(row for row in rows["sqlite_sequence"] if row[1])
    rows["ledger_keycheck"] = [row[:1] for row in rows["ledger_keycheck"]]
    return schema, rows


@pytest.mark.parametrize("whole", [False, True])
def test_the_second_fresh_ledger_of_a_process_is_as_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: bool) -> None:
    monkeypatch.setattr(tables, "migrate", inspect.unwrap(tables.migrate))
    with migrated_once():
        for name in ("migrated", "written"):
            opening.open_ledger(tmp_path / name, clock=lambda: datetime.now(UTC), whole=whole)
            opening.close_ledger()

    assert everything_in(tmp_path / "written") == everything_in(tmp_path / "migrated")
