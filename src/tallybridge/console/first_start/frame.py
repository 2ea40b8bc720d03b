"""What every step of the assistant shares: who may open it and when, its list of steps, and how a page of it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from tallybridge.configuration.errors import ConfigurationError
from tallybridge.console import integrations
from tallybridge.console.access import needs
from tallybridge.console.changing import may_change
from tallybridge.console.first_start.draft import Draft, Step
from tallybridge.console.models import Role

StepView = Callable[[HttpRequest, Draft], HttpResponse]


def address_of(step: Step) -> str:
    """The page of a step."""
    return reverse(f"start-{step.value}")


def configured_already() -> bool:
    """Whether there is an integration, so that the first start is over; one that cannot be read counts."""
    try:
        return bool(integrations.all_configured())
    except ConfigurationError:
        return True


def may_add() -> bool:
    """Whether the ledger rules every integration, so that a further one of its own would be read too (contracts 3)."""
    try:
        return all(may_change(one) for one in integrations.all_configured())
    except ConfigurationError:
        return False


def step_view(step: Step) -> Callable[[StepView], Callable[[HttpRequest], HttpResponse]]:
    """Marks the view of a step: for administrators, where the ledger rules or nothing is configured, not before the steps before it are done."""

    def mark(view: StepView) -> Callable[[HttpRequest], HttpResponse]:
        @needs(Role.ADMINISTER)
        @never_cache
        @sensitive_post_parameters()
        @wraps(view)
        def opened(request: HttpRequest) -> HttpResponse:
            if not may_add():
                return redirect("overview")
            draft = Draft()
            if not draft.may_open(step):
                # A form that was sent twice comes back when everything is saved.
                return redirect(address_of(draft.current()) if draft.begun or not configured_already() else "overview")
            return view(request, draft)

        return opened

    return mark


def page(request: HttpRequest, draft: Draft, step: Step, shown: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Draws a step's page with the list of all steps beside it."""
    steps = [(draft.heading(one), address_of(one) if draft.may_open(one) else "", draft.done(one), one is step) for one in Step]
    number = list(Step).index(step) + 1
    request.section = "settings"  # type: ignore[attr-defined]  # which place of the navigation is lit
    whole = {
        "steps": steps,
        "number": number,
        "count": len(Step),
        "step_title": draft.heading(step),
        "kind": draft.kind,
        "further": configured_already(),
        **shown,
    }
    return render(request, f"console/first_start/{step.value}.html", whole, status=status)
