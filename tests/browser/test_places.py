"""Every page that a person can open is among those that are pictured and looked at with axe: none of the URL configuration is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from django.urls import URLPattern, URLResolver, get_resolver

from tests.browser import assistant, doors, waiting
from tests.browser.places import OWN_PLACES, PLACES, SHEETS

FILES = {
    "chart",
    "overview-not-billed",
    "own-second-step-picture",
    "plan-worklist-file",
    "run-file",
    "runs-compare-file",
    "runs-file",
    "settings-export",
    "why-file",
    "audit-csv",
}
"""Answered with a file or a picture."""
PARTS = {"customers-agreements", "mapping-items", "overview-others"}
"""Answered with a part of a page that is looked at."""
DEEDS = {
    "customers-billing",
    "customers-look",
    "customers-read-accounts",
    "mapping-match",
    "mapping-read-items",
    "pending-cancel",
    "pending-save",
    "pending-undo",
    "people-active",
    "people-role",
    "people-two-step",
    "people-withdraw",
    "plan-apply",
    "plan-preview",
    "settings-test",
    "sign-out",
    "start-give-up",
    "work-stop",
}
"""Take a form, and lead to a page that is looked at."""


def _names(resolver: URLResolver) -> Iterator[str]:
    for one in resolver.url_patterns:
        if isinstance(one, URLPattern):
            yield str(one.name)
        else:
            yield from _names(one)


def test_every_page_of_the_url_configuration_is_looked_at() -> None:
    looked_at = {place.page for place in (*PLACES, *OWN_PLACES, *SHEETS)} | assistant.PAGES | doors.PAGES | waiting.PAGES
    assert set(_names(get_resolver())) - looked_at - FILES - PARTS - DEEDS == set()


def test_nothing_is_listed_that_the_url_configuration_does_not_have() -> None:
    listed = [*FILES, *PARTS, *DEEDS, *assistant.PAGES, *doors.PAGES, *waiting.PAGES, *(place.leads_to for place in (*PLACES, *OWN_PLACES, *SHEETS))]
    assert set(listed) - set(_names(get_resolver())) == {""}


def test_a_place_has_a_name_of_its_own() -> None:
    names = [place.name for place in chain(PLACES, OWN_PLACES, SHEETS)]
    assert len(names) == len(set(names))
