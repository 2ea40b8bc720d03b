"""Addresses of the runs. What begins with a word stands before what takes any id."""

from __future__ import annotations

from django.urls import path

from tallybridge.console.history import comparing_views, views

urlpatterns = [
    path("runs/", views.runs, name="runs"),
    path("runs.csv", views.runs_file, name="runs-file"),
    path("runs/compare/", comparing_views.compare, name="runs-compare"),
    path("runs/compare.csv", comparing_views.compare_file, name="runs-compare-file"),
    path("runs/<str:run>/changes.csv", views.run_file, name="run-file"),
    path("runs/<str:run>/", views.run, name="run"),
]
