"""Pages for what went wrong: refused, not found, locked out, and an error of our own. None of them shows a value that it was not asked to (L11)."""

from __future__ import annotations

import logging
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

_log = logging.getLogger("tallybridge.console")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    said = str(exception.args[0]) if exception is not None and exception.args and isinstance(exception.args[0], str) else ""
    return render(request, "console/failure.html", {"title": "There is no such page", "sentence": said}, status=404)


def own_error(request: HttpRequest) -> HttpResponse:
    """500: what happened is in the log, not on the page."""
    sentence = "Tallybridge met an error of its own. Nothing was written to Tigerpaw by this page. The log of the service says more."
    return render(request, "console/failure.html", {"title": "Something went wrong", "sentence": sentence}, status=500)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form that this browser was not given, or that is too old."""
    _log.info("a form was refused: %s", reason)
    sentence = "The form was too old or came from somewhere else, so nothing was done. Go back, reload the page and try again."
    return render(request, "console/failure.html", {"title": "The form was not accepted", "sentence": sentence}, status=403)


def locked_out(request: HttpRequest, credentials: dict[str, Any] | None = None, *_args: Any, **_kwargs: Any) -> HttpResponse:  # noqa: ARG001
    """429: too many wrong passwords."""
    sentence = "Too many wrong passwords for this name. Wait a quarter of an hour, or let an administrator type: tallybridge admin reset NAME"
    return render(request, "console/failure.html", {"title": "Wait a little", "sentence": sentence}, status=429)
