"""What the ledger last heard of each tenant, in a number of statements that does not depend on how many tenants there are. All of it only reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TypeVar

import msgspec
from django.db.models import Aggregate, Case, Max, Min, Q, QuerySet, When

from tallybridge.billing.model import Notice
from tallybridge.billing.plan import OurLine
from tallybridge.billing.reasons import Reason
from tallybridge.billing.wanting import NotBilled
from tallybridge.ledger import plain_sql
from tallybridge.ledger.errors import ledger_errors
from tallybridge.ledger.known_days import KnownDays
from tallybridge.ledger.prepared import models

_not_billed = lru_cache(maxsize=4096)(msgspec.json.Decoder(tuple[NotBilled, ...]).decode)
_notices = lru_cache(maxsize=4096)(msgspec.json.Decoder(tuple[Notice, ...]).decode)
"""Most customers say the same: nothing."""
_Value = TypeVar("_Value")
_AT_ONCE = 500
_A_WEEK = timedelta(days=7)
_OBSERVED_IN = """SELECT part.run_id, part.account FROM ledger_tenantrun part JOIN ledger_tenantfacts facts ON facts.id = part.facts_id
WHERE part.run_id IN {} AND part.account IS NOT NULL AND facts.evidence IS NOT NULL"""


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
    """On which of some billing dates the tenant of a link (by account) was not observed."""

    missing: Mapping[int, tuple[date, ...]]
    """Dates from the one on which a run first met the link, oldest first; without the links that miss none."""
    last: Mapping[int, date]
    """Of those links, the newest billing date with an observation; without those that never had one."""


@ledger_errors()
def last_heard(integration: str, since: date, *, met_by: Collection[str] | None, without: Collection[str] = ()) -> tuple[LastHeard, ...]:
    """What was last heard of each tenant by the runs with a billing date from `since` on, in order of the tenants' ids.

    With months of history nearly everything stands in the newest run. So the runs that met everybody are read first, and earlier ones only
    for tenants of whom those do not tell enough: the answer takes no longer as the history grows.

    Args:
        met_by: the newest run that met everybody, and those after it: tenants that none of these met are left out, but for former ones
            of an account whose tenant is not listed any more. None where no run met everybody: all tenants are told.
        without: the runs that do not count.
    """
    begun = models.TenantRun.objects.filter(run__integration=integration, run__date__gte=since).exclude(run__in=without)
    of_tenant: dict[str, list[TenantRecord]] = defaultdict(list)
    if met_by is None:
        _add(of_tenant, {id_ for ids in _telling_ids(begun) for id_ in ids})
    else:
        met = list(met_by)
        outcomes = _outcomes(models.TenantRunOutcome.objects.filter(tenant_run__run__in=met))
        for record in _records(models.TenantRun.objects.filter(run__in=met).order_by("-id"), outcomes):
            of_tenant[record.tenant_id].append(record)
        earlier = begun.exclude(run__in=met)
        lacking = {records[0].tenant_id for records in of_tenant.values() if _tell_too_little(records)}
        not_listed = {records[0].account for records in of_tenant.values() if not records[0].listed and records[0].tenant_id in lacking}
        for accounts in _parts_of([account for account in not_listed if account is not None]):
            lacking |= set(earlier.filter(account__in=accounts).values_list("tenant_id", flat=True))
        for tenants in _parts_of(sorted(lacking)):
            _add(of_tenant, {id_ for ids in _telling_ids(earlier.filter(tenant_id__in=tenants)) for id_ in ids})
    return tuple(_heard_of(of_tenant[tenant_id]) for tenant_id in sorted(of_tenant))


def _telling_ids(rows: QuerySet[models.TenantRun]) -> Iterator[tuple[int, ...]]:
    """Of each tenant the newest tenant run, the newest that observed it, and the newest with planning inputs: one pass over the rows."""
    observed, planned = Q(facts__evidence__isnull=False), Q(facts__inputs__isnull=False)
    newest = rows.values("tenant_id").annotate(any=Max("id"), observed=Max("id", filter=observed), planned=Max("id", filter=planned))
    return (tuple(id_ for id_ in ids if id_ is not None) for ids in newest.values_list("any", "observed", "planned"))


def _add(of_tenant: dict[str, list[TenantRecord]], ids: Collection[int]) -> None:
    """Adds the records with these ids to those of their tenants, the newest first."""
    for some in _parts_of(sorted(ids, reverse=True)):
        outcomes = _outcomes(models.TenantRunOutcome.objects.filter(tenant_run__in=some))
        for record in _records(models.TenantRun.objects.filter(id__in=some).order_by("-id"), outcomes):
            of_tenant[record.tenant_id].append(record)


def _tell_too_little(records: Sequence[TenantRecord]) -> bool:
    """Whether earlier runs know what these records of a tenant do not. Of one without account no plan was made that still says anything."""
    planned = records[0].account is None or any(one.inputs is not None for one in records)
    return not planned or not any(one.observed for one in records)


def _heard_of(records: Sequence[TenantRecord]) -> LastHeard:
    """What was last heard of one tenant; `records` are newest first."""
    return LastHeard(
        newest=records[0],
        observed=next((one for one in records if one.observed), None),
        planned=next((one for one in records if one.inputs is not None), None),
    )


@ledger_errors()
def records_of(run: str) -> tuple[TenantRecord, ...]:
    """What a run recorded of its tenants, in the order in which it did."""
    outcomes = _outcomes(models.TenantRunOutcome.objects.filter(tenant_run__run=run))
    return tuple(_records(models.TenantRun.objects.filter(run=run).order_by("id"), outcomes))


@ledger_errors()
def readings_of(destination: int, agreements: Collection[int]) -> tuple[TenantRecord, ...]:
    """Of each of these agreements of a PSA, the newest record that tells of its last day, whoever it was read for and however long ago.

    Such a record has planning inputs, or `agreement_ended` as its reason, or a notice of the agreement's end.
    """
    tells = Q(facts__inputs__isnull=False) | Q(reason=Reason.AGREEMENT_ENDED.value) | Q(facts__notices__contains=f'"{Reason.AGREEMENT_ENDS.value}"')
    read = models.TenantRun.objects.filter(tells, destination=destination, agreement__in=set(agreements))
    newest = read.values("agreement").annotate(newest=Max("id")).values_list("newest", flat=True)
    return tuple(_records(models.TenantRun.objects.filter(id__in=newest).order_by("id"), {}))


@ledger_errors()
def known_destination(kind: str, url: str, key_id: str) -> int | None:
    """The ledger's id of the PSA with this address, else of the one with this REST public key; None where no run has used it yet."""
    same = Q(url=url) | Q(key_id=key_id) if key_id else Q(url=url)
    found = models.Destination.objects.filter(same, kind=kind).order_by("id").values_list("id", "url")
    ids = sorted(found, key=lambda one: (one[1] != url, one[0]))
    return ids[0][0] if ids else None


@ledger_errors()
def observed_days(integration: str, accounts: Collection[int], first: date, last: date) -> ObservedDays:
    """On which billing dates from `first` to `last` the tenants of these links were not observed.

    What happened on a past day is read once; what lies before `first` is asked only of links that were not met in the week before it, or not
    observed since: so the answer takes no longer as the history grows.
    """
    met = models.TenantRun.objects.filter(run__integration=integration, account__isnull=False)
    week_before = met.filter(run__date__gte=first - _A_WEEK, run__date__lt=first).values_list("account", flat=True).distinct()
    since = dict.fromkeys((account for account in week_before if account is not None), first)
    since |= _of_each_account(met, Min("run__date"), [one for one in accounts if one not in since])
    observed = _observed_accounts.of(integration, first)
    asked = {account for account in accounts if account in since}
    missed: dict[int, list[date]] = defaultdict(list)
    for day in (first + timedelta(days=number) for number in range((last - first).days + 1)):
        for account in asked - observed.get(day, frozenset()):
            if day >= since[account]:
                missed[account].append(day)
    missing = {account: tuple(days) for account, days in missed.items()}
    newest: dict[int, date] = {}
    for day in sorted(observed):
        newest |= dict.fromkeys(missing.keys() & observed[day], day)
    before = met.filter(facts__evidence__isnull=False, run__date__lt=first)
    return ObservedDays(missing=missing, last=newest | _of_each_account(before, Max("run__date"), missing.keys() - newest.keys()))


def _accounts_observed(integration: str, days: Collection[date]) -> Mapping[date, frozenset[int]]:
    """Accounts whose tenants were observed on billing dates."""
    runs = dict(models.Run.objects.filter(integration=integration, date__in=list(days)).values_list("id", "date"))
    found: dict[date, set[int]] = {day: set() for day in days}
    for some in _parts_of(runs):
        for run, account in plain_sql.rows(_OBSERVED_IN.format(plain_sql.value_places(len(some))), *some):
            found[runs[run]].add(account)
    return {day: frozenset(accounts) for day, accounts in found.items()}


_observed_accounts = KnownDays(_accounts_observed, most=400)


@ledger_errors()
def standing_lines(integration: str) -> tuple[OurLine, ...]:
    """Where and how much each of our lines of an integration was last seen to bill, closed ones left out."""
    rows = models.Line.objects.filter(integration=integration, closed=False).order_by("agreement", "item")
    return tuple(
        OurLine(agreement=agreement, item=item, charge=charge, written=written)
        for agreement, item, charge, written in rows.values_list("agreement", "item", "charge", "written")
    )


def _of_each_account(rows: QuerySet[models.TenantRun], of_dates: Aggregate, accounts: Collection[int]) -> dict[int, date]:
    found: dict[int, date] = {}
    for some in _parts_of(accounts):
        of_some = rows.filter(account__in=some).values("account").annotate(day=of_dates).values_list("account", "day")
        found |= {account: day for account, day in of_some if account is not None}
    return found


def _parts_of(values: Collection[_Value]) -> Iterator[list[_Value]]:
    """Databases bound the number of values in a statement."""
    every = list(values)
    return (every[first : first + _AT_ONCE] for first in range(0, len(every), _AT_ONCE))


def _newest_of_each(rows: QuerySet[models.TenantRun]) -> QuerySet[models.TenantRun, int]:
    ids: QuerySet[models.TenantRun, int] = rows.values("tenant_id").annotate(newest=Max("id")).values_list("newest", flat=True)
    return ids


_COLUMNS = (
    *("id", "run_id", "run__kind", "run__date", "tenant_id", "tenant_name", "account", "agreement"),
    *("outcome", "reason", "detail", "facts__document", "facts__inputs", "was_observed", "facts__not_billed", "facts__notices"),
)

_Outcome = tuple[str, str | None, str, str]
"""Outcome, reason, detail, and the document's address."""


def _outcomes(rows: QuerySet[models.TenantRunOutcome]) -> Mapping[int, _Outcome]:
    """The newest outcome of each tenant run, after applying, by its number."""
    columns = ("tenant_run_id", "outcome", "reason", "detail", "document")
    return {id_: (outcome, reason, detail, document) for id_, outcome, reason, detail, document in rows.order_by("id").values_list(*columns)}


def _records(rows: QuerySet[models.TenantRun], outcomes: Mapping[int, _Outcome]) -> Iterator[TenantRecord]:
    """Plain values, not instances of the tables: with thousands of customers making those takes longer than everything else."""
    for id_, run, kind, day, tenant_id, tenant, account, agreement, *told, inputs, observed, not_billed, notices in rows.annotate(
        was_observed=Case(When(facts__evidence__isnull=False, then=1), default=0)
    ).values_list(*_COLUMNS):
        outcome, reason, detail, document = outcomes.get(id_, told)
        yield TenantRecord(
            id=id_,
            run=run,
            kind=kind,
            date=day,
            tenant_id=tenant_id,
            tenant=tenant,
            account=account,
            agreement=agreement,
            outcome=outcome,
            reason=Reason(reason) if reason is not None else None,
            detail=detail,
            document=document,
            inputs=inputs,
            observed=bool(observed),
            not_billed=_not_billed(not_billed),
            notices=_notices(notices),
        )
