"""`python -m tests.mutation`: tries every mutant of `billing/`, and compares the survivors with docs/mutation-testing.md.

Exit code 0: exactly the listed ones have survived.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter, defaultdict
from typing import TextIO

os.environ.setdefault("TALLYBRIDGE_EXAMPLES", "5")

from tests.mutation.importing import try_whole, warm_up
from tests.mutation.listed import listed_survivors
from tests.mutation.mutants import Mutant, mutants_of, mutated, sources
from tests.mutation.trying import NotGreen, try_functions
from tests.mutation.verdict import Verdict

_ALIVE = (Verdict.SURVIVED, Verdict.UNREACHED)


def _say(what: object = "", *, to: TextIO = sys.stdout) -> None:
    to.write(f"{what}\n")
    to.flush()


class _Told:
    """The verdicts, as they come."""

    def __init__(self, of: int) -> None:
        self.of, self.began = of, time.monotonic()
        self.verdicts: dict[Mutant, Verdict] = {}

    def __call__(self, mutant: Mutant, verdict: Verdict) -> None:
        self.verdicts[mutant] = verdict
        if verdict in _ALIVE:
            _say(f"- {mutant}" + (" (no test comes along)" if verdict is Verdict.UNREACHED else ""), to=sys.stderr)
        if len(self.verdicts) % 100 == 0:
            _say(f"{len(self.verdicts)} of {self.of} tried, {time.monotonic() - self.began:.0f} s", to=sys.stderr)

    def survivors(self) -> list[Mutant]:
        return [mutant for mutant, verdict in self.verdicts.items() if verdict in _ALIVE]


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    asked.add_argument(
        "--only", action="append", default=[], metavar="NAME", help='a module or function: "guards", "guards._Tenant" (may be repeated)'
    )
    asked.add_argument("--tests", action="append", default=[], metavar="PATH", help="the tests that should notice (default: tests/billing)")
    told = asked.parse_args()
    texts = sources()
    chosen = tuple(one for name, text in texts.items() for one in mutants_of(name, text) if _is_asked(one, told.only))
    tests = told.tests or ["tests/billing"]
    verdicts = _Told(len(chosen))
    # First those that need a process in which nothing of ours has been imported yet.
    decided_at_import = [one for one in chosen if not one.scope]
    if decided_at_import:
        warm_up()
    for mutant in decided_at_import:
        verdicts(mutant, try_whole(mutant, mutated(texts[mutant.module], mutant), tests))
    try:
        try_functions(tuple(one for one in chosen if one.scope), texts, tests, verdicts)
    except NotGreen as failing:
        _say(f"These tests fail on the unchanged program, so nothing can be said about changes: {failing}")
        return 1
    return _report(verdicts, {str(one) for one in chosen})


def _is_asked(mutant: Mutant, only: list[str]) -> bool:
    name = f"{mutant.module}.{mutant.scope}"
    return not only or any(name == one or name.startswith(f"{one}.") for one in only)


def _report(verdicts: _Told, tried: set[str]) -> int:
    by_module: defaultdict[str, Counter[Verdict]] = defaultdict(Counter)
    for mutant, verdict in verdicts.verdicts.items():
        by_module[mutant.module][verdict] += 1
    _say(f"{'module':16} {'mutants':>8} {'killed':>8} {'endless':>8} {'survived':>8}")
    total: Counter[Verdict] = Counter()
    for module, counts in by_module.items():
        total += counts
        _say(_row(module, counts))
    _say(_row("all", total))
    survivors = {str(mutant) for mutant in verdicts.survivors()}
    listed = {one.mutant for one in listed_survivors()} & tried
    new, killed = sorted(survivors - listed), sorted(listed - survivors)
    if new:
        _say(f"\n{len(new)} survivors are not listed in docs/mutation-testing.md; write a test that notices them, or list and explain them:")
        _say("\n".join(f"- {one}" for one in new))
    if killed:
        _say(f"\n{len(killed)} are listed in docs/mutation-testing.md and did not survive; take them out:")
        _say("\n".join(f"- {one}" for one in killed))
    return 1 if new or killed else 0


def _row(name: str, counts: Counter[Verdict]) -> str:
    real = counts.total() - counts[Verdict.NO_PROGRAM]
    return f"{name:16} {real:8} {counts[Verdict.KILLED]:8} {counts[Verdict.ENDLESS]:8} {counts[Verdict.SURVIVED] + counts[Verdict.UNREACHED]:8}"


if __name__ == "__main__":
    sys.exit(main())
