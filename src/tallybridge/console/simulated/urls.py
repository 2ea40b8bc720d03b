"""Address of the page on the simulated systems."""

from __future__ import annotations

from django.urls import path

from tallybridge.console.simulated import views

urlpatterns = [path("simulated/", views.systems, name="simulated")]
