"""What the words on these pages mean."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tallybridge.console.access import needs
from tallybridge.console.models import Role


@needs(Role.VIEW)
def words(request: HttpRequest) -> HttpResponse:
    """The words, for whoever answers for the invoice and did not set Tallybridge up."""
    return render(request, "console/glossary/words.html")
