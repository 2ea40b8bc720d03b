"""A form that was sent after the session had ended: nothing of it was carried out, and what was filled in is kept over signing in again.

It travels in the sign-in page itself, sealed so that nobody can put words into somebody's mouth, and is not stored before somebody has signed in.
Passwords, keys, codes and files are never part of it: they have to be given again.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve

from tallybridge.console import integrations
from tallybridge.console.access import page_of

FIELD = "unsent"
"""The hidden field of the sign-in that carries it; also its name in the session afterwards."""
_SALT = "tallybridge.unsent"
_MOST = 256 * 1024
"""Letters of all values: a list of thousands of customers may be confirmed at once."""
_OLDEST = timedelta(hours=12)
_SECRET = re.compile(r"password|again|key$|secret|code|token", re.IGNORECASE)
_NOT_FILLED_IN = {"next", "do"}
"""Where to go afterwards, and which button was pressed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsentForm:
    """What was filled in."""

    path: str
    """Where it was to be sent to."""
    page: str
    """The page that it stood on."""
    fields: tuple[tuple[str, str], ...]
    """Names and values, in the order of the form; without secrets."""
    secrets: tuple[str, ...]
    """Names of the secrets that were filled in."""
    files: bool
    """Whether files belonged to it."""
    user: str
    """Id of the person whose session had ended."""
    integration: str
    """The integration that the person looked at; "" where none was chosen."""

    @property
    def shown(self) -> tuple[tuple[str, str], ...]:
        """What a person filled in, in words."""
        return tuple((_label(name), value) for name, value in self.fields if name not in _NOT_FILLED_IN and value)


def of_request(request: HttpRequest) -> UnsentForm | None:
    """What a request that nobody is signed in for wanted to send; None where nothing was filled in, more than can be kept, or by nobody known."""
    ended = ended_session(request) if request.method == "POST" else {}
    return _form(request, str(ended["_auth_user_id"]), str(ended.get(integrations.CHOSEN, ""))) if "_auth_user_id" in ended else None


def keep_older_form(request: HttpRequest) -> bool:
    """Keeps what somebody who is signed in has sent with a page that is older than their sign-in; whether there was anything.

    That it comes from one of our own pages is what the browser's `Origin` says; another site can make nobody keep anything.
    """
    ours = request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
    if not ours or getattr(request, "role", None) is None:
        return False
    form = _form(request, str(request.user.pk), "")
    if form is None:
        return False
    request.session[FIELD] = sealed(form)
    return True


def _form(request: HttpRequest, user: str, integration: str) -> UnsentForm | None:
    sent = [(name, str(value)) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken" for value in values]
    fields = tuple((name, value) for name, value in sent if not _SECRET.search(name))
    if not any(name not in _NOT_FILLED_IN and value for name, value in fields) or sum(len(name) + len(value) for name, value in fields) > _MOST:
        return None
    secrets = tuple(dict.fromkeys(name for name, value in sent if _SECRET.search(name) and value))
    return UnsentForm(
        path=request.path,
        page=page_of(request),
        fields=fields,
        secrets=secrets,
        files=bool(request.FILES),
        user=user,
        integration=integration,
    )


def sealed(form: UnsentForm) -> str:
    """The form as the sign-in page carries it."""
    return signing.dumps(asdict(form), salt=_SALT, compress=True)


def keep(request: HttpRequest, user: Any) -> bool:
    """Keeps in the session of somebody who has just signed in what the sign-in page carried; whether there was anything for them."""
    carried = request.POST.get(FIELD, "")
    if not carried:
        return False
    try:
        form = _opened(signing.loads(carried, salt=_SALT, max_age=_OLDEST))
    except signing.BadSignature:
        return False
    if form.user != str(user.pk):
        return False
    request.session[FIELD] = carried
    if form.integration:
        request.session[integrations.CHOSEN] = form.integration
    return True


def kept(request: HttpRequest) -> UnsentForm | None:
    """What is kept for the person behind a request."""
    carried = request.session.get(FIELD)
    if carried is None:
        return None
    try:
        return _opened(signing.loads(carried, salt=_SALT, max_age=_OLDEST))
    except signing.BadSignature:
        return None


def _opened(told: dict[str, Any]) -> UnsentForm:
    fields = tuple((name, value) for name, value in told.pop("fields"))
    return UnsentForm(fields=fields, secrets=tuple(told.pop("secrets")), **told)


def ended_session(request: HttpRequest) -> dict[str, Any]:
    """What the session held whose time has ended: its row stays for a while. Without it nobody knows whose form it was, and of which integration."""
    ended = Session.objects.filter(session_key=request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")).first()
    return ended.get_decoded() if ended is not None else {}


def _label(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").strip().capitalize()


def show(request: HttpRequest) -> HttpResponse:
    """What could not be sent, to be sent now or given up."""
    form = kept(request)
    if form is None:
        return redirect("overview")
    if request.method == "POST":
        del request.session[FIELD]
        return redirect(form.page)
    return render(
        request,
        "console/signing_in/unsent.html",
        {"form": form, "secrets": [(name, _label(name)) for name in form.secrets], "can_be_sent": not form.files and _is_there(form.path)},
    )


def _is_there(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True
