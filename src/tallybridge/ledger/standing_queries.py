"""What the ledger last heard of each tenant, in a number of statements that does not depend on how many tenants there are. All of it only reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import msgspec
from django.db.models import Aggregate, Max, Min, Q, QuerySet

from tallybridge.billing.model import Notice
from tallybridge.billing.plan import OurLine
from tallybridge.billing.reasons import Reason
from tallybridge.billing.wanting import NotBilled
from tallybridge.ledger.errors import ledger_errors
from tallybridge.ledger.prepared import models

_not_billed = msgspec.json.Decoder(tuple[NotBilled, ...])
_notices = msgspec.json.Decoder(tuple[Notice, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantRecord:
    """One tenant run, without its seats and its plan."""

    id: int
    """Grows with each record."""
    run: str
    kind: str
    date: date
    """Billing date of the run."""
    tenant_id: str
    tenant: str
    """The tenant's name."""
    account: int | None
    agreement: int | None
    outcome: str
    reason: Reason | None
    detail: str
    document: str
    """Address of the tenant's JSON (contracts 2)."""
    inputs: str | None
    """Address of the planning inputs."""
    observed: bool
    not_billed: tuple[NotBilled, ...]
    notices: tuple[Notice, ...]

    @property
    def listed(self) -> bool:
        """Whether the source listed the tenant; a link whose tenant it does not list is recorded under its account."""
        return self.tenant_id != f"account:{self.account}"

    @property
    def sentence(self) -> str:
        """What happened, in words."""
        return self.detail or (self.reason.sentence if self.reason is not None else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class LastHeard:
    """The newest tenant run of a tenant, the newest that observed it, and the newest that knows what its plan was made from."""

    newest: TenantRecord
    observed: TenantRecord | None
    planned: TenantRecord | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedDays:
    """On which billing dates the tenant of a link (by account) was observed."""

    met: Mapping[int, date]
    """The very first billing date on which a run met the link, whatever came of it."""
    last: Mapping[int, date]
    """The newest billing date with an observation; without the links that never had one."""
    days: Mapping[int, frozenset[date]]
    """Those that were asked for."""


@ledger_errors()
def last_heard(integration: str, since: date, *, without: Collection[str] = ()) -> tuple[LastHeard, ...]:
    """What was last heard of each tenant by the runs with a billing date from `since` on, in order of the tenants' ids.

    Args:
        without: the runs that do not count.
    """
    begun = models.TenantRun.objects.filter(run__integration=integration, run__date__gte=since).exclude(run__in=without)
    newest = _newest_of_each(begun)
    wanted = Q(id__in=newest) | Q(id__in=_newest_of_each(begun.filter(facts__evidence__isnull=False)))
    wanted |= Q(id__in=_newest_of_each(begun.filter(facts__inputs__isnull=False)))
    outcomes = {row.tenant_run_id: row for row in models.TenantRunOutcome.objects.filter(tenant_run__in=newest).order_by("id")}
    of_tenant: dict[str, list[TenantRecord]] = defaultdict(list)
    for row in models.TenantRun.objects.filter(wanted).select_related("run", "facts").order_by("tenant_id", "-id"):
        of_tenant[row.tenant_id].append(_record(row, outcomes.get(row.id, row)))
    return tuple(
        LastHeard(
            newest=records[0],
            observed=next((one for one in records if one.observed), None),
            planned=next((one for one in records if one.inputs is not None), None),
        )
        for records in of_tenant.values()
    )


@ledger_errors()
def records_of(run: str) -> tuple[TenantRecord, ...]:
    """What a run recorded of its tenants, in the order in which it did."""
    outcomes = {row.tenant_run_id: row for row in models.TenantRunOutcome.objects.filter(tenant_run__run=run).order_by("id")}
    rows = models.TenantRun.objects.filter(run=run).select_related("run", "facts").order_by("id")
    return tuple(_record(row, outcomes.get(row.id, row)) for row in rows)


@ledger_errors()
def readings_of(destination: int, agreements: Collection[int]) -> tuple[TenantRecord, ...]:
    """Of each of these agreements of a PSA, the newest record that tells of its last day, whoever it was read for and however long ago.

    Such a record has planning inputs, or `agreement_ended` as its reason, or a notice of the agreement's end.
    """
    tells = Q(facts__inputs__isnull=False) | Q(reason=Reason.AGREEMENT_ENDED.value) | Q(facts__notices__contains=f'"{Reason.AGREEMENT_ENDS.value}"')
    read = models.TenantRun.objects.filter(tells, destination=destination, agreement__in=set(agreements))
    newest = read.values("agreement").annotate(newest=Max("id")).values_list("newest", flat=True)
    return tuple(_record(row, row) for row in models.TenantRun.objects.filter(id__in=newest).select_related("run", "facts").order_by("id"))


@ledger_errors()
def known_destination(kind: str, url: str, key_id: str) -> int | None:
    """The ledger's id of the PSA with this address, else of the one with this REST public key; None where no run has used it yet."""
    same = Q(url=url) | Q(key_id=key_id) if key_id else Q(url=url)
    found = models.Destination.objects.filter(same, kind=kind).order_by("id").values_list("id", "url")
    ids = sorted(found, key=lambda one: (one[1] != url, one[0]))
    return ids[0][0] if ids else None


@ledger_errors()
def observed_days(integration: str, since: date) -> ObservedDays:
    """On which billing dates from `since` on the tenant of each link was observed, and since when runs have met it."""
    met = models.TenantRun.objects.filter(run__integration=integration, account__isnull=False)
    observed = met.filter(facts__evidence__isnull=False)
    days: dict[int, set[date]] = defaultdict(set)
    for account, day in observed.filter(run__date__gte=since).values_list("account", "run__date").distinct():
        if account is not None:
            days[account].add(day)
    return ObservedDays(
        met=_of_each_account(met, Min("run__date")),
        last=_of_each_account(observed, Max("run__date")),
        days={account: frozenset(found) for account, found in days.items()},
    )


@ledger_errors()
def standing_lines(integration: str) -> tuple[OurLine, ...]:
    """Where and how much each of our lines of an integration was last seen to bill, closed ones left out."""
    rows = models.Line.objects.filter(integration=integration, closed=False).order_by("agreement", "item")
    return tuple(
        OurLine(agreement=agreement, item=item, charge=charge, written=written)
        for agreement, item, charge, written in rows.values_list("agreement", "item", "charge", "written")
    )


def _of_each_account(rows: QuerySet[models.TenantRun], of_dates: Aggregate) -> dict[int, date]:
    found = rows.values("account").annotate(day=of_dates).values_list("account", "day")
    return {account: day for account, day in found if account is not None}


def _newest_of_each(rows: QuerySet[models.TenantRun]) -> QuerySet[models.TenantRun, int]:
    ids: QuerySet[models.TenantRun, int] = rows.values("tenant_id").annotate(newest=Max("id")).values_list("newest", flat=True)
    return ids


def _record(row: models.TenantRun, newest: models.TenantRun | models.TenantRunOutcome) -> TenantRecord:
    return TenantRecord(
        id=row.id,
        run=row.run_id,
        kind=row.run.kind,
        date=row.run.date,
        tenant_id=row.tenant_id,
        tenant=row.tenant_name,
        account=row.account,
        agreement=row.agreement,
        outcome=newest.outcome,
        reason=Reason(newest.reason) if newest.reason is not None else None,
        detail=newest.detail,
        document=newest.document if isinstance(newest, models.TenantRunOutcome) else newest.facts.document,
        inputs=row.facts.inputs,
        observed=row.facts.evidence is not None,
        not_billed=_not_billed.decode(row.facts.not_billed),
        notices=_notices.decode(row.facts.notices),
    )
