"""Django is set up once per process, so it is set up whole: tests of pages and tests of the ledger may meet in one process.

With TALLYBRIDGE_TEST_DATABASE=postgresql every test that opens a ledger works on PostgreSQL (`tests/databases`).
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import typer.main

from tallybridge.console.serving import prepare_console

prepare_console()

from tests.databases import fresh_tables, homes, server  # noqa: E402 - after Django is set up whole

_session = ExitStack()
collect_ignore = [] if homes.on_postgresql() else ["ledger/test_postgresql.py", "end_to_end/test_on_postgresql.py"]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "sqlite_only(reason): holds what only a ledger in a file has; passed over on PostgreSQL")
    wanted = os.environ.get(homes.SWITCH, "sqlite")
    if wanted not in {"sqlite", "postgresql"}:
        raise pytest.UsageError(f"{homes.SWITCH} is “{wanted}”; it must be sqlite or postgresql")
    if homes.on_postgresql():
        if (why := server.why_it_cannot_run()) is not None:
            raise pytest.UsageError(f"The tests cannot run on PostgreSQL: {why}")
        _session.enter_context(homes.server_for_the_session())
        _session.enter_context(homes.each_home_has_its_database())


def pytest_unconfigure() -> None:
    _session.close()


def pytest_report_header() -> str:
    return f"ledgers: {'PostgreSQL' if homes.on_postgresql() else 'SQLite'}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not homes.on_postgresql():
        return
    for item in items:
        mark = item.get_closest_marker("sqlite_only")
        if mark is not None:
            item.add_marker(pytest.mark.skip(reason=f"SQLite only: {mark.args[0]}"))


@pytest.fixture(scope="session", autouse=True)
def _command_tree_made_once() -> Iterator[None]:
    """Typer makes its tree of commands anew at each call, which a process does once and a test of many calls need not repeat."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", functools.cache(typer.main.get_command))
        yield


@pytest.fixture(scope="session", autouse=True)
def _fresh_ledgers_are_migrated_once() -> Iterator[None]:
    with fresh_tables.migrated_once():
        yield


@pytest.fixture(autouse=True)
def _databases_of_one_test() -> Iterator[None]:
    with homes.databases_of_one_test():
        yield
