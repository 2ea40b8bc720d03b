"""Where the simulated systems listen and who may sign in to them: what one needs to add an integration by hand when trying the product out."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from tallybridge.console import integrations
from tallybridge.console.access import needs
from tallybridge.console.models import Role


@needs(Role.VIEW)
def systems(request: HttpRequest) -> HttpResponse:
    """Addresses, names and passwords of a simulation; they are nobody's secrets. There is no such page where systems are real."""
    if not integrations.sandboxed():
        raise Http404("Nothing is simulated here. To try everything without risk, type on a machine of your own: tallybridge serve --sandbox")
    return render(request, "console/simulated/systems.html", {"systems": integrations.simulated_systems()})
