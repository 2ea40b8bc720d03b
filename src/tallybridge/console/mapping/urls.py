"""Addresses of the price book mapping."""

from __future__ import annotations

from django.urls import path

from tallybridge.console.mapping import views

urlpatterns = [
    path("mapping/", views.mapping, name="mapping"),
    path("mapping/application/", views.application, name="mapping-application"),
    path("mapping/items/", views.items, name="mapping-items"),
    path("mapping/items/read/", views.read_items, name="mapping-read-items"),
    path("mapping/match/", views.match, name="mapping-match"),
]
