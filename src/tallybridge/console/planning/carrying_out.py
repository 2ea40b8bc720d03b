"""Long work of the plan page: making a plan and carrying an approved one out, each in the background with its progress."""

from __future__ import annotations

from collections.abc import Collection

from django.http import HttpRequest
from django.urls import reverse

from tallybridge.billing.counting import RULES_VERSION
from tallybridge.console import audit, integrations, work
from tallybridge.console.naming import with_names
from tallybridge.console.planning.money import difference
from tallybridge.console.planning.words import counted
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger.run_records import StoredRun
from tallybridge.runs.approving import saved_plan
from tallybridge.runs.configuring import Configured
from tallybridge.runs.day import Order, run_day
from tallybridge.runs.reports import Mode, RunReport
from tallybridge.runs.saved_plans import apply_saved_plan, save_plan


def begin_preview(request: HttpRequest, configured: Configured) -> work.Work:
    """Starts making a plan; nothing is written to the PSA.

    Raises:
        Busy: nothing was started.
    """

    def deed(under_way: work.Work) -> str:
        report = run_day(_order(configured, Mode.PLAN, under_way))
        save_plan(report, configured.address, str(RULES_VERSION))
        made = ledger_runs.get_run(report.id)
        if made is not None:
            # Looking up every price takes its time with many customers: better here than when the page is opened.
            difference(made)
        _tell_failure(under_way, report)
        return reverse("plan")

    return work.start("Preview of today's bill", request.user.get_username(), integrations.clock()(), deed)


def begin_applying(request: HttpRequest, configured: Configured, run: StoredRun, tenant_ids: Collection[str], words: str) -> work.Work:
    """Starts carrying out what a plan says of these tenants: exactly that, or nothing (L4).

    Args:
        words: what is approved, for the audit trail.

    Raises:
        Busy: nothing was started.
    """

    def deed(under_way: work.Work) -> str:
        content = saved_plan(run, tenant_ids)
        report = apply_saved_plan(_order(configured, Mode.APPLY, under_way), content)
        _tell_failure(under_way, report)
        return reverse("run", args=[report.id])

    begun = work.start("Applying the plan", request.user.get_username(), integrations.clock()(), deed)
    audit.note(request, "plan approved", f"the plan of run {run.id}", after=words)
    return begun


def _order(configured: Configured, mode: Mode, under_way: work.Work) -> Order:
    return Order(
        configuration=configured.configuration,
        configuration_address=configured.address,
        mode=mode,
        clock=integrations.clock(),
        stop=under_way.stop,
        progress=under_way.step,
        begun=under_way.begin,
    )


def _tell_failure(under_way: work.Work, report: RunReport) -> None:
    """A run that could not go through is recorded and has its page; the person who waits is told why at once, and whether anything was written."""
    if report.reason is None:
        return
    said = with_names(report.detail or report.reason.sentence)
    written = sum(one.psa_writes for one in report.tenants)
    if "written" not in said:
        came = f"{counted(written, 'write')} had been made in Tigerpaw by then." if written else "Nothing was written to Tigerpaw."
        said = f"{said} {came}"
    under_way.failed = said
