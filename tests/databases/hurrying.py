"""Ledgers that nobody pulls the plug of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


@contextmanager
def no_waiting_for_the_disk() -> Iterator[None]:
    """Nothing has to be on the platter before the next statement. For no longer than a module: some tests look at exactly this setting."""

    def hurry(connection: BaseDatabaseWrapper, **_: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("pragma synchronous = off" if connection.vendor == "sqlite" else "set synchronous_commit = off")

    connection_created.connect(hurry)
    yield
    connection_created.disconnect(hurry)
