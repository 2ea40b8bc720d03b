"""The whole command on two functions: one whose tests are asked, and one that they do not come along."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]


def test_what_no_test_notices_is_told_and_what_one_notices_is_not() -> None:
    asked = [sys.executable, "-m", "tests.mutation", "--only", "eligibility.scope_reason", "--only", "linking._enabled"]
    done = subprocess.run([*asked, "--tests", "tests/billing/test_eligibility.py"], cwd=CHECKOUT, capture_output=True, text=True, check=False)

    new = [line for line in done.stdout.splitlines() if line.startswith("- ")]
    assert done.returncode == 1, done.stderr
    assert new
    assert all(line.startswith("- `linking._enabled`: ") for line in new), new
