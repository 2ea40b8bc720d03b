"""A small pool of threads for tenant runs: in order, each thread with its own connection to the ledger, and a clean end when asked to stop."""

from __future__ import annotations

import gc
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from tallybridge.ledger.opening import close_thread

Work = TypeVar("Work")
Result = TypeVar("Result")

_COLLECT_AFTER = 50_000
"""New objects after which the garbage collector looks for cycles. The usual 700 are fewer than a tenant's rows, among which there are none."""


def run_all(work: Sequence[Work], do: Callable[[Work], Result], *, threads: int, stop: threading.Event) -> list[Result]:
    """Does every piece of work, begun in the order given, and returns the results in that order.

    When `stop` is set, what is under way ends by itself and what has not begun is left out of the results.

    Raises:
        Exception: the first error of a piece of work, after every thread has ended; `stop` is then set.
        KeyboardInterrupt: passed on at once to the caller with `stop` set, after every thread has ended.
    """
    count = max(1, min(threads, len(work)))
    pool = _Pool(work, do, stop, workers=count)
    workers = [threading.Thread(target=pool.work_off, name=f"tenant-run-{number}") for number in range(count)]
    # What has been loaded so far outlives the work: looking through it for garbage again and again costs a tenth of the time.
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, *usual[1:])
    try:
        for worker in workers:
            worker.start()
        _wait_for_all(pool.all_ended, stop)
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
    if pool.errors:
        raise pool.errors[0]
    return [pool.results[number] for number in sorted(pool.results)]


class _Pool(Generic[Work, Result]):
    def __init__(self, work: Sequence[Work], do: Callable[[Work], Result], stop: threading.Event, *, workers: int) -> None:
        self._queue: queue.SimpleQueue[tuple[int, Work]] = queue.SimpleQueue()
        for numbered in enumerate(work):
            self._queue.put(numbered)
        self._do = do
        self._stop = stop
        self.results: dict[int, Result] = {}
        self.errors: list[Exception] = []
        self.all_ended = threading.Event()
        self._at_work = workers
        self._guard = threading.Lock()

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
            try:
                close_thread()
            finally:
                self._end_one()

    def _end_one(self) -> None:
        with self._guard:
            self._at_work -= 1
            if not self._at_work:
                self.all_ended.set()


def _wait_for_all(all_ended: threading.Event, stop: threading.Event) -> None:
    # Not `Thread.join`: interrupted by Ctrl-C, it takes a thread that still works for one that has ended (Python before 3.13).
    interrupted = False
    while True:
        try:
            # Short waits, because an endless one cannot be interrupted on every platform.
            while not all_ended.wait(timeout=0.2):
                continue
            break
        except KeyboardInterrupt:
            interrupted = True
            stop.set()
    if interrupted:
        raise KeyboardInterrupt
