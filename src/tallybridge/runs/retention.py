"""When evidence has been kept long enough: what an integration's settings say becomes a billing date, and the ledger prunes what lies before it."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import structlog

from tallybridge.configuration.records import Configuration
from tallybridge.ledger import leases, pruning
from tallybridge.ledger.errors import LedgerError
from tallybridge.runs.orders import Order, billing_date
from tallybridge.runs.reports import Mode, RunReport
from tallybridge.sources.base import Clock

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What became of one integration's old evidence."""

    integration: str
    months: int
    pruning: pruning.Pruning | None
    """None: a run was under way."""


def first_day_kept(today: date, months: int) -> date:
    """The first billing date within retention: so many months before, or the last day of a month that is too short."""
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    if year < 1:
        return date.min
    return date(year, month + 1, min(today.day, calendar.monthrange(year, month + 1)[1]))


def end_retention(order: Order, report: RunReport) -> None:
    """Prunes at the end of a day's run over all tenants, under its lease. What goes wrong here stops no bill: the next day goes on with it."""
    if report.mode is Mode.APPLY or order.only is not None:
        return
    settings = order.configuration.integration
    try:
        pruning.prune(settings.name, first_day_kept(report.date, settings.months_of_evidence), at=report.finished)
    except LedgerError:
        _log.exception("evidence could not be pruned", integration=settings.name)


def prune_all(configurations: Iterable[Configuration], clock: Clock, *, dry_run: bool) -> tuple[Pruned, ...]:
    """Looks through all days of some integrations; one whose run is under way is passed over."""
    return tuple(_prune(one, clock, dry_run=dry_run) for one in configurations)


def _prune(configuration: Configuration, clock: Clock, *, dry_run: bool) -> Pruned:
    name, months = configuration.integration.name, configuration.integration.months_of_evidence
    with leases.hold_lease(f"integration:{name}") as held:
        if held is None:
            return Pruned(integration=name, months=months, pruning=None)
        now = clock()
        before = first_day_kept(billing_date(configuration, now), months)
        return Pruned(integration=name, months=months, pruning=pruning.prune(name, before, at=now, everything=True, dry_run=dry_run))
