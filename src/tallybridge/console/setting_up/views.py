"""The settings of an integration: what is in force and where it comes from, and changing a section of it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from tallybridge.configuration.errors import ConfigurationError
from tallybridge.configuration.records import Configuration
from tallybridge.console import changing, integrations
from tallybridge.console.access import needs
from tallybridge.console.first_start import checking
from tallybridge.console.first_start.forms import time_zones
from tallybridge.console.models import FirstStartStep, Role
from tallybridge.console.setting_up.carrying import released
from tallybridge.console.setting_up.connecting import SIDES, last_checks
from tallybridge.console.setting_up.editing import differences, edited, placed
from tallybridge.console.setting_up.forms import SectionForm, form_of
from tallybridge.console.setting_up.frame import chosen_to_change
from tallybridge.console.setting_up.reading import parts
from tallybridge.console.setting_up.scope import other_choice
from tallybridge.console.setting_up.sections import Section, section_of
from tallybridge.ledger.scope_queries import plan_was_carried_out
from tallybridge.runs.configuring import Configured

_MEANWHILE = "Somebody has changed the configuration since you opened this form. Nothing was saved. What is in force now stands in the settings."
_NOT_YET = "“automatic” can be chosen once a first plan of this integration has been approved."


@needs(Role.VIEW)
def settings(request: HttpRequest) -> HttpResponse:
    """Every setting in force with its origin, the connections with their last test, and every integration."""
    try:
        found = integrations.of_request(request)
    except ConfigurationError as wrong:
        return render(request, "console/setting_up/problems.html", {"problems": [str(one) for one in wrong.problems]})
    configured = integrations.chosen(request)
    if configured is None:
        return render(request, "console/setting_up/empty.html")
    configuration = configured.configuration
    may_change = changing.may_change(configured)
    shown = {
        "configured": configured,
        "parts": [(part, last_checks(configured, part.section.name) if part.section.name in SIDES else None) for part in parts(configured)],
        "may_change": may_change,
        "released": not may_change and released(configured),
        "insecure": [side for side in SIDES if getattr(getattr(configuration, side), "insecure", False)],
        "pinnable": [side for side in SIDES if str(getattr(getattr(configuration, side), "url", "")).startswith("https:")],
        "sides": SIDES,
        "zone": configuration.integration.time_zone,
        "local": integrations.clock()().astimezone(ZoneInfo(configuration.integration.time_zone)),
        "takes_exports": configuration.source.kind == "business_hub",
        "may_add": all(changing.may_change(one) for one in found),
        "adding": FirstStartStep.objects.exists(),
        "all": [(one.configuration, one.origin) for one in found],
    }
    return render(request, "console/setting_up/settings.html", shown)


@needs(Role.ADMINISTER)
@never_cache
@sensitive_post_parameters()
def edit(request: HttpRequest, section: str) -> HttpResponse:
    """The form of one section; saves what was typed once everything about it is right."""
    configured = chosen_to_change(request)
    if isinstance(configured, HttpResponse):
        return configured
    found = section_of(configured.configuration, section)
    if found is None:
        raise Http404("There is no such part of the settings.")
    automatic = section != "schedule" or _may_be_automatic(configured.configuration)
    form = form_of(found, configured.configuration, configured.address, request.POST or None, automatic=automatic)
    if not automatic:
        form.fields["apply"].error_messages["invalid_choice"] = _NOT_YET
    certificate = None
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["version"] != configured.address:
            form.add_error(None, _MEANWHILE)
        else:
            answer = _take(request, configured, found, form)
            if isinstance(answer, HttpResponse):
                return answer
            certificate = answer
    return _show(request, configured, found, form, automatic=automatic, certificate=certificate)


def _take(request: HttpRequest, configured: Configured, section: Section, form: SectionForm) -> HttpResponse | dict[str, Any] | None:
    """Saves what was typed; returns where to go, or the certificate to be compared first, or nothing where the form says what is wrong."""
    was = configured.configuration
    outcome = edited(was, section, form.given())
    _tell(form, outcome.errors)
    if outcome.configuration is None:
        return None
    if outcome.certificate_due:
        try:
            shown = checking.certificate_of(getattr(outcome.configuration, section.table.name).url)
        except checking.NoCertificate as none:
            form.add_error("url", str(none))
            return None
        if request.POST.get("compared") != shown["fingerprint"]:
            return shown
        outcome = edited(was, section, form.given(), compared=shown["fingerprint"])
    wanted = outcome.configuration
    assert wanted is not None
    changed = differences(section, was, wanted)
    back = redirect(f"{reverse('settings')}#{section.name}")
    if not changed:
        messages.info(request, "Nothing is another value than before, so nothing was saved.")
        return back
    try:
        changing.save(
            request,
            wanted,
            was=configured,
            action="settings changed",
            subject=f"{was.integration.name}: {section.title}",
            before="\n".join(f"{label}: {old}" for label, old, _ in changed),
            after="\n".join(f"{label}: {new}" for label, _, new in changed),
        )
    except ConfigurationError as wrong:
        _tell(form, placed(section.table.name, wrong.problems))
        return None
    messages.success(request, "Saved. It counts from the next run on; nothing was written to Tigerpaw.")
    return back


def _show(
    request: HttpRequest, configured: Configured, section: Section, form: SectionForm, *, automatic: bool, certificate: dict[str, Any] | None
) -> HttpResponse:
    integration = configured.configuration.integration
    record = getattr(configured.configuration, section.table.name)
    shown = {
        "section": section,
        "form": form,
        "automatic": automatic,
        "certificate": certificate,
        "pinned": getattr(record, "fingerprint", None),
        "zones": time_zones() if section.name == "schedule" else (),
        "other": other_choice(configured.configuration) if section.name == "counting" else None,
        "zone": integration.time_zone,
        "local": integrations.clock()().astimezone(ZoneInfo(integration.time_zone)),
    }
    return render(request, "console/setting_up/edit.html", shown, status=400 if form.errors or certificate else 200)


def _may_be_automatic(configuration: Configuration) -> bool:
    integration = configuration.integration
    return integration.apply == "automatic" or plan_was_carried_out(integration.name)


def _tell(form: SectionForm, errors: Any) -> None:
    for name, sentence in errors.items():
        form.add_error(name if name in form.fields else None, sentence)
