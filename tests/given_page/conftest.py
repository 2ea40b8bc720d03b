"""The rules of the given page, "How automatic billing works", are held against the command line and both simulated systems."""

from __future__ import annotations

import pytest

from tests.end_to_end.companies import MAILBOXES, USERS, HubBench
from tests.end_to_end.conftest import (
    Bench,
    _empty_home,
    _no_waiting_between_attempts,
    _no_waiting_for_the_disk,
    _sandbox,
    bench,
)

__all__ = ["_empty_home", "_no_waiting_between_attempts", "_no_waiting_for_the_disk", "_sandbox", "bench", "hub"]


@pytest.fixture
def hub(bench: Bench) -> HubBench:
    """Companies of Kaspersky Business Hub instead of virtual servers."""
    companies = HubBench(bench)
    companies.declare(mappings=(USERS, MAILBOXES))
    return companies
