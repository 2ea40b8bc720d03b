"""How the bill stands, told by the ledger alone: what ran, what waits, what is billed to nobody, and what will end soon (design 6.4, L12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import msgspec

from tallybridge.billing.linking import Link
from tallybridge.billing.plan import Action
from tallybridge.billing.reasons import Reason
from tallybridge.billing.wanting import NotBilled
from tallybridge.configuration.records import Configuration
from tallybridge.ledger import holds, standing_queries, stated_counts, worklist
from tallybridge.ledger.holds import StoredHold
from tallybridge.ledger.made_of_content import MadeOfContent
from tallybridge.ledger.standing_queries import TenantRecord
from tallybridge.ledger.stated_counts import StatedFor
from tallybridge.ledger.worklist import WorklistEntry
from tallybridge.runs.day import billing_date
from tallybridge.runs.doors import links_of
from tallybridge.runs.reports import Mode, TenantOutcome
from tallybridge.runs.standing_agreements import EndingAgreement, ending_agreements
from tallybridge.runs.standing_decisions import DecisionInForce, decisions_in_force
from tallybridge.runs.standing_fleet import fleet, since_everybody_was_met
from tallybridge.runs.standing_left_behind import LineLeftBehind, select_left_behind
from tallybridge.runs.standing_runs import LastRun, NextRun, counting, last_run, next_run, of_prescribed, recent_runs, source_problems, told_accounts
from tallybridge.runs.unlinked_accounts import linked_elsewhere
from tallybridge.sources.base import Clock

LOOKED_BACK = 31
"""Days: how long a day without an observation is shown, and how far back from the newest run a tenant's newest record is looked for."""
COUNT_ENDS_WITHIN = 7
"""Days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRunToday:
    """A linked tenant with billing on that the day's run has not met; `last` is the billing date of its newest record."""

    link: Link
    last: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Past billing dates since runs first met a link on which its tenant was not observed; they never will be (L12)."""

    link: Link
    days: tuple[date, ...]
    last_observed: date | None
    """None for a tenant that has never been observed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToApply:
    """A tenant whose newest plan has changes that nobody has written yet."""

    record: TenantRecord
    changes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """Counted units that no line bills, by the newest record that observed the tenant."""

    record: TenantRecord
    not_billed: NotBilled


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingCount:
    """A stated count; `days_left` is 0 on its last day."""

    stated: StatedFor
    days_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationStanding:
    """How one integration's bill stands. Every list is complete, worst first."""

    integration: str
    date: date
    """Today's billing date in the integration's zone."""
    last_run: LastRun | None
    next_run: NextRun
    not_run_today: tuple[NotRunToday, ...]
    stopped: tuple[TenantRecord, ...]
    """Failed and blocked tenants."""
    to_apply: tuple[ToApply, ...]
    held: tuple[StoredHold, ...]
    worklist: tuple[WorklistEntry, ...]
    not_billed: tuple[Leak, ...]
    accounts_not_linked: tuple[tuple[int, str], ...]
    """Number and name of the accounts that the newest run over all tenants found cross-referenced, and that nobody has linked since."""
    problems: tuple[str, ...]
    """What of the source the newest run that read it could not read, beside any one tenant."""
    left_behind: tuple[LineLeftBehind, ...]
    agreements: tuple[EndingAgreement, ...]
    stated_counts: tuple[EndingCount, ...]
    decisions: tuple[DecisionInForce, ...]
    gaps: tuple[Gap, ...]


def look(configurations: Sequence[Configuration], clock: Clock) -> tuple[IntegrationStanding, ...]:
    """How the bill of each integration stands now. Reads the ledger only; the number of statements does not grow with the tenants.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    entries = worklist.open_entries()
    now = clock()
    return tuple(_Look(one, now).standing(entries) for one in configurations)


class _Look:
    """One integration at one instant (UTC)."""

    def __init__(self, configuration: Configuration, now: datetime) -> None:
        self._configuration = configuration
        self._name = configuration.integration.name
        self._now = now
        self._today = billing_date(configuration, now)
        self._links = links_of(configuration)
        recent = recent_runs(self._name, self._today, timedelta(days=LOOKED_BACK))
        self._passed_over = of_prescribed(recent)
        self._runs = counting(recent)
        since = min(self._runs[-1].date if self._runs else self._today, self._today) - timedelta(days=LOOKED_BACK)
        met_by = since_everybody_was_met(self._runs)
        self._fleet = fleet(standing_queries.last_heard(self._name, since, met_by=met_by, without=self._passed_over), self._runs)
        self._next = next_run(self._configuration, self._runs, self._now)
        self._last = last_run(recent, under_way=self._next.under_way)

    def standing(self, entries: Sequence[WorklistEntry]) -> IntegrationStanding:
        return IntegrationStanding(
            integration=self._name,
            date=self._today,
            last_run=self._last,
            next_run=self._next,
            not_run_today=self._not_run_today() if self._next.made_today else (),
            stopped=self._stopped(),
            to_apply=self._to_apply(),
            held=holds.open_holds(self._name),
            worklist=tuple(entry for entry in entries if entry.integration == self._name),
            not_billed=self._not_billed(),
            accounts_not_linked=self._accounts_not_linked(),
            problems=source_problems(self._runs),
            left_behind=select_left_behind(self._configuration, self._fleet, self._today),
            agreements=ending_agreements(self._fleet, self._links, self._today),
            stated_counts=self._stated_counts(),
            decisions=decisions_in_force(self._name, self._today),
            gaps=self._gaps(),
        )

    def _not_run_today(self) -> tuple[NotRunToday, ...]:
        last = {one.newest.account: one.newest.date for one in self._fleet}
        missed = [NotRunToday(link=link, last=last.get(link.account)) for link in self._links if link.billing]
        missed = [one for one in missed if one.last is None or one.last < self._today]
        return tuple(sorted(missed, key=lambda one: (one.last is None, one.last or self._today, one.link.label)))

    def _stopped(self) -> tuple[TenantRecord, ...]:
        worst_first = (TenantOutcome.FAILED, TenantOutcome.BLOCKED)
        found = [one.newest for one in self._fleet if one.newest.outcome in worst_first]
        if self._last is not None and self._last.run.id in self._passed_over:
            known = {one.tenant_id for one in found}
            written = standing_queries.records_of(self._last.run.id)
            found += [one for one in written if one.outcome == TenantOutcome.FAILED and one.tenant_id not in known]
        return tuple(sorted(found, key=lambda one: (worst_first.index(TenantOutcome(one.outcome)), one.tenant)))

    def _to_apply(self) -> tuple[ToApply, ...]:
        """Of a tenant run that wrote, nothing is left to be written unless it was broken off before."""
        planned = [one.newest for one in self._fleet if one.newest.outcome == TenantOutcome.PLANNED or one.newest.kind == Mode.PLAN]
        pending = _pending.of({one.document for one in planned})
        found = [ToApply(record=one, changes=pending[one.document]) for one in planned]
        return tuple(sorted((one for one in found if one.changes), key=lambda one: (-one.changes, one.record.tenant)))

    def _not_billed(self) -> tuple[Leak, ...]:
        """A day on which a tenant could not be read does not make its leaks go away; that it was disabled does."""
        observed = [one.observed for one in self._fleet if one.observed is not None and one.newest.reason is not Reason.TENANT_DISABLED]
        found = [Leak(record=record, not_billed=leak) for record in observed for leak in record.not_billed if leak.quantity > 0]
        return tuple(sorted(found, key=lambda one: (-one.not_billed.quantity, one.record.tenant, one.not_billed.application)))

    def _accounts_not_linked(self) -> tuple[tuple[int, str], ...]:
        linked = {link.account for link in self._links}
        left = tuple(one for one in told_accounts(self._runs) if one[0] not in linked)
        elsewhere = linked_elsewhere(self._configuration) if left else frozenset()
        return tuple(one for one in left if one[0] not in elsewhere)

    def _stated_counts(self) -> tuple[EndingCount, ...]:
        in_force = stated_counts.in_force(self._name, self._today)
        found = [EndingCount(stated=one, days_left=(one.stated.until - self._today).days) for one in in_force]
        return tuple(sorted((one for one in found if one.days_left <= COUNT_ENDS_WITHIN), key=lambda one: (one.days_left, one.stated.tenant)))

    def _gaps(self) -> tuple[Gap, ...]:
        first, last = self._today - timedelta(days=LOOKED_BACK), self._today - timedelta(days=1)
        observed = standing_queries.observed_days(self._name, [link.account for link in self._links], first, last)
        missed = ((link, observed.missing.get(link.account, ())) for link in self._links)
        found = [Gap(link=link, days=days, last_observed=observed.last.get(link.account)) for link, days in missed if days]
        return tuple(sorted(found, key=lambda one: (-len(one.days), one.link.label)))


def _pending_in(document: bytes) -> int:
    """How many lines of a tenant's document are to be written; those on the worklist have their own list."""
    changes = msgspec.json.decode(document)["changes"]
    return sum(1 for one in changes if one["action"] in (Action.CREATE, Action.UPDATE) and one["reason"] is None)


_pending = MadeOfContent(_pending_in, most=10_000)
