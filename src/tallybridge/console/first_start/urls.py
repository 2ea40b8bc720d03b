"""Addresses of the first start."""

from __future__ import annotations

from django.urls import path

from tallybridge.console.first_start import connecting, linking, mapping, previewing, scheduling, views

urlpatterns = [
    path("start/", views.start, name="start"),
    path("start/give-up/", views.give_up, name="start-give-up"),
    path("start/security-center/", connecting.source, name="start-source"),
    path("start/tigerpaw/", connecting.destination, name="start-destination"),
    path("start/schedule/", scheduling.schedule, name="start-schedule"),
    path("start/customers/", linking.links, name="start-links"),
    path("start/price-book/", mapping.mapping, name="start-mapping"),
    path("start/preview/", previewing.preview, name="start-preview"),
]
