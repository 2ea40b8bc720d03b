"""Who carries out the parts of a spread run: the threads of this process, or workers anywhere (`runs.workers`)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from typing import Protocol

from tallybridge.ledger.errors import RunClosed
from tallybridge.runs.orders import Order
from tallybridge.runs.pool import run_all
from tallybridge.runs.recording import PartGivenBack, PartLost
from tallybridge.runs.runs_at_hand import RunsAtHand


class Crew(Protocol):
    """Spreads parts; that each is carried out once is not its business but the ledger's."""

    def hand_out(self, run_id: str, parts: Sequence[int]) -> None:
        """Has these parts carried out, soon or before it returns; some may get lost with the process that was at them."""
        ...

    def waiting(self, run_id: str) -> Collection[int]:
        """The parts that are handed out and that nobody has begun."""
        ...

    def anybody(self) -> bool:
        """Whether somebody is there who takes what waits."""
        ...


class InThisProcess:
    """Threads of this process, as many as the source's sessions, for a spread run that nobody else goes on with.

    Args:
        after_each: called after each part, in the part's thread.
    """

    def __init__(self, order: Order, after_each: Callable[[], None] = lambda: None) -> None:
        self._order = order
        self._after_each = after_each

    def hand_out(self, run_id: str, parts: Sequence[int]) -> None:
        """Carries them out; returns when all are done, or are with other processes."""
        order = self._order
        with closing(RunsAtHand(clock=order.clock, stop=order.stop)) as runs:

            def carry_out(number: int) -> None:
                try:
                    runs.carry_out(run_id, number)
                except (PartGivenBack, PartLost, RunClosed):
                    return
                self._after_each()

            run_all(parts, carry_out, threads=order.configuration.source.max_sessions, stop=order.stop)

    def waiting(self, run_id: str) -> Collection[int]:  # noqa: ARG002 - see `Crew`
        """None ever waits."""
        return ()

    def anybody(self) -> bool:
        """This process itself."""
        return True
