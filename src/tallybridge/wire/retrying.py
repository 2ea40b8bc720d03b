"""Bounded, jittered repetition of what may safely be repeated: reads. Writes never come here (L5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import stamina

from tallybridge.wire.http import HttpReply
from tallybridge.wire.transport import TransportFailed, TransportKind

T = TypeVar("T")

PASSING_KINDS = frozenset({TransportKind.UNREACHABLE, TransportKind.TIMED_OUT, TransportKind.BROKEN})
"""Transport failures that may pass by themselves; a wrong certificate does not."""

PASSING_STATUSES = frozenset({500, 502, 503, 504})
"""HTTP statuses that may pass by themselves, for reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often and how long to try again. Waits are in seconds, double each time, and carry a random part of up to `jitter`."""

    attempts: int = 3
    first_wait: float = 0.5
    longest_wait: float = 5.0
    jitter: float = 0.5


IMPATIENT = Patience(first_wait=0, longest_wait=0, jitter=0)
"""Tries as often but does not wait; for tests."""


def with_patience(
    call: Callable[[], T],
    *,
    passing: Callable[[Exception], bool],
    patience: Patience,
    seconds_left: Callable[[], float] | None = None,
) -> T:
    """Calls until it succeeds, fails for good, or patience or time runs out; then the last error is raised as it came.

    Args:
        call: may be called several times with the same effect as once.
        passing: whether an error may pass by itself.
        seconds_left: no further attempt is begun once this is 0 or below, nor does a wait reach beyond it.
    """
    try:
        return call()
    except Exception as error:
        if patience.attempts < 2 or not passing(error):
            raise
        first_failure: Exception | None = error
    # The machinery of repetition costs more than many a call, so it is set up only once something has failed; its first attempt is the one above.
    # A context, not a decorator: stamina's log of a decorated function would show its arguments.
    left = seconds_left() if seconds_left is not None else None
    for attempt in stamina.retry_context(
        on=lambda error: passing(error) and (seconds_left is None or seconds_left() > 0),
        attempts=patience.attempts,
        timeout=None,
        wait_initial=patience.first_wait,
        wait_max=patience.longest_wait if left is None else max(0.0, min(patience.longest_wait, left)),
        wait_jitter=patience.jitter,
    ):
        with attempt:
            if first_failure is not None:
                failure, first_failure = first_failure, None
                raise failure
            return call()
    raise AssertionError("stamina ends with a result or an error")


def passing_transport(error: Exception) -> bool:
    """Whether a transport failure may pass by itself."""
    return isinstance(error, TransportFailed) and error.kind in PASSING_KINDS


class _PassingStatus(Exception):
    def __init__(self, reply: HttpReply) -> None:
        super().__init__(f"HTTP {reply.status}")
        self.reply = reply


def read_patiently(call: Callable[[], HttpReply], *, patience: Patience, seconds_left: Callable[[], float] | None = None) -> HttpReply:
    """Sends an idempotent read; repeats it after a passing transport failure or status, and returns the last reply.

    Raises:
        TransportFailed: the last attempt had no whole reply.
    """

    def once() -> HttpReply:
        reply = call()
        if reply.status in PASSING_STATUSES:
            raise _PassingStatus(reply)
        return reply

    try:
        return with_patience(
            once, passing=lambda error: isinstance(error, _PassingStatus) or passing_transport(error), patience=patience, seconds_left=seconds_left
        )
    except _PassingStatus as given_up:
        return given_up.reply
