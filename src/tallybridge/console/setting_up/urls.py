"""Addresses of the settings."""

from __future__ import annotations

from django.urls import path

from tallybridge.console.setting_up import carrying, connecting, exports, views

urlpatterns = [
    path("settings/", views.settings, name="settings"),
    path("settings/export/", carrying.export, name="settings-export"),
    path("settings/import/", carrying.upload, name="settings-import"),
    path("settings/import/summary/", carrying.summary, name="settings-summary"),
    path("settings/exports/", exports.send, name="settings-exports"),
    path("settings/release/", carrying.release, name="settings-release"),
    path("settings/test/<str:side>/", connecting.test, name="settings-test"),
    path("settings/certificate/<str:side>/", connecting.certificate, name="settings-certificate"),
    path("settings/<str:section>/", views.edit, name="settings-edit"),
]
