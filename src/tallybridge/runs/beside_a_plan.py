"""What a saved plan saw beside the tenants that it plans for, so that applying it lists what is not billed like any other run (design 6.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tallybridge.billing.psa import Account
from tallybridge.ledger.run_records import StoredTenantRun
from tallybridge.runs.reports import RunReport, TenantLeak


def with_what_the_plan_saw(report: RunReport, planned: Iterable[StoredTenantRun]) -> RunReport:
    """The report of an applied plan with what is billed to nobody of all other tenants, and the accounts without a link.

    Args:
        planned: everything that the run which made the plan has recorded; applying reads neither source nor accounts again.
    """
    planned = tuple(planned)
    applied = {one.tenant.id for one in report.tenants if one.tenant is not None}
    leaks = (TenantLeak(one.tenant_name, leak) for one in planned if one.tenant_id not in applied for leak in one.not_billed)
    told = planned[0].run.tail.get("accounts_not_linked") if planned else None
    accounts = tuple(Account(number=number, name=name, cross_referenced=True) for number, name in told) if told is not None else None
    return replace(report, not_billed_beside=tuple(leaks), accounts_not_linked=accounts)
