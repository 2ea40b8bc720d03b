"""Addresses of the charts."""

from __future__ import annotations

from django.urls import path

from tallybridge.console.charts import views

urlpatterns = [path("charts/<str:address>/<str:scheme>-<str:size>.svg", views.chart, name="chart")]
