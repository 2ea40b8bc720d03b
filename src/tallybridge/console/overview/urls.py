"""Addresses of the overview."""

from __future__ import annotations

from django.urls import path

from tallybridge.console.overview import views

urlpatterns = [
    path("", views.overview, name="overview"),
    path("overview/others/", views.others, name="overview-others"),
    path("not-billed.csv", views.not_billed_file, name="overview-not-billed"),
]
