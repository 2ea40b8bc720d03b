"""Tries mutants that stand in functions: in a process forked for each, the function's code is exchanged, and the tests that reach the changed line
are called until one fails.

Nothing is imported or collected again, so that a mutant costs as long as its tests need to notice it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tests.mutation.calling import by_property, passes
from tests.mutation.exchanging import exchange, forget_results
from tests.mutation.mutants import BILLING, Mutant, mutated
from tests.mutation.verdict import PLAIN, Verdict

_SECONDS_BEYOND = 2
"""Processor time beyond what a test needs on the unchanged program, after which a mutant counts as one that never ends."""


@dataclass
class _Known:
    """What one run of a test on the unchanged program has shown."""

    seconds: float
    lines: dict[str, set[int]]
    by_property: bool


def try_functions(mutants: tuple[Mutant, ...], sources: dict[str, bytes], tests: list[str], told: Callable[[Mutant, Verdict], None]) -> None:
    """Tries mutants that stand in functions.

    Raises:
        NotGreen: nothing was tried, because tests fail on the unchanged program.
    """
    trial = _Trial(sources, mutants, told)
    warnings.simplefilter("error")
    ended = pytest.main([*PLAIN, "--no-header", "--no-summary", *tests], plugins=[trial])
    if trial.broken or ended not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise NotGreen(", ".join(trial.broken) or f"pytest ended with {ended}")


class NotGreen(Exception):
    """Tests fail on the unchanged program."""


@dataclass
class _Trial:
    """A pytest plugin that tries mutants in place of running the tests."""

    sources: dict[str, bytes]
    mutants: tuple[Mutant, ...]
    told: Callable[[Mutant, Verdict], None]
    broken: list[str] = field(default_factory=list)
    """Tests that fail on the unchanged program."""

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        known = {item: _run_watched(item, self.broken) for item in session.items}
        if self.broken or session.testsfailed:
            return True
        reaching: defaultdict[tuple[str, int], set[pytest.Item]] = defaultdict(set)
        for item, about in known.items():
            for module, lines in about.lines.items():
                for line in lines:
                    reaching[module, line].add(item)
        kills: defaultdict[tuple[str, str], Counter[pytest.Item]] = defaultdict(Counter)
        for mutant in self.mutants:
            tests = {item for line in mutant.lines for item in reaching[mutant.module, line]}
            here = kills[mutant.module, mutant.scope]
            # The quick ones first, properties last; among them those that have noticed a change of this function before.
            order = sorted(tests, key=lambda item: (known[item].by_property, -here[item], known[item].seconds, item.nodeid))
            verdict, killer = _try(mutant, mutated(self.sources[mutant.module], mutant), {item: known[item].seconds for item in order})
            if killer is not None:
                here[killer] += 1
            self.told(mutant, verdict)
        return True


def _run_watched(item: pytest.Item, broken: list[str]) -> _Known:
    lines = {str(BILLING / f"{path.stem}.py"): set[int]() for path in BILLING.glob("*.py")}

    def follow(frame: FrameType, event: str, argument: object) -> Callable[..., Any] | None:
        seen = lines.get(frame.f_code.co_filename)
        if seen is None:
            return None

        def line(frame: FrameType, event: str, argument: object) -> Callable[..., Any]:
            seen.add(frame.f_lineno)
            return line

        return line(frame, event, argument)

    forget_results()
    began = time.process_time()
    sys.settrace(follow)
    try:
        passed = passes(item)
    finally:
        sys.settrace(None)
    if not passed:
        broken.append(item.nodeid)
    return _Known(
        seconds=time.process_time() - began,
        lines={Path(file).stem: seen for file, seen in lines.items() if seen},
        by_property=by_property(item),
    )


def _try(mutant: Mutant, text: bytes, tests: dict[pytest.Item, float]) -> tuple[Verdict, pytest.Item | None]:
    """Tries a mutant with tests in their order, each with the processor seconds that it takes on the unchanged program."""
    try:
        put_in = exchange(mutant, text)
    except SyntaxError:
        return Verdict.NO_PROGRAM, None
    if not tests:
        return Verdict.UNREACHED, None
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            put_in()
            failed = next((number for number, (test, seconds) in enumerate(tests.items()) if not _passes_in_time(test, seconds)), None)
            os.write(writing, b"" if failed is None else str(failed).encode())
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        said = answer.read()
    _, status = os.waitpid(child, 0)
    if status != 0:
        return (Verdict.ENDLESS if os.WIFSIGNALED(status) else Verdict.KILLED), None
    return (Verdict.KILLED, list(tests)[int(said)]) if said else (Verdict.SURVIVED, None)


def _passes_in_time(test: pytest.Item, seconds: float) -> bool:
    """Ends the process where the test takes far more processor time than it needs."""
    signal.setitimer(signal.ITIMER_PROF, seconds * 5 + _SECONDS_BEYOND)
    return passes(test)
