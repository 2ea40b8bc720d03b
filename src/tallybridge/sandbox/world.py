"""What both simulators share: the scenario as it stands, the faults, the log, one lock and one clock."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypedDict

from tallybridge.sandbox.faults import FaultList
from tallybridge.sandbox.scenario import dump_scenario, encode_scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from tallybridge.sandbox.scenario import Fault, Scenario


class LogEntry(TypedDict):
    """One call in the log (contracts 4). `at` is UTC; `status` is null where no reply was made; `ms` is the time it took here."""

    at: str
    on: str
    call: str
    status: int | None
    ms: float
    virtual_server: int | None
    fault: str | None


def utc_now() -> datetime:
    """The machine's clock, aware, UTC."""
    return datetime.now(UTC)


class World:
    """The shared state. Whoever reads or changes `scenario` holds `lock`.

    `epoch` goes up by one on every replacement; simulators drop sessions, result sets and indexes when it has changed.
    `session_idle` is how long a Security Center session may be idle; `clock_skew` is what Tigerpaw's signature check allows.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        now: Callable[[], datetime] = utc_now,
        session_idle: timedelta = timedelta(seconds=180),
        clock_skew: timedelta = timedelta(minutes=15),
    ) -> None:
        self.scenario = scenario
        self.lock = threading.RLock()
        self.now = now
        self.epoch = 0
        self.session_idle = session_idle
        self.clock_skew = clock_skew
        self._faults = FaultList(scenario.faults)
        self._log: list[LogEntry] = []

    def firing_fault(self, on: str, call: str) -> Fault | None:
        """Counts the call and returns the fault that fires for it, if any."""
        with self.lock:
            return self._faults.firing(on, call)

    def set_faults(self, faults: list[Fault]) -> None:
        """Replaces the list of faults and restarts their counts."""
        with self.lock:
            self.scenario.faults = faults
            self._faults = FaultList(faults)

    def replace(self, scenario: Scenario) -> None:
        """Replaces the whole scenario, its faults included; every session ends. The log goes on."""
        with self.lock:
            self.scenario = scenario
            self._faults = FaultList(scenario.faults)
            self.epoch += 1

    def record(self, entry: LogEntry) -> None:
        """Adds a call to the log."""
        with self.lock:
            self._log.append(entry)

    def log(self) -> list[LogEntry]:
        """Every call since start, oldest first."""
        with self.lock:
            return list(self._log)

    def state(self) -> dict[str, Any]:
        """The scenario as it stands now, as plain objects."""
        with self.lock:
            return dump_scenario(self.scenario)

    def encoded_state(self) -> bytes:
        """The scenario as it stands now, as JSON text."""
        with self.lock:
            return encode_scenario(self.scenario)
