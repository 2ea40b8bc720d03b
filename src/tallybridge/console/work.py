"""Long work in the background: one piece at a time, its progress for the page that waits for it.

What it does is recorded in the ledger; what is kept here is only how far it has come, and is lost when the console ends.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from tallybridge.ledger.opening import close_thread

_KEPT = 50


@dataclass(slots=True)
class Work:
    """One piece of work, as far as it has come."""

    id: str
    title: str
    who: str
    begun: datetime
    total: int | None = None
    """How many tenants it will take in, once that is known."""
    done: int = 0
    finished: bool = False
    failed: str = ""
    """What went wrong, in words; "" where nothing did."""
    result: str = ""
    """Where the result is to be seen: an address of the console."""
    stop: threading.Event = field(default_factory=threading.Event)

    def begin(self, total: int) -> None:
        """Told once how much there is to do."""
        self.total = total

    def step(self, *_done: object) -> None:
        """Told of each tenant as it is done."""
        self.done += 1


class Busy(Exception):
    """Another piece of work is under way; the text says which."""


_lock = threading.Lock()
_pieces: dict[str, Work] = {}


def start(title: str, who: str, begun: datetime, deed: Callable[[Work], str]) -> Work:
    """Starts a piece of work in a thread of its own.

    Args:
        deed: does it, tells its progress to the work it is given, and returns the address of the result.

    Raises:
        Busy: nothing was started.
    """
    work = Work(id=secrets.token_urlsafe(12), title=title, who=who, begun=begun)
    with _lock:
        running = next((one for one in _pieces.values() if not one.finished), None)
        if running is not None:
            raise Busy(f"“{running.title}”, begun by {running.who}, is still under way. Nothing was started.")
        for old in list(_pieces)[: max(0, len(_pieces) - _KEPT + 1)]:
            del _pieces[old]
        _pieces[work.id] = work
    threading.Thread(target=_carry_out, args=(work, deed), name=f"work {work.id}", daemon=True).start()
    return work


def find(work_id: str) -> Work | None:
    """The piece of work with this id, if this console still knows it."""
    return _pieces.get(work_id)


def under_way() -> Work | None:
    """The piece of work that has not ended yet."""
    return next((one for one in list(_pieces.values()) if not one.finished), None)


def stop_all() -> None:
    """Asks what is under way to come to a clean end; for the end of the console."""
    for one in list(_pieces.values()):
        one.stop.set()


def _carry_out(work: Work, deed: Callable[[Work], str]) -> None:
    try:
        work.result = deed(work)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong must reach the person who waits for it, and never end the console
        work.failed = str(error) or type(error).__name__
    finally:
        close_thread()
        work.finished = True
