"""Decisions of a person on lines that wait: shown as what would be decided first, then made, with the person's name."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from tallybridge.console import audit, integrations
from tallybridge.console.access import needs
from tallybridge.console.models import Role
from tallybridge.console.planning.asking import CHOSEN, Asked, WouldDecide, carry_out, end_decisions, would_decide
from tallybridge.console.planning.views import show_plan
from tallybridge.console.planning.words import as_decided, as_it_stood, as_it_waited, counted, line_of
from tallybridge.ledger.errors import LedgerError
from tallybridge.ledger.holds import open_holds
from tallybridge.runs.day import RunRefused
from tallybridge.runs.deciding import Decided


@needs(Role.OPERATE)
@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """Shows what would be decided; with `sure`, decides it. Nothing is written to the PSA here."""
    configured = integrations.chosen(request)
    if configured is None:
        return redirect("plan")
    asked = Asked.of(request.POST, request.user.get_username())
    if asked.errors:
        return show_plan(request, asked=asked, status=400)
    would = would_decide(asked, open_holds(configured.configuration.integration.name))
    if would.problems or request.POST.get("sure") != "yes":
        # What is confirmed is what was shown: from here on each line is named.
        asked.scope = CHOSEN
        return render(request, "console/planning/decide.html", {"asked": asked, "would": would}, status=400 if would.problems else 200)
    try:
        done = _decide(request, asked, would)
    except (RunRefused, LedgerError) as refused:
        messages.error(request, str(refused))
        return redirect("plan")
    messages.success(request, f"Decided for {counted(len(done), 'line')}. The next run goes on from there; nothing was written to Tigerpaw.")
    return redirect("plan")


def _decide(request: HttpRequest, asked: Asked, would: WouldDecide) -> list[Decided]:
    at = integrations.clock()()
    done = [*carry_out(would, at), *end_decisions(would.ended, asked.wish(), at)]
    for one in done:
        before = as_it_stood(one.ended) if one.ended is not None else as_it_waited(one.hold)
        audit.note(request, f"decided: {one.kind.value}", line_of(one.hold), before=before, after=f"{as_decided(one)}; because: {asked.reason}")
    return done
