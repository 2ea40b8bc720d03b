"""The plan: what today's run would change, made on demand, and approved whole or in part."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from tallybridge.configuration.errors import ConfigurationError
from tallybridge.console import integrations, work
from tallybridge.console.access import needs
from tallybridge.console.models import Role
from tallybridge.console.planning.carrying_out import begin_applying, begin_preview
from tallybridge.console.planning.filters import filtered
from tallybridge.console.planning.money import difference, difference_of
from tallybridge.console.planning.reading import customers_shown
from tallybridge.console.planning.waiting import waiting, with_lines
from tallybridge.console.planning.words import to_be_written
from tallybridge.ledger import runs as ledger_runs
from tallybridge.runs.approving import Approvable, approvable, lines_to_write, plan_of
from tallybridge.runs.configuring import Configured
from tallybridge.runs.day import billing_date

_SHOWN_TO_CONFIRM = 200


@needs(Role.VIEW)
def plan(request: HttpRequest) -> HttpResponse:
    """Today's plan, what waits for a person, and the decisions that stand."""
    return show_plan(request)


def show_plan(request: HttpRequest, *, asked: object = None, status: int = 200) -> HttpResponse:
    """The page, with a form on it that was sent and is not right yet, if there is one."""
    configured = _configured(request)
    if configured is None:
        return render(request, "console/planning/nothing.html")
    settings = configured.configuration
    name = settings.integration.name
    today = billing_date(settings, integrations.clock()())
    run = plan_of(name, today)
    plan = approvable(run) if run is not None else None
    held, holds = waiting(name, request.GET)
    shown = filtered(plan.tenants, request.GET, start="changes" if plan.writes_left or not plan.tenants else "all") if plan is not None else None
    return render(
        request,
        "console/planning/plan.html",
        {
            "settings": settings,
            "zone": settings.integration.time_zone,
            "today": today,
            "plan": plan,
            "newest": ledger_runs.latest_run(name),
            "difference": difference(run) if run is not None else None,
            "shown": shown,
            "customers": customers_shown(run, tuple(shown.page), plan.again, holds, whole=shown.show in ("unchanged", "all"))
            if run is not None and plan is not None and shown is not None
            else (),
            "current": run is not None and run.configuration == configured.address,
            "waiting": held,
            "holds": with_lines(held.page, plan),
            "worklist": settings.destination.write_mode == "worklist",
            "under_way": work.under_way(),
            "asked": asked,
        },
        status=status,
    )


@needs(Role.OPERATE)
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """Makes a plan in the background."""
    configured = _configured(request)
    if configured is None:
        return redirect("plan")
    try:
        begun = begin_preview(request, configured)
    except work.Busy as busy:
        messages.warning(request, str(busy))
        return redirect("plan")
    return redirect("work", work=begun.id)


@needs(Role.OPERATE)
@require_POST
def confirm(request: HttpRequest) -> HttpResponse:
    """Says what approving would write, before anything is; `which` is "all" or "chosen"."""
    configured, plan = _asked_plan(request)
    everything = request.POST.get("which") == "all"
    chosen = set(request.POST.getlist("tenant"))
    left = plan.left if everything else tuple(one for one in plan.writes_left if one.tenant_id in chosen)
    lines = lines_to_write(left)
    if not lines:
        messages.warning(request, "Nothing was chosen that would be written." if not everything else "Nothing of this plan is left to be written.")
        return redirect("plan")
    rises, falls = difference_of(lines)
    return render(
        request,
        "console/planning/confirm.html",
        {
            "plan": plan,
            "everything": everything,
            "chosen": left,
            "customers": sum(1 for one in left if one.writes),
            "lines": lines[:_SHOWN_TO_CONFIRM],
            "more": max(0, len(lines) - _SHOWN_TO_CONFIRM),
            "words": to_be_written(lines),
            "rises": rises,
            "falls": falls,
            "worklist": configured.configuration.destination.write_mode == "worklist",
            "zone": configured.configuration.integration.time_zone,
        },
    )


@needs(Role.OPERATE)
@require_POST
def apply(request: HttpRequest) -> HttpResponse:
    """Carries out what was confirmed, in the background."""
    configured, plan = _asked_plan(request)
    everything = request.POST.get("which") == "all"
    chosen = set(request.POST.getlist("tenant"))
    left = [one for one in plan.left if everything or one.tenant_id in chosen]
    if not left or (not everything and len(left) != len(chosen)):
        messages.error(request, "A later run has taken these customers in since. Nothing was written. Look at the plan again.")
        return redirect("plan")
    of = "the whole plan" if everything else ", ".join(one.name for one in left)
    words = f"{to_be_written(lines_to_write(left))}: {of}"
    try:
        begun = begin_applying(request, configured, plan.run, [one.tenant_id for one in left], words)
    except work.Busy as busy:
        messages.warning(request, str(busy))
        return redirect("plan")
    return redirect("work", work=begun.id)


def _configured(request: HttpRequest) -> Configured | None:
    """The integration that is looked at; a configuration that cannot be read is told in its own words."""
    try:
        return integrations.chosen(request)
    except ConfigurationError as wrong:
        messages.error(request, str(wrong))
        return None


def _asked_plan(request: HttpRequest) -> tuple[Configured, Approvable]:
    """The plan that a form names; only what was looked at is ever approved."""
    configured = _configured(request)
    run = ledger_runs.get_run(request.POST.get("run", "")) if configured is not None else None
    if configured is None or run is None or run.integration != configured.configuration.integration.name:
        raise Http404("There is no such plan. Nothing was written.")
    return configured, approvable(run)
