"""How a run begins and ends in the ledger, and its report."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from tallybridge.billing.counting import RULES_VERSION
from tallybridge.billing.model import Rules
from tallybridge.billing.psa import Account
from tallybridge.billing.reasons import Reason
from tallybridge.ledger import canonical, evidence
from tallybridge.ledger import runs as ledger_runs
from tallybridge.runs.orders import Order, billing_date
from tallybridge.runs.reports import RunReport, TenantReport, totals


def begin(order: Order, run_id: str, started: datetime, rules: Rules) -> None:
    """Records that a run has begun; a run that a killed process left open is recorded as interrupted first."""
    ledger_runs.begin(
        ledger_runs.NewRun(
            id=run_id,
            integration=order.integration,
            kind=order.mode.value,
            date=billing_date(order.configuration, started),
            started=started,
            configuration=order.configuration_address,
            rules_version=str(RULES_VERSION),
            rules=evidence.put(canonical.encode_rules(rules), "rules"),
        )
    )


def finish(report: RunReport, *, only: str | None = None, **more: Any) -> RunReport:
    """Closes the run with its manifest and returns the report with the chain's head.

    Args:
        only: the one tenant that was run; such a run is not the day's run of the integration (L12).
        more: what else the manifest keeps beside the tenants: `of`, the run whose saved plan was applied; `taken_over`, who went on with the run.
    """
    head = ledger_runs.finish(report.id, report.outcome.value, totals(report.tenants), report.finished, _tail(report, only) | {"of": None} | more)
    return replace(report, head=head)


def _tail(report: RunReport, only: str | None) -> dict[str, Any]:
    """What the manifest keeps beside the tenants, for `status` to tell later."""
    accounts = report.accounts_not_linked
    return {
        "reason": report.reason.value if report.reason else None,
        "only": only,
        "problems": list(report.problems),
        "accounts_not_linked": [[one.number, one.name] for one in accounts] if accounts is not None else None,
    }


def report_on(
    order: Order,
    run_id: str,
    started: datetime,
    *,
    tenants: tuple[TenantReport, ...] = (),
    reason: Reason | None = None,
    detail: str = "",
    problems: tuple[str, ...] = (),
    not_linked: tuple[Account, ...] | None = None,
) -> RunReport:
    """The report of a run that has come so far."""
    return RunReport(
        id=run_id,
        integration=order.integration,
        mode=order.mode,
        date=billing_date(order.configuration, started),
        started=started,
        finished=order.clock(),
        tenants=tenants,
        reason=reason,
        detail=detail,
        problems=problems,
        accounts_not_linked=not_linked,
    )
