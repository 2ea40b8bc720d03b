"""How many rows to ask for at once: our run with one chunk size changed at a time, against the sandbox: `python -m benchmarks.chunk_sizes`.

Against a real server a call costs its way there and back as well, so a size that saves calls here saves more there.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.fleet import Fleet
from benchmarks.processes import measured, serving

SIZES = {"key_chunk": (10, 50, 200), "seat_chunk": (50, 100, 250, 500, 1000, 2000), "host_chunk": (100, 500, 1000, 2000)}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: measures every size and prints the medians per virtual server."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chunk_sizes", description=__doc__)
    parser.add_argument("--virtual-servers", type=int, default=20)
    parser.add_argument("--hosts", type=int, default=2000, help="of each virtual server")
    parser.add_argument("--keys", type=int, default=3, help="of each virtual server")
    parser.add_argument("--repetitions", type=int, default=3)
    options = parser.parse_args(arguments)
    fleet = Fleet(virtual_servers=options.virtual_servers, hosts=options.hosts, keys=options.keys, seed=7)
    with tempfile.TemporaryDirectory(prefix="tallybridge-benchmark-") as made:
        folder = Path(made)
        config, homes = folder / "tallybridge.toml", (folder / f"home-{number}" for number in itertools.count())
        with serving("simulated_systems", *fleet.arguments(), "--config", config):
            declared = config.read_text(encoding="utf-8")
            print(f"{'setting':<12}{'rows':>6}{'CPU ms':>10}{'wall ms':>10}{'peak MiB':>10}")
            for name, size in ((name, size) for name, sizes in SIZES.items() for size in sizes):
                config.write_text(declared.replace("[source]\n", f"[source]\n{name} = {size}\n"), encoding="utf-8")
                runs = [measured("our_run", "--config", config, "--home", next(homes)) for _ in range(options.repetitions)]
                print(_row(name, size, runs, options.virtual_servers), flush=True)
    return 0


def _row(name: str, size: int, runs: list[dict[str, Any]], virtual_servers: int) -> str:
    cpu, wall = (1000 * median(run[what] for run in runs) / virtual_servers for what in ("cpu", "wall"))
    return f"{name:<12}{size:>6}{cpu:>10.1f}{wall:>10.1f}{max(run['peak_mib'] for run in runs):>10.0f}"


if __name__ == "__main__":
    sys.exit(main())
