"""The first start: while there is no administrator, the page that makes the first; afterwards the way to the step where the assistant stands."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from tallybridge.console import audit, integrations
from tallybridge.console.access import administrator_exists, first_start, may, needs
from tallybridge.console.first_start import code
from tallybridge.console.first_start.draft import Draft, forget
from tallybridge.console.first_start.forms import FirstAdministratorForm
from tallybridge.console.first_start.frame import address_of, configured_already
from tallybridge.console.models import Role
from tallybridge.console.people import keeping
from tallybridge.console.people.invitations import BACKEND


@first_start
@never_cache
@sensitive_post_parameters()
def start(request: HttpRequest) -> HttpResponse:
    """Makes the first administrator with the terminal's code; leads an administrator to the assistant, everybody else to where they belong."""
    if not administrator_exists():
        return _first_administrator(request)
    if not may(request, Role.ADMINISTER):
        return redirect("overview")
    return redirect("overview" if configured_already() else address_of(Draft().current()))


@needs(Role.ADMINISTER)
@require_POST
def give_up(request: HttpRequest) -> HttpResponse:
    """Forgets what the assistant was told so far; what is configured stays as it is."""
    forget()
    messages.info(request, "What the assistant was told is forgotten, secrets too. Nothing else was changed.")
    return redirect("settings")


def _first_administrator(request: HttpRequest) -> HttpResponse:
    form = FirstAdministratorForm(request.POST or None)
    if request.method == "POST":
        right = form.is_valid()
        try:
            # Also where something else is wrong, so that all of it is said at once; each wrong code counts.
            if "code" in form.cleaned_data:
                code.confirm(form.cleaned_data["code"], integrations.clock()())
        except code.CodeRefused as refused:
            form.add_error("code", str(refused))
        else:
            if right:
                return _make(request, form)
    return render(request, "console/first_start/administrator.html", {"form": form}, status=400 if form.errors else 200)


def _make(request: HttpRequest, form: FirstAdministratorForm) -> HttpResponse:
    with transaction.atomic():
        # Two who have the same code come one after the other: the second finds an administrator.
        if administrator_exists():
            return redirect("sign-in")
        user = keeping.make(form.cleaned_data["name"], Role.ADMINISTER, form.cleaned_data["password"])
        audit.note(None, "first administrator made", user.get_username(), after=Role.ADMINISTER.label, who=user.get_username())
    code.spend()
    login(request, user, backend=BACKEND)
    return redirect("start")
