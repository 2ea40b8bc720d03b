"""Reports → ledger rows: what is kept of each tenant run."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import msgspec

from tallybridge.ledger import canonical
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger.errors import LedgerError
from tallybridge.runs.context import RunContext
from tallybridge.runs.reports import TenantReport, tenant_document


class PartLost(LedgerError):
    """Another process has taken over what this one was at."""


class PartGivenBack(LedgerError):
    """This process was stopped before the part was recorded; another one carries it out."""


def record_plan(context: RunContext, report: TenantReport, *, writes_follow: bool = False) -> TenantReport:
    """Records a tenant run as it stands before anything is written, in one transaction.

    Args:
        writes_follow: whether the plan will now be applied; `record_outcome` then brings the tenant run to its end.

    Returns:
        the report without the seats and bytes that the ledger keeps from now on.

    Raises:
        LedgerError: nothing was recorded, so nothing may be sent.
        PartLost: another process carries out this part by now; nothing was recorded.
    """
    _require_ours(context)
    ledger_runs.record_tenant(
        context.id,
        ledger_runs.TenantRunRecord(
            tenant_id=report.tenant.id if report.tenant is not None else "",
            tenant_name=report.name,
            number=report.tenant.number if report.tenant is not None else None,
            account=report.account,
            agreement=report.agreement,
            destination=context.destination_id,
            outcome=report.outcome.value,
            reason=report.reason,
            detail=report.detail,
            observed_at=report.observed,
            evidence=report.evidence,
            usage=_usage_address(report),
            inputs=report.inputs,
            plan=report.plan_address,
            quantities=report.usage.quantities if report.usage is not None else (),
            not_billed=report.not_billed,
            left_out=report.left_out,
            notices=report.notices,
            changes=report.plan.changes if report.plan is not None else (),
            document=msgspec.json.encode(tenant_document(report)),
            contents=report.contents,
        ),
        unfinished=writes_follow and context.spread,
    )
    usage = replace(report.usage, seats=(), left_out=()) if report.usage is not None else None
    return replace(report, usage=usage, contents=())


def record_outcome(context: RunContext, report: TenantReport) -> None:
    """Records what applying came to; the plan's own record stays as it is."""
    ledger_runs.update_tenant(
        context.id,
        report.tenant.id if report.tenant is not None else "",
        report.outcome.value,
        report.reason,
        report.detail,
        msgspec.json.encode(tenant_document(report)),
    )


def record_if_missing(context: RunContext, report: TenantReport) -> None:
    """Records what is left to say of a tenant run that broke off: as its outcome if its plan was recorded, else as the whole record."""
    _require_ours(context)
    tenant_id = report.tenant.id if report.tenant is not None else ""
    if any(known.tenant_id == tenant_id for known in ledger_runs.tenant_runs(context.id)):
        record_outcome(context, report)
    else:
        record_plan(context, report)


def _require_ours(context: RunContext) -> None:
    if not context.still_ours():
        raise PartLost("This process stood still for so long that another one may carry out the tenant by now. Nothing was recorded.")


def _usage_address(report: TenantReport) -> str | None:
    """The hash of the whole usage: enough to show later that a recount gives the same, without keeping its bytes."""
    if report.usage is None:
        return None
    return "sha256:" + hashlib.sha256(canonical.encode_usage(report.usage)).hexdigest()
