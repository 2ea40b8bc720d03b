"""Carrying a configuration in and out: the file of what is in force, an uploaded one, and handing a file's over to the ledger (contracts 3)."""

from __future__ import annotations

import re

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from tallybridge.configuration.errors import ConfigurationError, Problem
from tallybridge.configuration.toml_text import to_toml
from tallybridge.console import audit, changing, integrations
from tallybridge.console.access import needs
from tallybridge.console.models import Role
from tallybridge.console.setting_up import uploading
from tallybridge.console.setting_up.forms import UploadForm
from tallybridge.console.setting_up.frame import one_chosen
from tallybridge.ledger import configurations
from tallybridge.ledger.opening import together
from tallybridge.ledger.scope_queries import plan_was_carried_out
from tallybridge.runs.configuring import Configured


@needs(Role.VIEW)
def export(request: HttpRequest) -> HttpResponse:
    """The configuration file of what is in force: every setting, placeholders for secrets."""
    configuration = one_chosen(request).configuration
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", configuration.integration.name).strip("-").lower() or "tallybridge"
    answer = HttpResponse(to_toml(configuration), content_type="application/toml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{stem}.toml"'
    return answer


@needs(Role.ADMINISTER)
@never_cache
@sensitive_post_parameters()
def upload(request: HttpRequest) -> HttpResponse:
    """Takes a file, checks it whole, and leads to what it would change."""
    form = UploadForm(request.POST or None, request.FILES or None)
    problems: tuple[str, ...] = ()
    declared = _declared_by_files(request)
    if request.method == "POST" and not declared and form.is_valid():
        problems = _take(request, form)
        if not problems:
            return redirect("settings-summary")
    shown = {"form": form, "problems": problems, "declared": declared}
    return render(request, "console/setting_up/import.html", shown, status=400 if problems or form.errors or (request.method == "POST") else 200)


def _take(request: HttpRequest, form: UploadForm) -> tuple[str, ...]:
    """Keeps a file that is right; returns what is wrong with it."""
    file = form.cleaned_data["file"]
    if file.size > uploading.MOST_BYTES:
        return (f"{file.name}: found {file.size} bytes; a configuration file is smaller.",)
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return (f"{file.name}: found a byte at offset {error.start} that is not UTF-8; expected a text file in UTF-8.",)
    given = uploading.Upload(name=file.name, text=text, secrets=form.secrets())
    try:
        found = _read(request, given)
        changing.check(found.configuration, was=found.was)
    except ConfigurationError as wrong:
        return _sentences(wrong.problems)
    version = found.was.address if found.was is not None else ""
    uploading.keep(uploading.Upload(name=given.name, text=text, secrets=given.secrets, version=version), request.user.get_username())
    return ()


@needs(Role.ADMINISTER)
@never_cache
def summary(request: HttpRequest) -> HttpResponse:
    """What the uploaded file would change; saves it or gives it up."""
    who = request.user.get_username()
    kept = uploading.kept(who)
    if kept is None:
        return redirect("settings-import")
    if request.method == "POST" and request.POST.get("do") != "save":
        uploading.forget(who)
        messages.info(request, "The file was given up. Nothing was changed.")
        return redirect("settings")
    try:
        found = _read(request, kept)
        if (found.was.address if found.was is not None else "") != kept.version:
            uploading.forget(who)
            messages.error(request, "Somebody has changed the configuration meanwhile. Nothing was changed. Upload the file again.")
            return redirect("settings-import")
        differences = uploading.changes(found)
        if request.method == "POST":
            return _save(request, kept, found, differences)
    except (ConfigurationError, changing.DeclaredByFile) as wrong:
        uploading.forget(who)
        messages.error(request, str(wrong))
        return redirect("settings-import")
    return render(request, "console/setting_up/summary.html", {"file": kept.name, "found": found, "differences": differences})


def _save(request: HttpRequest, kept: uploading.Upload, found: uploading.Read, differences: tuple[uploading.Difference, ...]) -> HttpResponse:
    if declared := _declared_by_files(request):
        raise changing.DeclaredByFile(declared)
    name = found.configuration.integration.name
    if differences:
        with together():
            changing.save(
                request,
                found.configuration,
                was=found.was,
                action="configuration imported",
                subject=f"{name}, from {kept.name}"[:500],
                before="\n".join(f"{one.subject}: {one.before}" for one in differences),
                after="\n".join(f"{one.subject}: {one.after}" for one in differences),
            )
            uploading.forget(request.user.get_username())
        messages.success(request, f"“{name}” is saved. The next plan is made with it; nothing was written to Tigerpaw.")
    else:
        uploading.forget(request.user.get_username())
    request.session["integration"] = name
    return redirect("settings")


@needs(Role.ADMINISTER)
def release(request: HttpRequest) -> HttpResponse:
    """Hands a file's configuration over to the ledger, once a person has confirmed it."""
    configured = one_chosen(request)
    if changing.may_change(configured):
        messages.info(request, "The ledger rules this integration already.")
        return redirect("settings")
    name = configured.configuration.integration.name
    if request.method == "POST":
        if not released(configured):
            with together():
                configurations.release(name)
                audit.note(request, "configuration handed over", name, before=configured.origin, after="the ledger")
        integrations.reread(request)
        messages.success(request, f"The ledger holds “{name}” now. Move {configured.origin} away: as long as it is found, it is read, and it rules.")
        return redirect("settings")
    return render(request, "console/setting_up/release.html", {"name": name, "file": configured.origin, "released": released(configured)})


def released(configured: Configured) -> bool:
    """Whether a configuration whose file is still read was handed over to the ledger already."""
    newest = configurations.newest(configured.configuration.integration.name)
    return newest is not None and newest.origin == configurations.OWN


def _read(request: HttpRequest, kept: uploading.Upload) -> uploading.Read:
    by_name = {one.configuration.integration.name: one for one in integrations.of_request(request)}
    return uploading.read(kept, by_name.get, plan_was_carried_out)


def _declared_by_files(request: HttpRequest) -> str:
    """The files that declare integrations: while there are any, they alone are read, and what the ledger holds rests."""
    return ", ".join(one.origin for one in integrations.of_request(request) if not changing.may_change(one))


def _sentences(problems: tuple[Problem, ...]) -> tuple[str, ...]:
    return tuple(str(problem) for problem in problems)
