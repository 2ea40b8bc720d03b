"""`ledger prune`, and what the proofs say of a day whose evidence is gone; nothing is contacted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from tests.cli.conftest import Call, WriteConfig

OVER = timedelta(days=31 * 25)
"""More than the usual 24 months."""


@pytest.fixture
def long_ago(call: Call, write_config: WriteConfig) -> Iterator[None]:
    """A day that was read, counted and planned, and is over for more than its retention."""
    write_config()
    assert call("plan", "--json").code == 3
    with time_machine.travel(datetime.now(UTC) + OVER):
        yield


def test_a_day_whose_retention_has_ended_is_pruned_and_says_so(call: Call, long_ago: None) -> None:
    (told,) = call("ledger", "prune", "--dry-run", "--json").json
    assert (told["evidence_months"], told["reason"]) == (24, None)
    assert told["contents"] > 0
    assert call("verify", "--json").json["pruned"] == 0

    pruned = call("ledger", "prune")
    assert pruned.code == 0
    assert f"{told['contents']} pieces that only days before {told['before']} rest on were pruned" in pruned.stdout + pruned.stderr

    verified = call("verify", "--json")
    assert (verified.code, verified.json["ok"], verified.json["pruned"]) == (0, True, told["contents"])
    replayed = call("replay", "latest")
    assert replayed.code == 0
    assert "retention" in replayed.stdout + replayed.stderr
    explained = call("explain", "--agreement", 2041, "--item", "KES-WKS")
    assert explained.code == 1
    assert "The retention of this evidence has ended" in explained.stdout + explained.stderr


def test_a_day_within_its_retention_is_left_alone(call: Call, write_config: WriteConfig) -> None:
    write_config()
    assert call("plan", "--json").code == 3
    (told,) = call("ledger", "prune", "--json").json
    assert told["contents"] == 0
    assert call("replay", "latest", "--json").json["same"] is True
