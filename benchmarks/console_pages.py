"""How long the console's pages take on the server with many customers, once with a configuration file and once with a configuration of the ledger.

A simulated fleet is billed yesterday and planned today, after changes, and has two months of days before. Then every page is asked for in this
process: no browser, no network but what pages ask of Tigerpaw. Each line: who rules, milliseconds of this thread and on the wall (medians),
database statements, status, page.

    python -m benchmarks.console_pages --customers 2000
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tallybridge.console.serving import prepare_console


def main() -> None:
    """Builds the fleet and measures."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--customers", type=int, default=2000)
    asked.add_argument("--hosts", type=int, default=12, help="devices of a customer")
    asked.add_argument("--days", type=int, default=60, help="days of the past")
    asked.add_argument("--turns", type=int, default=5)
    asked.add_argument("--home", type=Path, help="keep the billed fleet in this folder, or measure the one that is there")
    options = asked.parse_args()
    # Before anything else touches the ledger's tables: Django is set up once per process.
    prepare_console()
    from benchmarks import console_turns  # noqa: PLC0415 - see above

    with tempfile.TemporaryDirectory() as temporary:
        home = options.home or Path(temporary)
        if not (home / console_turns.FILE).exists():
            console_turns.bill(home, options.customers, options.hosts, options.days)
        for how in ("file", "ledger"):
            console_turns.measure(home, how, options.turns)


if __name__ == "__main__":
    main()
