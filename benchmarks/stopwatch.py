"""CPU and wall time of this process between two moments, and the most memory it has held."""

from __future__ import annotations

import resource
import time
from typing import NamedTuple, Self


class Spent(NamedTuple):
    """Seconds."""

    cpu: float
    """User and system time of all threads of the process."""
    wall: float


class Stopwatch:
    """Runs from its making on."""

    def __init__(self) -> None:
        self._began = _now()

    def spent(self) -> Spent:
        """What has been spent since."""
        cpu, wall = _now()
        return Spent(cpu - self._began.cpu, wall - self._began.wall)

    @classmethod
    def since_process_start(cls) -> Self:
        """A stopwatch whose CPU time counts from the start of the process, interpreter and imports included."""
        stopwatch = cls()
        stopwatch._began = Spent(0.0, stopwatch._began.wall)
        return stopwatch


def _now() -> Spent:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return Spent(usage.ru_utime + usage.ru_stime, time.perf_counter())


def peak_memory_mib() -> float:
    """The largest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
