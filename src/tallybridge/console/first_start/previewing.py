"""The assistant's last step: saves the configuration, which the ledger rules from then on, and makes the first preview."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from tallybridge.configuration.errors import ConfigurationError
from tallybridge.configuration.records import Configuration
from tallybridge.console import changing, integrations, work
from tallybridge.console.first_start.draft import Draft, Step, forget
from tallybridge.console.first_start.frame import page, step_view
from tallybridge.ledger.opening import together
from tallybridge.runs.configuring import Configured
from tallybridge.runs.day import Order, run_day
from tallybridge.runs.reports import Mode


@step_view(Step.PREVIEW)
def preview(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Shows what will be saved; saves it and previews the first bill. Nothing is written to Tigerpaw."""
    try:
        configuration = draft.configuration()
        changing.check(configuration, was=None)
    except ConfigurationError as wrong:
        return page(request, draft, Step.PREVIEW, {"problems": [str(one) for one in wrong.problems]}, status=400)
    if request.method != "POST":
        billed = sum(link.billing for link in configuration.links)
        return page(request, draft, Step.PREVIEW, {"configuration": configuration, "billed": billed, "not_yet": len(configuration.links) - billed})
    with together():
        saved = changing.save(
            request, configuration, was=None, action="integration made", subject=configuration.integration.name, after=_words(configuration)
        )
        forget()
    request.session["integration"] = configuration.integration.name
    return _begin(request, saved)


def _begin(request: HttpRequest, saved: Configured) -> HttpResponse:
    clock = integrations.clock()

    def deed(under_way: work.Work) -> str:
        order = Order(
            configuration=saved.configuration,
            configuration_address=saved.address,
            mode=Mode.PLAN,
            clock=clock,
            stop=under_way.stop,
            progress=under_way.step,
            begun=under_way.begin,
        )
        run_day(order)
        return reverse("plan")

    try:
        begun = work.start("First preview", request.user.get_username(), clock(), deed)
    except work.Busy as busy:
        messages.warning(request, f"The configuration is saved. {busy} Make the preview here when that is done.")
        return redirect("plan")
    return redirect("work", work=begun.id)


def _words(configuration: Configuration) -> str:
    return (
        f"{configuration.source.origin} to {configuration.destination.url}, {configuration.destination.write_mode}; "
        f"{len(configuration.links)} links, {len(configuration.mappings)} mappings"
    )
