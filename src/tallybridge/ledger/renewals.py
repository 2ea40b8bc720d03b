"""Renews every lease that this process holds, in one thread: a thread for each, with a connection of its own, costs more than the lease itself.

The thread begins with the first lease and ends, its connection closed, with the last.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf
from time import monotonic

from django.db import transaction

from tallybridge.ledger.errors import LedgerError, ledger_errors
from tallybridge.ledger.opening import close_thread


class _Renewal:
    def __init__(self, renew: Callable[[], bool], every: float) -> None:
        self.renew = renew
        self.every = every
        self.due = monotonic() + every


class _Renewer:
    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._renewals: set[_Renewal] = set()
        self._thread: threading.Thread | None = None
        self._wakes = inf

    def add(self, renewal: _Renewal) -> None:
        with self._changed:
            self._renewals.add(renewal)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="leases", daemon=True)
                self._thread.start()
            elif renewal.due < self._wakes:
                self._changed.notify()

    def remove(self, renewal: _Renewal) -> None:
        """Returns, after the last renewal, only once the thread has ended."""
        with self._changed:
            self._renewals.remove(renewal)
            if self._renewals:
                return
            thread, self._thread = self._thread, None
            self._changed.notify()
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        try:
            while due := self._wait_for_due():
                _renew_at_once(due)
        finally:
            close_thread()

    def _wait_for_due(self) -> list[_Renewal]:
        """What is due, put off to its next time; nothing once this thread is not needed any more."""
        with self._changed:
            while self._thread is threading.current_thread():
                now = monotonic()
                due = [renewal for renewal in self._renewals if renewal.due <= now]
                if due:
                    for renewal in due:
                        renewal.due = now + renewal.every
                    return due
                self._wakes = min(renewal.due for renewal in self._renewals)
                self._changed.wait(min(self._wakes - now, threading.TIMEOUT_MAX))
        return []


def _renew_at_once(due: list[_Renewal]) -> None:
    """Renews in one transaction, so that several wait together for a locked ledger.

    What fails is tried again: a lease has two thirds of its time left.
    """
    try:
        with ledger_errors(), transaction.atomic():
            lost = [renewal for renewal in due if not renewal.renew()]
    except LedgerError:
        return
    for renewal in lost:
        renewal.due = inf


_renewer = _Renewer()


@contextmanager
def repeated(renew: Callable[[], bool], *, every: float) -> Iterator[None]:
    """Calls `renew` every so many seconds for the length of a `with` block, until it says that there is nothing to renew any more."""
    renewal = _Renewal(renew, every)
    _renewer.add(renewal)
    try:
        yield
    finally:
        _renewer.remove(renewal)
