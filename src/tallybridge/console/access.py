"""Who may open which page. Every view says so itself; one that does not is refused to everybody, so nothing is ever open by forgetting."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from tallybridge.console.models import Person, Role

View = Callable[..., HttpResponseBase]
_V = TypeVar("_V", bound=View)
_MARK = "tallybridge_access"
_ANYBODY = "anybody"
_FIRST = "first"


def anybody(view: _V) -> _V:
    """Marks a view that needs no sign-in: the sign-in itself, an invitation, the first start."""
    setattr(view, _MARK, _ANYBODY)
    return view


def first_start(view: _V) -> _V:
    """Marks the one view that is open to everybody even while there is no administrator; every other then leads to it."""
    setattr(view, _MARK, _FIRST)
    return view


def needs(role: Role) -> Callable[[_V], _V]:
    """Marks a view that needs this role or a higher one, signed in with every step that the person has set up."""

    def mark(view: _V) -> _V:
        setattr(view, _MARK, role)
        return view

    return mark


def needs_to_post(role: Role) -> Callable[[View], View]:
    """Marks a view that everybody who may view can open, and only this role may send anything to."""

    def mark(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in ("GET", "HEAD") and not may(request, role):
                return forbidden(request, role)
            return view(request, *args, **kwargs)

        setattr(checked, _MARK, Role.VIEW)
        return checked

    return mark


def access_of(view: Callable[..., Any]) -> Role | str | None:
    """What a view is marked with; None where it is not marked at all."""
    marked: Role | str | None = getattr(view, _MARK, None)
    return marked


def role_of(user: User | AnonymousUser) -> Role | None:
    """The person's role; None for somebody who is not signed in or has none."""
    if not user.is_authenticated or not user.is_active:
        return None
    person = Person.objects.filter(user=user).first()
    return Role(person.role) if person is not None else None


def administrator_exists() -> bool:
    """Whether there is an active administrator."""
    return Person.objects.filter(role=Role.ADMINISTER, user__is_active=True).exists()


def may(request: HttpRequest, role: Role) -> bool:
    """Whether the person behind a request has this role or a higher one."""
    own = getattr(request, "role", None)
    return isinstance(own, Role) and own.rank >= role.rank


def forbidden(request: HttpRequest, role: Role) -> HttpResponse:
    """Says which role is needed."""
    return render(request, "console/forbidden.html", {"needed": role.label}, status=403)


class AccessMiddleware:
    """Refuses what a view does not open to the person who asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        role = role_of(request.user)
        half_way = role is not None and not _second_step_done(request)
        request.second_step_due = half_way  # type: ignore[attr-defined]  # asked below
        request.role = None if half_way else role  # type: ignore[attr-defined]  # what `may` and the templates ask for
        return self._get_response(request)

    def process_view(self, request: HttpRequest, view: View, _args: Any, _kwargs: Any) -> HttpResponseBase | None:
        marked = access_of(view)
        if getattr(request, "role", None) is None and marked != _FIRST and not administrator_exists():
            return _to(request, "start", with_next=False)
        if marked in (_ANYBODY, _FIRST):
            return None
        if getattr(request, "role", None) is None:
            return _sign_in_first(request)
        if not isinstance(marked, Role) or not may(request, marked):
            return forbidden(request, marked if isinstance(marked, Role) else Role.ADMINISTER)
        return None


def _second_step_done(request: HttpRequest) -> bool:
    """Whether a person who has set up two-step verification has passed it in this session."""
    from django_otp import user_has_device  # noqa: PLC0415 - needs the console's tables

    verified = getattr(request.user, "is_verified", lambda: False)()
    return verified or not user_has_device(request.user)


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    """The way in. A form that was sent after the session had ended is carried along, so that nothing has to be filled in twice."""
    from tallybridge.console.signing_in import unsent, views  # noqa: PLC0415 - they are marked with what stands here

    if getattr(request, "second_step_due", False):
        return _to(request, "second-step")
    form = unsent.of_request(request) if request.headers.get("HX-Request") != "true" else None
    if form is not None:
        return views.sign_in_anew(request, form)
    return _to(request, "sign-in", looked_at=str(unsent.ended_session(request).get("integration", "")))


def _to(request: HttpRequest, name: str, *, with_next: bool = True, looked_at: str = "") -> HttpResponse:
    """Leads to another page; what was asked for is remembered where it can be asked for again; htmx leads the whole page there.

    Args:
        looked_at: the integration that the person looked at before, where that is not known otherwise.
    """
    address = reverse(name)
    if request.headers.get("HX-Request") == "true":
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = address
        return answer
    if with_next:
        back = request.get_full_path() if request.method == "GET" else page_of(request)
        if looked_at and "integration=" not in back:
            back += f"{'&' if '?' in back else '?'}{urlencode({'integration': looked_at})}"
        address = f"{address}?{urlencode({'next': back})}"
    return redirect(address)


def page_of(request: HttpRequest) -> str:
    """The page on which the form stood, as the browser tells; the overview where it does not."""
    before = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(before, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    path = "/" + before.split("/", 3)[3] if ours and before.count("/") >= 3 else ""
    return path or reverse("overview")
