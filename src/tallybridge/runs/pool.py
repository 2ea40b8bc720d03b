"""A small pool of threads for tenant runs: in order, each thread with its own connection to the ledger, and a clean end when asked to stop."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from tallybridge.ledger.opening import close_thread

Work = TypeVar("Work")
Result = TypeVar("Result")


def run_all(work: Sequence[Work], do: Callable[[Work], Result], *, threads: int, stop: threading.Event) -> list[Result]:
    """Does every piece of work, begun in the order given, and returns the results in that order.

    When `stop` is set, what is under way ends by itself and what has not begun is left out of the results.

    Raises:
        Exception: the first error of a piece of work, after every thread has ended; `stop` is then set.
        KeyboardInterrupt: passed on at once to the caller with `stop` set, after every thread has ended.
    """
    pool = _Pool(work, do, stop)
    workers = [threading.Thread(target=pool.work_off, name=f"tenant-run-{number}") for number in range(max(1, min(threads, len(work))))]
    for worker in workers:
        worker.start()
    _join(workers, stop)
    if pool.errors:
        raise pool.errors[0]
    return [pool.results[number] for number in sorted(pool.results)]


class _Pool(Generic[Work, Result]):
    def __init__(self, work: Sequence[Work], do: Callable[[Work], Result], stop: threading.Event) -> None:
        self._queue: queue.SimpleQueue[tuple[int, Work]] = queue.SimpleQueue()
        for numbered in enumerate(work):
            self._queue.put(numbered)
        self._do = do
        self._stop = stop
        self.results: dict[int, Result] = {}
        self.errors: list[Exception] = []

    def work_off(self) -> None:
        try:
            while not self._stop.is_set():
                number, piece = self._queue.get_nowait()
                self.results[number] = self._do(piece)
        except queue.Empty:
            return
        except Exception as error:  # noqa: BLE001 - handed to the caller, who cannot see into a thread
            self._stop.set()
            self.errors.append(error)
        finally:
            close_thread()


def _join(workers: Sequence[threading.Thread], stop: threading.Event) -> None:
    interrupted = False
    while True:
        try:
            for worker in workers:
                while worker.is_alive():
                    # A short wait, because an endless join cannot be interrupted on every platform.
                    worker.join(timeout=0.2)
            break
        except KeyboardInterrupt:
            interrupted = True
            stop.set()
    if interrupted:
        raise KeyboardInterrupt
