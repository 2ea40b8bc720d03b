"""A run that is cut off at any moment: Ctrl-C, a kill, a ledger that cannot be written any more. The next run goes on correctly (L5, design 7).

TALLYBRIDGE_EVERY_WRITE=1 cuts the ledger off at every single statement instead of at some.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from tests.databases.homes import environment_of
from tests.end_to_end.conftest import Bench, recorded_intents
from tests.end_to_end.worlds import CONTOSO, FABRIKAM

Json = dict[str, Any]
PROGRAM = [sys.executable, "-c", "from tallybridge.cli.entry import main; main()"]

MOMENTS: dict[str, Json] = {
    "while signing in": {"on": "ksc", "call": "Session.StartSession", "nth": 1},
    "while reading the source": {"on": "ksc", "call": "LicenseKeys.EnumKeys", "nth": 1},
    "while reading an agreement": {"on": "tigerpaw_rest", "call": f"/api/agreements/{CONTOSO}/details", "nth": 1},
    "while the first line is written": {"on": "tigerpaw_soap", "call": "*", "nth": 1},
    "while the last line is written": {"on": "tigerpaw_soap", "call": "*", "nth": 3},
}
SECONDS = 60
"""Longer than a start of the program takes, also where others are at work beside it."""


def _run_of_its_own(bench: Bench) -> subprocess.Popen[str]:
    """A run in a process of its own, on the home's own database."""
    environment = os.environ | environment_of(bench.home)
    return subprocess.Popen([*PROGRAM, "run", "--json"], cwd=bench.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def cut_off(bench: Bench, moment: Json, number: signal.Signals) -> tuple[int, str]:
    """Runs in a process of its own and sends it a signal while the call of that moment is under way. Returns its exit code and its words."""
    reached: list[float] = []
    world = bench.sandbox.world
    firing = world.firing_fault

    def watched(on: str, call: str) -> Any:
        fault = firing(on, call)
        if fault is not None and fault.do == "delay":
            reached.append(time.monotonic())
        return fault

    bench.faults(moment | {"do": "delay", "ms": 700})
    world.firing_fault = watched  # type: ignore[method-assign]
    try:
        with _run_of_its_own(bench) as process:
            deadline = time.monotonic() + SECONDS
            while not reached and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
            assert reached, "the moment never came"
            time.sleep(0.15)
            process.send_signal(number)
            out, err = process.communicate(timeout=SECONDS)
    finally:
        del world.firing_fault
    bench.faults()
    # What was under way at the PSA comes to its end there.
    time.sleep(0.6)
    return process.returncode, out + err


def require_right_after(bench: Bench) -> None:
    """The next run brings everything to what is counted, doubles nothing, and the chain holds."""
    healed = bench.run()
    assert healed.code == 0, healed.words
    assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 3)]
    assert bench.quantities(FABRIKAM) == [("KES-SELECT", 2)]
    assert bench.run().writes == 0
    verified = bench.call("verify", "--json")
    assert verified.json["ok"], verified.words
    assert bench.call("replay", "latest").code == 0


@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c_is_a_clean_stop(bench: Bench, moment: str) -> None:
    code, words = cut_off(bench, MOMENTS[moment], signal.SIGINT)

    assert code == 1, words
    assert "Traceback" not in words
    assert "Stopped" in words
    # A sign-in whose reply nobody waited for leaves a session that nobody knows; it ends when it is idle.
    assert bench.sandbox.ksc.open_sessions() == (1 if moment == "while signing in" else 0)
    bench.wait(seconds=2)
    require_right_after(bench)


@pytest.mark.parametrize("moment", ["while reading the source", "while the first line is written", "while the last line is written"])
def test_a_killed_run_is_recorded_as_interrupted_and_made_good(bench: Bench, moment: str) -> None:
    """Design 8: a dead process cannot keep a lease."""
    code, _ = cut_off(bench, MOMENTS[moment], signal.SIGKILL)

    assert code == -signal.SIGKILL
    bench.wait(seconds=2)
    require_right_after(bench)


@contextmanager
def ledger_cut_off_after(statements: int, *, message: str) -> Iterator[Callable[[], bool]]:
    """After so many writing statements each further one fails, whoever makes it. Gives whether it came to that."""
    left = [statements]

    def wrapper(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            left[0] -= 1
            if left[0] < 0:
                raise OperationalError(message)
        return execute(sql, params, many, context)

    def watch(connection: BaseDatabaseWrapper, **_: object) -> None:
        if wrapper not in connection.execute_wrappers:
            connection.execute_wrappers.append(wrapper)

    connection_created.connect(watch)
    try:
        yield lambda: left[0] < 0
    finally:
        connection_created.disconnect(watch)
        wrapper_gone(wrapper)


def wrapper_gone(wrapper: Callable[..., Any]) -> None:
    for connection in connections.all(initialized_only=True):
        if wrapper in connection.execute_wrappers:
            connection.execute_wrappers.remove(wrapper)


STATEMENTS = range(45) if os.environ.get("TALLYBRIDGE_EVERY_WRITE") else (0, 8, 15, 20, 25, 30, 35)


@pytest.mark.parametrize("statements", STATEMENTS)
def test_a_ledger_that_fails_at_any_statement_never_lets_an_unrecorded_write_out(bench: Bench, statements: int) -> None:
    """L5: nothing is sent that was not first recorded. The last statement only gives a lease back, which expires otherwise."""
    bench.declare(source={"max_sessions": 1})

    with ledger_cut_off_after(statements, message="database or disk is full") as came_to_it:
        failed = bench.run()
        if not came_to_it():
            pytest.skip(f"a run makes no more than {statements} writing statements")

    assert "Traceback" not in failed.words
    if failed.json.get("totals", {}).get("created") != 3:
        assert failed.code == 1, failed.words
        assert "full" in failed.err
    assert len(bench.calls("tigerpaw_soap")) <= recorded_intents(bench)
    bench.wait(minutes=2)
    require_right_after(bench)


def test_a_second_run_beside_a_running_one_steps_aside(bench: Bench) -> None:
    """Contracts 2: exit 3, reason `busy`; the first one is not disturbed."""
    bench.faults({"on": "ksc", "call": "HostGroup.FindHosts", "do": "delay", "ms": 1500})
    with _run_of_its_own(bench) as process:
        deadline = time.monotonic() + SECONDS
        while not bench.calls("ksc", "LicenseKeys.AcquireKeyHosts") and time.monotonic() < deadline:
            time.sleep(0.01)
        beside = bench.run()
        out, err = process.communicate(timeout=SECONDS)

    assert (beside.code, beside.json["run"]["reason"], beside.json["tenants"]) == (3, "busy", []), beside.words
    assert process.returncode == 0, out + err
    assert bench.run().writes == 0
    bench.require_proof()
