"""Plays sequences by their seeds, and of one that breaks a law finds the few steps that still do."""

from __future__ import annotations

import os
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from structlog.testing import capture_logs

from tests.simulation.book import Violation
from tests.simulation.steps import Step, Unfolded, play, sequence_of
from tests.simulation.world import in_world

MEMORY = Path("/dev/shm")


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that is gone afterwards; in memory where the system has such a place."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Path(folder)


@dataclass(frozen=True)
class Failure:
    """A seed that breaks a law, and the fewest of its steps that were found to do so."""

    seed: int
    sequence: Unfolded
    steps: tuple[Step, ...]
    broken: str

    def __str__(self) -> str:
        first = f"begins {self.sequence.start:%Y-%m-%d %H:%M} UTC, {self.sequence.customers} customers"
        steps = "\n".join(f"  {number}. {step}" for number, step in enumerate(self.steps, start=1))
        again = f"python -m tests.simulation --seed {self.seed} --verbose"
        return f"seed {self.seed} ({first}), {len(self.steps)} of {len(self.sequence.steps)} steps:\n{steps}\n  {self.broken}\nReplay: {again}"


class Player:
    """Plays in one folder, one sequence after another.

    Args:
        empty_home: a ledger that has just been made.
        folder: where each sequence's ledger goes; its own for each player.
    """

    def __init__(self, empty_home: Path, folder: Path) -> None:
        self._empty_home = empty_home
        self._folder = folder

    def broken_by(self, sequence: Unfolded, steps: Sequence[Step]) -> str | None:
        """What the steps break, in words; None where every law holds."""
        try:
            # What the product logs of rehearsed trouble is looked at by nobody.
            with capture_logs(), in_world(self._empty_home, self._folder, now=sequence.start, customers=sequence.customers) as world:
                play(world, steps, proved=sequence.proved)
        except Violation as violation:
            return str(violation)
        except Exception as error:  # noqa: BLE001 - an error that the product lets out breaks a sequence too
            return f"{type(error).__name__}: {error}\n{''.join(traceback.format_tb(error.__traceback__)[-4:])}"
        return None

    def failure_of(self, seed: int) -> Failure | None:
        """Plays a seed; None where every law holds."""
        sequence = sequence_of(seed)
        broken = self.broken_by(sequence, sequence.steps)
        if broken is None:
            return None
        steps, broken = self._fewest(sequence, broken)
        return Failure(seed, sequence, steps, broken)

    def _fewest(self, sequence: Unfolded, broken: str) -> tuple[tuple[Step, ...], str]:
        """Leaves out one step after another for as long as something still breaks."""
        steps = sequence.steps
        place = len(steps) - 1
        while place >= 0:
            fewer = steps[:place] + steps[place + 1 :]
            found = self.broken_by(sequence, fewer)
            if found is not None:
                steps, broken = fewer, found
            place -= 1
        return steps, broken


_in_this_process: list[Player] = []


def begin_in_process(empty_home: Path, folder: Path) -> None:
    """Makes the player of a process that plays for another one."""
    _in_this_process.append(Player(empty_home, folder / f"player-{os.getpid()}"))


def play_in_process(seed: int) -> Failure | None:
    """Plays a seed with the player of this process."""
    return _in_this_process[0].failure_of(seed)
