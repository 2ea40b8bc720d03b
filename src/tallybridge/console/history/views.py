"""The runs that were made, one run with its customers, and both as files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode

from tallybridge.billing.reasons import Reason
from tallybridge.console import integrations
from tallybridge.console.access import needs
from tallybridge.console.csv_files import csv_response
from tallybridge.console.history.asking import of_integration
from tallybridge.console.history.listed import ListedRun, listed
from tallybridge.console.history.one_run import ordered, shown, with_lines
from tallybridge.console.models import Role
from tallybridge.console.naming import with_names
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger.customer_queries import tenants_in
from tallybridge.ledger.errors import RunAmbiguous
from tallybridge.ledger.run_records import StoredRun
from tallybridge.runs.configuring import Configured

A_PAGE = 50
_MOST_IN_FILE = 5000


@needs(Role.VIEW)
@of_integration
def runs(request: HttpRequest, configured: Configured) -> HttpResponse:
    """The runs of the integration, newest first."""
    name = configured.configuration.integration.name
    asked = request.GET.get("page", "1")
    number = max(1, int(asked)) if asked.isascii() and asked.isdecimal() and len(asked) < 7 else 1
    found, total = ledger_runs.runs_newest_first(name, (number - 1) * A_PAGE, A_PAGE)
    if not found and number > 1:
        return redirect("runs")
    page = Paginator(range(total), A_PAGE).get_page(number)
    rows = listed(found, integrations.clock()()) if found else ()
    return render(request, "console/history/runs.html", {"rows": rows, "page": page, "zone": configured.configuration.integration.time_zone})


@needs(Role.VIEW)
@of_integration
def runs_file(_request: HttpRequest, configured: Configured) -> HttpResponse:
    """The same as a CSV file; instants in UTC."""
    name = configured.configuration.integration.name
    found, _ = ledger_runs.runs_newest_first(name, 0, _MOST_IN_FILE)
    header = (
        "run",
        "kind",
        "billing date",
        "started (UTC)",
        "seconds",
        "outcome",
        "customers",
        "lines changed",
        "units up",
        "units down",
        "writes to Tigerpaw",
        "held",
        "blocked",
        "failed",
        "why",
        "chain head",
    )
    return csv_response("runs.csv", header, [_row(one) for one in listed(found, integrations.clock()())] if found else [])


@needs(Role.VIEW)
@of_integration
def run(request: HttpRequest, configured: Configured, run: str) -> HttpResponse:
    """One run, with a page of its customers."""
    found = _found(run)
    if found.id != run:
        return redirect("run", found.id)
    text = request.GET.get("text", "").strip()
    page = shown(found.id, show=request.GET.get("show", "all"), text=text, page=request.GET.get("page"))
    (row,) = listed([found], integrations.clock()())
    kept = {name: value for name, value in (("show", page.show), ("text", page.text)) if value}
    given = {
        "row": row,
        "run": found,
        "shown": page,
        "filters": urlencode(kept),
        "text_filter": urlencode({"text": text}) if text else "",
        "zone": configured.configuration.integration.time_zone,
        "other": found.integration if found.integration != configured.configuration.integration.name else "",
    }
    return render(request, "console/history/run.html", given)


@needs(Role.VIEW)
@of_integration
def run_file(_request: HttpRequest, configured: Configured, run: str) -> HttpResponse:  # noqa: ARG001 - a run has its own integration
    """Every line of a run as a CSV file; a customer without a line has one row."""
    found = _found(run)
    header = ("customer", "customer id", "account", "agreement", "outcome", "change", "item", "from", "to", "line", "reason", "why")
    return csv_response(f"run-{found.id}.csv", header, _lines(found.id))


def _found(run: str) -> StoredRun:
    try:
        found = ledger_runs.get_run(run)
    except RunAmbiguous as ambiguous:
        raise Http404(str(ambiguous)) from ambiguous
    if found is None:
        raise Http404(f"The ledger knows no run {run}. The list of runs shows all of them.")
    return found


def _lines(run: str) -> Iterator[tuple[object, ...]]:
    for tenant, changes in with_lines(ordered(tenants_in([run]))):
        whose = (tenant.tenant, tenant.tenant_id, tenant.account)
        if not changes:
            why = tenant.reason.value if tenant.reason is not None else None
            yield (*whose, tenant.agreement, tenant.outcome, None, None, None, None, None, why, with_names(tenant.sentence))
        for change in changes:
            said = with_names(change.detail or (Reason(change.reason).sentence if change.reason else ""))
            told = (change.action, change.item, change.before, change.to, change.charge, change.reason, said)
            yield (*whose, change.agreement or tenant.agreement, tenant.outcome, *told)


def _row(one: ListedRun) -> tuple[object, ...]:
    run, totals = one.run, one.run.totals
    seconds = round((run.finished - run.started).total_seconds()) if run.finished is not None else None
    why = with_names("; ".join(filter(None, [one.sentence, *(failed.sentence for failed in one.failures)])))
    units = (one.written.rises, one.written.falls) if one.written is not None else (0, 0)
    counts = tuple(totals.get(name) for name in ("held", "blocked", "failed"))
    begun = (run.id, one.kind, run.date.isoformat(), _instant(run.started), seconds, one.label, totals.get("tenants"), one.lines_changed)
    return (*begun, *units, totals.get("psa_writes"), *counts, why, run.head)


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
