"""When a sign-in may still be tried: repeated refusals lock the account (KSC Open API reference 1.4, SPL 2013)."""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition
from typing import TypeVar

from tallybridge.sources.ksc.errors import OutOfTime, SignInRefused, SignInsStopped

T = TypeVar("T")

REFUSALS_IN_A_ROW = 3
_LONGEST_WAIT = 60.0


class SignInGate:
    """Lets sign-ins pass until three in a row were refused, over all threads of a run; an accepted one starts the count anew.

    Near the limit fewer may be under way at once, so that never more than three refusals come in a row, however many threads there are.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._refused = 0
        self._under_way = 0

    def pass_through(self, sign_in: Callable[[], T], *, seconds_left: Callable[[], float]) -> T:
        """Signs in if that is still allowed.

        Raises:
            SignInsStopped: it was not tried.
            OutOfTime: other sign-ins took too long.
            Exception: what `sign_in` raises.
        """
        self._enter(seconds_left)
        accepted, refusals = False, 0
        try:
            result = sign_in()
            accepted = True
        except SignInRefused as refusal:
            refusals = REFUSALS_IN_A_ROW if refusal.account_blocked else 1
            raise
        finally:
            self._leave(accepted=accepted, refusals=refusals)
        return result

    def _enter(self, seconds_left: Callable[[], float]) -> None:
        with self._changed:
            while self._refused < REFUSALS_IN_A_ROW <= self._refused + self._under_way:
                left = seconds_left()
                if left <= 0:
                    raise OutOfTime("The time was used up while waiting for other sign-ins.")
                self._changed.wait(min(left, _LONGEST_WAIT))
            if self._refused >= REFUSALS_IN_A_ROW:
                raise SignInsStopped("Earlier sign-ins of this run were refused, so this one was not tried: repeated refusals lock the account.")
            self._under_way += 1

    def _leave(self, *, accepted: bool, refusals: int) -> None:
        with self._changed:
            self._under_way -= 1
            self._refused = 0 if accepted else self._refused + refusals
            self._changed.notify_all()
