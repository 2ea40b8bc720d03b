"""What a run is asked to do, and what follows from it alone."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from tallybridge.configuration.records import Configuration
from tallybridge.ledger import destinations as ledger_destinations
from tallybridge.runs.reports import Mode, TenantReport
from tallybridge.sources.base import Clock


class RunRefused(Exception):
    """The run cannot be begun as asked; nothing was read or written. The text says why and what to do."""


class RunGivenBack(Exception):
    """This process was stopped while it saw to a spread run; another one goes on with it. What was recorded stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a run is asked to do."""

    configuration: Configuration
    configuration_address: str
    """Address of the configuration version in the ledger."""
    mode: Mode
    clock: Clock
    only: str | None = None
    """Name or unique id of the one tenant to run."""
    stop: threading.Event = field(default_factory=threading.Event)
    progress: Callable[[TenantReport], None] = lambda _: None
    """Told of each tenant as it is done; of a spread run only name and outcome."""
    begun: Callable[[int], None] = lambda _: None
    """Told once how many tenants will be run."""
    say: Callable[[str], None] = lambda _: None
    """Told, in a sentence for people, what happens to the run itself while it goes on."""
    left_to_others: bool = False
    """Whether a spread run is left open for another process when this one is stopped, instead of being recorded as stopped."""

    @property
    def integration(self) -> str:
        """The integration's name."""
        return self.configuration.integration.name


def billing_date(configuration: Configuration, instant: datetime) -> date:
    """The date that a run at this UTC instant bills for: the local date in the integration's zone (L10)."""
    return instant.astimezone(ZoneInfo(configuration.integration.time_zone)).date()


def new_run_id(begun: datetime) -> str:
    """Unique, and in order of time when sorted as text: second, then in the six digits behind it the millisecond and a random part."""
    return f"{begun:%Y%m%dT%H%M%SZ}-{begun.microsecond // 1000:03x}{secrets.randbelow(0x1000):03x}"


def destination_id(configuration: Configuration) -> int:
    """The ledger's id of the configured PSA, the same for every integration that bills in it."""
    settings = configuration.destination
    return ledger_destinations.identify(settings.kind, settings.url, settings.public_key)
