"""Which database the ledger is in, and what differs from one to the other. Only `sqlite` and `postgresql` know how."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

URL_VARIABLE = "TALLYBRIDGE_DATABASE_URL"
"""Names a PostgreSQL database. It may hold a password, so it is shown nowhere (L11)."""


class Database(Protocol):
    """A database that a ledger is in, or is to be made in. Most of it needs Django to be pointed at it."""

    @property
    def words(self) -> str:
        """Where the ledger is, for people; without secrets."""

    @property
    def shared(self) -> bool:
        """Whether other machines can work on the same ledger."""

    def settings(self) -> dict[str, Any]:
        """What Django needs to connect."""

    def refuse_if_elsewhere(self) -> None:
        """Refuses a ledger that has been moved from here to another database. Raises LedgerMoved."""

    def is_there(self) -> bool:
        """Whether there is anything to ask; False only where that can be told without asking."""

    def make(self) -> None:
        """Makes what is missing before tables can be made; to be called under the home's lock."""

    def upgrading(self) -> AbstractContextManager[None]:
        """One transaction in which tables may be made and changed; no other process or machine is in such a one meanwhile."""

    def guard(self, tables: Iterable[str]) -> None:
        """Lets the database itself refuse to change or remove rows of these tables, which are only ever added."""

    def free_of_limits(self, tables: Iterable[str]) -> None:
        """Lets the text columns of these tables hold as much as is given; a name that is too long must not stop a bill (L7)."""

    def defer_references(self) -> None:
        """Until the transaction ends, rows may refer to such as come later."""

    def reading(self) -> dict[str, Any]:
        """What Django needs to connect for reading everything as it stands at one moment, within one transaction."""

    def closing_a_run(self, run: str) -> AbstractContextManager[None]:
        """One transaction that sees a single state of the whole ledger, while no other one adds to this run or closes any."""

    def adding_to_a_run(self, run: str) -> None:
        """Until the transaction ends, the run is not closed."""

    def in_turn(self, *subject: object) -> None:
        """Until the transaction ends, nobody else gets beyond this call for the same subject: what is read after it is still true when acted upon."""

    def without_awaiting_the_disk(self) -> AbstractContextManager[None]:
        """What is committed within may be gone after a loss of power; for what means nothing without the process that wrote it."""

    def fault_in_file(self) -> str | None:
        """What the database finds wrong with its own file, in words; None where it finds nothing, or keeps no file of ours."""

    def fault_in_references(self) -> str | None:
        """The first row that refers to one that is not there, in words; None where all do, or where the database sees to it by itself."""


def database_of(home: Path) -> Database:
    """The database of a home's ledger: the one that `URL_VARIABLE` names, else a file in the home.

    Raises:
        LedgerError: the variable names no PostgreSQL database.
    """
    url = os.environ.get(URL_VARIABLE, "").strip()
    if url:
        from tallybridge.ledger.postgresql import PostgreSQL  # noqa: PLC0415 - its library is loaded only where it is used

        return PostgreSQL.named(url, called=URL_VARIABLE)
    from tallybridge.ledger.sqlite import SQLite  # noqa: PLC0415 - as above

    return SQLite(home)
