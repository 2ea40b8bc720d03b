"""Golden files: an export beside the usage that is expected of it, both readable by a bookkeeper.

The expected usage is compared by the tests. Where a change is meant, write it anew and read the difference:

    python -m tests.sources.business_hub.golden_files
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from tallybridge.billing.counting import count
from tallybridge.billing.model import Rules, Tenant, Usage
from tallybridge.configuration.catalog import shipped_catalog
from tallybridge.sources.business_hub import CompanyExport, observation_of, read_export

FOLDER = Path(__file__).parent / "golden"
COUNTED_AT = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
INPUTS = tuple(sorted(path.name for path in FOLDER.iterdir() if path.suffix in {".csv", ".json", ".xlsx"}))


def expected_beside(name: str) -> Path:
    """`users.csv` has its expected usage in `users.csv.expected.txt`."""
    return FOLDER / f"{name}.expected.txt"


def usage_text(name: str) -> str:
    """The usage of every company of an input, as text."""
    exports = read_export(FOLDER / name).exports
    return f"Usage of {name}, counted at {COUNTED_AT:%Y-%m-%d %H:%M} UTC\n" + "".join(_company_text(export) for export in exports)


def _company_text(export: CompanyExport) -> str:
    usage = count(observation_of(export, Tenant(id=export.id, name=export.name)), Rules(applications=shipped_catalog()), now=COUNTED_AT)
    lines = [
        "",
        f"{export.name} ({export.id}), exported {export.exported:%Y-%m-%d %H:%M} UTC",
        *(f"  {one.quantity:>5}  {one.application}, {one.category or 'all'}, by {one.unit}" for one in usage.quantities),
        *_left_out(usage),
    ]
    return "\n".join(lines) + "\n"


def _left_out(usage: Usage) -> list[str]:
    reasons = Counter(one.reason for one in usage.left_out)
    seats = [f"  left out {number:>3}  {reason}" for reason, number in sorted(reasons.items())]
    return [*seats, *(f"  license {one.license} left out: {one.reason}" for one in usage.left_out_licenses)]


if __name__ == "__main__":
    for each in INPUTS:
        expected_beside(each).write_text(usage_text(each), encoding="utf-8")
