"""How far a piece of background work has come, and what became of it."""

from __future__ import annotations

from copy import copy

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from tallybridge.console import integrations
from tallybridge.console import work as background
from tallybridge.console.access import needs
from tallybridge.console.models import Role

_POLLED = "progress"
"""Id of the part of the page that asks for itself again."""


@needs(Role.VIEW)
def work(request: HttpRequest, work: str) -> HttpResponse:
    """The work's title and progress; leads to its result once there is one, and says in words what went wrong."""
    # As it stands at one moment: it may end while the page is written, and would be shown as done without leading on.
    found = copy(_found(work))
    if found.finished and not found.failed and found.result:
        if request.headers.get("HX-Request") == "true":
            answer = HttpResponse(status=204)
            answer["HX-Redirect"] = found.result
            return answer
        return redirect(found.result)
    polled = request.headers.get("HX-Target") == _POLLED
    seconds = int((integrations.clock()() - found.begun).total_seconds())
    shown = {"work": found, "seconds": max(0, seconds), "polled": polled}
    return render(request, "console/progress/part.html" if polled else "console/progress/work.html", shown)


@needs(Role.OPERATE)
@require_POST
def stop(request: HttpRequest, work: str) -> HttpResponse:
    """Asks the work to come to a clean end: what is being written is brought to its end, nothing new begins."""
    found = _found(work)
    if not found.finished:
        found.stop.set()
        messages.info(request, "It was asked to stop. What had begun is brought to a clean end.")
    return redirect("work", work=work)


def _found(work_id: str) -> background.Work:
    found = background.find(work_id)
    if found is None:
        raise Http404("This work is not known any more, because the console was started again since. What it did stands under Runs.")
    return found
