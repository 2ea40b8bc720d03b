"""Pending changes: what they are, saving all of them, giving one or all of them up."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from tallybridge.configuration.errors import ConfigurationError
from tallybridge.console import integrations
from tallybridge.console.access import needs
from tallybridge.console.changing import DeclaredByFile
from tallybridge.console.models import Role
from tallybridge.console.pending.edits import PendingChanges, save_all


@needs(Role.VIEW)
def pending(request: HttpRequest) -> HttpResponse:
    """Every pending change, from → to, and what keeps them from being saved."""
    configured = integrations.chosen(request)
    changes = PendingChanges(request, configured) if configured is not None else None
    return render(
        request, "console/pending/pending.html", {"edits": changes.edits if changes else (), "problems": _problems(changes), "back": _back(request)}
    )


@needs(Role.OPERATE)
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Saves all of them, or none and says why."""
    configured = integrations.chosen(request)
    if configured is None:
        return redirect("customers")
    try:
        saved = save_all(request, configured)
    except DeclaredByFile as refused:
        messages.error(request, str(refused))
        return redirect(_back(request))
    except ConfigurationError:
        messages.error(request, "Nothing was saved, because not everything is right yet. What is wrong stands below.")
        return redirect(f"{reverse('pending')}?{urlencode({'next': _back(request)})}")
    if saved:
        said = "One change was saved." if saved == 1 else f"{saved} changes were saved."
        messages.success(request, f"{said} The next plan is made with them; nothing was written to Tigerpaw.")
    else:
        messages.info(request, "Nothing is pending any more, so nothing was saved now: it was saved or given up already, perhaps in another window.")
    return redirect(_back(request))


@needs(Role.OPERATE)
@require_POST
def cancel(request: HttpRequest) -> HttpResponse:
    """Gives all of them up."""
    configured = integrations.chosen(request)
    if configured is not None:
        PendingChanges(request, configured).clear()
        messages.info(request, "The pending changes were given up. Everything is as it was.")
    return redirect(_back(request))


@needs(Role.OPERATE)
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Gives one of them up."""
    configured = integrations.chosen(request)
    if configured is not None:
        PendingChanges(request, configured).drop(request.POST.get("table", ""), request.POST.get("key", ""))
    return redirect(f"{reverse('pending')}?{urlencode({'next': _back(request)})}")


def _problems(changes: PendingChanges | None) -> tuple[str, ...]:
    if not changes:
        return ()
    try:
        changes.check()
    except ConfigurationError as error:
        return tuple(str(problem) for problem in error.problems)
    return ()


def _back(request: HttpRequest) -> str:
    """The page to go back to: the one that was named, if it is one of ours."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(asked, allowed_hosts=None) and asked.startswith("/")
    return asked if ours else reverse("customers")
