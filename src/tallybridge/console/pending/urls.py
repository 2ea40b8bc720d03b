"""Addresses of the pending changes."""

from __future__ import annotations

from django.urls import path

from tallybridge.console.pending import views

urlpatterns = [
    path("pending/", views.pending, name="pending"),
    path("pending/save/", views.save, name="pending-save"),
    path("pending/cancel/", views.cancel, name="pending-cancel"),
    path("pending/undo/", views.undo, name="pending-undo"),
]
