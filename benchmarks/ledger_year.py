"""How the ledger grows over a simulated year, with retention at work: `python -m benchmarks.ledger_year` (or `make ledger-year`).

A thousand customers are billed day by day into a fresh ledger (`fleet_of_days`). On one day of each week 1 % of all devices change; on the others
nothing does. Measured is what each day adds to the file, free pages not counted, beside the bare difference: the rows of the devices that went and
came, as canonical bytes, each customer's compressed alone by the strongest zstd there is.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import zstandard

from benchmarks.fleet_of_days import FIRST_DAY, Bookkeeping, LivingFleet
from benchmarks.ledger_year_report import write_page
from benchmarks.stopwatch import Stopwatch
from tallybridge.billing.model import Device
from tallybridge.ledger import plain_sql
from tallybridge.ledger.canonical import encode
from tallybridge.ledger.opening import close_ledger, open_ledger

_SETTLED = 4
"""Days after the first bill until nothing is added any more for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """What is simulated."""

    tenants: int
    hosts: int
    days: int
    every: int
    """Days from one on which devices change to the next."""
    share: float
    """Of the devices, that change on such a day."""
    kept: int
    """Days of retention."""
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What one day has added; bytes."""

    number: int
    changed: int
    """Tenants of which a device has changed."""
    difference: int
    """Of these tenants' devices, compressed alone."""
    contents: Mapping[str, int]
    """As they are stored, by kind, without their rows."""
    rows: Mapping[str, int]
    """What is written in the rows of each table and of each index, more than the day before."""
    pages: int
    """More pages in use than the day before, in bytes; pruning makes it less."""
    in_use: int
    file: int
    pruned: int
    """Pieces of evidence."""
    pruned_bytes: int
    cpu: float
    """Seconds."""


def simulate(year: Year, home: Path) -> Iterator[Day]:
    """Lives the year; the first days, on which everything is new, are not told."""
    open_ledger(home, clock=lambda: datetime.now(UTC))
    try:
        fleet = LivingFleet(tenants=year.tenants, hosts=year.hosts, seed=year.seed)
        books = Bookkeeping(fleet, kept=timedelta(days=year.kept))
        for number in range(_SETTLED):
            books.bill(FIRST_DAY + timedelta(days=number))
        in_use, _ = _pages()
        rows = _rows()
        newest = _newest()
        for number in range(1, year.days + 1):
            watch = Stopwatch()
            changed = fleet.change(year.share) if number % year.every == 0 else {}
            books.bill(FIRST_DAY + timedelta(days=_SETTLED - 1 + number))
            spent = watch.spent()
            before, (in_use, file) = in_use, _pages()
            rows_before, rows = rows, _rows()
            yield Day(
                number=number,
                changed=len(changed),
                difference=sum(_bare(gone, new) for gone, new in changed.values()),
                contents=_added_since(newest),
                rows={name: grown for name, size in rows.items() if (grown := size - rows_before.get(name, 0))},
                pages=in_use - before,
                in_use=in_use,
                file=file,
                pruned=books.pruned.contents,
                pruned_bytes=books.pruned.bytes,
                cpu=spent.cpu,
            )
            newest = _newest()
    finally:
        close_ledger()


def _bare(gone: set[Device], new: set[Device]) -> int:
    return len(zstandard.ZstdCompressor(level=22).compress(encode([sorted(gone), sorted(new)])))


def _pages() -> tuple[int, int]:
    """Bytes of the pages in use, and of the whole file."""
    ((size,),), ((pages,),), ((free,),) = (plain_sql.rows(f"PRAGMA {name}") for name in ("page_size", "page_count", "freelist_count"))
    return (pages - free) * size, pages * size


def _rows() -> dict[str, int]:
    """Bytes of the rows of each table and index; of pages that are half full only the full half."""
    return dict(plain_sql.rows("SELECT name, SUM(payload) FROM dbstat GROUP BY name"))


def _newest() -> int:
    ((newest,),) = plain_sql.rows("SELECT MAX(id) FROM ledger_blob")
    return int(newest)


def _added_since(newest: int) -> dict[str, int]:
    return dict(plain_sql.rows("SELECT kind, SUM(LENGTH(data)) FROM ledger_blob WHERE id > %s GROUP BY kind", newest))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: simulates, tells each week, and writes the page with its plot."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ledger_year", description=__doc__, formatter_class=raw)
    parser.add_argument("--tenants", type=int, default=1000)
    parser.add_argument("--hosts", type=int, default=20, help="of each tenant")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--every", type=int, default=7, help="days from one on which devices change to the next")
    parser.add_argument("--share", type=float, default=0.01, help="of the devices, that change on such a day")
    parser.add_argument("--kept", type=int, default=182, help="days that evidence is kept; the usual two years are longer than the simulation")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="20 tenants, 30 days, kept for 10: shows that it works")
    parser.add_argument("--figures", type=Path, default=None, help="file for each day's figures, as JSON; a page is made from it with --page")
    parser.add_argument("--page", type=Path, default=None, help="folder of the documentation to write ledger-growth.md and its plot into")
    options = parser.parse_args(arguments)
    year = Year(
        tenants=20 if options.quick else options.tenants,
        hosts=options.hosts,
        days=30 if options.quick else options.days,
        every=options.every,
        share=0.05 if options.quick else options.share,
        kept=10 if options.quick else options.kept,
        seed=options.seed,
    )
    days = []
    with tempfile.TemporaryDirectory(prefix="tallybridge-year-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        for day in simulate(year, Path(folder) / "home"):
            days.append(day)
            if day.changed:
                told = f"day {day.number}: {day.changed} tenants changed, {day.in_use / 1e6:.1f} MB in use, {day.pruned} pieces pruned"
                print(f"{told}, {day.cpu:.1f} s CPU", file=sys.stderr, flush=True)
    measured = {"year": asdict(year), "days": [asdict(day) for day in days]}
    if options.figures is not None:
        options.figures.write_text(json.dumps(measured), encoding="utf-8")
    print(write_page(measured, options.page))
    return 0


if __name__ == "__main__":
    sys.exit(main())
