"""Testing the connections of an integration, and comparing and pinning the certificates of its servers."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tallybridge.configuration.errors import ConfigurationError
from tallybridge.configuration.records import BusinessHubSourceSettings, Configuration
from tallybridge.console import changing, integrations, known_lists, work
from tallybridge.console.access import needs
from tallybridge.console.first_start import checking
from tallybridge.console.models import Role
from tallybridge.console.setting_up.frame import chosen_to_change, one_chosen
from tallybridge.console.setting_up.sections import section_of
from tallybridge.runs.configuring import Configured

SIDES = ("source", "destination")
_NO_PIN = "none pinned"


@needs(Role.OPERATE)
@require_POST
def test(request: HttpRequest, side: str) -> HttpResponse:
    """Checks one side in the background, reading only, and keeps what was found for the settings page."""
    configured = one_chosen(request)
    configuration, clock = configured.configuration, integrations.clock()
    name = configuration.integration.name
    back = f"{reverse('settings')}#{_side(side)}"

    def deed(_under_way: work.Work) -> str:
        known_lists.keep(name, kept_under(side), checks_of(configuration, side))
        return back

    try:
        begun = work.start(f"Testing the connection to {_title(configuration, side)}", request.user.get_username(), clock(), deed)
    except work.Busy as busy:
        messages.error(request, str(busy))
        return redirect(back)
    return redirect("work", work=begun.id)


def checks_of(configuration: Configuration, side: str) -> list[checking.Found]:
    """What a live check of one side finds, as sentences; a missing secret is one of them."""
    try:
        if side == "source":
            return checking.source_checks(configuration, integrations.clock())
        return checking.destination_checks(configuration, integrations.clock())
    except ConfigurationError as wrong:
        return [{"name": "Settings", "ok": False, "detail": str(problem), "advice": ""} for problem in wrong.problems]


def kept_under(side: str) -> str:
    """Under which word the newest checks of a side are kept."""
    return f"checks of {side}"


@needs(Role.ADMINISTER)
@never_cache
def certificate(request: HttpRequest, side: str) -> HttpResponse:
    """Shows what the server presents beside what is pinned, and pins what a person has compared."""
    configured = one_chosen(request)
    settings = _settings(configured.configuration, _side(side))
    if request.method == "POST":
        return _pin(request, side)
    shown: dict[str, Any] = {
        "side": side,
        "title": _title(configured.configuration, side),
        "url": settings.url,
        "pinned": settings.fingerprint,
        "ca_file": settings.ca_file,
        "may_change": changing.may_change(configured),
        "origin": configured.origin,
        "version": configured.address,
    }
    try:
        shown["certificate"] = checking.certificate_of(settings.url)
        shown["same"] = shown["certificate"]["fingerprint"] == settings.fingerprint
    except checking.NoCertificate as none:
        shown["none"] = str(none)
    return render(request, "console/setting_up/certificate.html", shown)


def _pin(request: HttpRequest, side: str) -> HttpResponse:
    configured = chosen_to_change(request)
    if isinstance(configured, HttpResponse):
        return configured
    settings = _settings(configured.configuration, side)
    fingerprint: str | None = request.POST.get("fingerprint", "")
    shown = None
    with suppress(checking.NoCertificate):
        shown = checking.certificate_of(settings.url)["fingerprint"]
    here = redirect("settings-certificate", side=side)
    if request.POST.get("do") == "unpin" and side == "destination":
        fingerprint = None
    elif request.POST.get("compared") != "yes":
        messages.error(request, "Nothing was changed. Compare the two first, and say that you have.")
        return here
    elif fingerprint != shown:
        messages.error(request, "The server shows another certificate now than the one you have compared. Nothing was changed. Compare again.")
        return here
    if request.POST.get("version") != configured.address:
        messages.error(request, "Somebody has changed the configuration meanwhile. Nothing was changed. Look again.")
        return here
    changed = replace(configured.configuration, **{side: replace(settings, fingerprint=fingerprint, ca_file=None)})
    before = settings.fingerprint or (f"authority {settings.ca_file}" if settings.ca_file else _NO_PIN)
    try:
        changing.save(
            request,
            changed,
            was=configured,
            action="certificate pinned" if fingerprint else "certificate unpinned",
            subject=f"{configured.configuration.integration.name}: {_title(changed, side)}",
            before=before,
            after=fingerprint or "the system's certificate authorities",
        )
    except ConfigurationError as wrong:
        messages.error(request, str(wrong))
        return here
    messages.success(
        request, "The certificate is pinned: only a server that shows it is talked to." if fingerprint else "No certificate is pinned now."
    )
    return redirect(f"{reverse('settings')}#{side}")


def _side(side: str) -> str:
    if side not in SIDES:
        raise Http404("There is no such side of an integration.")
    return side


def _settings(configuration: Configuration, side: str) -> Any:
    settings = getattr(configuration, side)
    if isinstance(settings, BusinessHubSourceSettings):
        raise Http404("Exports in a folder have no certificate.")
    return settings


def _title(configuration: Configuration, side: str) -> str:
    section = section_of(configuration, _side(side))
    assert section is not None
    return section.title


def last_checks(configured: Configured, side: str) -> known_lists.Known | None:
    """What the newest test of a side has found."""
    return known_lists.known(configured.configuration.integration.name, kept_under(side))
