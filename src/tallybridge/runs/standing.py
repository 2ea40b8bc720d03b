"""How the bill stands, told by the ledger alone: what ran, what waits, what is billed to nobody, and what will end soon (design 6.4, L12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import msgspec

from tallybridge.billing.agreement_ends import EndStage, days_left, end_stage, told_end, told_successor
from tallybridge.billing.linking import Link
from tallybridge.billing.plan import Action
from tallybridge.billing.planning import left_behind as left_behind_notice
from tallybridge.billing.psa import Agreement
from tallybridge.billing.reasons import Reason
from tallybridge.billing.wanting import NotBilled
from tallybridge.configuration.records import Configuration
from tallybridge.ledger import canonical, evidence, holds, standing_queries, stated_counts, worklist
from tallybridge.ledger.holds import StoredHold
from tallybridge.ledger.run_records import StoredRun
from tallybridge.ledger.standing_queries import LastHeard, TenantRecord
from tallybridge.ledger.stated_counts import StatedFor
from tallybridge.ledger.worklist import WorklistEntry
from tallybridge.runs.day import billing_date
from tallybridge.runs.doors import links_of
from tallybridge.runs.reports import Mode, TenantOutcome
from tallybridge.runs.standing_runs import LastRun, NextRun, last_run, next_run, recent_runs, source_problems, told_accounts, went_through
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
class LeftBehind:
    """A line of ours that still bills and is wanted nowhere any more."""

    record: TenantRecord
    agreement: int | None
    item: str
    charge: int | None
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingCount:
    """A stated count; `days_left` is 0 on its last day."""

    stated: StatedFor
    days_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingAgreement:
    """A linked agreement as it was last read; `days_left` is 0 on its last day and negative once it has ended."""

    link: Link
    agreement: Agreement
    """Without type and start where it had ended before it was read first."""
    days_left: int
    stage: EndStage
    successor: int | None
    """The one other agreement of the account that obviously goes on; None where the newest run that looked has found none."""
    read: date


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
    left_behind: tuple[LeftBehind, ...]
    agreements: tuple[EndingAgreement, ...]
    stated_counts: tuple[EndingCount, ...]
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
        self._runs = recent_runs(self._name, self._today, timedelta(days=LOOKED_BACK))
        since = min(self._runs[-1].date if self._runs else self._today, self._today) - timedelta(days=LOOKED_BACK)
        self._fleet = fleet(standing_queries.last_heard(self._name, since), self._runs)

    def standing(self, entries: Sequence[WorklistEntry]) -> IntegrationStanding:
        upcoming = next_run(self._configuration, self._runs, self._now)
        return IntegrationStanding(
            integration=self._name,
            date=self._today,
            last_run=last_run(self._runs, under_way=upcoming.under_way),
            next_run=upcoming,
            not_run_today=self._not_run_today() if upcoming.made_today else (),
            stopped=self._stopped(),
            to_apply=self._to_apply(),
            held=holds.open_holds(self._name),
            worklist=tuple(entry for entry in entries if entry.integration == self._name),
            not_billed=self._not_billed(),
            accounts_not_linked=self._accounts_not_linked(),
            problems=source_problems(self._runs),
            left_behind=self._left_behind(),
            agreements=self._agreements(),
            stated_counts=self._stated_counts(),
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
        return tuple(sorted(found, key=lambda one: (worst_first.index(TenantOutcome(one.outcome)), one.tenant)))

    def _to_apply(self) -> tuple[ToApply, ...]:
        """Of a tenant run that wrote, nothing is left to be written unless it was broken off before."""
        planned = [one.newest for one in self._fleet if one.newest.outcome == TenantOutcome.PLANNED or one.newest.kind == Mode.PLAN]
        documents = evidence.get_many({one.document for one in planned})
        found = [ToApply(record=one, changes=_pending(documents[one.document])) for one in planned]
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

    def _left_behind(self) -> tuple[LeftBehind, ...]:
        lines = standing_queries.standing_lines(self._name)
        elsewhere = {left_behind_notice(line).subject: line for line in lines}
        here = {(line.agreement, line.item): line for line in lines}
        found = []
        for record in map(_speaks_of_lines, self._fleet):
            for notice in record.notices:
                if notice.reason is not Reason.LEFT_BEHIND or not notice.received:
                    continue
                line = elsewhere.get(notice.subject) or here.get((record.agreement or 0, notice.subject))
                found.append(
                    LeftBehind(
                        record=record,
                        agreement=line.agreement if line is not None else record.agreement,
                        item=line.item if line is not None else notice.subject,
                        charge=line.charge if line is not None else None,
                        quantity=notice.received,
                    )
                )
        return tuple(sorted(found, key=lambda one: (-one.quantity, one.record.tenant, one.item)))

    def _agreements(self) -> tuple[EndingAgreement, ...]:
        links = {link.agreement: link for link in self._links if link.billing and link.agreement is not None}
        contents = evidence.get_many({one.planned.inputs for one in self._fleet if one.planned is not None and one.planned.inputs is not None})
        found = []
        for one in self._fleet:
            agreement, record = self._last_read(one, contents)
            if agreement is None or record is None or agreement.end is None or agreement.number not in links:
                continue
            left = days_left(agreement.end, self._today)
            if (stage := end_stage(left)) is not None:
                successor = told_successor(record.notices, agreement.number)
                link = links[agreement.number]
                found.append(EndingAgreement(link=link, agreement=agreement, days_left=left, stage=stage, successor=successor, read=record.date))
        return tuple(sorted(found, key=lambda one: (one.days_left, one.link.label)))

    def _last_read(self, one: LastHeard, contents: Mapping[str, bytes]) -> tuple[Agreement | None, TenantRecord | None]:
        """A tenant's agreement, and the record that tells of it: what its newest plan was made from, unless a later run tells of its end."""
        planned, observed = one.planned, one.observed
        known = canonical.decode_inputs(contents[planned.inputs], now=self._now, today=self._today).agreement if planned and planned.inputs else None
        if observed is None or observed.agreement is None:
            return known, planned
        end = told_end(observed.notices, observed.agreement, observed.date)
        if end is None:
            return known, planned
        same = known is not None and known.number == observed.agreement
        read = known if known is not None and same else Agreement(number=observed.agreement, account=observed.account or 0)
        return replace(read, end=end), observed

    def _stated_counts(self) -> tuple[EndingCount, ...]:
        in_force = stated_counts.in_force(self._name, self._today)
        found = [EndingCount(stated=one, days_left=(one.stated.until - self._today).days) for one in in_force]
        return tuple(sorted((one for one in found if one.days_left <= COUNT_ENDS_WITHIN), key=lambda one: (one.days_left, one.stated.tenant)))

    def _gaps(self) -> tuple[Gap, ...]:
        window = [self._today - timedelta(days=back) for back in range(LOOKED_BACK, 0, -1)]
        observed = standing_queries.observed_days(self._name, window[0])
        found = []
        for link in self._links:
            met = observed.met.get(link.account)
            days = observed.days.get(link.account, frozenset())
            missing = tuple(day for day in window if met is not None and day >= met and day not in days)
            if missing:
                found.append(Gap(link=link, days=missing, last_observed=observed.last.get(link.account)))
        return tuple(sorted(found, key=lambda one: (-len(one.days), one.link.label)))


def fleet(heard: Sequence[LastHeard], runs: Sequence[StoredRun]) -> tuple[LastHeard, ...]:
    """The tenants as they are now: of two that were recorded for one account the newer, and none that a later run over the whole fleet has not met.

    Args:
        heard: what was last heard of each tenant, former ones too.
        runs: the runs that they were heard by, oldest first.
    """
    order = {run.id: place for place, run in enumerate(runs)}
    whole = next((order[run.id] for run in reversed(runs) if _met_everybody(run)), -1)
    present: dict[int | str, LastHeard] = {}
    for one in sorted(heard, key=lambda one: one.newest.id, reverse=True):
        account = one.newest.account
        key = one.newest.tenant_id if account is None else account
        newer = present.get(key)
        if newer is None:
            present[key] = one
        elif not newer.newest.listed and newer.planned is None:
            # The link's tenant is not listed any more; what its agreement is, was told while it was.
            present[key] = LastHeard(newest=newer.newest, observed=newer.observed, planned=one.planned)
    return tuple(one for one in present.values() if order.get(one.newest.run, -1) >= whole)


def _met_everybody(run: StoredRun) -> bool:
    """Whether a run took in all tenants. An old one that met a single tenant and does not say for whom it was, may have been for that one alone."""
    of_all = run.tail.get("only") is None and ("only" in run.tail or run.totals.get("tenants", 0) > 1)
    return run.kind in (Mode.RUN, Mode.PLAN) and went_through(run) and of_all


def _pending(document: bytes) -> int:
    """How many lines of a tenant's document are to be written; those on the worklist have their own list."""
    changes = msgspec.json.decode(document)["changes"]
    return sum(1 for one in changes if one["action"] in (Action.CREATE, Action.UPDATE) and one["reason"] is None)


def _speaks_of_lines(one: LastHeard) -> TenantRecord:
    """The newest record that could tell of lines left behind: a tenant that was not read today has still left behind what it had yesterday."""
    newest = one.newest
    tells = newest.observed or any(notice.reason is Reason.LEFT_BEHIND for notice in newest.notices)
    return newest if tells or one.observed is None else one.observed
