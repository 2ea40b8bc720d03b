"""Seeded sequences of days, edits, faults, crashes and decisions: the laws hold after each step. `make simulate` plays ten thousand; here are the
odd seeds of the first 300."""

from __future__ import annotations

import pytest

from tests.databases.homes import on_postgresql
from tests.simulation.playing import Player

AT_ONCE = 30
SEEDS = 60 if on_postgresql() else 300
"""A sequence takes ten times as long where each has a database to be made for it."""


@pytest.mark.parametrize("first", range(1, SEEDS, AT_ONCE))
def test_every_law_holds_in_every_sequence(player: Player, first: int) -> None:
    """L1, L4, L5, L6, L7, L8, L9, L12, moves, guards, decisions, and that every leak is listed."""
    broken = [failure for seed in range(first, first + AT_ONCE, 2) if (failure := player.failure_of(seed)) is not None]

    assert not broken, "\n".join(str(failure) for failure in broken)
