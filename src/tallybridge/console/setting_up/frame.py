"""What the pages of the settings share: the integration that is looked at, and the refusal to change what a file declares."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from tallybridge.console import changing, integrations
from tallybridge.runs.configuring import Configured


def one_chosen(request: HttpRequest) -> Configured:
    """The integration that the person looks at.

    Raises:
        Http404: there is none yet.
    """
    configured = integrations.chosen(request)
    if configured is None:
        raise Http404("Nothing is configured yet, so there are no settings.")
    return configured


def chosen_to_change(request: HttpRequest) -> Configured | HttpResponse:
    """The same where pages may change it, else the way back with a sentence that names the file."""
    configured = one_chosen(request)
    if not changing.may_change(configured):
        messages.error(request, str(changing.DeclaredByFile(configured.origin)))
        return redirect("settings")
    return configured
