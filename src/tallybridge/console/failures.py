"""Pages for what went wrong: refused, not found, locked out, and an error of our own. None of them shows a value that it was not asked to (L11)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string

from tallybridge.configuration.errors import ConfigurationError
from tallybridge.ledger.errors import LedgerError

_OWN_ERROR = (
    "Tallybridge met an error of its own, and this page could not be made. If you were about to write to Tigerpaw: what was written stands "
    "under Runs, and whatever had no answer is read from Tigerpaw before anything else is written. Load the page again; if it comes back, the log "
    "of the service says what happened."
)
_OTHER_NAME = (
    "The console answers only to the host names that it was told, and this is none of them. Nothing was done. Start it with “--host-name NAME” "
    "for each further name; behind a proxy also with “--behind-proxy”."
)
_STRANGE = "The request was not one that the console's pages send. Nothing was done."
_log = logging.getLogger("tallybridge.console")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: what is not there, and nothing else was done."""
    said = str(exception.args[0]) if exception is not None and exception.args and isinstance(exception.args[0], str) else ""
    sentence = said or "No page has this address. Nothing was done. Look for the customer, or go on from the overview."
    return _page(request, "There is no such page", sentence, 404)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django gives it
    """400: a request that no browser of ours sends, or one for a host name that is not in the closed list. Repeats nothing of it."""
    other_name = isinstance(exception, DisallowedHost)
    shown = {
        "title": "Not under this name" if other_name else "This cannot be answered",
        "sentence": _OTHER_NAME if other_name else _STRANGE,
        "bare": True,
    }
    return HttpResponse(render_to_string("console/own_error.html", shown), status=400)


def own_error(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django gives it
    """500: what happened is in the log, not on the page. Asks nothing of the ledger, which may be what failed."""
    shown = {"title": "Something went wrong", "sentence": _OWN_ERROR}
    return HttpResponse(render_to_string("console/own_error.html", shown), status=500)


class FailuresMiddleware:
    """Tells what cannot be read or written in its own words, on whichever page it comes up: those errors are written for people (L11)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self._get_response(request)
        return _only_sent_to(request, answer) if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED else answer

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """None for an error of our own, which `own_error` tells."""
        if isinstance(error, ConfigurationError):
            shown = {"title": "The configuration has problems", "sentence": "Nothing was changed.", "problems": [str(one) for one in error.problems]}
            return render(request, "console/failure.html", shown, status=409)
        if isinstance(error, LedgerError):
            _log.warning("the ledger refused: %s", error)
            return render(request, "console/failure.html", {"title": "The ledger cannot do this now", "sentence": str(error)}, status=503)
        return None


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form that this browser was not given, or that is too old."""
    from tallybridge.console.signing_in import unsent  # noqa: PLC0415 - Django imports this file before the tables are there

    _log.info("a form was refused: %s", reason)
    if unsent.keep_older_form(request):
        return redirect("unsent")
    sentence = "The form was too old, or came from somewhere else. Nothing was done. Go back, load the page again and send it once more."
    return _page(request, "The form was not accepted", sentence, 403)


def locked_out(request: HttpRequest, credentials: dict[str, Any] | None = None, *_args: Any, **_kwargs: Any) -> HttpResponse:  # noqa: ARG001
    """429: too many wrong passwords."""
    sentence = "Too many wrong passwords for this name. Nobody was signed in. Wait a quarter of an hour, or let an administrator type on the server: "
    return _page(request, "Wait a little", f"{sentence}tallybridge admin reset NAME", 429)


def _only_sent_to(request: HttpRequest, answer: HttpResponseBase) -> HttpResponse:
    """405: an address that forms are sent to was opened, for example by loading it again."""
    sentence = "This address only takes forms. Nothing was done. Go back to the page that you came from, or on from the overview."
    shown = _page(request, "There is nothing to show here", sentence, HTTPStatus.METHOD_NOT_ALLOWED)
    shown["Allow"] = answer["Allow"]
    return shown


def _page(request: HttpRequest, title: str, sentence: str, status: int) -> HttpResponse:
    return render(request, "console/failure.html", {"title": title, "sentence": sentence}, status=status)
