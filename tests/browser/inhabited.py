"""A console with a past: the demo's world billed for some days, with changes since, so that every page has something to show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from tallybridge.ledger.opening import close_ledger, open_ledger
from tallybridge.runs.configuring import take_files
from tallybridge.runs.day import Order, run_day
from tallybridge.runs.reports import Mode
from tallybridge.sandbox import Sandbox, write_declaration
from tallybridge.sandbox.demo_world import DEMO_UNMAPPED, demo_world
from tests.browser.hands import edit_charge

GROWING = "Contoso Dental"
_ARRIVED_SINCE = 4


class Inhabited(NamedTuple):
    """What `served` needs to show it."""

    home: Path
    files: tuple[Path, ...]
    sandbox: Sandbox

    @property
    def arguments(self) -> tuple[str, ...]:
        """Arguments of the command line that name the configuration."""
        return tuple(part for file in self.files for part in ("--config", str(file)))


@contextmanager
def inhabited(folder: Path, *, days: int) -> Iterator[Inhabited]:
    """Bills `days` days up to today, lets things happen since, and previews. Both simulated systems run inside the `with`.

    Asks the ledger in this process: to be entered before a browser is open in the same thread.
    """
    ago = timedelta(0)

    def clock() -> datetime:
        return datetime.now(UTC) - ago

    home, exports = folder / "home", folder / "exports"
    with Sandbox(demo_world(), exports=exports, now=clock) as sandbox:
        files = write_declaration(folder / "tallybridge.toml", sandbox.world.scenario, sandbox.announcement, unmapped=DEMO_UNMAPPED, exports=exports)
        whole = sandbox.state()
        open_ledger(home, clock=clock, whole=True)
        try:
            for past in range(days - 1, -1, -1):
                ago = timedelta(days=past)
                _be_as_it_was(sandbox, whole, missing=_ARRIVED_SINCE + past // 2)
                bill(files, clock, Mode.RUN)
            _be_as_it_was(sandbox, whole, missing=0)
            edit_charge(sandbox, "Łódź Papier", "KES-WKS", 20)
            bill(files, clock, Mode.PLAN)
        finally:
            close_ledger()
        yield Inhabited(home, files, sandbox)


@contextmanager
def declared_only(folder: Path) -> Iterator[Inhabited]:
    """The same world with its declaration, and an empty home. The day's run is due so late that none is made meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    with Sandbox(demo_world()) as sandbox:
        files = write_declaration(folder / "tallybridge.toml", sandbox.world.scenario, sandbox.announcement, unmapped=DEMO_UNMAPPED)
        files[0].write_text(files[0].read_text(encoding="utf-8").replace('run_at = "02:30"', 'run_at = "23:59"'), encoding="utf-8")
        yield Inhabited(folder / "home", files[:1], sandbox)


def _be_as_it_was(sandbox: Sandbox, whole: dict[str, Any], *, missing: int) -> None:
    """The growing customer lacked its last workstations then; Tigerpaw stays as it is."""
    world = sandbox.state()
    servers = []
    for server in whole["ksc"]["virtual_servers"]:
        gone = {host["id"] for host in server["hosts"] if host["name"].startswith("PC-")} if server["name"] == GROWING else set()
        gone = set(sorted(gone)[-missing:]) if missing else set()
        servers.append(
            server
            | {
                "hosts": [host for host in server["hosts"] if host["id"] not in gone],
                "uses": [use for use in server["uses"] if use["host"] not in gone],
            }
        )
    world["ksc"]["virtual_servers"] = servers
    sandbox.replace(world)


def bill(files: tuple[Path, ...], clock: Callable[[], datetime], mode: Mode) -> None:
    """One run of each integration that the files declare, in this process."""
    for one in take_files(files, clock):
        run_day(Order(configuration=one.configuration, configuration_address=one.address, mode=mode, clock=clock))
