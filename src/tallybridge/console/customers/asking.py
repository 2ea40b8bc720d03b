"""What every view of the customers asks first: the integration that is looked at, and the person's pending changes of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tallybridge.configuration.errors import ConfigurationError
from tallybridge.configuration.records import Configuration
from tallybridge.console import integrations
from tallybridge.console.changing import may_change
from tallybridge.console.pending.edits import PendingChanges
from tallybridge.runs.configuring import Configured


class Asked(NamedTuple):
    """The integration that a request is about."""

    configured: Configured
    changes: PendingChanges

    @property
    def configuration(self) -> Configuration:
        """Its configuration in force."""
        return self.configured.configuration

    @property
    def name(self) -> str:
        """Its name."""
        return self.configuration.integration.name

    @property
    def may_change(self) -> bool:
        """Whether pages may change it; a file that declares it may not be gone around."""
        return may_change(self.configured)

    def shared(self) -> dict[str, Any]:
        """What every template of these pages knows."""
        return {
            "may_change": self.may_change,
            "origin": self.configured.origin,
            "zone": self.configuration.integration.time_zone,
        }


View = Callable[..., HttpResponse]


def of_integration(view: View) -> View:
    """A view that is given the integration, or a page that says what to do where there is none that can be read."""

    @wraps(view)
    def asked(request: HttpRequest, **more: Any) -> HttpResponse:
        request.section = "customers"  # type: ignore[attr-defined]  # which place of the navigation is lit
        try:
            configured = integrations.chosen(request)
        except ConfigurationError as error:
            return render(request, "console/customers/none.html", {"problems": [str(one) for one in error.problems]})
        if configured is None:
            return render(request, "console/customers/none.html", {"problems": ()})
        return view(request, Asked(configured, PendingChanges(request, configured)), **more)

    return asked
