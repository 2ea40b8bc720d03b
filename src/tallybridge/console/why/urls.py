"""Addresses of a charge: its page, its seats as a file, and the page to print for the customer."""

from __future__ import annotations

from django.urls import path

from tallybridge.console.why import views

urlpatterns = [
    path("why/<int:agreement>/<path:item>/", views.why, name="why"),
    path("why-seats/<int:agreement>/<path:item>/seats.csv", views.seats_file, name="why-file"),
    path("why-print/<int:agreement>/<path:item>/", views.printable, name="why-print"),
]
