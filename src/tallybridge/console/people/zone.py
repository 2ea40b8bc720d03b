"""The time zone in which pages without an integration of their own write instants."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from tallybridge.configuration.errors import ConfigurationError
from tallybridge.console import integrations


def time_zone(request: HttpRequest) -> str:
    """That of the integration the person looks at; UTC where there is none, or where the configuration cannot be read."""
    try:
        configured = integrations.chosen(request)
    except (ConfigurationError, Http404):
        return "UTC"
    return configured.configuration.integration.time_zone if configured is not None else "UTC"
