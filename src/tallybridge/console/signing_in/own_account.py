"""The own account: password, two-step verification, recovery codes."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth import authenticate, update_session_auth_hash
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET
from django_otp import login as pass_second_step

from tallybridge.console import audit
from tallybridge.console.access import needs
from tallybridge.console.models import Role
from tallybridge.console.signing_in import second_step
from tallybridge.console.signing_in.forms import ChangePasswordForm, NewCodeForm, OwnPasswordForm
from tallybridge.ledger.opening import together


@needs(Role.VIEW)
@never_cache
@sensitive_post_parameters()
def own_account(request: HttpRequest) -> HttpResponse:
    """Shows who one is, and changes the password. Other sessions of the person end with the old password."""
    user = cast(User, request.user)
    form = ChangePasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        with together():
            form.save()
            audit.note(request, "password changed", user.get_username())
        update_session_auth_hash(request, user)
        messages.success(request, "Your password is changed. Wherever else you were signed in, you are no longer.")
        return redirect("own-account")
    shown = {"form": form, "two_step": second_step.is_set_up(user), "codes_left": second_step.recovery_codes_left(user)}
    return render(request, "console/signing_in/own_account.html", shown)


@needs(Role.VIEW)
@never_cache
@sensitive_post_parameters()
def set_up_second_step(request: HttpRequest) -> HttpResponse:
    """Shows the secret of a new authenticator, and takes its first code; then shows the recovery codes, once."""
    user = cast(User, request.user)
    if second_step.is_set_up(user):
        return redirect("own-account")
    device = second_step.begin(user)
    form = NewCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        codes = second_step.confirm(device, form.cleaned_data["code"])
        if codes is not None:
            pass_second_step(request, device)
            audit.note(request, "two-step verification set up", user.get_username())
            return render(request, "console/signing_in/recovery_codes.html", {"codes": codes, "section_title": "Two-step verification is on"})
        form.add_error("code", "This code is wrong or too old. Compare the clocks of phone and server, wait for the next code and try again.")
    return render(request, "console/signing_in/set_up_second_step.html", {"form": form, "secret": second_step.secret_of(device)})


@needs(Role.VIEW)
@never_cache
@require_GET
def second_step_picture(request: HttpRequest) -> HttpResponse:
    """The QR code of the authenticator that the person is setting up; of nobody else's, and not once it is confirmed."""
    device = second_step.begun(cast(User, request.user))
    if device is None:
        raise Http404("No authenticator is being set up.")
    return HttpResponse(second_step.picture_of(device), content_type="image/svg+xml")


@needs(Role.VIEW)
@never_cache
@sensitive_post_parameters()
def new_recovery_codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes in place of the old ones, after the password."""
    user = cast(User, request.user)
    if not second_step.is_set_up(user):
        return redirect("own-account")
    form = OwnPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _is_own_password(request, form):
        with together():
            codes = second_step.make_recovery_codes(user)
            audit.note(request, "recovery codes renewed", user.get_username())
        return render(request, "console/signing_in/recovery_codes.html", {"codes": codes, "section_title": "New recovery codes"})
    shown = {
        "form": form,
        "page_title": "New recovery codes",
        "sentence": "The old codes stop working as soon as the new ones are shown.",
        "button": "Show new codes",
    }
    return render(request, "console/signing_in/own_password.html", shown)


@needs(Role.VIEW)
@never_cache
@sensitive_post_parameters()
def remove_second_step(request: HttpRequest) -> HttpResponse:
    """Removes two-step verification, after the password."""
    user = cast(User, request.user)
    if not second_step.is_set_up(user):
        return redirect("own-account")
    form = OwnPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _is_own_password(request, form):
        with together():
            second_step.remove(user)
            audit.note(request, "two-step verification removed", user.get_username())
        messages.success(request, "Two-step verification is off. From now on your password alone opens your account.")
        return redirect("own-account")
    shown = {
        "form": form,
        "page_title": "Remove two-step verification",
        "sentence": "From then on your password alone opens your account. The authenticator and the recovery codes stop working.",
        "button": "Remove it",
        "dangerous": True,
    }
    return render(request, "console/signing_in/own_password.html", shown)


def _is_own_password(request: HttpRequest, form: OwnPasswordForm) -> bool:
    """Whether the password is right; wrong ones are counted as those of a sign-in are."""
    known = authenticate(request, username=request.user.get_username(), password=form.cleaned_data["password"])
    if known is None:
        form.add_error("password", "This is not your password. Nothing was changed.")
    return known is not None
