"""Days of a ledger in PostgreSQL that several workers bill, some of whom are killed (SIGKILL) while they do."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from tests.databases.server import OWNER, Server
from tests.rehearsals.growing_fleet import BY_HAND, CUSTOMERS, ITEMS, GrowingFleet, number_of_agreement
from tests.rehearsals.processes import PROGRAM, Ended, Running, SandboxProcess, call

Json = dict[str, Any]

SECONDS = 90
"""Longer than anything here takes, a lease that has to expire among it."""
SETTLE = 2

SLOWLY: list[Json] = [
    {"on": "ksc", "call": "*", "times": 0, "do": "delay", "ms": 10},
    {"on": "tigerpaw_rest", "call": "*", "times": 0, "do": "delay", "ms": 10},
    {"on": "tigerpaw_soap", "call": "*", "times": 0, "do": "delay", "ms": 40},
]
"""Both systems take as long as over a network, so that a kill finds calls under way."""

ELSEWHERE = "from tallybridge.ledger import processes; processes._this_host = lambda: {name!r}; from tallybridge.cli.entry import main; main()"
"""A program that believes to be on a machine of its own: nobody can see whether its process still runs."""


_NEWEST_RUN = """
    SELECT run.id, manifest.outcome, (SELECT count(*) FROM ledger_tenantrun AS part WHERE part.run_id = run.id), coalesce(spread.taken_over, '')
    FROM ledger_run AS run LEFT JOIN ledger_manifest AS manifest ON manifest.run_id = run.id
    LEFT JOIN ledger_spreadrun AS spread ON spread.run_id = run.id ORDER BY run.started DESC, run.id DESC LIMIT 1
"""
_OPEN_WRITES = "SELECT count(*) FROM ledger_intent AS i WHERE NOT EXISTS (SELECT 1 FROM ledger_intentresult AS r WHERE r.intent_id = i.key)"


class RunSeen(NamedTuple):
    """A run as the database has it; the outcome is None while it is open."""

    id: str
    outcome: str | None
    recorded: int
    taken_over: str


class WorkerLife:
    """One ledger, its workers, and the fleet that they bill."""

    def __init__(self, folder: Path, server: Server, sandbox: SandboxProcess, fleet: GrowingFleet, name: str) -> None:
        self._folder = folder
        self._sandbox = sandbox
        self._fleet = fleet
        server.order(f"CREATE DATABASE {name} OWNER {OWNER}")
        self._url = server.url(name)
        self._environment = {"TALLYBRIDGE_DATABASE_URL": self._url}
        self._workers: list[Running] = []
        self._started = 0
        first = self.call("status", "--json")
        assert first.code in (0, 1, 3), first.words

    def call(self, *arguments: str) -> Ended:
        """Runs a command to its end."""
        return call(self._folder, *arguments, "--home", str(self._folder / "home"), environment=self._environment)

    def start(self, *arguments: str, machine: str | None = None) -> Running:
        """Starts a command, on this machine or as if on another one."""
        program = PROGRAM if machine is None else (PROGRAM[0], "-c", ELSEWHERE.format(name=machine))
        return Running(self._folder, (*arguments, "--home", str(self._folder / "home")), environment=self._environment, program=program)

    def have_workers(self, number: int, *, elsewhere: bool = False) -> list[Running]:
        """Starts workers until there are so many, and waits until all are at work."""
        while len(self._workers) < number:
            self._started += 1
            self._workers.append(self.start("worker", "--concurrency", "1", machine=f"machine-{self._started}" if elsewhere else None))
        self.wait(lambda: self._count("SELECT count(*) FROM procrastinate_workers") >= 2 * number, "workers are at work")
        return list(self._workers)

    def kill(self, worker: Running) -> None:
        """Kills a worker."""
        assert worker.kill(lambda: True, 0), worker.end().words
        self._workers.remove(worker)
        worker.end()

    def pass_a_day(self) -> None:
        """The fleet changes, and the PSA keeps what it holds."""
        self._fleet.pass_a_day()
        state = self._sandbox.state()
        state["ksc"]["virtual_servers"] = self._fleet.virtual_servers()
        self._sandbox.replace(state | {"faults": SLOWLY})

    def calls(self, on: str = "") -> int:
        """How many calls have reached the sandbox, or one of its doors."""
        return self._sandbox.calls(on)

    def newest_run(self) -> RunSeen:
        """The run that began last."""
        rows = self._ask(_NEWEST_RUN)
        return RunSeen(*rows[0]) if rows else RunSeen("", "none", 0, "")

    def who_sees_to_the_run(self) -> int:
        """The process that holds the integration's lease."""
        return self._count("SELECT pid FROM ledger_lease WHERE key LIKE 'integration:%'")

    def parts_held(self) -> int:
        """How many parts processes are at, or were when they died."""
        return self._count("SELECT count(*) FROM ledger_lease WHERE key LIKE 'part:%'")

    def wait(self, until: Callable[[], bool], what: str) -> float:
        """Waits, and returns for how many seconds."""
        began = time.monotonic()
        while not until():
            if time.monotonic() - began > SECONDS:
                said = "\n".join(worker.so_far() for worker in self._workers)
                raise AssertionError(f"in {SECONDS} seconds it did not come to this: {what}; {self.newest_run()}\n{said}")
            time.sleep(0.05)
        return time.monotonic() - began

    def require_right(self, run: RunSeen) -> None:
        """Every tenant was billed once, by one run: the PSA bills what is in use, and nothing is left open."""
        assert run.outcome == "attention", "the one line that somebody else made waits for a person, and nothing else is amiss"
        assert run.recorded == len(CUSTOMERS) + 1, "each customer once, and the main server"
        charges = self._sandbox.charges()
        for customer in CUSTOMERS:
            lines = charges[number_of_agreement(customer)]
            assert max(Counter(line["item_id"] for line in lines).values()) == 1, f"a doubled line: {lines}"
            quantities = {line["item_id"]: line["quantity"] for line in lines}
            by_hand = {line["item_id"]: line["quantity"] for of, line in BY_HAND if of == customer}
            expected = {item: self._fleet.wanted(customer, item) for item in ITEMS} | by_hand
            assert {item: quantities.get(item, 0) for item in expected} == expected, f"customer {customer}"
        assert self._count(_OPEN_WRITES) == 0
        assert self._count("SELECT count(*) FROM ledger_partatwork") == 0

    def require_proof(self) -> None:
        """The chain holds, and the last run can be counted again."""
        verified = self.call("verify", "--json")
        assert (verified.code, verified.json["ok"]) == (0, True), verified.words
        replayed = self.call("replay", "latest", "--json")
        assert replayed.code == 0, replayed.words

    def stop_workers(self) -> None:
        """Asks every worker to end, which each does in good order."""
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            ended = worker.end()
            assert (ended.code, "Traceback" in ended.err) == (0, False), ended.words
        self._workers.clear()

    def kill_all(self) -> None:
        """Whatever comes, no process is left."""
        for worker in self._workers:
            worker.kill(lambda: True, 0)
            worker.end()
        self._workers.clear()

    def _count(self, question: str) -> int:
        return int(self._ask(question)[0][0])

    def _ask(self, question: str) -> list[Any]:
        with psycopg.connect(self._url) as connection:
            return connection.execute(question).fetchall()


@contextmanager
def worker_life(folder: Path, server: Server, sandbox: SandboxProcess, fleet: GrowingFleet, name: str) -> Iterator[WorkerLife]:
    """A ledger with its workers, who end with the `with` block."""
    life = WorkerLife(folder, server, sandbox, fleet, name)
    try:
        yield life
    finally:
        life.kill_all()


def pick(aim: random.Random, life: WorkerLife, workers: list[Running], number: int) -> list[Running]:
    """Lets the run go on for a while, and chooses who is killed."""
    before = life.calls()
    after = aim.randint(1, 120)
    life.wait(lambda: life.calls() >= before + after or life.newest_run().outcome is not None, "calls are made")
    time.sleep(aim.uniform(0, 0.1))
    return aim.sample(workers, number)
