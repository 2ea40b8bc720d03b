"""Sessions of the simulated Security Center and the result sets that live and die with them (reference 1.5, 1.7, 2.2, 3.2)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tallybridge.sandbox.ksc.errors import bad_format, not_found, session_ended, sign_in_refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from tallybridge.sandbox.ksc.fleet import Server

DEFAULT_RESULT_LIFE = timedelta(minutes=15)
LONGEST_RESULT_SECONDS = 7200


class ResultSet:
    """The rows behind an iterator or accessor, made when they are read. Its life counts from the last access (our choice for iterators)."""

    def __init__(self, records: Sequence[Any], make: Callable[[Any], Any], seconds: int, now: datetime) -> None:
        if seconds < 0:
            raise bad_format("a life time must not be negative")
        self._records = records
        self._make = make
        self._life = timedelta(seconds=min(seconds, LONGEST_RESULT_SECONDS)) if seconds else DEFAULT_RESULT_LIFE
        self._used = now
        self._position = 0

    def __len__(self) -> int:
        return len(self._records)

    def expired(self, now: datetime) -> bool:
        """Whether its life has ended."""
        return now - self._used > self._life

    def touch(self, now: datetime) -> None:
        """Starts its life anew."""
        self._used = now

    def next(self, count: int, *, short: bool) -> tuple[list[Any], bool]:
        """The next rows, forward only, and whether that was the end."""
        rows = self.range(self._position, count, short=short)
        self._position += len(rows)
        return rows, self._position >= len(self._records)

    def range(self, start: int, count: int, *, short: bool) -> list[Any]:
        """Up to `count` rows from a zero-based place; with `short` half of what there would be, at least one."""
        if count <= 0 or start < 0:
            raise bad_format("a chunk needs a start of at least 0 and a count of at least 1")
        there = max(0, min(count, len(self._records) - start))
        if short and there > 1:
            there //= 2
        return [self._make(record) for record in self._records[start : start + there]]


@dataclass
class Session:
    """A sign-in of one user at one server, by token or bound to a connection."""

    user: str
    server: Server
    used: datetime
    results: dict[str, ResultSet] = field(default_factory=dict)

    def keep(self, result: ResultSet) -> str:
        """Keeps a result set and returns the name that reads it."""
        name = secrets.token_urlsafe(16)
        self.results[name] = result
        return name

    def result(self, name: str, now: datetime) -> ResultSet:
        """A result set of this session. Raises STDE_NOTFOUND when expired, released or another session's (the last is our choice)."""
        found = self.results.get(name)
        if found is not None and found.expired(now):
            del self.results[name]
            found = None
        if found is None:
            raise not_found(name)
        found.touch(now)
        return found

    def release(self, name: str) -> None:
        """Forgets a result set. Raises STDE_NOTFOUND when there is none of this name."""
        if self.results.pop(name, None) is None:
            raise not_found(name)


class SessionTable:
    """All sessions, by token and by connection; idle ones end."""

    def __init__(self, idle: timedelta) -> None:
        self._idle = idle
        self._by_token: dict[str, Session] = {}
        self._by_connection: dict[int, Session | None] = {}

    def start_token(self, session: Session) -> str:
        """A session that any connection may use by its token."""
        self._sweep(session.used)
        token = secrets.token_urlsafe(18) + "=="
        self._by_token[token] = session
        return token

    def bind(self, connection: int, session: Session) -> None:
        """Signs a TCP connection in; an earlier session of this connection ends."""
        self._sweep(session.used)
        self._by_connection[connection] = session

    def known(self, token: str | None, connection: int) -> Session | None:
        """The session that a call would use, not touched, or None."""
        return self._by_token.get(token) if token else self._by_connection.get(connection)

    def use(self, token: str | None, connection: int, now: datetime) -> Session:
        """The session of a call, kept alive by it. Raises 403 when ended, expired or unknown and 401 when nobody has signed in (our choice)."""
        if not token and connection not in self._by_connection:
            raise sign_in_refused()
        session = self.known(token, connection)
        if session is None:
            raise session_ended()
        if now - session.used > self._idle:
            self.end(session)
            raise session_ended()
        session.used = now
        return session

    def end(self, session: Session) -> None:
        """Ends a session with its result sets; later calls in it get 403."""
        session.results.clear()
        self._by_token = {token: kept for token, kept in self._by_token.items() if kept is not session}
        for connection, bound in self._by_connection.items():
            if bound is session:
                self._by_connection[connection] = None

    def end_all(self) -> None:
        """Ends every session."""
        for session in self._alive():
            self.end(session)

    def connection_closed(self, connection: int) -> None:
        """Ends the session that was bound to this connection."""
        session = self._by_connection.pop(connection, None)
        if session is not None:
            session.results.clear()

    def open_sessions(self, now: datetime) -> int:
        """Number of sessions that are alive."""
        self._sweep(now)
        return len(self._alive())

    def open_objects(self, now: datetime) -> int:
        """Number of iterators and accessors that are alive."""
        self._sweep(now)
        return sum(not result.expired(now) for session in self._alive() for result in session.results.values())

    def _alive(self) -> list[Session]:
        return [*self._by_token.values(), *(session for session in self._by_connection.values() if session is not None)]

    def _sweep(self, now: datetime) -> None:
        for session in self._alive():
            if now - session.used > self._idle:
                self.end(session)
