"""Signing in with name and password, the second step where it is set up, and signing out."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django_otp import login as pass_second_step

from tallybridge.console.access import anybody, needs
from tallybridge.console.models import Role
from tallybridge.console.pending.kept import pending_of
from tallybridge.console.signing_in import second_step as steps
from tallybridge.console.signing_in import unsent
from tallybridge.console.signing_in.forms import CodeForm, SignInForm


def safe_next(request: HttpRequest) -> str:
    """Where to go afterwards: the page that was asked for, if it is one of ours, else the overview."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return asked if ours else reverse("overview")


@anybody
@never_cache
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Name and password. Wrong ones are counted (AXES_… in the settings); too many lead to the page of failures.locked_out."""
    if getattr(request, "role", None) is not None and request.method == "GET":
        return redirect(safe_next(request))
    form = SignInForm(request, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        target = safe_next(request)
        login(request, form.get_user())
        _tell_of_pending(request)
        return redirect("unsent" if unsent.keep(request, form.get_user()) else target)
    carried = request.POST.get(unsent.FIELD, "")
    return render(request, "console/signing_in/sign_in.html", {"form": form, "next": safe_next(request), "unsent": carried})


def sign_in_anew(request: HttpRequest, form: unsent.UnsentForm) -> HttpResponse:
    """The sign-in in place of a page whose form was sent after the session had ended: it carries the form along."""
    shown = {"form": SignInForm(request), "next": form.page, "unsent": unsent.sealed(form)}
    return render(request, "console/signing_in/sign_in.html", shown, status=403)


def _tell_of_pending(request: HttpRequest) -> None:
    """Changes that were not saved before somebody left are still there."""
    for integration, number in pending_of(request.user).items():
        said = "A change that you have not saved is" if number == 1 else f"{number} changes that you have not saved are"
        messages.info(request, f"{said} still pending for “{integration}”. Look under Customers or Price book mapping.")


@needs(Role.VIEW)
@never_cache
def not_sent(request: HttpRequest) -> HttpResponse:
    """What was sent after the session had ended, and was not carried out."""
    return unsent.show(request)


@anybody
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session."""
    logout(request)
    return redirect("sign-in")


@anybody
@never_cache
@sensitive_post_parameters("code")
def second_step(request: HttpRequest) -> HttpResponse:
    """The code of somebody who has given name and password and has set up two-step verification."""
    if not getattr(request, "second_step_due", False) or not request.user.is_authenticated:
        return redirect(safe_next(request) if getattr(request, "role", None) is not None else "sign-in")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        device = steps.verify(request.user, form.cleaned_data["code"])
        if device is not None:
            target = safe_next(request)
            pass_second_step(request, device)
            request.session.cycle_key()
            return redirect(target)
        form.add_error("code", "This code is wrong, was used already, or came too soon after a wrong one. Wait for the next one and try again.")
    return render(request, "console/signing_in/second_step.html", {"form": form, "next": safe_next(request)})
