"""The overview: is today's bill right?"""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from tallybridge.configuration.errors import ConfigurationError
from tallybridge.console import integrations, work
from tallybridge.console.access import needs
from tallybridge.console.csv_files import csv_response
from tallybridge.console.models import Role
from tallybridge.console.naming import with_names
from tallybridge.console.overview.reading import read_leaks, read_overview, verdicts
from tallybridge.console.overview.units import SPANS
from tallybridge.runs.configuring import Configured
from tallybridge.runs.standing import look
from tallybridge.runs.workers.under_way import under_way

ROWS_SHOWN = 8
"""Of each list; the page that it leads to has all."""


@needs(Role.VIEW)
def overview(request: HttpRequest) -> HttpResponse:
    """How the bill of the chosen integration stands, and the way to whatever keeps it from being right."""
    try:
        configured = integrations.chosen(request)
        every = integrations.of_request(request)
    except ConfigurationError as error:
        return render(request, "console/overview/unreadable.html", {"problems": [str(one) for one in error.problems]})
    if configured is None:
        return render(request, "console/overview/nothing.html")
    configuration = configured.configuration
    asked = request.GET.get("days", "")
    span = int(asked) if asked in map(str, SPANS) else SPANS[0]
    page = read_overview(configuration, integrations.clock(), span)
    shown = {
        "page": page,
        "others": _others(every, configured),
        "standing": page.standing,
        "zone": configuration.integration.time_zone,
        "rows": f":{ROWS_SHOWN}",
        "rows_shown": ROWS_SHOWN,
        "span": span,
        "spans": SPANS,
        "under_way": work.under_way(),
        "spread": under_way(integrations.clock()()),
        "worklist": configuration.destination.write_mode == "worklist",
    }
    first = page.standing.last_run is None
    return render(request, "console/overview/before_first.html" if first else "console/overview/overview.html", shown)


@needs(Role.VIEW)
def others(request: HttpRequest) -> HttpResponse:
    """How the bills of the other integrations stand: a part of the overview, which does not wait for it."""
    try:
        configured = integrations.chosen(request)
        every = integrations.of_request(request)
    except ConfigurationError:
        return redirect("overview")
    if configured is None:
        return redirect("overview")
    answers = verdicts([one.configuration for one in _others(every, configured)], integrations.clock())
    return render(request, "console/overview/others.html", {"answers": answers})


def _others(every: Sequence[Configured], chosen: Configured) -> tuple[Configured, ...]:
    return tuple(one for one in every if one.configuration.integration.name != chosen.configuration.integration.name)


@needs(Role.VIEW)
def not_billed_file(request: HttpRequest) -> HttpResponse:
    """Everything that is billed to nobody, as CSV."""
    try:
        configured = integrations.chosen(request)
    except ConfigurationError:
        configured = None
    if configured is None:
        return redirect("overview")
    (standing,) = look([configured.configuration], integrations.clock())
    rows = [
        (
            one.leak.record.tenant,
            one.leak.record.account,
            told.application,
            told.category.value if told.category is not None else None,
            told.quantity,
            f"{one.worth.known:.2f}" if one.worth.known is not None else None,
            one.worth.unpriced,
            told.reason.value,
            with_names(told.reason.sentence),
            one.leak.record.date.isoformat(),
        )
        for one in read_leaks(configured.configuration, standing.not_billed)
        for told in (one.leak.not_billed,)
    ]
    header = ("customer", "account", "application", "category", "units", "money", "units without a known price", "reason", "why", "counted on")
    return csv_response(f"not-billed-{standing.date}.csv", header, rows)
