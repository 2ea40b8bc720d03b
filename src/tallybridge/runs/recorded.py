"""Tenant reports made again from what the ledger holds: of a run that several processes carried out, no one of them has all reports at hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from tallybridge.billing.linking import Assignment
from tallybridge.billing.plan import Action, Change, Plan
from tallybridge.billing.reasons import Reason
from tallybridge.ledger import canonical, evidence
from tallybridge.ledger import intents as ledger_intents
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger.run_records import StoredTenantRun
from tallybridge.runs.applying import all_changes
from tallybridge.runs.briefing import Brief, kept_id
from tallybridge.runs.reports import LineReport, Mode, TenantOutcome, TenantReport


def recorded_reports(run_id: str, brief: Brief) -> tuple[TenantReport, ...]:
    """The reports of every part of a run that is recorded, in the order of the brief."""
    stored = {one.tenant_id: one for one in ledger_runs.tenant_runs(run_id)}
    calls = ledger_intents.calls_by_tenant(run_id)
    parts = ((one, stored.get(kept_id(one))) for one in brief.assignments)
    return tuple(replace(recorded_report(one, found), psa_writes=calls.get(found.tenant_id, 0)) for one, found in parts if found is not None)


def recorded_report(assignment: Assignment, stored: StoredTenantRun) -> TenantReport:
    """One tenant's report as it was recorded last."""
    document: dict[str, Any] = msgspec.json.decode(stored.document)
    plan = canonical.decode_plan(evidence.get(stored.plan)) if stored.plan is not None else None
    return TenantReport(
        name=stored.tenant_name,
        outcome=TenantOutcome(stored.outcome),
        tenant=assignment.tenant,
        account=stored.account,
        agreement=stored.agreement,
        reason=stored.reason,
        detail=stored.detail,
        observed=stored.observed_at,
        evidence=stored.evidence,
        left_out=stored.left_out,
        empty=_is_empty(stored, document),
        inputs=stored.inputs,
        plan=plan,
        plan_address=stored.plan,
        lines=_lines(plan, document, Mode(stored.run.kind)) if plan is not None else (),
        not_billed=stored.not_billed,
        notices=stored.notices,
        recorded=document,
    )


def _is_empty(stored: StoredTenantRun, document: Mapping[str, Any]) -> bool:
    """Whether there was neither a device nor a seat; devices that a license which does not count is used on are none that were seen."""
    left_out = Counter({one.reason.value: one.count for one in stored.left_out})
    for license in document["licenses_left_out"]:
        left_out[license["reason"]] -= license["devices"] or 0
    return stored.evidence is not None and not stored.quantities and not any(left_out.values())


def _lines(plan: Plan, document: Mapping[str, Any], mode: Mode) -> tuple[LineReport, ...]:
    """A document lists the lines in the order of `all_changes`."""
    return tuple(_line(agreement, change, said, mode) for (agreement, change), said in zip(all_changes(plan), document["changes"], strict=True))


def _line(agreement: int, change: Change, said: Mapping[str, Any], mode: Mode) -> LineReport:
    reason = Reason(said["reason"]) if said["reason"] is not None else None
    waiting = reason is Reason.TO_BE_ENTERED
    failed = reason if not waiting and reason is not change.reason else None
    writes = change.action in (Action.CREATE, Action.UPDATE)
    return LineReport(
        change=change,
        agreement=agreement,
        hold=said["hold"],
        charge=said["charge"],
        written=writes and failed is None and not waiting and mode is not Mode.PLAN,
        waiting=waiting,
        failed=failed,
        detail=said["detail"] or "",
    )
