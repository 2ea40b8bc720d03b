"""Every view says who may open it, and nobody else gets in: all addresses × each role and nobody × GET and POST."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tallybridge.console.access import access_of
from tallybridge.console.models import AuditEntry, Role
from tallybridge.ledger.prepared import models
from tests.console.conftest import Desk

_ARGUMENTS = {"int": "1", "str": "nothing-like-this", "path": "nothing/like/this", "slug": "nothing-like-this", "uuid": "0" * 32}


class Address(NamedTuple):
    """One address with made-up arguments, and what its view is marked with."""

    name: str
    path: str
    mark: Role | str | None


def _patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            yield from _patterns(one)
        else:
            yield one


def _address(pattern: URLPattern) -> Address:
    path = str(pattern.pattern)
    for name, converter in pattern.pattern.converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
        path = path.replace(f"<{kind}:{name}>", _ARGUMENTS[kind])
    return Address(str(pattern.name), f"/{path}", access_of(pattern.callback))


ADDRESSES = [_address(one) for one in _patterns(get_resolver())]
_MARKED = [one for one in ADDRESSES if isinstance(one.mark, Role)]
_OPEN_TO_ANYBODY = {"sign-in", "sign-out", "second-step", "invitation", "start"}


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda one: one.name)
def test_every_view_says_who_may_open_it(address: Address) -> None:
    assert address.mark is not None


def test_only_the_ways_in_are_open_to_anybody() -> None:
    assert {one.name for one in ADDRESSES if not isinstance(one.mark, Role)} == _OPEN_TO_ANYBODY


def test_no_address_is_left_with_an_unfilled_argument() -> None:
    assert not [one.path for one in ADDRESSES if "<" in one.path]


def _refused(answer: HttpResponseBase) -> bool:
    """Whether the page of a role that does not suffice was shown, or the way to sign in."""
    return answer.status_code == 403 or (answer.status_code == 302 and answer["Location"].startswith(("/sign-in/", "/second-step/")))


def test_nobody_gets_in_without_signing_in(desk: Desk) -> None:
    desk.client(Role.ADMINISTER)
    for address in _MARKED:
        for answer in (desk.get(address.path, None), desk.post(address.path, role=None)):
            assert answer.status_code == 302, address
            assert answer["Location"].startswith("/sign-in/"), address


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_what_it_suffices_for_and_nothing_else(desk: Desk, role: Role) -> None:
    desk.client(Role.ADMINISTER)
    for address in _MARKED:
        assert isinstance(address.mark, Role)
        suffices = role.rank >= address.mark.rank
        opened = desk.get(address.path, role)
        assert _refused(opened) is not suffices, (address, opened.status_code)
        if not suffices:
            assert desk.post(address.path, role=role).status_code == 403, address


def test_whoever_may_only_view_changes_nothing_by_posting(desk: Desk) -> None:
    desk.client(Role.ADMINISTER)
    before = models.ConfigurationVersion.objects.count(), models.HoldDecision.objects.count(), models.Intent.objects.count()
    own = {"own-account", "own-second-step", "own-recovery-codes", "own-second-step-remove"}
    for address in _MARKED:
        if address.name not in own:
            answer = desk.post(address.path, role=Role.VIEW)
            assert answer.status_code in {200, 302, 400, 403, 404, 405}, (address, answer.status_code)
    assert (models.ConfigurationVersion.objects.count(), models.HoldDecision.objects.count(), models.Intent.objects.count()) == before
    assert not AuditEntry.objects.exists()


def test_every_form_needs_the_token_of_this_browser(desk: Desk) -> None:
    signed_in = desk.client(Role.ADMINISTER)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = signed_in.cookies
    for client in (strict, Client(enforce_csrf_checks=True)):
        for address in ADDRESSES:
            answer = client.post(address.path, {"any": "thing"})
            assert answer.status_code == 403, (address, answer.status_code)
            assert "The form was not accepted" in answer.content.decode(), address


def test_a_page_runs_no_script_and_takes_no_style_from_elsewhere(desk: Desk) -> None:
    policy = desk.get("/")["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
