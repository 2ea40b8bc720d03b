"""The fault plan of a fake: what goes wrong at which call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock


class Deed(StrEnum):
    """What goes wrong."""

    REFUSE = "refuse"
    """Answers no: the write is refused, or the tenant may not be read."""
    REFUSE_SIGN_IN = "refuse_sign_in"
    """Refuses the credentials; nothing is done."""
    DROP = "drop"
    """Does not act and does not answer."""
    LOSE_REPLY = "lose_reply"
    """Acts, and the reply is lost."""
    ACT_LATE = "act_late"
    """Does not answer, and acts `seconds` later."""
    WRONG_QUANTITY = "wrong_quantity"
    """Acts with another quantity, and answers that all is well."""
    UNREADABLE = "unreadable"
    """The reply cannot be read; a write was done all the same."""
    UNREACHABLE = "unreachable"
    """There is no connection; nothing is sent."""
    SLOW = "slow"
    """Answers `seconds` later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One rehearsed fault: fires at the matching calls number `nth` to `nth + times - 1`; `times` 0 means for ever."""

    call: str
    """The method's name; `*` matches every one that can meet the deed."""
    do: Deed
    nth: int = 1
    times: int = 1
    about: str = ""
    """Only calls for this tenant's id, or for this account's or agreement's number; "" matches all."""
    seconds: float = 0.0


class FaultPlan:
    """Counts calls per fault and says which fault fires. Safe to use from several threads.

    Args:
        possible: the deeds that each method can meet.
        faults: tried in their order; all that match count the call, the first that fires is taken.

    Raises:
        ValueError: a fault could never fire.
    """

    def __init__(self, faults: Iterable[Fault], possible: Mapping[str, frozenset[Deed]]) -> None:
        self._possible = possible
        self._lock = Lock()
        self.replace(faults)

    def replace(self, faults: Iterable[Fault]) -> None:
        """Takes other faults in place of all, and counts anew. Raises ValueError."""
        kept = tuple(faults)
        for fault in kept:
            calls = [name for name, deeds in self._possible.items() if fault.do in deeds and fault.call in (name, "*")]
            if not calls or fault.nth < 1 or fault.times < 0:
                raise ValueError(
                    f"{fault} can never fire. A call and what it can meet: { {name: sorted(deeds) for name, deeds in self._possible.items()} }."
                )
        with self._lock:
            self._faults = kept
            self._matched = [0] * len(kept)

    def firing(self, call: str, about: object = "") -> Fault | None:
        """Counts this call and returns the fault that fires, if any."""
        first: Fault | None = None
        with self._lock:
            for place, fault in enumerate(self._faults):
                if fault.call not in (call, "*") or fault.do not in self._possible[call] or fault.about not in ("", str(about)):
                    continue
                self._matched[place] += 1
                beyond = self._matched[place] - fault.nth
                if first is None and beyond >= 0 and (fault.times == 0 or beyond < fault.times):
                    first = fault
        return first
