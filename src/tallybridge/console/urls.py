"""Every address of the console; each page's own stand in its folder."""

from __future__ import annotations

from django.urls import include, path

_PAGES = (
    "overview",
    "customers",
    "pending",
    "charts",
    "mapping",
    "planning",
    "history",
    "why",
    "setting_up",
    "signing_in",
    "people",
    "first_start",
    "progress",
    "glossary",
    "simulated",
)

urlpatterns = [path("", include(f"tallybridge.console.{page}.urls")) for page in _PAGES]
handler400 = "tallybridge.console.failures.bad_request"
handler404 = "tallybridge.console.failures.not_found"
handler500 = "tallybridge.console.failures.own_error"
