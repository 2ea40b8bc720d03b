"""Our run beside a bare client, over a whole fleet: `python -m benchmarks.fleet` (or `make benchmark`).

Everything is a process of its own: the sandbox, our run in mode `plan` (read, count, store, plan; into a fresh ledger each time), a server
that replays recorded replies, and the bare client. Ours and the bare client take turns, and who begins changes from pair to pair.

The ratio compares CPU seconds, user and system, of two processes: ours from before its first call until its manifest is written, against the
sandbox; the bare client's from before its first call until its last reply, against the replay server. Interpreter start and imports stand apart.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.processes import measured, serving
from benchmarks.report import report


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """How large a fleet is."""

    virtual_servers: int
    hosts: int
    keys: int
    seed: int

    def arguments(self) -> tuple[object, ...]:
        """For `simulated_systems`."""
        return ("--virtual-servers", self.virtual_servers, "--hosts", self.hosts, "--keys", self.keys, "--seed", self.seed)


Measurement = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one benchmark measured. A measurement is what `our_run` and `bare_client` print."""

    fleet: Fleet
    pairs: tuple[tuple[Measurement, Measurement], ...]
    """Ours and the bare client's, of one repetition."""
    first: Measurement
    """Our first run, with statements counted."""
    second: Measurement
    """Our second run into the same ledger: nothing has changed."""
    quarter: Measurement
    """Ours with a quarter of the virtual servers, statements counted."""
    quarter_of_hosts: Measurement
    """The same with a quarter of the hosts as well."""


def measure(fleet: Fleet, *, repetitions: int, folder: Path) -> Figures:
    """Runs the whole benchmark; `folder` is for its files.

    Raises:
        RuntimeError: a tenant was not billed, so the figures would be worth nothing.
    """
    quarter = Fleet(virtual_servers=max(1, fleet.virtual_servers // 4), hosts=fleet.hosts, keys=fleet.keys, seed=fleet.seed)
    small = Fleet(virtual_servers=quarter.virtual_servers, hosts=max(1, fleet.hosts // 4), keys=fleet.keys, seed=fleet.seed)
    config = folder / "tallybridge.toml"
    with serving("simulated_systems", *fleet.arguments(), "--config", config):
        first = _ours(fleet, config, folder / "first", "--statements", "--record", folder)
        second = _ours(fleet, config, folder / "first", "--statements")
        with serving("replay_server", "--recording", folder) as replayed:
            pairs = tuple(_pair(fleet, config, folder, replayed, repetition) for repetition in range(repetitions))
    return Figures(
        fleet=fleet,
        pairs=pairs,
        first=first,
        second=second,
        quarter=_once(quarter, folder / "quarter"),
        quarter_of_hosts=_once(small, folder / "quarter-of-hosts"),
    )


def _pair(fleet: Fleet, config: Path, folder: Path, replayed: dict[str, Any], repetition: int) -> tuple[Measurement, Measurement]:
    def ours() -> Measurement:
        return _ours(fleet, config, folder / f"pair-{repetition}")

    def bare() -> Measurement:
        where = ("--secured-port", replayed["secured_port"], "--plain-port", replayed["plain_port"], "--fingerprint", replayed["fingerprint"])
        return measured("bare_client", "--recording", folder, *where)

    if repetition % 2:
        theirs = bare()
        return ours(), theirs
    return ours(), bare()


def _once(fleet: Fleet, folder: Path) -> Measurement:
    folder.mkdir()
    config = folder / "tallybridge.toml"
    with serving("simulated_systems", *fleet.arguments(), "--config", config):
        return _ours(fleet, config, folder / "home", "--statements")


def _ours(fleet: Fleet, config: Path, home: Path, *more: object) -> Measurement:
    run = measured("our_run", "--config", config, "--home", home, *more)
    if run["tenants"] != {"planned": fleet.virtual_servers}:
        raise RuntimeError(f"Of {fleet.virtual_servers} virtual servers the run came to {run['tenants']}: its figures are worth nothing.")
    return run


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: measures and prints the report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fleet", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--virtual-servers", type=int, default=200)
    parser.add_argument("--hosts", type=int, default=500, help="of each virtual server")
    parser.add_argument("--keys", type=int, default=3, help="of each virtual server")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--repetitions", type=int, default=3, help="pairs of our run and the bare client; the medians are told")
    parser.add_argument("--quick", action="store_true", help="10 virtual servers of 20 hosts, once: shows that it works, not how fast we are")
    options = parser.parse_args(arguments)
    fleet = Fleet(virtual_servers=options.virtual_servers, hosts=options.hosts, keys=options.keys, seed=options.seed)
    if options.quick:
        fleet = Fleet(virtual_servers=10, hosts=20, keys=options.keys, seed=options.seed)
    with tempfile.TemporaryDirectory(prefix="tallybridge-benchmark-") as folder:
        figures = measure(fleet, repetitions=1 if options.quick else options.repetitions, folder=Path(folder))
    print(report(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
