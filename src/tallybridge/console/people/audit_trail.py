"""The audit trail: who changed what, when, from what, to what. Nothing in it can be changed or removed."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode

from tallybridge.console.access import needs
from tallybridge.console.csv_files import csv_response
from tallybridge.console.models import AuditEntry, Role
from tallybridge.console.people.zone import time_zone

ON_A_PAGE = 50


@needs(Role.ADMINISTER)
def audit(request: HttpRequest) -> HttpResponse:
    """The entries, newest first, by person and text."""
    page = Paginator(_entries(request), ON_A_PAGE).get_page(request.GET.get("page"))
    who, text = _asked(request)
    shown = {
        "page": page,
        "authors": AuditEntry.objects.order_by("who").values_list("who", flat=True).distinct(),
        "who": who,
        "text": text,
        "filters": urlencode({name: value for name, value in (("who", who), ("text", text)) if value}),
        "zone": time_zone(request),
    }
    return render(request, "console/people/audit.html", shown)


@needs(Role.ADMINISTER)
def download(request: HttpRequest) -> HttpResponse:
    """The same entries as a CSV file, all of them; instants in UTC."""
    rows = ((one.at.isoformat(timespec="seconds"), one.who, one.action, one.subject, one.before, one.after) for one in _entries(request).iterator())
    return csv_response("audit.csv", ("when (UTC)", "who", "action", "what", "from", "to"), rows)


def _asked(request: HttpRequest) -> tuple[str, str]:
    return request.GET.get("who", "").strip(), request.GET.get("text", "").strip()


def _entries(request: HttpRequest) -> QuerySet[AuditEntry, AuditEntry]:
    who, text = _asked(request)
    found = AuditEntry.objects.order_by("-id")
    if who:
        found = found.filter(who=who)
    if text:
        found = found.filter(Q(action__icontains=text) | Q(subject__icontains=text) | Q(before__icontains=text) | Q(after__icontains=text))
    return found
