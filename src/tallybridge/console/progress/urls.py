"""Addresses of background work."""

from __future__ import annotations

from django.urls import path

from tallybridge.console.progress import views

urlpatterns = [
    path("work/<str:work>/", views.work, name="work"),
    path("work/<str:work>/stop/", views.stop, name="work-stop"),
]
