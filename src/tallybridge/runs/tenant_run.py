"""One tenant's part of a run: observe → count → plan → apply → verify (design 2).

Whatever goes wrong here stays here: it becomes this tenant's outcome and never touches another's (L7).
"""

from __future__ import annotations

import time
from dataclasses import replace

from tallybridge.billing.counting import count
from tallybridge.billing.linking import Assignment
from tallybridge.billing.model import Tenant
from tallybridge.billing.planning import left_behind
from tallybridge.billing.reasons import Reason
from tallybridge.billing.wanting import billed_to_nobody
from tallybridge.ledger import canonical
from tallybridge.ledger import lines as ledger_lines
from tallybridge.ledger import tenants as ledger_tenants
from tallybridge.runs.context import RunContext
from tallybridge.runs.recording import PartGivenBack, record_plan
from tallybridge.runs.reports import TenantOutcome, TenantReport
from tallybridge.runs.stated_beside import is_by_hand
from tallybridge.runs.tenant_billing import TenantBilling
from tallybridge.runs.tenant_reports import Counted, contained, counted_report, unread_report
from tallybridge.sources.base import Source, TenantBlocked, TenantNotObserved


def run_tenant(context: RunContext, source: Source, assignment: Assignment) -> TenantReport:
    """Carries one tenant through the run and records what came of it.

    Raises:
        LedgerError: the ledger cannot be written: the whole run must stop, because nothing may be sent unrecorded.
    """
    broken_off = unread_report(assignment, TenantOutcome.FAILED, Reason.INTERNAL_ERROR)
    return contained(context, broken_off, lambda: _run_tenant(context, source, assignment))


def _run_tenant(context: RunContext, source: Source, assignment: Assignment) -> TenantReport:
    if assignment.tenant is None or assignment.blocked is not None:
        report = unread_report(assignment, TenantOutcome.BLOCKED, assignment.blocked or Reason.TENANT_NOT_FOUND)
        return record_plan(context, _with_standing_lines(context, report, _bound_id(context, assignment)))
    if not assignment.tenant.enabled:
        return record_plan(context, unread_report(assignment, _outcome_without_billing(assignment), Reason.TENANT_DISABLED))
    try:
        counted = _observe_and_count(context, source, assignment.tenant)
    except TenantNotObserved as unread:
        if context.spread and context.stop.is_set():
            raise PartGivenBack("This process was stopped while it read the tenant. Nothing was recorded; another one reads it.") from unread
        stopped = TenantNotObserved(Reason.STOPPED, Reason.STOPPED.sentence)
        return record_plan(context, _not_observed(assignment, stopped if context.stop.is_set() else unread))
    link = assignment.link
    if link is not None and assignment.first_use and not is_by_hand(assignment.tenant):
        ledger_tenants.bind(context.integration, link.account, replace(assignment.tenant, name=link.tenant_name or assignment.tenant.name))
    if link is None or not link.billing:
        return record_plan(context, _with_standing_lines(context, _without_billing(assignment, counted), counted.tenant.id))
    return TenantBilling(context, assignment, link, counted).carry_out()


def _observe_and_count(context: RunContext, source: Source, tenant: Tenant) -> Counted:
    began = time.monotonic()

    def seconds_left() -> float:
        return 0.0 if context.stop.is_set() else context.tenant_seconds - (time.monotonic() - began)

    observation = source.observe(tenant, deadline=seconds_left)
    usage = count(observation, context.rules, now=context.started)
    return Counted(tenant=tenant, observation=observation, usage=usage, evidence=canonical.encode_observation(observation))


def _bound_id(context: RunContext, assignment: Assignment) -> str:
    """The unique id of the tenant that a blocked link has billed so far, "" for one that never has."""
    if assignment.link is None:
        return ""
    bound = ledger_tenants.bound(context.integration, assignment.link.account)
    return bound.id if bound is not None else ""


def _with_standing_lines(context: RunContext, report: TenantReport, tenant_id: str) -> TenantReport:
    """A tenant that is not billed now, with every line of ours that still bills it: said every day until somebody acts (design 6.4)."""
    lines = ledger_lines.lines_of_tenant(context.destination_id, context.integration, tenant_id) if tenant_id else ()
    standing = tuple(left_behind(line) for line in lines if line.written > 0 and not line.closed)
    return replace(report, notices=(*report.notices, *standing))


def _outcome_without_billing(assignment: Assignment) -> TenantOutcome:
    return TenantOutcome.NOT_LINKED if assignment.link is None else TenantOutcome.BILLING_OFF


def _not_observed(assignment: Assignment, unread: TenantNotObserved) -> TenantReport:
    """A tenant that is not billed anyway stays what it is; its gap is told by the reason, but is no failure of a bill."""
    if assignment.link is None or not assignment.link.billing:
        outcome = _outcome_without_billing(assignment)
    else:
        outcome = TenantOutcome.BLOCKED if isinstance(unread, TenantBlocked) else TenantOutcome.FAILED
    return unread_report(assignment, outcome, unread.reason, str(unread))


def _without_billing(assignment: Assignment, counted: Counted) -> TenantReport:
    reason = Reason.NO_TENANT if assignment.of_no_tenant else Reason.NOT_LINKED if assignment.link is None else Reason.BILLING_OFF
    return replace(
        counted_report(assignment, counted),
        outcome=_outcome_without_billing(assignment),
        reason=reason,
        not_billed=billed_to_nobody(counted.usage, reason),
    )
