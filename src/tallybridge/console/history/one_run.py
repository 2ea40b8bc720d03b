"""What one run made of each customer: filtered, searched, a page at a time; only the documents of that page are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
from django.core.paginator import Page, Paginator

from tallybridge.billing.plan import Action
from tallybridge.ledger import run_lists
from tallybridge.ledger.customer_queries import TenantInRun, tenants_in
from tallybridge.runs.reports import TenantOutcome

A_PAGE = 50
_AT_ONCE = 500

_WORST_FIRST = (
    TenantOutcome.FAILED,
    TenantOutcome.BLOCKED,
    TenantOutcome.HELD,
    TenantOutcome.WAITING,
    TenantOutcome.PLANNED,
    TenantOutcome.APPLIED,
    TenantOutcome.UNCHANGED,
    TenantOutcome.NOT_LINKED,
    TenantOutcome.BILLING_OFF,
)
_PLACES = {outcome.value: place for place, outcome in enumerate(_WORST_FIRST)}
SHOWS: Mapping[str, tuple[str, frozenset[str]]] = {
    "all": ("All", frozenset(_PLACES)),
    "changed": ("Changed", frozenset({TenantOutcome.APPLIED, TenantOutcome.PLANNED})),
    "held": ("Held", frozenset({TenantOutcome.HELD})),
    "waiting": ("On the worklist", frozenset({TenantOutcome.WAITING})),
    "blocked": ("Blocked", frozenset({TenantOutcome.BLOCKED})),
    "failed": ("Failed", frozenset({TenantOutcome.FAILED})),
    "unchanged": ("Unchanged", frozenset({TenantOutcome.UNCHANGED})),
    "off": ("Not billed", frozenset({TenantOutcome.NOT_LINKED, TenantOutcome.BILLING_OFF})),
}
_STATES = {Action.CREATE: "created", Action.UPDATE: "updated", Action.UNCHANGED: "unchanged", Action.HOLD: "held", Action.MOVE: "held"}


class Chip(NamedTuple):
    """One filter with the number of customers that it shows."""

    name: str
    title: str
    customers: int
    here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantShown:
    """One customer's part of a run."""

    tenant: TenantInRun
    changes: tuple[dict[str, Any], ...]
    """Lines that changed or wait, as its document tells them (contracts 2)."""
    unchanged: int
    """Lines that stay as they are."""
    not_billed: tuple[dict[str, Any], ...]
    document: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunShown:
    """A page of a run's customers."""

    chips: tuple[Chip, ...]
    show: str
    text: str
    page: Page[TenantInRun]
    tenants: tuple[TenantShown, ...]


def shown(run: str, *, show: str, text: str, page: str | None) -> RunShown:
    """A page of the customers of a run, the worst first.

    Args:
        show: the name of a filter; an unknown one counts as all.
        text: searched in names.
        page: counted from 1; whatever is none counts as the first.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    found = [one for one in ordered(tenants_in([run])) if text.casefold() in one.tenant.casefold()]
    show = show if show in SHOWS else "all"
    counts = {name: sum(1 for one in found if one.outcome in outcomes) for name, (_, outcomes) in SHOWS.items()}
    chips = tuple(Chip(name, title, counts[name], name == show) for name, (title, _) in SHOWS.items() if counts[name] or name in ("all", show))
    paged = Paginator([one for one in found if one.outcome in SHOWS[show][1]], A_PAGE).get_page(page)
    return RunShown(chips=chips, show=show, text=text, page=paged, tenants=tuple(with_documents(list(paged.object_list))))


def ordered(tenants: Iterable[TenantInRun]) -> list[TenantInRun]:
    """The worst outcome first, then by name."""
    return sorted(tenants, key=lambda one: (_PLACES.get(one.outcome, len(_PLACES)), one.tenant.casefold(), one.tenant_id))


def with_documents(rows: Sequence[TenantInRun]) -> Iterable[TenantShown]:
    """Customers with what the run's documents tell of them; so many are read at once that memory stays bounded."""
    for first in range(0, len(rows), _AT_ONCE):
        some = rows[first : first + _AT_ONCE]
        documents = run_lists.documents_of([one.id for one in some])
        yield from (_shown(one, msgspec.json.decode(documents[one.id])) for one in some)


class WrittenChange(msgspec.Struct):
    """A line of a customer's document (contracts 2), as a file lists it."""

    action: str
    item: str
    to: int | None
    before: int | None = msgspec.field(name="from")
    charge: int | None = None
    agreement: int | None = None
    reason: str | None = None
    detail: str | None = None


class _WrittenDocument(msgspec.Struct):
    changes: tuple[WrittenChange, ...] = ()


_written = msgspec.json.Decoder(_WrittenDocument)


def with_lines(rows: Sequence[TenantInRun]) -> Iterator[tuple[TenantInRun, tuple[WrittenChange, ...]]]:
    """Customers with every line of their documents, for a file: nothing else of the documents is decoded."""
    for first in range(0, len(rows), _AT_ONCE):
        some = rows[first : first + _AT_ONCE]
        documents = run_lists.documents_of([one.id for one in some])
        yield from ((one, _written.decode(documents[one.id]).changes) for one in some)


def state_of(change: dict[str, Any], outcome: str) -> tuple[str, str]:
    """The state of a line, and its word."""
    action = Action(change["action"])
    if action in (Action.HOLD, Action.MOVE):
        return "held", "held"
    if action is Action.UNCHANGED:
        return "unchanged", "unchanged"
    if change.get("reason") == "to_be_entered":
        return "waiting", "to be entered"
    if outcome == TenantOutcome.PLANNED:
        return "planned", "would be " + _STATES[action]
    if outcome == TenantOutcome.FAILED and change.get("reason"):
        return "failed", "failed"
    return "applied", _STATES[action]


def _shown(tenant: TenantInRun, document: dict[str, Any]) -> TenantShown:
    changes = [
        one | {"state": state_of(one, tenant.outcome), "why_agreement": one.get("agreement") or tenant.agreement}
        for one in document.get("changes", ())
    ]
    return TenantShown(
        tenant=tenant,
        changes=tuple(one for one in changes if one["action"] != Action.UNCHANGED),
        unchanged=sum(1 for one in changes if one["action"] == Action.UNCHANGED),
        not_billed=tuple(one for one in document.get("not_billed", ()) if one["quantity"] > 0),
        document=document,
    )
