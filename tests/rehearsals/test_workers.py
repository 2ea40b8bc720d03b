"""Several worker processes on a real PostgreSQL, some of them killed (SIGKILL) at random instants: the run under way bills every tenant once.

A short form in every test run; `make rehearse-workers` for four workers, two of whom are killed on each of many days
(TALLYBRIDGE_WORKER_DAYS), and for workers that look as if they were on machines of their own.
"""

from __future__ import annotations

import json
import logging
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases.server import Server, running_server, why_it_cannot_run
from tests.rehearsals.growing_fleet import GrowingFleet
from tests.rehearsals.processes import sandbox_process
from tests.rehearsals.worker_life import SETTLE, SLOWLY, WorkerLife, pick, worker_life

pytestmark = pytest.mark.skipif(why_it_cannot_run() is not None, reason=str(why_it_cannot_run()))

DAYS = int(os.environ.get("TALLYBRIDGE_WORKER_DAYS", "0"))
SEED = int(os.environ.get("TALLYBRIDGE_KILL_SEED", "1"))
LOG = logging.getLogger(__name__)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running


@pytest.fixture
def life(server: Server, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[WorkerLife]:
    fleet = GrowingFleet(random.Random(SEED))
    with sandbox_process(tmp_path, fleet.scenario() | {"faults": SLOWLY}, settle=SETTLE) as sandbox:
        name = f"life_{abs(hash(request.node.name)) % 10**9}"
        with worker_life(tmp_path, server, sandbox, fleet, name) as found:
            yield found


def test_workers_bill_every_tenant_once_though_one_and_then_the_one_who_sees_to_the_run_are_killed(life: WorkerLife) -> None:
    workers = life.have_workers(2)
    with life.start("run", "--by-workers", "--json") as seeing_to_it:
        life.wait(lambda: life.calls("tigerpaw_soap") > 0, "a worker writes")
        seeing_to_it.kill(lambda: True, 0)
        life.kill(workers[0])
    life.wait(lambda: life.newest_run().outcome is not None, "the other worker has gone on with the run and closed it")
    run = life.newest_run()
    life.require_right(run)
    assert len(json.loads(run.taken_over)) == 1
    again = life.call("run", "--by-workers", "--json")
    assert (again.code, again.json["totals"]["psa_writes"]) == (3, 0), f"L8: {again.words}"
    life.stop_workers()
    life.require_proof()


if DAYS:

    def test_two_of_four_workers_are_killed_at_random_every_day(life: WorkerLife) -> None:
        aim = random.Random(SEED)
        for day in range(1, DAYS + 1):
            if day > 1:
                life.pass_a_day()
            workers = life.have_workers(4)
            before = life.newest_run().id
            with life.start("run", "--by-workers", "--json") as seeing_to_it:
                life.wait(lambda before=before: life.newest_run().id != before, "the run has begun")  # type: ignore[misc]
                for victim in pick(aim, life, workers, 2):
                    life.kill(victim)
                if aim.random() < 0.3:
                    seeing_to_it.kill(lambda: True, aim.uniform(0, 1))
                seconds = life.wait(lambda: life.newest_run().outcome is not None, "the run is closed")
            run = life.newest_run()
            LOG.info("day %d: run %s closed %.1f s after the last kill; taken over: %s", day, run.id, seconds, run.taken_over)
            life.require_right(run)
        life.stop_workers()
        life.require_proof()

    def test_what_dies_on_another_machine_is_taken_over_within_a_minute(life: WorkerLife) -> None:
        workers = life.have_workers(2, elsewhere=True)
        with life.start("run", "--by-workers", "--json", machine="machine-0") as seeing_to_it:
            life.wait(lambda: life.calls("tigerpaw_soap") > 0, "a worker writes")
            seeing_to_it.kill(lambda: True, 0)
            life.kill(workers[0])
        life.have_workers(2, elsewhere=True)
        seconds = life.wait(lambda: life.newest_run().outcome is not None, "the run is closed")
        LOG.info("closed %.1f s after both had died, %d parts held by then", seconds, life.parts_held())
        life.require_right(life.newest_run())
        assert seconds < 60 + 15, "a minute, and then the rest of the run"
        life.stop_workers()
        life.require_proof()

    def test_serve_hands_the_day_to_a_worker_and_the_one_who_sees_to_it_is_killed(life: WorkerLife) -> None:
        workers = life.have_workers(3)
        with life.start("serve", "--no-console") as serve:
            life.wait(lambda: life.calls("tigerpaw_soap") > 0, "a worker writes")
            seeing = life.who_sees_to_the_run()
            assert seeing != serve.pid
            life.kill(next(one for one in workers if one.pid == seeing))
            life.wait(lambda: life.newest_run().outcome is not None, "the run is closed")
            run = life.newest_run()
            life.require_right(run)
            assert [pid for _, pid, _ in json.loads(run.taken_over)] != []
            serve.terminate()
            assert serve.end().code == 0
        life.stop_workers()
        life.require_proof()

    def test_when_every_worker_is_killed_the_process_that_waits_for_them_makes_the_run_itself(life: WorkerLife) -> None:
        life.have_workers(2)
        with life.start("run", "--by-workers", "--json") as waiting:
            life.wait(lambda: life.calls("tigerpaw_soap") > 0, "a worker writes")
            life.kill_all()
            ended = waiting.end()
        assert ended.code == 3, f"the one line that somebody else made waits for a person: {ended.words}"
        assert "No worker has been alive for 30 seconds" in ended.err
        run = life.newest_run()
        life.require_right(run)
        assert len(json.loads(run.taken_over)) == 1
        life.require_proof()
