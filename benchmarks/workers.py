"""How throughput grows from one worker process to several, where every call of both systems takes 20 ms: `python -m benchmarks.workers`.

A real PostgreSQL server, the sandbox in a process of its own with a delay on every call, and worker processes with one tenant each at a time. What is
timed is an unchanged day (each tenant is read, counted, planned; nothing is written), from the run's beginning to its end as the ledger has them.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from tests.databases.server import OWNER, Server, running_server
from tests.rehearsals.processes import PROGRAM, sandbox_process

SLOW = [{"on": door, "call": "*", "times": 0, "do": "delay", "ms": 20} for door in ("ksc", "tigerpaw_rest", "tigerpaw_soap")]
_TOOK = """
    SELECT extract(epoch FROM max(facts_at) - min(facts_at)) FROM (
        SELECT observed_at AS facts_at FROM ledger_tenantrun WHERE run_id = %s) AS part
"""


def main() -> None:
    """Measures and prints."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--tenants", type=int, default=60)
    options.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as place, running_server() as server:
        folder = Path(place)
        with sandbox_process(folder, _scenario(chosen.tenants), settle=2) as sandbox:
            config = folder / "tallybridge.toml"
            config.write_text(config.read_text(encoding="utf-8").replace("[source]\n", "[source]\nmax_sessions = 8\n"), encoding="utf-8")
            bench = _Bench(folder, server)
            bench.call("run", "--json")
            taken: dict[int, list[float]] = {number: [] for number in chosen.workers}
            for _ in range(chosen.rounds):
                for number in chosen.workers:
                    with bench.workers(number):
                        before = sandbox.calls()
                        taken[number].append(bench.day())
                        calls = sandbox.calls() - before
                    print(f"{number} workers: {taken[number][-1]:.1f} s", file=sys.stderr, flush=True)
            _print(taken, chosen.tenants, calls)


def _scenario(tenants: int) -> dict[str, Any]:
    fleet = {"virtual_servers": tenants, "hosts_each": 5, "keys_each": 2, "seed": 7}
    return {"ksc": {"generate": fleet}, "tigerpaw": {"generate": {"match_ksc": True}}, "faults": SLOW}


class _Bench:
    def __init__(self, folder: Path, server: Server) -> None:
        server.order(f"CREATE DATABASE bench OWNER {OWNER}")
        self._url = server.url("bench")
        self._folder = folder
        self._environment = dict(os.environ, TALLYBRIDGE_DATABASE_URL=self._url)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [*PROGRAM, *arguments, "--home", str(self._folder / "home")]
        return subprocess.Popen(command, cwd=self._folder, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def call(self, *arguments: str) -> Any:
        out, _ = self.start(*arguments).communicate()
        return json.loads(out)

    @contextmanager
    def workers(self, number: int) -> Iterator[None]:
        """Worker processes, all of them at work."""
        running = [self.start("worker", "--concurrency", "1") for _ in range(number)]
        try:
            with psycopg.connect(self._url, autocommit=True) as connection:
                while connection.execute("SELECT count(*) FROM procrastinate_workers").fetchone() != (2 * number,):
                    time.sleep(0.1)
            yield
        finally:
            for worker in running:
                worker.send_signal(signal.SIGTERM)
            for worker in running:
                worker.wait()

    def day(self) -> float:
        """Seconds from the first tenant's reading to the last one's."""
        run = self.call("run", "--by-workers", "--json")
        with psycopg.connect(self._url) as connection:
            found = connection.execute(_TOOK, [run["run"]["id"]]).fetchone()
        assert found is not None
        assert run["totals"]["psa_writes"] == run["totals"]["failed"] == 0, run["totals"]
        return float(found[0])


def _print(taken: dict[int, list[float]], tenants: int, calls: int) -> None:
    first = min(taken)
    print(f"{tenants} tenants, {calls / tenants:.1f} calls of at least 20 ms each per tenant; load of the machine {os.getloadavg()[0]:.1f}")
    print("| workers | seconds, each round | tenants per second | times one worker (medians) |")
    print("| --- | --- | --- | --- |")
    for number, seconds in sorted(taken.items()):
        times = median(taken[first]) / median(seconds)
        print(f"| {number} | {', '.join(f'{one:.1f}' for one in seconds)} | {(tenants - 1) / median(seconds):.1f} | {times:.2f} |")


if __name__ == "__main__":
    main()
