"""A player for every file of this folder: the files are shared out among processes, so the seeds are in two of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.playing import Player, scratch
from tests.simulation.world import make_empty_home


@pytest.fixture(scope="module")
def player() -> Iterator[Player]:
    """Plays in memory."""
    with scratch() as folder:
        yield Player(make_empty_home(folder / "empty"), folder / "world")
