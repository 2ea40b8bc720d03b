"""What the tables of one file must not say twice: each refusal names both places."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from tallybridge.billing.model import Unit
from tallybridge.configuration.catalog import combined
from tallybridge.configuration.document import Draft
from tallybridge.configuration.naming_values import matchers_of
from tallybridge.configuration.repetitions import CORRECT_LINK, ONE_LINK, Place, refuse_second, twice
from tallybridge.configuration.values import quoted


def check_one(draft: Draft) -> None:
    """Adds the contradictions within one file to its problems."""
    for what, first, second in twice(_linked(draft)):
        refuse_second(first, second, what=" ".join(what), expected=ONE_LINK, advice=CORRECT_LINK)
    _check_application_names(draft)
    _check_matchers(draft)
    _check_mappings(draft)


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
    for name, first, second in twice(names):
        refuse_second(
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
    for name, first, second in twice(names):
        refuse_second(
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
