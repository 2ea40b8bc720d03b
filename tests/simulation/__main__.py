"""`python -m tests.simulation --sequences 10000 --first-seed 0`: plays seeds on all processors and prints the ones that break a law."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TextIO

from tests.simulation.playing import Player, begin_in_process, play_in_process, scratch
from tests.simulation.steps import sequence_of
from tests.simulation.world import make_empty_home


def _say(what: object, *, to: TextIO = sys.stdout) -> None:
    to.write(f"{what}\n")
    to.flush()


def main() -> int:
    """Exit code 0: every law held in every sequence."""
    asked = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    asked.add_argument("--sequences", type=int, default=10_000)
    asked.add_argument("--first-seed", type=int, default=0)
    asked.add_argument("--seed", type=int, help="play this one alone")
    asked.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked.add_argument("--verbose", action="store_true", help="print each step of the one seed")
    told = asked.parse_args()
    with scratch() as folder:
        empty_home = make_empty_home(folder / "empty")
        if told.seed is not None:
            return _one(Player(empty_home, folder / "alone"), told.seed, verbose=told.verbose)
        return _many(empty_home, folder, range(told.first_seed, told.first_seed + told.sequences), told.processes)


def _one(player: Player, seed: int, *, verbose: bool) -> int:
    if verbose:
        sequence = sequence_of(seed)
        _say(f"seed {seed}: {sequence.start:%Y-%m-%d %H:%M} UTC, {sequence.customers} customers")
        for number, step in enumerate(sequence.steps, start=1):
            _say(f"  {number}. {step}")
    failure = player.failure_of(seed)
    _say(failure if failure is not None else f"seed {seed}: every law held")
    return 0 if failure is None else 1


def _many(empty_home: Path, folder: Path, seeds: range, processes: int) -> int:
    began, failures = time.monotonic(), 0
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawn, initializer=begin_in_process, initargs=(empty_home, folder)) as pool:
        for number, failure in enumerate(pool.map(play_in_process, seeds, chunksize=5), start=1):
            if failure is not None:
                failures += 1
                _say(failure)
            if number % 500 == 0:
                _say(f"{number} sequences, {failures} broken, {time.monotonic() - began:.0f} s", to=sys.stderr)
    each = (time.monotonic() - began) / len(seeds)
    _say(f"{len(seeds)} sequences from seed {seeds.start}: {failures} broke a law; {each * 1000:.0f} ms each on {processes} processors")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
