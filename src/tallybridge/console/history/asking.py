"""What every view of the runs asks first: the integration that is looked at."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from tallybridge.configuration.errors import ConfigurationError
from tallybridge.console import integrations
from tallybridge.runs.configuring import Configured

View = Callable[..., HttpResponse]


def of_integration(view: View) -> View:
    """A view that is given the integration. Where there is none that can be read, the overview says what to do."""

    @wraps(view)
    def asked(request: HttpRequest, **more: str) -> HttpResponse:
        request.section = "runs"  # type: ignore[attr-defined]  # which place of the navigation is lit
        try:
            configured: Configured | None = integrations.chosen(request)
        except ConfigurationError:
            configured = None
        return view(request, configured, **more) if configured is not None else redirect("overview")

    return asked
