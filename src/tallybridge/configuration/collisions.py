"""What several files, one integration each, must not claim twice: each refusal names both integrations with their files and places.

One account may be linked from several integrations as long as they bill different items of its agreement: a line of an agreement has one
integration that says its quantity. Whether billing is switched on makes no difference, because a line stays when its billing is switched off.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from tallybridge.billing.model import Application
from tallybridge.configuration.catalog import combined
from tallybridge.configuration.document import Draft
from tallybridge.configuration.naming_values import matchers_of
from tallybridge.configuration.records import LinkSettings
from tallybridge.configuration.repetitions import CORRECT_LINK, ONE_LINK, Place, refuse_second, twice
from tallybridge.configuration.values import quoted

MOST_NAMED = 10
"""Items or applications named in one sentence; the rest is numbered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """A link, with what its integration bills."""

    place: Place
    link: LinkSettings
    items: frozenset[str]
    applications: tuple[Application, ...]
    """Only those that are mapped."""


def check_together(drafts: Iterable[Draft]) -> None:
    """Adds the contradictions between files to the problems of the later one.

    Accounts are compared between files of the same destination, tenants between files that share the source as well.
    """
    drafts = tuple(drafts)
    _check_names(drafts)
    accounts: dict[Hashable, list[_Claim]] = {}
    tenants: dict[Hashable, list[_Claim]] = {}
    for draft in drafts:
        for claim in _claims_of(draft):
            assert draft.destination is not None
            accounts.setdefault((draft.destination.url, claim.link.account), []).append(claim)
            if draft.source is not None:
                shared = (draft.destination.url, draft.source.kind, draft.source.origin, claim.link.tenant, claim.link.tenant_id)
                tenants.setdefault(shared, []).append(claim)
    for first, second in _pairs(accounts):
        _check_account(first, second)
    for first, second in _pairs(tenants):
        _check_tenant(first, second)


def _check_names(drafts: Iterable[Draft]) -> None:
    names = ((draft.integration.name, Place(draft, draft.places.setting("integration", "name"))) for draft in drafts if draft.integration)
    for name, first, second in twice(names):
        refuse_second(
            first,
            second,
            what=f"the integration name {quoted(name)}",
            expected="another name for each integration",
            advice="Set integration.name in one of the two files.",
        )


def _claims_of(draft: Draft) -> Iterator[_Claim]:
    if draft.destination is None:
        return
    mapped = frozenset(mapping.application for mapping in draft.mappings.values())
    catalog = combined(draft.applications.values(), mapped)
    items = frozenset(item for mapping in draft.mappings.values() for item in mapping.items())
    applications = tuple(application for application in catalog if application.name in mapped)
    for number, link in draft.links.items():
        yield _Claim(place=Place(draft, draft.places.entry("link", number)), link=link, items=items, applications=applications)


def _pairs(groups: dict[Hashable, list[_Claim]]) -> Iterator[tuple[_Claim, _Claim]]:
    """Each two claims of one group that stand in different files."""
    for claims in groups.values():
        for first, second in combinations(claims, 2):
            if first.place.draft is not second.place.draft:
                yield first, second


def _check_account(first: _Claim, second: _Claim) -> None:
    """Two integrations must not both say the quantity of one line."""
    agreement = second.link.agreement
    items = sorted(first.items & second.items)
    if agreement is None or agreement != first.link.agreement or not items:
        return
    refuse_second(
        first.place,
        second.place,
        what=f"account {second.link.account}",
        besides=f"; {_both(first, second)} bill {_named(items, 'item')} of its agreement {agreement}",
        expected="different items, or different agreements, where several integrations bill one account",
        advice="Map each item in one of the two files only, or link the account in one of them only.",
    )


def _check_tenant(first: _Claim, second: _Claim) -> None:
    """The seats of one tenant are billed to one account, and by one integration each."""
    link = second.link
    what = f"tenant {quoted(link.tenant)}" if link.tenant is not None else f"tenant_id {quoted(link.tenant_id or '')}"
    if first.link.account != link.account:
        refuse_second(first.place, second.place, what=what, expected=ONE_LINK, advice=CORRECT_LINK)
    elif applications := sorted(theirs.name for theirs in second.applications if any(_overlap(theirs, ours) for ours in first.applications)):
        refuse_second(
            first.place,
            second.place,
            what=what,
            besides=f"; {_both(first, second)} bill {_named(applications, 'application')} of it",
            expected="different applications where several integrations bill one tenant of the same source",
            advice="Map each application in one of the two files only: its devices would be billed twice.",
        )


def _overlap(one: Application, other: Application) -> bool:
    """Whether some license would lead to the one in its file and to the other in the other file, as far as matchers of one sort tell."""
    ours, theirs = set(matchers_of(one)), set(matchers_of(other))
    return not ours.isdisjoint(theirs) or _reaches(one, other) or _reaches(other, one)


def _reaches(one: Application, other: Application) -> bool:
    return any(name.startswith(one.prefixes) for name in (*other.exact, *other.prefixes))


def _both(first: _Claim, second: _Claim) -> str:
    """Both integrations by name, where they have one."""
    names = [claim.place.draft.integration.name for claim in (first, second) if claim.place.draft.integration is not None]
    return " and ".join(quoted(name) for name in names) if len(names) == 2 else "both files"


def _named(names: list[str], what: str) -> str:
    """`the same item "A"`, or several with their commas, the rest as a number."""
    shown = ", ".join(quoted(name) for name in names[:MOST_NAMED])
    rest = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"the same {what}{'s' if len(names) > 1 else ''} {shown}{rest}"
