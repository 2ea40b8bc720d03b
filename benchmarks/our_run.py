"""Our run, in a process of its own: reads, counts, stores and plans, in mode `run` also writes; prints its measurements as one line of JSON.

With --record it also keeps every request and reply; with --statements it counts what the database is told. Both cost time, so the
times of such a run are not used.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.backends.signals import connection_created

from benchmarks.recording import Recorder
from benchmarks.stopwatch import Stopwatch, peak_memory_mib
from tallybridge.ledger.opening import close_ledger, open_ledger
from tallybridge.runs.configuring import take_files
from tallybridge.runs.day import Order, run_day
from tallybridge.runs.reports import Mode, RunReport


class Statements:
    """Counts what SQLite is told, over all connections, and how often it must make a change durable."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.commits = 0

    def install(self) -> None:
        """From the next opened connection on."""
        connection_created.connect(self._listen, weak=False)

    def clear(self) -> None:
        """Begins anew."""
        self.counts.clear()
        self.commits = 0

    def _listen(self, *, connection: Any, **_: object) -> None:
        within_transaction = False

        def note(statement: str) -> None:
            nonlocal within_transaction
            if statement.startswith("--"):
                return  # what a trigger does
            word = statement.split(None, 1)[0].upper()
            self.counts[word] += 1
            if word == "BEGIN":
                within_transaction = True
            elif word in {"COMMIT", "ROLLBACK"}:
                within_transaction = False
            self.commits += word == "COMMIT" or (word in {"INSERT", "UPDATE", "DELETE"} and not within_transaction)

        connection.connection.set_trace_callback(note)


def main() -> None:
    """Runs once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--record", type=Path, help="folder for requests and replies")
    parser.add_argument("--statements", action="store_true")
    parser.add_argument("--mode", choices=(Mode.PLAN.value, Mode.RUN.value), default=Mode.PLAN.value)
    options = parser.parse_args()
    whole = Stopwatch.since_process_start()
    statements = Statements()
    if options.statements:
        statements.install()
    recorder = Recorder()
    if options.record:
        recorder.install()

    open_ledger(options.home, clock=_utc_now)
    (configured,) = take_files([options.config], _utc_now)
    order = Order(configuration=configured.configuration, configuration_address=configured.address, mode=Mode(options.mode), clock=_utc_now)
    stored_before, ledger_before = _stored_bytes(), _ledger_bytes()
    statements.clear()
    run = Stopwatch()
    report = run_day(order)
    spent = run.spent()
    counted = dict(statements.counts)
    commits = statements.commits

    if options.record:
        recorder.save(options.record)
    measured = {
        "cpu": spent.cpu,
        "wall": spent.wall,
        "process_cpu": whole.spent().cpu,
        "peak_mib": peak_memory_mib(),
        "statements": counted,
        "commits": commits,
        "stored": {kind: size - stored_before.get(kind, 0) for kind, size in _stored_bytes().items()},
        "ledger_bytes": _ledger_bytes() - ledger_before,
        **recorder.totals(),
        **_outcome(report),
    }
    close_ledger()
    print(json.dumps(measured))


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _outcome(report: RunReport) -> dict[str, Any]:
    quantities = [part.quantity for tenant in report.tenants for line in tenant.lines for part in line.change.parts]
    return {
        "run": report.id,
        "outcome": report.outcome.value,
        "tenants": dict(Counter(tenant.outcome.value for tenant in report.tenants)),
        "seats": sum(quantities),
    }


def _stored_bytes() -> dict[str, int]:
    """Compressed bytes in the evidence store by kind."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, SUM(LENGTH(data)) FROM ledger_blob GROUP BY kind")
        return dict(cursor.fetchall())


def _ledger_bytes() -> int:
    """What the ledger takes up, in whole pages of SQLite."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size")
        ((size,),) = cursor.fetchall()
        return int(size)


if __name__ == "__main__":
    main()
