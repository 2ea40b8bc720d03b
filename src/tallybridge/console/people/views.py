"""The people who may sign in: the list, one person, and what an administrator changes about them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from tallybridge.console import audit, integrations
from tallybridge.console.access import needs
from tallybridge.console.models import Person, Role
from tallybridge.console.people import inviting, keeping
from tallybridge.console.people.forms import ROLE_WORDS, RoleForm
from tallybridge.console.people.zone import time_zone
from tallybridge.console.signing_in import second_step
from tallybridge.ledger.opening import together


@needs(Role.ADMINISTER)
def people(request: HttpRequest) -> HttpResponse:
    """Everybody, and the invitations that wait."""
    shown = {
        "people": keeping.everybody(),
        "invitations": inviting.waiting(integrations.clock()()),
        "roles": [(role.label, words) for role, words in ROLE_WORDS.items()],
        "zone": time_zone(request),
    }
    return render(request, "console/people/people.html", shown)


@needs(Role.ADMINISTER)
def person(request: HttpRequest, person: int) -> HttpResponse:
    """One person, with what can be changed about them."""
    return _page(request, _found(person))


@needs(Role.ADMINISTER)
@require_POST
def role(request: HttpRequest, person: int) -> HttpResponse:
    """Another role."""
    found = _found(person)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form=form)
    wanted = Role(form.cleaned_data["role"])
    try:
        with together():
            former = keeping.change_role(found, wanted)
            if former is not wanted:
                audit.note(request, "role changed", found.user.get_username(), before=former.label, after=wanted.label)
    except keeping.LastAdministrator as refused:
        messages.error(request, str(refused))
        return redirect("people-person", found.pk)
    if former is not wanted:
        messages.success(request, f"{found.user.get_username()} has the role “{wanted.label}” now.")
    return redirect("people" if found.user_id != request.user.pk or wanted is Role.ADMINISTER else "overview")


@needs(Role.ADMINISTER)
@require_POST
def active(request: HttpRequest, person: int) -> HttpResponse:
    """Lets a person in again (`active=1`), or no longer (`active=0`)."""
    found = _found(person)
    wanted = request.POST.get("active") == "1"
    name = found.user.get_username()
    if found.user.is_active is not wanted:
        words = ("inactive", "active")
        try:
            with together():
                keeping.set_active(found, active=wanted)
                audit.note(request, "person activated" if wanted else "person deactivated", name, before=words[not wanted], after=words[wanted])
        except keeping.LastAdministrator as refused:
            messages.error(request, str(refused))
            return redirect("people-person", found.pk)
        messages.success(request, f"{name} can sign in again." if wanted else f"{name} can no longer sign in, and is signed out everywhere.")
    return redirect("people")


@needs(Role.ADMINISTER)
@require_POST
def reset_second_step(request: HttpRequest, person: int) -> HttpResponse:
    """Removes somebody's two-step verification, for example after a lost phone."""
    found = _found(person)
    name = found.user.get_username()
    with together():
        removed = second_step.remove(found.user)
        if removed:
            audit.note(request, "two-step verification reset", name, before="on", after="off")
    if removed:
        messages.success(request, f"Two-step verification of {name} is off. The password alone opens the account until it is set up anew.")
    else:
        messages.info(request, f"{name} has no two-step verification. Nothing was changed.")
    return redirect("people-person", found.pk)


def _found(person: int) -> Person:
    return get_object_or_404(Person.objects.select_related("user"), pk=person)


def _page(request: HttpRequest, found: Person, *, form: RoleForm | None = None) -> HttpResponse:
    shown = {
        "person": keeping.listed(found),
        "form": form or RoleForm(initial={"role": found.role}),
        "oneself": found.user_id == request.user.pk,
        "zone": time_zone(request),
    }
    return render(request, "console/people/person.html", shown, status=200 if form is None else 400)
