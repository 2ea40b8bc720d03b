"""The benchmark: measures, keeps the figures, and writes the measured part of docs/performance.md (`make benchmark`).

Without options: fleets of about 10,000 and 100,000 seats, 1,000 small customers, three days, and a slow line. `--whole` adds 1,000,000 seats and
10,000 customers. Figures of sizes that are not measured this time stay as they are, each with its date and machine.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial

from benchmarks import figures, report
from benchmarks.fleet import Fleet
from benchmarks.measuring import Figures, measure_days, measure_fleet, measure_latency

_USUAL, _WHOLE = (10_000, 100_000), (10_000, 100_000, 1_000_000)
_USUAL_TENANTS, _WHOLE_TENANTS = (1_000,), (1_000, 10_000)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--whole", action="store_true", help="the largest sizes too; takes the better part of an hour")
    parser.add_argument("--seats", type=int, nargs="*", help="these sizes instead")
    parser.add_argument("--tenants", type=int, nargs="*", help="these numbers of small customers instead")
    parser.add_argument("--pairs", type=int, default=3, help="how often ours and the bare client take turns; the medians are told")
    parser.add_argument(
        "--only", choices=("fleet", "tenants", "days", "latency", "report"), nargs="*", help="these parts alone; report: only write the page"
    )
    options = parser.parse_args(arguments)
    seats = options.seats if options.seats is not None else _WHOLE if options.whole else _USUAL
    tenants = options.tenants if options.tenants is not None else _WHOLE_TENANTS if options.whole else _USUAL_TENANTS
    parts: dict[str, Callable[[], Figures]] = {
        **{f"fleet-{size}": partial(measure_fleet, Fleet.of_seats(size), pairs=options.pairs) for size in seats},
        **{f"tenants-{size}": partial(measure_fleet, Fleet.of_tenants(size), pairs=1) for size in tenants},
        "days": partial(measure_days, Fleet(virtual_servers=50, hosts=100, keys=3)),
        "latency": partial(measure_latency, Fleet(virtual_servers=200, hosts=20, keys=3), milliseconds=20, sessions=4),
    }
    for part, measure in parts.items():
        if options.only is None or part.partition("-")[0] in options.only:
            print(f"{part} …", file=sys.stderr, flush=True)
            figures.keep(part, measure())
    report.write(figures.kept())
    print(report.report(figures.kept()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
