"""Inviting people, withdrawing an invitation, and accepting one."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from tallybridge.console import audit, integrations
from tallybridge.console.access import anybody, needs
from tallybridge.console.models import Invitation, Role
from tallybridge.console.people import inviting
from tallybridge.console.people.forms import ROLE_WORDS, InviteForm
from tallybridge.console.people.zone import time_zone
from tallybridge.console.signing_in.passwords import NewPasswordForm
from tallybridge.ledger.opening import together

BACKEND = "django.contrib.auth.backends.ModelBackend"


@needs(Role.ADMINISTER)
@never_cache
def invite(request: HttpRequest) -> HttpResponse:
    """Asks whom to invite; then shows the link, this once."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        name, role = form.cleaned_data["name"], Role(form.cleaned_data["role"])
        now = integrations.clock()()
        with together():
            secret = inviting.invite(name, role, by=request.user.get_username(), at=now)
            audit.note(request, "invited", name, after=role.label)
        shown = {
            "name": name,
            "role_label": role.label,
            "link": request.build_absolute_uri(reverse("invitation", args=[secret])),
            "expires": now + inviting.VALID,
            "zone": time_zone(request),
        }
        return render(request, "console/people/invited.html", shown)
    return render(request, "console/people/invite.html", {"form": form}, status=400 if form.errors else 200)


@needs(Role.ADMINISTER)
@require_POST
def withdraw(request: HttpRequest, invitation: int) -> HttpResponse:
    """Makes an invitation's link worthless."""
    found = get_object_or_404(Invitation, pk=invitation, used=None)
    name = found.name
    with together():
        found.delete()
        audit.note(request, "invitation withdrawn", name)
    messages.success(request, f"The invitation of {name} is withdrawn. Its link leads nowhere now.")
    return redirect("people")


@anybody
@never_cache
@sensitive_post_parameters()
def accept(request: HttpRequest, secret: str) -> HttpResponse:
    """Whoever has the link chooses a password and is signed in; the name is fixed."""
    now = integrations.clock()()
    try:
        invitation = inviting.find(secret, now)
        form = NewPasswordForm(request.POST or None, username=invitation.name)
        if request.method == "POST" and form.is_valid():
            with together():
                user = inviting.accept(secret, form.cleaned_data["password"], now)
                name, role = user.get_username(), Role(invitation.role)
                audit.note(None, "invitation accepted", name, after=role.label, who=name)
            login(request, user, backend=BACKEND)
            messages.success(request, f"Welcome, {user.get_username()}. Under “My account” you can set up two-step verification.")
            return redirect("overview")
    except inviting.NotInvited:
        return render(request, "console/people/not_invited.html", status=404)
    shown = {"form": form, "invitation": invitation, "role_label": Role(invitation.role).label, "role_words": ROLE_WORDS[Role(invitation.role)]}
    return render(request, "console/people/accept.html", shown, status=400 if form.errors else 200)
