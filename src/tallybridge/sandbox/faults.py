"""The list of rehearsed faults: which one fires at a call, counted per fault (contracts 4, "Faults")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallybridge.sandbox.scenario_records import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Fault", "FaultList"]


class FaultList:
    """Counts calls per fault and says which fault fires. Not thread-safe by itself: the World's lock guards it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self._faults = list(faults)
        self._matched = [0] * len(self._faults)

    def firing(self, on: str, call: str) -> Fault | None:
        """Counts this call with every fault that matches it and returns the first one that fires, if any.

        `on` and `call` are spelled as in the log; a fault's `call` may end in `*`. Upper and lower case are the same (our choice).
        """
        first: Fault | None = None
        for place, fault in enumerate(self._faults):
            if fault.on != on or not _matches(fault.call, call):
                continue
            self._matched[place] += 1
            beyond = self._matched[place] - fault.nth
            if first is None and beyond >= 0 and (fault.times == 0 or beyond < fault.times):
                first = fault
        return first


def _matches(pattern: str, call: str) -> bool:
    pattern, call = pattern.casefold(), call.casefold()
    if pattern.endswith("*"):
        return call.startswith(pattern[:-1])
    return pattern == call
