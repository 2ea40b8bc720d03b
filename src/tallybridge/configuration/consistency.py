"""What the tables of one file, and several files together, must not say twice: each refusal names both places."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple, TypeVar

from tallybridge.billing.model import Unit
from tallybridge.configuration.catalog import combined
from tallybridge.configuration.document import Draft
from tallybridge.configuration.naming_values import matchers_of
from tallybridge.configuration.values import quoted

Key = TypeVar("Key", bound=Hashable)

ONE_LINK = "one link for each tenant and each account"
CORRECT_LINK = "Remove one of the two links, or correct it."


class Place(NamedTuple):
    """A place in a file."""

    draft: Draft
    words: str

    def seen_from(self, draft: Draft) -> str:
        """Its name, with its file where that is another one."""
        return self.words if draft is self.draft else f"{self.draft.file}: {self.words}"


def check_one(draft: Draft) -> None:
    """Adds the contradictions within one file to its problems."""
    for what, first, second in _twice(_linked(draft)):
        _refuse(first, second, what=" ".join(what), expected=ONE_LINK, advice=CORRECT_LINK)
    _check_application_names(draft)
    _check_matchers(draft)
    _check_mappings(draft)


def check_together(drafts: Iterable[Draft]) -> None:
    """Adds the contradictions between files to the problems of the later one.

    Accounts are compared between files of the same destination, tenants between files that share the source as well.
    """
    drafts = tuple(drafts)
    names = ((draft.integration.name, Place(draft, draft.places.setting("integration", "name"))) for draft in drafts if draft.integration)
    for name, first, second in _twice(names):
        _refuse(
            first,
            second,
            what=f"the integration name {quoted(name)}",
            expected="another name for each integration",
            advice="Set integration.name in one of the two files.",
        )
    links = (
        ((destination.url, source.url if source is not None and kind != "account" else "", kind, value), place)
        for draft in drafts
        for source, destination in [(draft.source, draft.destination)]
        if destination is not None
        for (kind, value), place in _linked(draft)
    )
    for (_, _, kind, value), first, second in _twice(links):
        if first.draft is not second.draft:
            _refuse(first, second, what=f"{kind} {value}", expected=ONE_LINK, advice=CORRECT_LINK)


def _linked(draft: Draft) -> Iterator[tuple[tuple[str, str], Place]]:
    """What each link of a file takes for itself."""
    for number, link in draft.links.items():
        place = Place(draft, draft.places.entry("link", number))
        yield ("account", str(link.account)), place
        if link.tenant is not None:
            yield ("tenant", quoted(link.tenant)), place
        if link.tenant_id is not None:
            yield ("tenant_id", quoted(link.tenant_id)), place


def _check_application_names(draft: Draft) -> None:
    names = ((application.name, Place(draft, draft.places.entry("application", number))) for number, application in draft.applications.items())
    for name, first, second in _twice(names):
        _refuse(
            first,
            second,
            what=f"the application {quoted(name)}",
            expected="one table for each application",
            advice="Join the two, with all their matchers.",
        )


def _check_matchers(draft: Draft) -> None:
    """A license name must lead to one application only."""
    claims: dict[tuple[str, str | int], dict[str, Place]] = {}
    for number, application in draft.applications.items():
        place = Place(draft, draft.places.entry("application", number))
        for matcher in (("exact", application.name), *matchers_of(application)):
            claims.setdefault(matcher, {}).setdefault(application.name, place)
    for number, mapping in draft.mappings.items():
        place = Place(draft, draft.places.entry("mapping", number))
        claims.setdefault(("exact", mapping.application), {}).setdefault(mapping.application, place)
    for (kind, value), by_application in claims.items():
        for (first_name, first), (second_name, second) in pairwise(by_application.items()):
            shown = quoted(value) if isinstance(value, str) else str(value)
            spelled = kind.replace("_", " ") if kind != "exact" else "name"
            second.draft.refuse(
                second.words,
                found=f"the {spelled} {shown} for {quoted(second_name)}, which {first.words} claims for {quoted(first_name)}",
                expected="one application for each license name, prefix, part number and application id",
                advice="Take it out of one of the two.",
            )


def _check_mappings(draft: Draft) -> None:
    names = ((mapping.application, Place(draft, draft.places.entry("mapping", number))) for number, mapping in draft.mappings.items())
    for name, first, second in _twice(names):
        _refuse(
            first,
            second,
            what=f"the application {quoted(name)}",
            expected="one mapping for each application",
            advice="Join the two mappings into one.",
        )
    catalog = combined(draft.applications.values(), (mapping.application for mapping in draft.mappings.values()))
    units = {application.name: application.unit for application in catalog}
    declared = {application.name: number for number, application in draft.applications.items()}
    for number, mapping in draft.mappings.items():
        unit = units[mapping.application]
        if mapping.by_category and unit is not Unit.DEVICE:
            named = declared.get(mapping.application)
            origin = draft.places.entry("application", named) if named is not None else "the shipped catalog"
            draft.refuse(
                draft.places.entry("mapping", number),
                found=f"items by category for {quoted(mapping.application)}, which is counted by {_PLURALS[unit]} according to {origin}",
                expected="item: an application licensed per user or per mailbox has no device categories and takes one item",
                advice='Write item = "…" in place of the categories.',
            )


_PLURALS = {Unit.USER: "users", Unit.MAILBOX: "mailboxes"}


def _twice(entries: Iterable[tuple[Key, Place]]) -> Iterator[tuple[Key, Place, Place]]:
    """Each repetition of a key, with the place before it."""
    places: dict[Key, list[Place]] = {}
    for key, place in entries:
        places.setdefault(key, []).append(place)
    for key, found in places.items():
        for first, second in pairwise(found):
            yield key, first, second


def _refuse(first: Place, second: Place, *, what: str, expected: str, advice: str) -> None:
    found = f"{what}, which stands in {first.seen_from(second.draft)} already"
    second.draft.refuse(second.words, found=found, expected=expected, advice=advice)
