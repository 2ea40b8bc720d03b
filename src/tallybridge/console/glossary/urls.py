"""Address of the page that explains the words."""

from __future__ import annotations

from django.urls import path

from tallybridge.console.glossary import views

urlpatterns = [path("words/", views.words, name="words")]
