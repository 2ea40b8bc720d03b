"""The jobs that Procrastinate spreads. They hold ids alone: no secret, no name, no quantity (L11)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import cache

from django.db import connection, connections
from procrastinate import App, PsycopgConnector
from procrastinate.connector import BaseConnector
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.types import JSONDict

from tallybridge.ledger import plain_sql
from tallybridge.ledger.errors import ledger_errors
from tallybridge.runs.workers import presence
from tallybridge.sources.base import Clock

DAYS = "days"
PARTS = "parts"
_DAY = "tallybridge.day"
_PART = "tallybridge.part"
_WAITING = "SELECT (args->>'part')::int FROM procrastinate_jobs WHERE queue_name = %s AND status = 'todo' AND args->>'run' = %s"
_AT_ONCE = 1000
"""Jobs in one statement."""

SeeToDay = Callable[[str], Awaitable[None]]
"""Sees to the day's run of the integration whose configuration has this address."""
CarryOutPart = Callable[[str, int], Awaitable[None]]
"""Carries out one part, by its number, of the run with this id."""


def can_be_spread_here() -> bool:
    """Whether the open ledger is in a database that other machines can work on."""
    return connection.vendor == "postgresql"


def app_of_worker(see_to_day: SeeToDay, carry_out_part: CarryOutPart) -> App:
    """The application of a worker process; nothing is retried by it, because what is left to do is asked of the ledger."""
    parameters = connections["default"].get_connection_params()
    for name in ("cursor_factory", "context"):
        parameters.pop(name, None)
    app = App(connector=PsycopgConnector(kwargs=parameters, min_size=1, max_size=4))

    @app.task(name=_DAY, queue=DAYS, retry=False)
    async def day(configuration: str) -> None:
        await see_to_day(configuration)

    @app.task(name=_PART, queue=PARTS, retry=False)
    async def part(run: str, part: int) -> None:
        await carry_out_part(run, part)

    return app


@cache
def _app() -> App:
    """To hand out jobs with, over the ledger's own connection."""
    connector: BaseConnector = DjangoConnector()
    return App(connector=connector)


@ledger_errors()
def hand_out_day(configuration_address: str) -> bool:
    """Has a worker see to the day's run; False where one is asked to already and none has begun."""
    try:
        _app().configure_task(_DAY, queue=DAYS, queueing_lock=f"{_DAY}:{configuration_address}").defer(configuration=configuration_address)
    except AlreadyEnqueued:
        return False
    return True


class Workers:
    """The crew of a spread run: whichever workers there are.

    Args:
        clock: tells UTC, to judge by who is alive.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    @ledger_errors()
    def hand_out(self, run_id: str, parts: Sequence[int]) -> None:
        """A job for each part."""
        for first in range(0, len(parts), _AT_ONCE):
            jobs: list[JSONDict] = [{"run": run_id, "part": number} for number in parts[first : first + _AT_ONCE]]
            _app().configure_task(_PART, queue=PARTS).batch_defer(*jobs)

    @ledger_errors()
    def waiting(self, run_id: str) -> Collection[int]:
        """The parts whose job no worker has taken."""
        return {part for (part,) in plain_sql.rows(_WAITING, PARTS, run_id)}

    def anybody(self) -> bool:
        """Whether a worker is alive, here or elsewhere; one that has died elsewhere counts until its lease has expired."""
        return presence.any_alive(self._clock())
