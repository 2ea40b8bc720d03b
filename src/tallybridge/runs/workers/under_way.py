"""How far the runs are that several processes carry out, and who is at them: for `status` and the console, from the ledger alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tallybridge.ledger import at_work
from tallybridge.runs.reports import instant
from tallybridge.runs.workers.presence import WorkerSeen, workers_seen


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadProgress:
    """A spread run that is not closed."""

    run: str
    integration: str
    done: int
    of: int
    """Customers that it carries out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """The spread runs, and the workers of the last day."""

    runs: tuple[SpreadProgress, ...]
    workers: tuple[WorkerSeen, ...]


def under_way(now: datetime) -> UnderWay:
    """How it stands at this instant (UTC)."""
    runs = (SpreadProgress(run=one.id, integration=one.integration, done=at_work.finished_count(one.id), of=one.parts) for one in at_work.unclosed())
    return UnderWay(runs=tuple(runs), workers=workers_seen(now))


def under_way_document(found: UnderWay) -> dict[str, Any]:
    """What `status --json` adds."""
    return {
        "spread_runs": [{"run": one.run, "integration": one.integration, "done": one.done, "of": one.of} for one in found.runs],
        "workers": [
            {"host": one.host, "pid": one.pid, "alive": one.alive, "last_seen": instant(one.last_seen), "at_work": len(one.parts)}
            for one in found.workers
        ],
    }
