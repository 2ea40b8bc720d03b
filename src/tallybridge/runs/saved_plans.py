"""Saved plans: `plan --out` writes one, `apply` carries it out or refuses (L4).

A saved plan is known to its ledger by the hash of its bytes, so neither a changed file nor another ledger's plan is ever applied.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import msgspec

from tallybridge.billing.model import Tenant
from tallybridge.billing.plan import Plan, PlanningInputs
from tallybridge.billing.psa import Agreement, Charge
from tallybridge.billing.reasons import Reason
from tallybridge.configuration.catalog import rules_of
from tallybridge.destinations.base import Destination, DestinationError
from tallybridge.ledger import canonical, decisions, evidence, holds, leases
from tallybridge.ledger import intents as ledger_intents
from tallybridge.ledger import lines as ledger_lines
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger.evidence import EvidenceUnknown
from tallybridge.ledger.run_records import StoredTenantRun
from tallybridge.runs.applying import all_changes, apply_plan
from tallybridge.runs.beside_a_plan import with_what_the_plan_saw
from tallybridge.runs.breaker import CircuitBreaker
from tallybridge.runs.context import RunContext
from tallybridge.runs.day import Order, RunRefused, begin, billing_date, destination_id, finish, new_run_id, report_on
from tallybridge.runs.doors import open_destination
from tallybridge.runs.pool import run_all
from tallybridge.runs.prescriptions import prescribed_in
from tallybridge.runs.recording import record_outcome, record_plan
from tallybridge.runs.reports import LineReport, Mode, RunReport, TenantOutcome, TenantReport, run_document
from tallybridge.runs.tenant_billing import after_applying
from tallybridge.runs.tenant_reports import contained


class SavedTenant(msgspec.Struct, frozen=True, kw_only=True):
    """One tenant of a saved plan; `inputs` and `plan` are addresses of what the ledger keeps."""

    tenant: str
    tenant_id: str
    number: int | None
    account: int
    agreement: int
    inputs: str
    plan: str


class SavedPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The file that `plan --out` writes. `document` is the plan for people and programs to read."""

    tallybridge_plan: int = 1
    integration: str
    run: str
    date: date
    started: datetime
    configuration: str
    rules_version: str
    tenants: tuple[SavedTenant, ...]
    document: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    """One tenant of a plan that is to be carried out, as the ledger knows it."""

    saved: SavedTenant
    inputs: PlanningInputs
    plan: Plan
    planned: StoredTenantRun
    """The tenant's part of the run that made the plan: what was read, counted and billed to nobody."""


def save_plan(report: RunReport, configuration: str, rules_version: str) -> bytes:
    """The bytes of the file for a plan that has just been made; the ledger remembers their hash."""
    saved = SavedPlan(
        integration=report.integration,
        run=report.id,
        date=report.date,
        started=report.started,
        configuration=configuration,
        rules_version=rules_version,
        tenants=tuple(
            SavedTenant(
                tenant=one.name,
                tenant_id=one.tenant.id,
                number=one.tenant.number,
                account=one.account,
                agreement=one.agreement,
                inputs=one.inputs,
                plan=one.plan_address,
            )
            for one in report.tenants
            if one.tenant is not None and one.account is not None and one.agreement is not None and one.inputs and one.plan_address
        ),
        document=run_document(report),
    )
    content = msgspec.json.format(msgspec.json.encode(saved, order="deterministic"), indent=1) + b"\n"
    evidence.put(content, "saved_plan")
    return content


def read_saved_plan(content: bytes) -> SavedPlan:
    """Recognizes a saved plan of this ledger.

    Raises:
        RunRefused: the file is no plan, has been changed, or was made by another ledger.
    """
    try:
        evidence.get(evidence.address_of(content))
    except EvidenceUnknown as unknown:
        raise RunRefused(
            "This file is not a plan that this ledger has made, or it has been changed since. Nothing was written. "
            "Make a new plan: tallybridge plan --out FILE."
        ) from unknown
    return msgspec.json.decode(content, type=SavedPlan)


def apply_saved_plan(order: Order, content: bytes) -> RunReport:
    """Carries out a saved plan: exactly what it says, or nothing.

    Raises:
        RunRefused: the plan does not fit this ledger, this day, this configuration, or is no longer the newest for its tenants.
        ConfigurationError, DialectError: nothing was contacted.
        LedgerError: the ledger cannot be written; nothing was sent that was not first recorded.
    """
    saved = read_saved_plan(content)
    begun = order.clock()
    started, run_id = begun.replace(microsecond=0), new_run_id(begun)
    with closing(open_destination(order.configuration, order.clock)) as destination, leases.hold_lease(f"integration:{order.integration}") as held:
        if not held:
            return report_on(order, run_id, started, reason=Reason.BUSY)
        _require_current(order, saved, started)
        begin(order, run_id, started, rules_of(order.configuration))
        planned = {one.tenant_id: one for one in ledger_runs.tenant_runs(saved.run)}
        due = [_due(saved, one, planned[one.tenant_id]) for one in saved.tenants]
        try:
            _require_undecided(destination_id(order.configuration), due)
            _require_unmoved(destination, due, saved.date)
            reports = _carry_out(order, run_id, started, destination, due)
        except RunRefused as moved:
            return finish(report_on(order, run_id, started, reason=Reason.PSA_MOVED, detail=str(moved)), of=saved.run)
        except DestinationError as failed:
            return finish(report_on(order, run_id, started, reason=failed.reason, detail=str(failed)), of=saved.run)
        stopped = Reason.STOPPED if order.stop.is_set() else None
        report = report_on(order, run_id, started, tenants=tuple(reports), reason=stopped)
        return finish(with_what_the_plan_saw(report, planned.values()), of=saved.run)


def _require_current(order: Order, saved: SavedPlan, now: datetime) -> None:
    again = "Nothing was written. Make a new plan: tallybridge plan --out FILE."
    if saved.integration != order.integration:
        raise RunRefused(f"The plan belongs to the integration “{saved.integration}”, not to “{order.integration}”. {again}")
    today = billing_date(order.configuration, now)
    if saved.date != today:
        raise RunRefused(f"The plan was made for {saved.date}; today is {today}. {again}")
    if saved.configuration != order.configuration_address:
        raise RunRefused(f"The configuration has changed since the plan was made. {again}")
    tenants = {one.tenant_id: one.tenant for one in saved.tenants}
    for run in ledger_runs.runs_of(order.integration, saved.date, saved.date):
        if run.id != saved.run and run.started >= saved.started and run.id > saved.run:
            newer = [one.tenant_id for one in ledger_runs.tenant_runs(run.id) if one.tenant_id in tenants]
            if newer and run.kind == Mode.APPLY:
                raise RunRefused(f"This plan, or a newer one, was applied by run {run.id}. {again}")
            if newer:
                raise RunRefused(f"Run {run.id} has planned {tenants[newer[0]]} again since this plan was made. {again}")


def _require_undecided(destination: int, due: list[_Due]) -> None:
    """Refuses a plan whose lines a person has decided on since, or whose open writes have come to an end."""
    for one in due:
        known = {line.item: line for line in ledger_lines.lines_of(destination, one.saved.agreement)}
        planned = {line.item: line for line in one.plan.lines}
        items = planned.keys() | {change.item for change in one.plan.changes}
        ended = {resolution.key for resolution in one.plan.resolutions}
        expected = {intent.key for intent in one.inputs.intents} - ended
        still_open = {intent.key for intent in ledger_intents.open_intents(destination, one.saved.agreement) if intent.item in items}
        stood = {decision.id for decision in one.inputs.decisions if decision.item in items} - set(one.plan.ended)
        stands = {decision.id for decision in decisions.standing(destination, one.saved.agreement) if decision.item in items}
        if any(known.get(item) != planned.get(item) for item in items) or not still_open <= expected or stands != stood:
            raise RunRefused(
                f"Something was decided or written for {one.saved.tenant} since the plan was made. "
                "Nothing was written. Make a new plan: tallybridge plan --out FILE."
            )


def _due(saved: SavedPlan, tenant: SavedTenant, planned: StoredTenantRun) -> _Due:
    inputs = canonical.decode_inputs(evidence.get(tenant.inputs), now=saved.started, today=saved.date)
    return _Due(saved=tenant, inputs=inputs, plan=canonical.decode_plan(evidence.get(tenant.plan)), planned=planned)


def _require_unmoved(destination: Destination, due: list[_Due], today: date) -> None:
    """Reads every agreement again before the first write, so that a plan is applied whole or not at all."""
    accounts = destination.accounts()
    for one in due:
        if one.saved.account not in accounts:
            raise RunRefused(f"The account of {one.saved.tenant} is no longer cross-referenced to the External Product. Nothing was written.")
        written = {number for number, _ in all_changes(one.plan)} | {one.saved.agreement}
        for inputs in (one.inputs, *(former for former in one.inputs.former if former.agreement.number in written)):
            before = inputs.agreement
            now = destination.agreement(before.number)
            if now is None or now.account != before.account or now.ended(today) or _relevant(now, inputs) != _relevant(before, inputs):
                raise RunRefused(
                    f"Tigerpaw has changed since the plan was made: agreement {before.number} of {one.saved.tenant}. "
                    "Nothing was written. Make a new plan: tallybridge plan --out FILE."
                )


def _relevant(agreement: Agreement, inputs: PlanningInputs) -> list[tuple[int, str, int]]:
    items = {one.item for one in inputs.wanted} | {line.item for line in inputs.lines}
    relevant: list[Charge] = [charge for charge in agreement.charges if charge.item in items]
    return sorted((charge.id, charge.item, charge.quantity) for charge in relevant)


def _carry_out(order: Order, run_id: str, started: datetime, destination: Destination, due: list[_Due]) -> list[TenantReport]:
    configuration = order.configuration
    context = RunContext(
        id=run_id,
        integration=order.integration,
        mode=Mode.APPLY,
        date=billing_date(configuration, started),
        started=started,
        rules=rules_of(configuration),
        destination=destination,
        destination_id=destination_id(configuration),
        accounts={},
        items={},
        settle=int(configuration.destination.settle),
        worklist=configuration.destination.write_mode == "worklist",
        bounds=configuration.guards.bounds,
        unfinished={},
        breaker=CircuitBreaker(None),
        tenant_seconds=configuration.source.tenant_minutes * 60,
        clock=order.clock,
        stop=order.stop,
        progress=order.progress,
    )
    order.begun(len(due))
    return run_all(due, lambda one: _apply_tenant(context, one), threads=configuration.source.max_sessions, stop=order.stop)


def _apply_tenant(context: RunContext, due: _Due) -> TenantReport:
    report = TenantReport(
        name=due.saved.tenant,
        tenant=Tenant(id=due.saved.tenant_id, name=due.saved.tenant, number=due.saved.number),
        account=due.saved.account,
        agreement=due.saved.agreement,
        outcome=TenantOutcome.PLANNED,
        observed=due.planned.observed_at,
        evidence=due.planned.evidence,
        left_out=due.planned.left_out,
        not_billed=due.planned.not_billed,
        notices=due.planned.notices,
        plan=due.plan,
        plan_address=due.saved.plan,
    )
    return contained(context, report, lambda: _apply_under_lease(context, due, report))


def _apply_under_lease(context: RunContext, due: _Due, report: TenantReport) -> TenantReport:
    saved = due.saved
    with leases.hold_lease(f"agreement:{context.destination_id}:{saved.agreement}") as held:
        if held is None:
            return record_plan(context, replace(report, outcome=TenantOutcome.BLOCKED, reason=Reason.BUSY))
        opened = _kept_up(context, due)
        record_plan(context, report)
        lines = [
            LineReport(change=change, agreement=number, hold=opened.get(change.item) if number == saved.agreement else None)
            for number, change in all_changes(due.plan)
        ]
        applied = apply_plan(context, due.inputs, due.plan, lines, tenant_id=saved.tenant_id, lease=held)
    report = after_applying(replace(report, lines=applied.lines, psa_writes=applied.psa_writes))
    record_outcome(context, report)
    return report


def _kept_up(context: RunContext, due: _Due) -> dict[str, str]:
    """Opens and closes holds by the plan; one of prescribed quantities speaks of single items and says nothing of what waits on the others."""
    if prescribed_in(due.planned.run) is not None:
        return {}
    saved = due.saved
    return holds.keep_up(
        context.destination_id, context.integration, saved.tenant_id, saved.tenant, saved.agreement, due.plan.changes, at=context.clock()
    )
