"""Tries mutants that stand outside of functions: each in a process that imports the rules anew, forked from one that has imported none of them."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import signal
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType

import pytest

from tests.mutation.calling import by_property, passes
from tests.mutation.exchanging import PACKAGE
from tests.mutation.mutants import BILLING, Mutant
from tests.mutation.verdict import PLAIN, Verdict

_SECONDS = 120
"""Processor time of all tests and everything that is imported for them, after which a mutant counts as one that never ends."""


def warm_up() -> None:
    """Imports what the forked processes need and that is not ours, so that none of them does it again."""
    with _quiet():
        pytest.main(["--collect-only", *PLAIN, str(Path(__file__).with_name("mutants.py"))])
    for name in ("hypothesis.strategies", "hypothesis.internal.conjecture.engine", "msgspec", "zstandard"):
        importlib.import_module(name)


def try_whole(mutant: Mutant, text: bytes, tests: list[str]) -> Verdict:
    """Tries a mutant in a process that imports the rules and their tests anew; for what is decided when a module is imported.

    The tests named after the module are asked first, and then all.
    """
    try:
        code = compile(text, str(BILLING / f"{mutant.module}.py"), "exec", dont_inherit=True)
    except SyntaxError:
        return Verdict.NO_PROGRAM
    own = [str(path) for folder in tests for path in sorted(Path(folder).glob(f"test_{mutant.module}*.py"))]
    for asked in filter(None, (own, tests)):
        verdict = _whole(mutant, code, asked)
        if verdict is not Verdict.SURVIVED:
            return verdict
    return Verdict.SURVIVED


def _whole(mutant: Mutant, code: CodeType, tests: list[str]) -> Verdict:
    child = os.fork()
    if child == 0:
        signal.setitimer(signal.ITIMER_PROF, _SECONDS)
        try:
            with _quiet():
                sys.meta_path.insert(0, _Changed(f"{PACKAGE}.{mutant.module}", code))
                ended = pytest.main([*PLAIN, *tests], plugins=[_CalledUntilOneFails()])
            os._exit(0 if ended == pytest.ExitCode.OK else 1)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return Verdict.ENDLESS
    return Verdict.KILLED if status else Verdict.SURVIVED


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        yield


class _CalledUntilOneFails:
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        order = sorted(session.items, key=by_property)
        session.testsfailed += 0 if all(passes(item) for item in order) else 1
        return True


class _Changed:
    """Finds one module, with another code than its file has."""

    def __init__(self, name: str, code: CodeType) -> None:
        self._name, self._code = name, code

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name != self._name:
            return None
        file = str(BILLING / f"{name.rpartition('.')[2]}.py")
        return importlib.util.spec_from_file_location(name, file, loader=_Loader(name, file, self._code))


class _Loader(SourceFileLoader):
    def __init__(self, name: str, file: str, code: CodeType) -> None:
        super().__init__(name, file)
        self._changed = code

    def get_code(self, fullname: str) -> CodeType:
        return self._changed
