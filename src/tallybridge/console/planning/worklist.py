"""The worklist: what a person should enter in Tigerpaw, as a page and as a file for a spreadsheet (design 6.2)."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from tallybridge.console import integrations
from tallybridge.console.access import needs
from tallybridge.console.csv_files import csv_response
from tallybridge.console.models import Role
from tallybridge.ledger.worklist import WorklistEntry, open_entries

_COLUMNS = ("Tenant", "Account", "Agreement", "Item", "Line", "Now", "Enter", "Since")
_PER_PAGE = 100


@needs(Role.VIEW)
def worklist(request: HttpRequest) -> HttpResponse:
    """Every quantity that waits to be entered by hand."""
    configured = integrations.chosen(request)
    if configured is None:
        return redirect("plan")
    text = request.GET.get("text", "").strip()
    found = [one for one in _entries(request) if text.casefold() in f"{one.tenant} {one.item}".casefold()]
    page = Paginator(found, _PER_PAGE).get_page(request.GET.get("page"))
    shown = {"page": page, "text": text, "zone": configured.configuration.integration.time_zone, "total": len(found)}
    return render(request, "console/planning/worklist.html", shown)


@needs(Role.VIEW)
def worklist_file(request: HttpRequest) -> HttpResponse:
    """The same as CSV, in the columns of `tallybridge worklist`."""
    rows = [
        (one.tenant, one.account, one.agreement, one.item, one.charge, "none" if one.now is None else one.now, one.enter, f"{one.since:%Y-%m-%d}")
        for one in _entries(request)
    ]
    return csv_response("worklist.csv", _COLUMNS, rows)


def _entries(request: HttpRequest) -> list[WorklistEntry]:
    name = integrations.chosen_name(request)
    return [one for one in open_entries() if one.integration == name]
