"""Which database each home of the tests has: on SQLite a file in it, on PostgreSQL a fresh database of its own, made from a template.

The program itself knows one database per process, named by TALLYBRIDGE_DATABASE_URL. So whenever a test of this process opens a home, that variable
is set to the home's database first; a process that a test starts is told by `environment_of`, or inherits what was opened last.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from tallybridge.ledger import database, keeping, opening
from tallybridge.ledger.database import URL_VARIABLE, Database, database_of
from tests.databases.server import OWNER, Server, running_server

SWITCH = "TALLYBRIDGE_TEST_DATABASE"
"""Environment variable: "postgresql" lets every test work on PostgreSQL, "sqlite" or nothing on SQLite."""
_SOCKET = "TALLYBRIDGE_TEST_SERVER"
_TEMPLATE = "template_of_tests"


def on_postgresql() -> bool:
    """Whether the tests work on PostgreSQL."""
    return os.environ.get(SWITCH, "sqlite") == "postgresql"


@contextmanager
def server_for_the_session() -> Iterator[None]:
    """Starts the server, once for all processes of a session: those that pytest starts find it through the environment."""
    if not on_postgresql() or _SOCKET in os.environ:
        yield
        return
    with running_server() as server:
        os.environ[_SOCKET] = server.socket
        try:
            _make_template(server)
            yield
        finally:
            del os.environ[_SOCKET]


def _make_template(server: Server) -> None:
    """A database with all tables that nobody has opened yet, so that each test need not make them."""
    server.order(f"CREATE DATABASE {_TEMPLATE} OWNER {OWNER}")
    os.environ[URL_VARIABLE] = server.url(_TEMPLATE)
    with tempfile.TemporaryDirectory() as folder:
        opening.open_ledger(Path(folder) / "home", clock=lambda: datetime.now(UTC), whole=True)
        opening.close_ledger()
    del os.environ[URL_VARIABLE]
    with psycopg.connect(server.superuser_url(_TEMPLATE)) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("DELETE FROM ledger_keycheck")


class Homes:
    """The databases of this process's homes."""

    def __init__(self) -> None:
        self._of_home: dict[Path, str] = {}
        self._made = 0

    def server(self) -> Server:
        """The session's server."""
        return Server(os.environ[_SOCKET])

    def database_of(self, home: Path, *, template: str = _TEMPLATE) -> str:
        """The name of the home's database, made when it is first asked for."""
        home = home.absolute()
        if home not in self._of_home:
            self._made += 1
            name = f"home_{os.getpid()}_{self._made}"
            self.server().order(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy OWNER {OWNER}")
            self._of_home[home] = name
        return self._of_home[home]

    def known(self) -> set[Path]:
        """The homes that have a database."""
        return set(self._of_home)

    def forget(self, home: Path) -> None:
        """Removes a home's database."""
        self.server().order(f"DROP DATABASE {self._of_home.pop(home)} WITH (FORCE)")


homes = Homes()


def environment_of(home: Path) -> dict[str, str]:
    """What a process needs in its environment to work on the ledger of this home."""
    return {URL_VARIABLE: homes.server().url(homes.database_of(home))} if on_postgresql() else {}


def blank(home: Path) -> Path:
    """Lets the home begin with a database without any table, as a person's does; returns the home."""
    if on_postgresql():
        homes.database_of(home, template="template0")
    return home


def copy_home(source: Path, target: Path) -> None:
    """Copies a closed home with its ledger; what was kept for the target before is gone."""
    shutil.copytree(source, target)
    if on_postgresql():
        if target.absolute() in homes.known():
            homes.forget(target.absolute())
        homes.database_of(target, template=homes.database_of(source))


@contextmanager
def in_a_file(home: Path) -> Iterator[None]:
    """For the length of a `with` block, this home's ledger is in its file, whatever the other tests work on."""
    _in_a_file.add(home.absolute())
    try:
        yield
    finally:
        _in_a_file.remove(home.absolute())


as_the_program_does = database_of
"""Which database a home has, as the program finds it, past all of this."""

_in_a_file: set[Path] = set()


def _database_of_home(home: Path) -> Database:
    if home.absolute() in _in_a_file:
        os.environ.pop(URL_VARIABLE, None)
        return database_of(home)
    os.environ.update(environment_of(home))
    return database_of(home)


@contextmanager
def each_home_has_its_database() -> Iterator[None]:
    """For the length of a `with` block, the program finds each home's own database."""
    with ExitStack() as stack:
        if on_postgresql():
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            for module in (database, keeping, opening):
                patch.setattr(module, "database_of", _database_of_home)
        yield


@contextmanager
def databases_of_one_test() -> Iterator[None]:
    """Removes afterwards what was made within, and the variable."""
    before = homes.known()
    named = os.environ.get(URL_VARIABLE)
    yield
    if on_postgresql():
        opening.close_ledger()
        for home in homes.known() - before:
            homes.forget(home)
        os.environ.pop(URL_VARIABLE, None)
        if named is not None:
            os.environ[URL_VARIABLE] = named
