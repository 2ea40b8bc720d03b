"""The assistant's first step where Business Hub is the source: a name, a folder, and the first exports, each checked live."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from tallybridge.console import exports, integrations
from tallybridge.console.first_start import checking
from tallybridge.console.first_start.draft import HUB, Answers, Draft, Step, keep, problems_with, undo
from tallybridge.console.first_start.forms import ExportsForm
from tallybridge.console.first_start.frame import address_of, page
from tallybridge.console.first_start.scheduling import NAME_TAKEN, name_is_taken
from tallybridge.console.setting_up.editing import WHOLE_PATH
from tallybridge.sources.business_hub import ExportRefused


def source(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Asks for the integration's name and the folder, takes exports in that are sent along, and checks what is there."""
    answers = draft.answers(Step.SOURCE) if draft.kind == HUB else {}
    if request.method != "POST":
        return _show(request, draft, answers, ExportsForm(initial={"name": "Business Hub", "folder": own_folder(), **answers}))
    if request.POST.get("do") == "check" and answers:
        return _check(answers, anew=False)
    form = ExportsForm(request.POST, request.FILES)
    if form.is_valid():
        told: Answers = {"kind": HUB, "name": form.cleaned_data["name"], "folder": form.cleaned_data["folder"] or own_folder()}
        _refuse(form, told)
        if not form.errors:
            _take_in(form, told)
        if not form.errors:
            if answers and answers["name"] != told["name"]:
                undo(Step.SCHEDULE)
            return _check(told, anew=any(answers.get(name) != value for name, value in told.items()) or bool(form.cleaned_data["exports"]))
    return _show(request, draft, answers, form)


def own_folder() -> str:
    """The folder that is offered: one of the console's own home, which it may make."""
    return str(settings.TALLYBRIDGE_HOME / "exports")


def _refuse(form: ExportsForm, told: Answers) -> None:
    if name_is_taken(told["name"]):
        form.add_error("name", NAME_TAKEN)
    for name, sentence in problems_with("source", {"kind": HUB, "folder": told["folder"]}).items():
        form.add_error(name or None, sentence)
    if not Path(told["folder"]).is_absolute():
        form.add_error("folder", WHOLE_PATH)


def _take_in(form: ExportsForm, told: Answers) -> None:
    """Makes our own folder where it is missing, and takes the files in that were sent."""
    try:
        if told["folder"] == own_folder():
            Path(told["folder"]).mkdir(mode=0o700, exist_ok=True)
        if form.cleaned_data["exports"]:
            exports.take(told["name"], form.cleaned_data["exports"], exported=form.cleaned_data["exported"])
    except ExportRefused as refused:
        form.add_error("exports", refused.report)
    except OSError as error:
        form.add_error("folder", f"The folder cannot be made: {error.strerror or error}.")


def _check(answers: Answers, *, anew: bool) -> HttpResponse:
    answers = {name: value for name, value in answers.items() if name != "checks"}
    keep(Step.SOURCE, answers, checked=None, anew=anew)
    found = checking.source_checks(Draft().with_source_alone(), integrations.clock())
    passed = checking.passed(found)
    keep(Step.SOURCE, answers | {"checks": found}, checked=integrations.clock()() if passed else None, anew=False)
    return redirect(address_of(Step.DESTINATION if passed else Step.SOURCE))


def _show(request: HttpRequest, draft: Draft, answers: Answers, form: ExportsForm) -> HttpResponse:
    shown = {"form": form, "kept": bool(answers), "checks": answers.get("checks", []) if not form.is_bound else [], "chosen_kind": HUB}
    return page(request, draft, Step.SOURCE, shown, status=400 if form.errors else 200)
