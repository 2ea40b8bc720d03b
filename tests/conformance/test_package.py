"""The suites need the doors and nothing behind them, so an adapter of any kind can be held to them; and they run without pytest."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import tallybridge.conformance
from tallybridge.billing.model import Observation, Tenant
from tallybridge.conformance import EXAMPLE_TENANTS, FakeSource
from tallybridge.conformance.comparing import evidence_of
from tallybridge.ledger.canonical import encode_observation
from tests.conformance.test_source_suite import DEFECTS

ALLOWED = (
    "tallybridge.conformance",
    "tallybridge.billing",
    "tallybridge.wire",
    "tallybridge.sources.base",
    "tallybridge.destinations.base",
    "msgspec",
)


def test_the_suites_import_the_doors_and_nothing_behind_them() -> None:
    names: set[str] = set()
    for file in Path(tallybridge.conformance.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module)
            elif isinstance(node, ast.Import):
                names.update(one.name for one in node.names)

    foreign = {name for name in names if name.partition(".")[0] not in sys.stdlib_module_names and not name.startswith(ALLOWED)}
    assert foreign == set()


def test_they_are_imported_without_pytest_and_hold_where_assertions_are_switched_off() -> None:
    program = (
        "import sys; sys.modules['pytest'] = None\n"
        "from tallybridge.conformance.owing import NotConforming, owes\n"
        "import tallybridge.conformance\n"
        "try:\n    owes(1 > 2, 'One is more than two.')\n"
        "except NotConforming as found:\n    print(found)\n"
    )
    found = subprocess.run([sys.executable, "-O", "-c", program], capture_output=True, text=True, check=True)

    assert found.stdout == "One is more than two.\n"


def test_evidence_is_compared_as_strictly_as_the_ledger_keeps_it() -> None:
    """Two observations are the same evidence here exactly where the ledger stores the same bytes."""
    checks = ("test_l1_an_observation_is_whole", "test_every_seat_has_its_license_in_the_observation")
    kinds: list[type[FakeSource]] = [FakeSource, *(kind for check in checks for kind in DEFECTS[check].values())]
    seen = [_first_of(kind(EXAMPLE_TENANTS)) for kind in kinds]

    for one in seen:
        assert [evidence_of(one) == evidence_of(other) for other in seen] == [encode_observation(one) == encode_observation(other) for other in seen]


def _first_of(source: FakeSource) -> Observation:
    tenant: Tenant = source.tenants().tenants[0]
    return source.observe(tenant, deadline=lambda: 60.0)
