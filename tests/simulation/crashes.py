"""How a process dies here: at a call to the PSA or at a commit of the ledger, and with nothing tidied up behind it.

After the instant of death every statement and every call of the dead process fails, whatever its `finally` blocks still try; the next one is a
process of its own: the same process id, used again later, as systems do (ledger/processes.py tells them apart by their start).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from tallybridge.ledger import processes

_WRITING = ("INSERT", "UPDATE", "DELETE")


class ProcessDied(BaseException):
    """The process is gone; not an error that anything could meet."""


class Mortality:
    """When the present process dies, and whether it has."""

    def __init__(self) -> None:
        self._births = count(1)
        self._born = next(self._births)
        self._commits_left: int | None = None
        self._calls_left: int | None = None
        self._after = False
        self.dead = False

    def dies_at_commit(self, number: int, *, after: bool) -> None:
        """The process dies at its commit of this number, counted from 1: just before it, or just after."""
        self._commits_left, self._after = number, after

    def dies_at_call(self, number: int, *, after: bool) -> None:
        """The process dies at its call to the PSA of this number, counted from 1: before it is sent, or before its answer is heard."""
        self._calls_left, self._after = number, after

    def born_again(self) -> None:
        """From now on another process is at work, which nothing kills."""
        self._born = next(self._births)
        self._commits_left = self._calls_left = None
        self.dead = False

    def spared(self) -> None:
        """The moment did not come; nothing kills this process any more."""
        self._commits_left = self._calls_left = None

    def start_of_process(self) -> str:
        """What the system says of when the process of this id began."""
        return f"birth {self._born}"

    def require_alive(self) -> None:
        """Raises ProcessDied for whatever a dead process still tries."""
        if self.dead:
            raise ProcessDied

    def committing(self, roll_back: Callable[[], object], commit: Callable[[], Any]) -> Any:
        """Lets a commit be, or the process die before or after it."""
        self.require_alive()
        if self._commits_left is None:
            return commit()
        self._commits_left -= 1
        if self._commits_left:
            return commit()
        if self._after:
            commit()
        else:
            roll_back()
        self._die()
        return None

    def calling(self, call: Callable[[], Any]) -> Any:
        """Lets a call be, or the process die before or after it."""
        self.require_alive()
        if self._calls_left is None:
            return call()
        self._calls_left -= 1
        if self._calls_left:
            return call()
        if self._after:
            call()
        self._die()
        return None

    def _die(self) -> None:
        self.dead = True
        raise ProcessDied


@contextmanager
def mortal(mortality: Mortality) -> Iterator[None]:
    """For the length of a `with` block the ledger's connections and the process's identity are those of the mortal process."""

    def watched(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        mortality.require_alive()
        connection: BaseDatabaseWrapper = context["connection"]
        if connection.in_atomic_block or not sql.lstrip().upper().startswith(_WRITING):
            return execute(sql, params, many, context)
        return mortality.committing(lambda: None, lambda: execute(sql, params, many, context))

    def watch(connection: BaseDatabaseWrapper, **_: object) -> None:
        if watched not in connection.execute_wrappers:
            connection.execute_wrappers.append(watched)
        if connection.vendor == "sqlite":  # the tests' own PostgreSQL awaits no disk anyway
            with connection.wrap_database_errors:
                connection.connection.execute("pragma synchronous = off")

    commit = BaseDatabaseWrapper.commit

    def mortal_commit(connection: BaseDatabaseWrapper) -> None:
        mortality.committing(connection.connection.rollback, lambda: commit(connection))

    start_of, own_start = processes._start_of, processes._own_start
    connection_created.connect(watch)
    BaseDatabaseWrapper.commit = mortal_commit  # type: ignore[method-assign, assignment]
    processes._start_of = lambda pid: mortality.start_of_process()
    processes._own_start = lambda _: mortality.start_of_process()  # type: ignore[assignment]
    try:
        yield
    finally:
        connection_created.disconnect(watch)
        BaseDatabaseWrapper.commit = commit  # type: ignore[method-assign]
        processes._start_of, processes._own_start = start_of, own_start
        for connection in connections.all(initialized_only=True):
            if watched in connection.execute_wrappers:
                connection.execute_wrappers.remove(watched)
