"""What a tenant's report says before anything of the PSA is known, and how one tenant's trouble is kept at home (L7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from tallybridge.billing.linking import Assignment
from tallybridge.billing.model import Observation, Tenant, Usage
from tallybridge.billing.reasons import Reason
from tallybridge.ledger import evidence
from tallybridge.ledger.errors import LedgerError
from tallybridge.runs.context import RunContext
from tallybridge.runs.recording import record_if_missing
from tallybridge.runs.reports import TenantOutcome, TenantReport, left_out_counts

_log = structlog.get_logger()


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


def contained(context: RunContext, broken_off: TenantReport, work: Callable[[], TenantReport]) -> TenantReport:
    """Does one tenant's work; an error of our own in it fails this tenant and costs no other one its bill (L7).

    Args:
        broken_off: what is known of the tenant, should the work break off.

    Raises:
        LedgerError: the ledger cannot be written: the whole run must stop, because nothing may be sent unrecorded.
    """
    try:
        report = work()
    except LedgerError:
        raise
    except Exception as bug:  # noqa: BLE001 - see above
        _log.exception("tenant run met an error", tenant=broken_off.name)
        detail = f"{Reason.INTERNAL_ERROR.sentence} ({type(bug).__name__})"
        report = replace(broken_off, outcome=TenantOutcome.FAILED, reason=Reason.INTERNAL_ERROR, detail=detail)
        record_if_missing(context, report)
    context.progress(report)
    return report
