"""The sandbox as one thing: both simulators on the loopback address, started and stopped together."""

from __future__ import annotations

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tallybridge.sandbox.certificate import Certificate
from tallybridge.sandbox.company_exports import encode_export, write_export
from tallybridge.sandbox.control import Control
from tallybridge.sandbox.http import LOOPBACK, HttpServer
from tallybridge.sandbox.ksc import KscSimulator
from tallybridge.sandbox.scenario import Scenario, parse_faults, parse_scenario
from tallybridge.sandbox.tigerpaw import TigerpawSimulator, run_invoices
from tallybridge.sandbox.world import World, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from types import TracebackType


class Sandbox:
    """Both simulators, serving in background threads between `start` and `stop`, or inside a `with`.

    `scenario` is a Scenario or an object in the format of contracts 4; port 0 picks a free one; `now` is the clock of both simulators (aware, UTC).
    Where `exports` names a folder, the companies, if any, are written there as an export by `start` and again by every replacement of the scenario.
    Raises ScenarioError, and SandboxPortInUse and ExportNotWritten from `start`.
    """

    def __init__(
        self,
        scenario: Scenario | dict[str, Any],
        *,
        ksc_port: int = 0,
        tigerpaw_port: int = 0,
        session_idle_seconds: float = 180,
        clock_skew_seconds: float = 900,
        now: Callable[[], datetime] = utc_now,
        exports: Path | None = None,
    ) -> None:
        self._exports = exports
        self._ksc_port = ksc_port
        self._tigerpaw_port = tigerpaw_port
        self.world = World(
            scenario if isinstance(scenario, Scenario) else parse_scenario(scenario),
            now=now,
            session_idle=timedelta(seconds=session_idle_seconds),
            clock_skew=timedelta(seconds=clock_skew_seconds),
        )
        self.ksc = KscSimulator(self.world)
        self.tigerpaw = TigerpawSimulator(self.world)
        self._folder: Path | None = None
        self._servers: list[HttpServer] = []
        self.announcement: dict[str, str] = {}

    def start(self) -> Self:
        """Starts both servers and fills `announcement`. Raises SandboxPortInUse and ExportNotWritten; then nothing is left running."""
        self._folder = Path(tempfile.mkdtemp(prefix="tallybridge-sandbox-"))
        try:
            self._open(Certificate(self._folder))
            self._write_kept_exports()
        except BaseException:
            self.stop()
            raise
        for server in self._servers:
            server.start()
        return self

    def stop(self) -> None:
        """Stops both servers, drops their connections and removes the certificate's files. May be called twice."""
        for server in self._servers:
            server.stop()
        self._servers.clear()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def ksc_url(self) -> str:
        """Where the simulated Security Center listens."""
        return self.announcement["ksc_url"]

    @property
    def fingerprint(self) -> str:
        """`sha256:` and the hexadecimal hash of its certificate."""
        return self.announcement["fingerprint"]

    @property
    def ca_file(self) -> str:
        """The certificate as a PEM file; gone after `stop`."""
        return self.announcement["ca_file"]

    @property
    def tigerpaw_url(self) -> str:
        """Where the simulated Tigerpaw listens."""
        return self.announcement["tigerpaw_url"]

    def state(self) -> dict[str, Any]:
        """The scenario as it stands now."""
        return self.world.state()

    def log(self) -> list[dict[str, Any]]:
        """Every call since start, oldest first."""
        return [dict(entry) for entry in self.world.log()]

    def set_faults(self, faults: list[dict[str, Any]]) -> None:
        """Replaces the list of faults and restarts their counts. Raises ScenarioError."""
        self.world.set_faults(parse_faults(faults))

    def invoice_run(self) -> dict[str, Any]:
        """Bills in the simulated Tigerpaw and says what was done."""
        return run_invoices(self.world)

    def replace(self, scenario: Scenario | dict[str, Any]) -> None:
        """Replaces the whole scenario. Raises ScenarioError and then changes nothing; ExportNotWritten after the scenario was replaced."""
        self.world.replace(scenario if isinstance(scenario, Scenario) else parse_scenario(scenario))
        self._write_kept_exports()

    def write_exports(self, folder: Path, exported: datetime | None = None) -> Path:
        """Writes the companies as one JSON export (contracts 5) and returns its file, which is named after the instant `exported`.

        Without an instant (aware) it is the clock's. Earlier exports in the folder stay.
        Raises ExportNotWritten, and ValueError for an instant without a time zone.
        """
        with self.world.lock:
            instant = exported if exported is not None else self.world.now()
            content = encode_export(self.world.scenario.business_hub.companies, instant)
        return write_export(folder, content, instant)

    def _write_kept_exports(self) -> None:
        # An export of nothing is refused by whoever reads it.
        if self._exports is not None and self.world.scenario.business_hub.companies:
            self.write_exports(self._exports)

    def _open(self, certificate: Certificate) -> None:
        control = Control(self.world, self.invoice_run, self.replace).answer
        tls = certificate.server_context()
        self._servers.append(HttpServer(self.world, self.ksc, port=self._ksc_port, tls=tls, control=control))
        self._servers.append(HttpServer(self.world, self.tigerpaw, port=self._tigerpaw_port, control=control))
        ksc, tigerpaw = self._servers
        self.announcement = {
            "ksc_url": f"https://{LOOPBACK}:{ksc.port}",
            "fingerprint": certificate.fingerprint,
            "ca_file": str(certificate.ca_file),
            "tigerpaw_url": f"http://{LOOPBACK}:{tigerpaw.port}",
        }
