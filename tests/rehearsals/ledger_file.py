"""What a ledger's file says about its runs, read past the program."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from tests.databases import past_the_program


class RecordedRun(NamedTuple):
    """A run, as it was closed; None for one that was not."""

    id: str
    pid: int
    outcome: str | None
    finished: datetime | None
    left_to_others: int
    """How many of its writes were brought to their end by a later run."""


_RUNS = """
    SELECT run.id, run.pid, manifest.outcome, manifest.finished,
           (SELECT count(*) FROM ledger_intent AS intent JOIN ledger_intentresult AS result ON result.intent_id = intent.key
            WHERE intent.run_id = run.id AND result.run_id <> run.id)
    FROM ledger_run AS run LEFT JOIN ledger_manifest AS manifest ON manifest.run_id = run.id ORDER BY run.id
"""


def recorded_runs(home: Path) -> list[RecordedRun]:
    """All runs, oldest first."""
    return [RecordedRun(run, pid, outcome, _instant(finished), left) for run, pid, outcome, finished, left in _rows(home, _RUNS)]


def open_writes(home: Path) -> int:
    """How many recorded writes have no known end."""
    ((number,),) = _rows(home, "SELECT count(*) FROM ledger_intent WHERE key NOT IN (SELECT intent_id FROM ledger_intentresult)")
    return int(number)


def applied_migrations(home: Path) -> set[str]:
    """The names of the ledger's migrations that its file has seen."""
    return {name for (name,) in _rows(home, "SELECT name FROM django_migrations WHERE app = 'ledger'")}


def schema(home: Path) -> list[tuple[str, str, str | None]]:
    """Every table, index and trigger: kind, name and the statement that made it."""
    return [(kind, name, made) for kind, name, made in _rows(home, "SELECT type, name, sql FROM sqlite_master ORDER BY type, name")]


def _instant(stored: str | datetime | None) -> datetime | None:
    return datetime.fromisoformat(f"{stored}+00:00") if isinstance(stored, str) else stored


def _rows(home: Path, statement: str) -> list[tuple[Any, ...]]:
    return past_the_program.rows(home, statement)
