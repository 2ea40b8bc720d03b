"""One run over an integration: sign in, read the lists once, take each tenant through its run, close with a manifest.

The same run serves `plan` (looks only) and `run` (plan, apply, verify).
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tallybridge.billing.counting import RULES_VERSION
from tallybridge.billing.linking import Assignment, assign
from tallybridge.billing.model import Rules
from tallybridge.billing.psa import Account, Item
from tallybridge.billing.reasons import Reason
from tallybridge.configuration.catalog import rules_of
from tallybridge.configuration.records import BusinessHubSourceSettings, Configuration
from tallybridge.destinations.base import Destination, DestinationError
from tallybridge.ledger import canonical, evidence, holds, leases, stated_counts
from tallybridge.ledger import destinations as ledger_destinations
from tallybridge.ledger import intents as ledger_intents
from tallybridge.ledger import lines as ledger_lines
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger import tenants as ledger_tenants
from tallybridge.ledger.errors import LedgerError
from tallybridge.runs.breaker import CircuitBreaker
from tallybridge.runs.context import RunContext
from tallybridge.runs.doors import links_of, open_destination, open_source, require_secrets
from tallybridge.runs.pool import run_all
from tallybridge.runs.reports import Mode, RunReport, TenantReport, totals
from tallybridge.runs.stated_beside import WithStatedCounts
from tallybridge.runs.tenant_run import run_tenant
from tallybridge.runs.unlinked_accounts import accounts_not_linked
from tallybridge.sources.base import Clock, Source, SourceError, TenantListing


class RunRefused(Exception):
    """The run cannot be begun as asked; nothing was read or written. The text says why and what to do."""


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
    begun: Callable[[int], None] = lambda _: None
    """Told once how many tenants will be run."""

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


def run_day(order: Order) -> RunReport:
    """Carries out a run and records it. A run beside another one of the same integration steps aside (`busy`).

    Raises:
        RunRefused: an unknown tenant was asked for.
        ConfigurationError: a secret is missing; nothing was contacted.
        LedgerError: the ledger cannot be written; nothing was sent that was not first recorded.
        KeyboardInterrupt: the run was stopped; what had begun was brought to a clean end and recorded.
    """
    begun = order.clock()
    started, run_id = begun.replace(microsecond=0), new_run_id(begun)
    rules = rules_of(order.configuration)
    require_secrets(order.configuration)
    with (
        closing(_source(order, rules, started)) as source,
        closing(open_destination(order.configuration, order.clock)) as destination,
        leases.hold_lease(f"integration:{order.integration}") as held,
    ):
        if not held:
            return report_on(order, run_id, started, reason=Reason.BUSY)
        begin(order, run_id, started, rules)
        return _Day(order, run_id, started, rules, source, destination).carry_out()


def _source(order: Order, rules: Rules, started: datetime) -> Source:
    """The integration's source, with what people have stated beside it."""
    configuration = order.configuration
    stated = stated_counts.in_force(order.integration, billing_date(configuration, started))
    source = open_source(configuration, rules, order.clock)
    if not stated:
        return source
    bound = ledger_tenants.all_bound(order.integration)
    return WithStatedCounts(
        source,
        stated,
        clock=order.clock,
        lists_by_hand=isinstance(configuration.source, BusinessHubSourceSettings),
        read_before=[link.label for link in links_of(configuration) if link.account in bound],
    )


def begin(order: Order, run_id: str, started: datetime, rules: Rules) -> None:
    """Records that a run has begun; a run that a killed process left open is recorded as interrupted first."""
    ledger_runs.begin(
        ledger_runs.NewRun(
            id=run_id,
            integration=order.integration,
            kind=order.mode.value,
            date=billing_date(order.configuration, started),
            started=started,
            configuration=order.configuration_address,
            rules_version=str(RULES_VERSION),
            rules=evidence.put(canonical.encode_rules(rules), "rules"),
        )
    )


def finish(report: RunReport, *, only: str | None = None, of: str | None = None) -> RunReport:
    """Closes the run with its manifest and returns the report with the chain's head.

    Args:
        only: the one tenant that was run; such a run is not the day's run of the integration (L12).
        of: the run whose saved plan was applied.
    """
    head = ledger_runs.finish(report.id, report.outcome.value, totals(report.tenants), report.finished, _tail(report, only) | {"of": of})
    return replace(report, head=head)


def _tail(report: RunReport, only: str | None) -> dict[str, Any]:
    """What the manifest keeps beside the tenants, for `status` to tell later."""
    accounts = report.accounts_not_linked
    return {
        "reason": report.reason.value if report.reason else None,
        "only": only,
        "problems": list(report.problems),
        "accounts_not_linked": [[one.number, one.name] for one in accounts] if accounts is not None else None,
    }


def report_on(
    order: Order,
    run_id: str,
    started: datetime,
    *,
    tenants: tuple[TenantReport, ...] = (),
    reason: Reason | None = None,
    detail: str = "",
    problems: tuple[str, ...] = (),
    not_linked: tuple[Account, ...] | None = None,
) -> RunReport:
    """The report of a run that has come so far."""
    return RunReport(
        id=run_id,
        integration=order.integration,
        mode=order.mode,
        date=billing_date(order.configuration, started),
        started=started,
        finished=order.clock(),
        tenants=tenants,
        reason=reason,
        detail=detail,
        problems=problems,
        accounts_not_linked=not_linked,
    )


class _Day:
    """One run under its lease."""

    def __init__(self, order: Order, run_id: str, started: datetime, rules: Rules, source: Source, destination: Destination) -> None:
        self._order = order
        self._run_id = run_id
        self._started = started
        self._rules = rules
        self._source = source
        self._destination = destination
        self._done: list[TenantReport] = []
        self._problems: tuple[str, ...] = ()
        self._not_linked: tuple[Account, ...] | None = None

    def carry_out(self) -> RunReport:
        order = self._order
        try:
            listing = self._source.tenants()
            self._problems = listing.problems
            accounts = dict(self._destination.accounts())
            if order.only is None:
                self._not_linked = accounts_not_linked(order.configuration, accounts)
            items = dict(self._destination.items({item for mapping in self._rules.mappings for item in mapping.items()}))
            assignments = self._assignments(listing)
            order.begun(len(assignments))
            tenants = self._run_tenants(assignments, accounts, items)
        except (SourceError, DestinationError) as failed:
            return self._finish(reason=failed.reason, detail=str(failed))
        except RunRefused:
            self._finish(reason=Reason.STOPPED)
            raise
        except LedgerError:
            order.stop.set()
            raise
        except KeyboardInterrupt:
            self._finish(tenants=tuple(self._done), reason=Reason.STOPPED)
            raise
        if order.stop.is_set():
            return self._finish(tenants=tenants, reason=Reason.STOPPED)
        return self._finish(tenants=tenants)

    def _finish(self, *, tenants: tuple[TenantReport, ...] = (), reason: Reason | None = None, detail: str = "") -> RunReport:
        report = report_on(
            self._order,
            self._run_id,
            self._started,
            tenants=tenants,
            reason=reason,
            detail=detail,
            problems=self._problems,
            not_linked=self._not_linked,
        )
        return finish(report, only=self._order.only)

    def _assignments(self, listing: TenantListing) -> list[Assignment]:
        """Who is run, billable tenants first, so that nobody's bill waits for somebody who is not billed."""
        configuration = self._order.configuration
        assignments = list(assign(links_of(configuration), listing.tenants, ledger_tenants.all_bound(self._order.integration)))
        if listing.unassigned is not None:
            assignments.append(Assignment(link=None, tenant=listing.unassigned, of_no_tenant=True))
        if self._order.only is not None:
            return [self._only(self._order.only, assignments)]
        if not configuration.source.read_unlinked:
            assignments = [one for one in assignments if one.link is not None]
        return sorted(assignments, key=lambda one: one.link is None or not one.link.billing)

    def _only(self, name: str, assignments: list[Assignment]) -> Assignment:
        found = [one for one in assignments if name in (one.label, one.tenant.id if one.tenant is not None else None, one.link and one.link.label)]
        if len(found) == 1:
            return found[0]
        names = ", ".join(sorted(f"“{one.label}”" for one in assignments))
        if found:
            raise RunRefused(f"More than one tenant is called “{name}”. Nothing was written. Name it by its unique id: tallybridge tenants.")
        raise RunRefused(f"No tenant is called “{name}”. Nothing was written. The source lists: {names}.")

    def _run_tenants(self, assignments: list[Assignment], accounts: dict[int, Account], items: dict[str, Item]) -> tuple[TenantReport, ...]:
        configuration = self._order.configuration
        context = RunContext(
            id=self._run_id,
            integration=self._order.integration,
            mode=self._order.mode,
            date=billing_date(configuration, self._started),
            started=self._started,
            rules=self._rules,
            destination=self._destination,
            destination_id=destination_id(configuration),
            accounts=accounts,
            items=items,
            settle=int(configuration.destination.settle),
            worklist=configuration.destination.write_mode == "worklist",
            unfinished=ledger_intents.places_of_open_intents(destination_id(configuration), self._order.integration),
            bounds=configuration.guards.bounds,
            breaker=CircuitBreaker(configuration.guards.may_fall(ledger_lines.units_billed(destination_id(configuration), self._order.integration))),
            tenant_seconds=configuration.source.tenant_minutes * 60,
            clock=self._order.clock,
            stop=self._order.stop,
            progress=self._note,
        )
        if self._order.only is None:
            billed = [link.agreement for link in configuration.links if link.billing and link.agreement is not None]
            holds.close_others(self._order.integration, billed, self._order.clock())
        reports = run_all(
            assignments,
            lambda one: run_tenant(context, self._source, one),
            threads=configuration.source.max_sessions,
            stop=self._order.stop,
        )
        return tuple(report for report in reports if not _nothing_there(report))

    def _note(self, report: TenantReport) -> None:
        self._done.append(report)
        self._order.progress(report)


def destination_id(configuration: Configuration) -> int:
    """The ledger's id of the configured PSA, the same for every integration that bills in it."""
    settings = configuration.destination
    return ledger_destinations.identify(settings.kind, settings.url, settings.public_key)


def _nothing_there(report: TenantReport) -> bool:
    """The main server itself is reported only when devices stand directly on it."""
    if report.tenant is None or report.tenant.number != 0:
        return False
    return report.empty
