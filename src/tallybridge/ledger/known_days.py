"""What past billing dates came to: kept in memory as long as no further run of the date was made, because what a run has recorded never changes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Generic, TypeVar

from django.db import connection

from tallybridge.ledger.counted_days import RunsOfDay, runs_of_days

_Told = TypeVar("_Told")


class KnownDays(Generic[_Told]):
    """Remembers what `read` has told of an integration's dates, the last `most` of them."""

    def __init__(self, read: Callable[[str, Collection[date]], Mapping[date, _Told]], *, most: int) -> None:
        self._read = read
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str, RunsOfDay], _Told] = OrderedDict()

    def of(self, integration: str, since: date) -> dict[date, _Told]:
        """What each date from `since` on with a run came to; only what is not known yet is read. Raises LedgerError."""
        days = runs_of_days(integration, since)
        keys = {day: (str(connection.settings_dict["NAME"]), integration, runs) for day, runs in days.items()}
        with self._lock:
            found = {day: self._kept[key] for day, key in keys.items() if key in self._kept}
        if missing := days.keys() - found.keys():
            told = self._read(integration, missing)
            found |= told
            with self._lock:
                self._kept |= {keys[day]: one for day, one in told.items() if days[day].finished}
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
        return found
