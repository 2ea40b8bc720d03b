"""A fresh ledger for each test, with a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tallybridge.ledger import opening
from tallybridge.ledger.key import KEY_VARIABLE
from tests.databases.homes import copy_home
from tests.ledger.examples import StandingClock, row_of_every_kind


@pytest.fixture(autouse=True)
def _no_key_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)


@pytest.fixture
def clock() -> StandingClock:
    """A clock that moves only when it is told to."""
    return StandingClock()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home that does not exist yet; whatever is opened there is closed afterwards."""
    yield tmp_path / "home"
    opening.close_ledger()


@pytest.fixture(scope="session")
def _fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed, fresh ledger, to be copied."""
    return _closed(tmp_path_factory.mktemp("fresh") / "home", lambda: None)


@pytest.fixture(scope="session")
def _populated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed ledger with a row of every kind, to be copied."""
    return _closed(tmp_path_factory.mktemp("populated") / "home", row_of_every_kind)


def _closed(home: Path, fill: Callable[[], None]) -> Path:
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv(KEY_VARIABLE, raising=False)
        opening.open_ledger(home, clock=StandingClock())
        fill()
        opening.close_ledger()
    return home


@pytest.fixture
def ledger(home: Path, clock: StandingClock, _fresh: Path) -> Path:
    """An open, fresh ledger."""
    copy_home(_fresh, home)
    opening.open_ledger(home, clock=clock)
    return home


@pytest.fixture
def populated(home: Path, clock: StandingClock, _populated: Path) -> Path:
    """An open ledger with a row of every kind."""
    copy_home(_populated, home)
    opening.open_ledger(home, clock=clock)
    return home
