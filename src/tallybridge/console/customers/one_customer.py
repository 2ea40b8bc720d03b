"""Everything that a customer's own page shows, from the ledger alone: history, today's plan, holds, evidence, agreement, notices and notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import msgspec

from tallybridge.billing.agreement_ends import days_left, end_stage, told_successor
from tallybridge.billing.model import Category, Notice
from tallybridge.billing.psa import Agreement
from tallybridge.billing.reasons import Reason
from tallybridge.configuration.records import Configuration
from tallybridge.console.charts import PublishedChart, Series, publish, units_per_day
from tallybridge.console.customers.fleet import Customer
from tallybridge.console.models import CustomerNote
from tallybridge.console.naming import CATEGORY_WORDS, short_name
from tallybridge.ledger import canonical, customer_queries, evidence, holds
from tallybridge.ledger.customer_queries import TenantDay
from tallybridge.ledger.errors import EvidencePruned
from tallybridge.ledger.holds import StoredHold
from tallybridge.ledger.run_queries import tenant_run
from tallybridge.ledger.run_records import LeftOutCount, StoredTenantRun
from tallybridge.runs.day import billing_date
from tallybridge.sources.base import Clock

HISTORY = 400
"""Days."""
LISTED = 14
"""Days of the history that are listed at once; the others are folded away."""
_MOST_SERIES = 8
"""A chart with more lines cannot be read; the table has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What was counted on each billing date: a chart, and the same as a table, newest first."""

    names: tuple[str, ...]
    days: tuple[tuple[date, tuple[int | None, ...]], ...]
    """A date with the units of each name; None on a date on which the tenant was not read."""
    chart: PublishedChart | None
    """None while there is a single day, which is no history yet."""
    said: str
    """What the chart shows, in words."""

    @property
    def newest_days(self) -> tuple[tuple[date, tuple[int | None, ...]], ...]:
        """The days that are listed at once."""
        return self.days[:LISTED]

    @property
    def older_days(self) -> tuple[tuple[date, tuple[int | None, ...]], ...]:
        """The days that are folded away."""
        return self.days[LISTED:]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceShown:
    """What the newest observation held."""

    tenant_run: StoredTenantRun
    devices: int
    licenses: int
    mailboxes: int
    left_out: tuple[LeftOutCount, ...]
    licenses_left_out: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementShown:
    """The agreement as it was last read; `days_left` is None while its end is far or unknown."""

    agreement: Agreement
    days_left: int | None
    successor: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerPage:
    """What the page of one customer shows."""

    newest: StoredTenantRun | None
    changes: tuple[dict[str, Any], ...]
    """Lines of the newest plan (contracts 2)."""
    not_billed: tuple[dict[str, Any], ...]
    history: History | None
    holds: tuple[StoredHold, ...]
    evidence: EvidenceShown | None
    agreement: AgreementShown | None
    notices: tuple[Notice, ...]
    notes: tuple[CustomerNote, ...]


def read_customer(configuration: Configuration, customer: Customer, clock: Clock) -> CustomerPage:
    """Reads a customer's page in a fixed number of statements.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    name = configuration.integration.name
    today = billing_date(configuration, clock())
    days = customer_queries.days_of(name, customer.key, today - timedelta(days=HISTORY))
    newest = tenant_run(customer.record.id) if customer.record is not None else None
    observed = _observed(newest, days)
    document = msgspec.json.decode(newest.document) if newest is not None else {}
    leaks = msgspec.json.decode(observed.document)["not_billed"] if observed is not None else ()
    return CustomerPage(
        newest=newest,
        changes=tuple(document.get("changes", ())),
        not_billed=tuple(one for one in leaks if one["quantity"] > 0),
        history=_history(days),
        holds=tuple(one for one in holds.open_holds(name) if one.tenant_id == customer.key or one.agreement == customer.agreement),
        evidence=_evidence(observed) if observed is not None else None,
        agreement=_agreement(newest, observed, customer, today),
        notices=newest.notices if newest is not None else (),
        notes=tuple(CustomerNote.objects.filter(integration=name, tenant_id=customer.key).order_by("-id")),
    )


def series_name(application: str, category: Category | None) -> str:
    """What a line of the history is about."""
    short = short_name(application)
    return short if category is None else f"{short} · {CATEGORY_WORDS[category]}"


def _observed(newest: StoredTenantRun | None, days: Sequence[TenantDay]) -> StoredTenantRun | None:
    """The newest tenant run that read the tenant."""
    if newest is not None and newest.evidence is not None:
        return newest
    known = next((day.tenant_run for day in reversed(days) if day.counted is not None), None)
    return tenant_run(known) if known is not None else None


def _history(days: Sequence[TenantDay]) -> History | None:
    read = [day for day in days if day.counted is not None]
    by_day = {day.date: {series_name(one.application, one.category): one.units for one in day.counted or ()} for day in read}
    newest = by_day[read[-1].date] if read else {}
    names = sorted({name for found in by_day.values() for name in found}, key=lambda name: (-newest.get(name, 0), name))
    if not names:
        return None
    series = [Series(name=name, points=tuple((day, found.get(name, 0)) for day, found in by_day.items())) for name in names[:_MOST_SERIES]]
    shown = tuple(
        (day.date, tuple(by_day[day.date].get(name, 0) if day.date in by_day else None for name in names)) for day in sorted(days, key=_date)[::-1]
    )
    first, last = read[0].date, read[-1].date
    total = sum(newest.values())
    said = f"Units counted from {first} to {last}; {total} on the last day. The table beside it has every value."
    return History(names=tuple(names), days=shown, chart=publish(units_per_day(series)) if len(read) > 1 else None, said=said)


def _date(day: TenantDay) -> date:
    return day.date


def _evidence(observed: StoredTenantRun) -> EvidenceShown | None:
    if observed.evidence is None or observed.observed_at is None:
        return None
    try:
        content = evidence.get(observed.evidence)
    except EvidencePruned:
        return None
    observation = canonical.decode_observation(content, started=observed.observed_at)
    document = msgspec.json.decode(observed.document)
    return EvidenceShown(
        tenant_run=observed,
        devices=len(observation.devices),
        licenses=len(observation.licenses),
        mailboxes=len(observation.mailboxes),
        left_out=observed.left_out,
        licenses_left_out=tuple(document.get("licenses_left_out", ())),
    )


def _agreement(newest: StoredTenantRun | None, observed: StoredTenantRun | None, customer: Customer, today: date) -> AgreementShown | None:
    """The agreement as the newest plan was made from it; None where no plan was made for the agreement of the link."""
    planned = newest if newest is not None and newest.inputs is not None else observed
    if planned is None or planned.inputs is None:
        return None
    agreement = canonical.decode_inputs(evidence.get(planned.inputs), now=planned.run.started, today=today).agreement
    if agreement.number != customer.agreement:
        return None
    left = days_left(agreement.end, today) if agreement.end is not None else None
    notices = newest.notices if newest is not None else ()
    return AgreementShown(
        agreement=agreement,
        days_left=left if left is not None and end_stage(left) is not None else None,
        successor=told_successor(notices, agreement.number),
    )


TOLD_ELSEWHERE = (Reason.AGREEMENT_ENDS, Reason.AGREEMENT_SUCCESSOR)
"""Notices that the facts of the agreement tell already."""
