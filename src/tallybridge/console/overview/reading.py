"""Everything that the overview shows, from the ledger alone and in a number of statements that does not grow with the customers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tallybridge.configuration.records import Configuration
from tallybridge.console.overview.leaks import LeakGroup, LeakOf, Prices, Worth, grouped, needs_categories, priced, total
from tallybridge.console.overview.units import UnitsPerDay, read_units
from tallybridge.ledger import counted_days, run_lists
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger.run_lists import WrittenUnits
from tallybridge.ledger.standing_queries import TenantRecord
from tallybridge.runs.known_prices import items_in_plans
from tallybridge.runs.reports import TenantOutcome
from tallybridge.runs.standing import IntegrationStanding, Leak, look
from tallybridge.runs.standing_verdict import Verdict, verdict
from tallybridge.sources.base import Clock

_TONES = {0: ("done", ""), 1: ("failed", "bad"), 3: ("attention", "wait")}
_NOTHING_WRITTEN = WrittenUnits(0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotBilledShown:
    """What is billed to nobody."""

    groups: tuple[LeakGroup, ...]
    quantity: int
    worth: Worth


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """How one integration's bill stands."""

    standing: IntegrationStanding
    verdict: Verdict
    written_today: WrittenUnits
    written_last: WrittenUnits
    """By the last run."""
    not_billed: NotBilledShown
    units: UnitsPerDay | None

    @property
    def state(self) -> str:
        """The verdict as a state: a word with its shape."""
        return _TONES[self.verdict.exit_code][0]

    @property
    def tone(self) -> str:
        """The verdict's color."""
        return _TONES[self.verdict.exit_code][1]

    @property
    def failed(self) -> tuple[TenantRecord, ...]:
        """Customers that failed."""
        return tuple(one for one in self.standing.stopped if one.outcome == TenantOutcome.FAILED)

    @property
    def blocked(self) -> tuple[TenantRecord, ...]:
        """Customers that are blocked."""
        return tuple(one for one in self.standing.stopped if one.outcome == TenantOutcome.BLOCKED)

    @property
    def changes_to_apply(self) -> int:
        """Changes that are planned and that nobody has written."""
        return sum(one.changes for one in self.standing.to_apply)


def verdicts(configurations: Sequence[Configuration], clock: Clock) -> tuple[tuple[str, Verdict], ...]:
    """The verdict on each integration, by its name. Raises LedgerError."""
    return tuple((one.integration, verdict([one])) for one in look(configurations, clock))


def read_overview(chosen: Configuration, clock: Clock, span: int) -> Overview:
    """Reads it.

    Args:
        chosen: the integration that is shown.
        span: days of the chart.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    name = chosen.integration.name
    (standing,) = look([chosen], clock)
    today = [run.id for run in ledger_runs.runs_of(name, standing.date, standing.date)]
    last = standing.last_run.run.id if standing.last_run is not None else ""
    written = run_lists.units_written({*today, last})
    leaks = read_leaks(chosen, standing.not_billed)
    return Overview(
        standing=standing,
        verdict=verdict([standing]),
        written_today=_together([written[run] for run in today if run in written]),
        written_last=written.get(last, _NOTHING_WRITTEN),
        not_billed=NotBilledShown(groups=grouped(leaks), quantity=sum(one.leak.not_billed.quantity for one in leaks), worth=total(leaks)),
        units=read_units(name, standing.date, span),
    )


def read_leaks(configuration: Configuration, leaks: Sequence[Leak]) -> tuple[LeakOf, ...]:
    """What is billed to nobody, with what it would come to where a price is known. Raises LedgerError."""
    if not leaks:
        return ()
    prices = Prices(configuration.mappings, items_in_plans(configuration.integration.name))
    return priced(leaks, prices, counted_days.units_counted_in(needs_categories(leaks, prices)))


def _together(written: Sequence[WrittenUnits]) -> WrittenUnits:
    return WrittenUnits(*(sum(column) for column in zip(*written, strict=True))) if written else _NOTHING_WRITTEN
