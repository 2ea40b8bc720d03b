"""The ledger in a PostgreSQL database: many machines, whose transactions go on side by side (docs/decisions/0026-postgresql.md).

Each statement of a transaction sees what has been committed before it (READ COMMITTED). Where the ledger reads first and writes what follows from
it, `in_turn` makes such transactions wait for each other; closing a run sees one single state.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import Error, connection, transaction
from django.db.backends.postgresql.psycopg_any import IsolationLevel
from psycopg.conninfo import conninfo_to_dict

from tallybridge.ledger.errors import LedgerError
from tallybridge.ledger.guarding import ALLOWED

_CONNECTION = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
    "application_name": "tallybridge",
}
"""Seconds, and milliseconds for the last number: how soon a server that is gone is noticed. What the address says for itself goes before."""

_SESSION = {
    "lock_timeout": "20s",
    "statement_timeout": "2min",
    "idle_in_transaction_session_timeout": "5min",
    "synchronous_commit": "on",
}
"""A stopped process lets others wait no longer than this; and what was committed before a call to the PSA is on the disk (L5)."""

_UPGRADE_LOCK_TIMEOUT = "10min"
_GUARD_FUNCTION = """
CREATE OR REPLACE FUNCTION tallybridge_only_ever_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""

_LIMITED = """
SELECT table_name::text, array_agg(column_name::text) FROM information_schema.columns
WHERE table_schema = current_schema() AND character_maximum_length IS NOT NULL AND table_name = ANY(%s) GROUP BY table_name
"""


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """See `database.Database`."""

    parameters: Mapping[str, Any] = field(repr=False)
    """Of libpq; a password may be among them (L11)."""

    @classmethod
    def named(cls, url: str, *, called: str) -> PostgreSQL:
        """The database with this address.

        Args:
            called: what the address stands in, for people.

        Raises:
            LedgerError: it is no such address; it is not repeated, because it may hold a password (L11).
        """
        parameters: Mapping[str, Any] = {}
        if url.startswith(("postgresql://", "postgres://")):
            with suppress(psycopg.Error):
                parameters = conninfo_to_dict(url)
        if not parameters.get("dbname") or "@" in str(parameters.get("host", "")):
            raise LedgerError(
                f"{called} is no address of a PostgreSQL database. Nothing was changed. It must read like "
                "postgresql://USER:PASSWORD@HOST:5432/DATABASE, with the signs @ : / ? # % in a password written as %40 %3A %2F %3F %23 %25."
            )
        return cls(parameters)

    @property
    def words(self) -> str:
        """See `database.Database`."""
        host = self.parameters.get("host") or self.parameters.get("hostaddr")
        port = self.parameters.get("port")
        return f"the PostgreSQL database {self.parameters['dbname']}" + (f" on {host}" if host else "") + (f", port {port}" if port else "")

    @property
    def shared(self) -> bool:
        """See `database.Database`."""
        return True

    def settings(self) -> dict[str, Any]:
        """See `database.Database`."""
        given = dict(self.parameters)
        session = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": given.pop("dbname"),
            "USER": given.pop("user", ""),
            "PASSWORD": given.pop("password", ""),
            "HOST": given.pop("host", ""),
            "PORT": str(given.pop("port", "")),
            "OPTIONS": {
                **_CONNECTION,
                **given,
                "options": f"{session} {given.get('options', '')}".strip(),
                "isolation_level": IsolationLevel.READ_COMMITTED,
            },
        }

    def refuse_if_elsewhere(self) -> None:
        """See `database.Database`; a ledger is not moved away from PostgreSQL."""

    def is_there(self) -> bool:
        """See `database.Database`."""
        return True

    def make(self) -> None:
        """See `database.Database`. A database is made by those who keep the server."""

    @contextmanager
    def upgrading(self) -> Iterator[None]:
        """See `database.Database`. References are checked with each statement, because a table with checks yet to come cannot be changed."""
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{_UPGRADE_LOCK_TIMEOUT}'")
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_number_of("upgrading")])
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            yield

    def guard(self, tables: Iterable[str]) -> None:
        """See `database.Database`."""
        with connection.cursor() as cursor:
            cursor.execute(_GUARD_FUNCTION)
            for table in tables:
                for verbs, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
                    name = f"{table}_no_{verbs.split()[0].lower()}"
                    refusing = _refusing_but_for_what_is_allowed(cursor, table) if each == "ROW" else "tallybridge_only_ever_added"
                    cursor.execute(f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"')
                    cursor.execute(f'CREATE TRIGGER "{name}" BEFORE {verbs} ON "{table}" FOR EACH {each} EXECUTE FUNCTION {refusing}()')

    def free_of_limits(self, tables: Iterable[str]) -> None:
        """See `database.Database`. No row is written for this."""
        with connection.cursor() as cursor:
            cursor.execute(_LIMITED, [list(tables)])
            for table, columns in cursor.fetchall():
                changes = ", ".join(f'ALTER COLUMN "{column}" TYPE varchar' for column in columns)
                cursor.execute(f'ALTER TABLE "{table}" {changes}')

    def defer_references(self) -> None:
        """See `database.Database`."""
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    def reading(self) -> dict[str, Any]:
        """See `database.Database`. Others may write meanwhile, and are not seen."""
        settings = self.settings()
        settings["OPTIONS"] |= {"isolation_level": IsolationLevel.REPEATABLE_READ}
        return settings

    @contextmanager
    def closing_a_run(self, run: str) -> Iterator[None]:
        """See `database.Database`.

        The locks are the connection's, not the transaction's: they must be there before the transaction gets its view of the ledger, which it keeps.
        """
        locks = (_number_of("run", run), _number_of("chain"))
        with _held_by_the_connection(locks), transaction.atomic(durable=True):
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield

    def adding_to_a_run(self, run: str) -> None:
        """See `database.Database`."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_number_of("run", run)])

    def in_turn(self, *subject: object) -> None:
        """See `database.Database`."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_number_of(*subject)])

    @contextmanager
    def without_awaiting_the_disk(self) -> Iterator[None]:
        """See `database.Database`."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")
            yield

    def fault_in_file(self) -> str | None:
        """See `database.Database`."""
        return None

    def fault_in_references(self) -> str | None:
        """See `database.Database`."""
        return None


def _refusing_but_for_what_is_allowed(cursor: Any, table: str) -> str:
    """The function that refuses to change or remove a row of a table; it is made where something is allowed all the same."""
    allowed = [(verb, row, ALLOWED[table, verb]) for verb, row in (("UPDATE", "NEW"), ("DELETE", "OLD")) if (table, verb) in ALLOWED]
    if not allowed:
        return "tallybridge_only_ever_added"
    passing = " ".join(f"IF TG_OP = '{verb}' THEN IF {condition} THEN RETURN {row}; END IF; END IF;" for verb, row, condition in allowed)
    name = f"tallybridge_only_ever_added_to_{table}"
    cursor.execute(_GUARD_FUNCTION.replace("tallybridge_only_ever_added", name).replace("BEGIN\n", f"BEGIN\n    {passing}\n"))
    return name


@contextmanager
def _held_by_the_connection(locks: Iterable[int]) -> Iterator[None]:
    taken: list[int] = []
    connection.ensure_connection()
    holder = connection.connection
    try:
        with connection.cursor() as cursor:
            for number in locks:
                cursor.execute("SELECT pg_advisory_lock(%s)", [number])
                taken.append(number)
        yield
    finally:
        if connection.connection is holder:  # a lost connection has lost its locks too
            with suppress(Error), connection.cursor() as cursor:
                for number in reversed(taken):
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [number])


def _number_of(*subject: object) -> int:
    """The number of an advisory lock: 64 bits with a sign. Two subjects with one number would only wait for each other."""
    return int.from_bytes(hashlib.sha256("\0".join(map(str, ("tallybridge", *subject))).encode()).digest()[:8], signed=True)
