"""Two pieces of work that meet in one ledger, each in a thread with a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection

from tallybridge.ledger import opening

_WHILE_OTHER_WAITS = 0.5
"""Seconds that the first one stands still at most while the second one waits for it. Longer would prove no more; shorter only proves less."""
_AT_MOST = 60.0


class _Work:
    def __init__(self, does: Callable[[], object]) -> None:
        self._does = does
        self._thread = threading.Thread(target=self._work)
        self.outcome: object = None

    def start(self) -> None:
        self._thread.start()

    def wait(self, seconds: float = _AT_MOST) -> None:
        self._thread.join(seconds)

    def _work(self) -> None:
        try:
            self.outcome = self._does()
        except Exception as error:  # noqa: BLE001 - what went wrong is what the test asks for
            self.outcome = error
        finally:
            opening.close_thread()


def at_once(first: Callable[[], object], second: Callable[[], object], *, meeting_before: str) -> tuple[object, object]:
    """Lets `first` come to its first statement that contains `meeting_before`, then lets `second` work until it ends or waits; then `first` goes on.

    Returns:
        what each returned, or the exception that it ended with.
    """
    met, go_on = threading.Event(), threading.Event()

    def pause(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if meeting_before in sql and not met.is_set():
            met.set()
            go_on.wait(_AT_MOST)
        return execute(sql, params, many, context)

    def paused() -> object:
        with connection.execute_wrapper(pause):
            return first()

    one, other = _Work(paused), _Work(second)
    one.start()
    assert met.wait(_AT_MOST), f"nothing contained {meeting_before}: {one.outcome!r}"
    other.start()
    other.wait(_WHILE_OTHER_WAITS)
    go_on.set()
    one.wait()
    other.wait()
    return one.outcome, other.outcome
