"""The plan of today that a person can approve, and the saved plan that it, or a part of it, is carried out as (L4).

Whether the schedule, the command line or a page made the plan is all the same: what it said of each tenant is in the ledger. A part of it is
a saved plan of its own, so it is carried out by the same rules: exactly what it says, or nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from tallybridge.billing.plan import Change
from tallybridge.ledger import canonical, evidence, plan_queries
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger.plan_queries import PlannedTenant
from tallybridge.ledger.run_records import StoredRun
from tallybridge.runs.applying import all_changes
from tallybridge.runs.day import RunRefused
from tallybridge.runs.prescriptions import WRITING, prescribed_in
from tallybridge.runs.reports import Mode
from tallybridge.runs.saved_plans import SavedPlan, SavedTenant


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvable:
    """A plan, and what of it can still be approved."""

    run: StoredRun
    tenants: tuple[PlannedTenant, ...]
    """In order of name."""
    again: dict[str, str]
    """Tenants that a later run has planned or applied, each with that run's id: what this plan says of them is not carried out any more."""

    @property
    def left(self) -> tuple[PlannedTenant, ...]:
        """The tenants whose part can still be approved."""
        return tuple(one for one in self.tenants if one.planned and one.tenant_id not in self.again)

    @property
    def writes_left(self) -> tuple[PlannedTenant, ...]:
        """Those of them for which something would be written."""
        return tuple(one for one in self.left if one.writes)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToWrite:
    """One line that applying a plan would write, or put on the worklist."""

    tenant: str
    agreement: int
    change: Change


def plan_of(integration: str, day: date) -> StoredRun | None:
    """The newest run of that billing date that planned every tenant of an integration, came to its end and went through.

    A plan for one tenant alone is none, nor are prescribed quantities: they are approved where they were asked for.
    """
    for run in reversed(ledger_runs.runs_of(integration, day, day)):
        whole = run.finished is not None and run.tail.get("reason") is None and run.tail.get("only") is None
        if run.kind == Mode.PLAN and whole and prescribed_in(run) is None:
            return run
    return None


def approvable(run: StoredRun) -> Approvable:
    """What a plan says of every tenant, and which of it later runs have overtaken; three statements."""
    return Approvable(run=run, tenants=plan_queries.planned_tenants(run.id), again=plan_queries.planned_again(run.integration, run.date, run.id))


def lines_to_write(tenants: Collection[PlannedTenant]) -> tuple[ToWrite, ...]:
    """Every line that applying these tenants' plans would write, also those of former agreements that a released move leaves."""
    writing = {one.row: one for one in tenants if one.writes}
    places = plan_queries.addresses(writing)
    plans = evidence.get_many({place.plan for place in places.values()})
    return tuple(
        ToWrite(tenant=one.name, agreement=agreement, change=change)
        for row, one in writing.items()
        for agreement, change in all_changes(canonical.decode_plan(plans[places[row].plan]))
        if change.action in WRITING
    )


def saved_plan(run: StoredRun, tenant_ids: Collection[str]) -> bytes:
    """The bytes of a saved plan that says of these tenants what the run's plan says, for `apply_saved_plan`; the ledger remembers their hash.

    Raises:
        RunRefused: one of them was not planned by the run; nothing was written.
    """
    wanted = set(tenant_ids)
    parts = [one for one in ledger_runs.tenant_runs(run.id) if one.tenant_id in wanted]
    tenants = tuple(
        SavedTenant(
            tenant=one.tenant_name,
            tenant_id=one.tenant_id,
            number=one.number,
            account=one.account,
            agreement=one.agreement,
            inputs=one.inputs,
            plan=one.plan,
        )
        for one in parts
        if one.account is not None and one.agreement is not None and one.inputs is not None and one.plan is not None
    )
    if not tenants or wanted != {one.tenant_id for one in tenants}:
        raise RunRefused("The plan says nothing of what was chosen. Nothing was written. Make a new plan.")
    plan = SavedPlan(
        integration=run.integration,
        run=run.id,
        date=run.date,
        started=run.started,
        configuration=run.configuration,
        rules_version=run.rules_version,
        tenants=tenants,
        document=_document(run, [one.document for one in parts]),
    )
    content = msgspec.json.format(msgspec.json.encode(plan, order="deterministic"), indent=1) + b"\n"
    evidence.put(content, "saved_plan")
    return content


def _document(run: StoredRun, tenants: list[bytes]) -> dict[str, Any]:
    """The plan for people to read, as far as the ledger keeps it."""
    head = {"id": run.id, "integration": run.integration, "kind": run.kind, "date": run.date.isoformat(), "outcome": run.outcome, "head": run.head}
    return {"run": head, "tenants": [msgspec.json.decode(one) for one in tenants]}
