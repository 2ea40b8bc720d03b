"""What a tenant's report says before anything of the PSA is known: why it was not read, or what was read and counted."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tallybridge.billing.linking import Assignment
from tallybridge.billing.model import Observation, Tenant, Usage
from tallybridge.billing.reasons import Reason
from tallybridge.ledger import evidence
from tallybridge.runs.reports import TenantOutcome, TenantReport, left_out_counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A tenant that was read whole and counted."""

    tenant: Tenant
    observation: Observation
    usage: Usage
    evidence: bytes


def unread_report(assignment: Assignment, outcome: TenantOutcome, reason: Reason, detail: str = "") -> TenantReport:
    """A tenant of which nothing was read, and why."""
    link = assignment.link
    return TenantReport(
        name=assignment.label,
        tenant=assignment.tenant,
        outcome=outcome,
        account=link.account if link is not None else None,
        agreement=link.agreement if link is not None else None,
        reason=reason,
        detail=detail,
        notices=assignment.notices,
    )


def counted_report(assignment: Assignment, counted: Counted) -> TenantReport:
    """A tenant that was read whole and counted; what happens to its charges is yet to be said."""
    return replace(
        unread_report(assignment, TenantOutcome.UNCHANGED, Reason.NOT_LINKED),
        reason=None,
        observed=counted.observation.started,
        evidence=evidence.address_of(counted.evidence),
        usage=counted.usage,
        left_out=left_out_counts(counted.usage),
        empty=not counted.usage.quantities and not counted.usage.left_out,
        contents=((counted.evidence, "observation"),),
        notices=(*assignment.notices, *counted.observation.notices),
    )
