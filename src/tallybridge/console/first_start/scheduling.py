"""The assistant's third step: the integration's name, its time zone and the time of its daily run."""

from __future__ import annotations

from datetime import time
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from tallybridge.configuration.records import IntegrationSettings
from tallybridge.console import integrations
from tallybridge.console.first_start.draft import HUB, Draft, Step, keep, problems_with
from tallybridge.console.first_start.forms import ScheduleForm, time_zones
from tallybridge.console.first_start.frame import address_of, page, step_view

NAME_TAKEN = "There is an integration of this name already. Give this one another name."


def name_is_taken(name: str) -> bool:
    """Whether an integration in force is called so."""
    return any(one.configuration.integration.name == name for one in integrations.all_configured())


@step_view(Step.SCHEDULE)
def schedule(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Charges are written only after a person has approved the day's plan: writing by itself can be chosen later, in the settings."""
    usual = IntegrationSettings(time_zone="UTC")
    # Exports are kept under the integration's name from the first of them on, so it was chosen with them.
    fixed = {"name": draft.answers(Step.SOURCE).get("name")} if draft.kind == HUB else {}
    form = ScheduleForm(request.POST or None, initial={"name": usual.name, "run_at": usual.run_at} | draft.answers(Step.SCHEDULE) | fixed)
    form.fields["name"].disabled = bool(fixed)
    if request.method == "POST" and form.is_valid() and name_is_taken(form.cleaned_data["name"]):
        form.add_error("name", NAME_TAKEN)
    if request.method == "POST" and form.is_valid():
        run_at: time = form.cleaned_data["run_at"]
        told = {"name": form.cleaned_data["name"], "time_zone": form.cleaned_data["time_zone"], "run_at": f"{run_at:%H:%M}"}
        for name, sentence in problems_with("integration", told).items():
            form.add_error(name or None, sentence)
        if not form.errors:
            keep(Step.SCHEDULE, told, checked=integrations.clock()())
            return redirect(address_of(Step.LINKS))
    zone = draft.answers(Step.SCHEDULE).get("time_zone")
    local = integrations.clock()().astimezone(ZoneInfo(zone)) if zone else None
    return page(
        request, draft, Step.SCHEDULE, {"form": form, "zones": time_zones(), "local": local, "zone": zone}, status=400 if form.errors else 200
    )
