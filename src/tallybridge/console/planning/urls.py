"""Addresses of the plan, its decisions and the worklist."""

from __future__ import annotations

from django.urls import path

from tallybridge.console.planning import deciding, views, worklist

urlpatterns = [
    path("plan/", views.plan, name="plan"),
    path("plan/preview/", views.preview, name="plan-preview"),
    path("plan/confirm/", views.confirm, name="plan-confirm"),
    path("plan/apply/", views.apply, name="plan-apply"),
    path("plan/decide/", deciding.decide, name="plan-decide"),
    path("plan/worklist/", worklist.worklist, name="plan-worklist"),
    path("plan/worklist.csv", worklist.worklist_file, name="plan-worklist-file"),
]
