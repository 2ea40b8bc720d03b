"""The assistant's first two steps: Security Center and Tigerpaw, each checked live before the next step opens.

A certificate is shown before any password is sent; what was typed as a secret is sealed at once and never shown again.
"""

from __future__ import annotations

from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from tallybridge.console import integrations
from tallybridge.console.first_start import checking, exports, sharing
from tallybridge.console.first_start.draft import HUB, KSC, Answers, Draft, Step, has_secret, keep, keep_secret, normal, problems_with
from tallybridge.console.first_start.forms import DestinationForm, SourceForm
from tallybridge.console.first_start.frame import address_of, page, step_view

_ASK_AGAIN = "Give it again: the address or the user is another one now, and a secret goes only where it was given for."
_MISSING = "It is needed."
_SECRETS = {"password": "source.password", "private_key": "destination.private_key", "soap_password": "destination.soap_password"}
"""Where each field of a secret is kept."""


@step_view(Step.SOURCE)
def source(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Address, user and password of Security Center, and its certificate, compared by a person."""
    answers = draft.answers(Step.SOURCE)
    if (request.POST.get("kind") or request.GET.get("kind") or draft.kind) == HUB:
        return exports.source(request, draft)
    if draft.kind != KSC:
        answers = {}
    if request.method != "POST":
        return _show(request, draft, Step.SOURCE, SourceForm(initial=answers))
    if request.POST.get("do") == "trust":
        return _trust(request, Step.SOURCE, answers)
    if request.POST.get("do") == "check" and answers:
        return _check(request, Step.SOURCE, answers, anew=False)
    form = SourceForm(request.POST)
    if form.is_valid():
        told: Answers = {name: form.cleaned_data[name] for name in ("url", "user")}
        # The certificate is compared on the next page: it is not what is wrong with these answers.
        problems = problems_with("source", {"kind": "ksc", **told, "password": "clear:source.password", "fingerprint": f"sha256:{'0' * 64}"})
        _tell(form, problems)
        if not form.errors:
            told["url"] = normal("source", {"kind": "ksc", **told, "password": "clear:source.password", "fingerprint": f"sha256:{'0' * 64}"}, "url")
            _demand(form, "password", "source.password", same=all(answers.get(name) == told[name] for name in told))
        if not form.errors:
            return _take_source(request, draft, form, told, answers)
    return _show(request, draft, Step.SOURCE, form)


def _take_source(request: HttpRequest, draft: Draft, form: SourceForm, told: Answers, answers: Answers) -> HttpResponse:
    """Seals the password; shows the certificate first where nobody has compared it yet, else checks."""
    _seal(form, {"password": "source.password"})
    same_server = answers.get("url") == told["url"]
    if same_server and answers.get("fingerprint"):
        return _check(request, Step.SOURCE, answers | told, anew=answers.get("user") != told["user"])
    if not str(told["url"]).startswith("https://"):
        return _check(request, Step.SOURCE, told, anew=True)
    try:
        told["certificate"] = checking.certificate_of(told["url"])
    except checking.NoCertificate as none:
        form.add_error("url", str(none))
        return _show(request, draft, Step.SOURCE, form)
    keep(Step.SOURCE, told, checked=None)
    return redirect(address_of(Step.SOURCE))


@step_view(Step.DESTINATION)
def destination(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Address, keys, External Product and write mode of Tigerpaw."""
    answers = draft.answers(Step.DESTINATION)
    if request.method != "POST":
        return _show(request, draft, Step.DESTINATION, DestinationForm(initial={"write_mode": "worklist", **answers}))
    if request.POST.get("do") == "trust":
        return _trust(request, Step.DESTINATION, answers)
    if request.POST.get("do") == "share":
        return _share(request)
    if request.POST.get("do") == "check" and answers:
        return _check(request, Step.DESTINATION, answers, anew=False)
    form = DestinationForm(request.POST)
    if form.is_valid():
        soap = form.cleaned_data["write_mode"] == "soap"
        names = ("url", "public_key", "external_product", "write_mode", *(("soap_user", "dialect") if soap else ()))
        told: Answers = {name: form.cleaned_data[name] for name in names if form.cleaned_data[name]}
        document = {"kind": "tigerpaw", **told, "private_key": "clear:destination.private_key"}
        document |= {"soap_password": "clear:destination.soap_password"} if soap else {}
        _tell(form, problems_with("destination", document))
        if not form.errors:
            told["url"] = normal("destination", document, "url")
            same_server = answers.get("url") == told["url"]
            _demand(form, "private_key", "destination.private_key", same=same_server and answers.get("public_key") == told["public_key"])
            if soap:
                _demand(form, "soap_password", "destination.soap_password", same=same_server and answers.get("soap_user") == told["soap_user"])
        if not form.errors:
            _seal(form, {"private_key": "destination.private_key"} | ({"soap_password": "destination.soap_password"} if soap else {}))
            if same_server and "fingerprint" in answers:
                told["fingerprint"] = answers["fingerprint"]
            anew = any(answers.get(name) != told[name] for name in ("url", "public_key", "external_product"))
            return _check(request, Step.DESTINATION, told, anew=anew)
    return _show(request, draft, Step.DESTINATION, form)


def _share(request: HttpRequest) -> HttpResponse:
    """Takes over the Tigerpaw of another integration."""
    told = sharing.take(request.POST.get("of", ""))
    return _check(request, Step.DESTINATION, told, anew=True) if told is not None else redirect(address_of(Step.DESTINATION))


def _trust(request: HttpRequest, step: Step, answers: Answers) -> HttpResponse:
    """Pins the certificate that was shown and that a person says is the right one."""
    shown = answers.get("certificate", {}).get("fingerprint")
    if shown is None or request.POST.get("fingerprint") != shown:
        return redirect(address_of(step))
    return _check(request, step, answers | {"fingerprint": shown}, anew=True)


def _check(request: HttpRequest, step: Step, answers: Answers, *, anew: bool) -> HttpResponse:  # noqa: ARG001 - one signature for all that answers
    """Keeps the answers, checks them live, keeps what was found, and leads to the next step if nothing is wrong."""
    answers = {name: value for name, value in answers.items() if name not in ("certificate", "checks")}
    keep(step, answers, checked=None, anew=anew)
    now = integrations.clock()
    if step is Step.SOURCE:
        found = checking.source_checks(Draft().with_source_alone(), now)
    else:
        found = checking.destination_checks(Draft().with_destination_alone(), now)
    answers["checks"] = found
    if checking.passed(found):
        keep(step, answers, checked=now(), anew=False)
        return redirect(address_of(list(Step)[list(Step).index(step) + 1]))
    if certificate := _certificate_to_compare(answers):
        answers["certificate"] = certificate
    keep(step, answers, checked=None, anew=False)
    return redirect(address_of(step))


def _certificate_to_compare(answers: Answers) -> dict[str, Any] | None:
    """The certificate that the server shows now, where it is another one than a person has compared."""
    if not str(answers["url"]).startswith("https://"):
        return None
    try:
        shown = checking.certificate_of(str(answers["url"]))
    except checking.NoCertificate:
        return None
    return shown if shown["fingerprint"] != answers.get("fingerprint") else None


def _tell(form: Form, problems: dict[str, str]) -> None:
    """Each problem at its field, or on top where the form has no field for it."""
    for name, sentence in problems.items():
        form.add_error(name if name in form.fields else None, sentence)


def _demand(form: Form, field: str, place: str, *, same: bool) -> None:
    """A secret must be given where there is none yet, or where it would go to somebody else than before."""
    if form.cleaned_data.get(field):
        return
    if not has_secret(place):
        form.add_error(field, _MISSING)
    elif not same:
        form.add_error(field, _ASK_AGAIN)


def _seal(form: Form, places: dict[str, str]) -> None:
    for field, place in places.items():
        if form.cleaned_data.get(field):
            keep_secret(place, form.cleaned_data[field])


def _show(request: HttpRequest, draft: Draft, step: Step, form: Form) -> HttpResponse:
    answers = draft.answers(step)
    if step is Step.SOURCE and draft.kind != KSC:
        answers = {}
    for field, place in _SECRETS.items():
        if field in form.fields and has_secret(place):
            form.fields[field].help_text = "Given already. Leave it empty to keep it."
    shown = {
        "form": form,
        "kept": bool(answers),
        "certificate": answers.get("certificate") if not form.is_bound else None,
        "pinned": answers.get("fingerprint"),
        "checks": answers.get("checks", []) if not form.is_bound else [],
        "chosen_kind": KSC,
        "shared": sharing.offered() if step is Step.DESTINATION and not answers else (),
    }
    return page(request, draft, step, shown, status=400 if form.errors else 200)
