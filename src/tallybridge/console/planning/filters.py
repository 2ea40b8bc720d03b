"""The filter chips, the search and the paging of the plan page, over short facts of every customer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator

from tallybridge.ledger.plan_queries import PlannedTenant
from tallybridge.runs.reports import TenantOutcome

PER_PAGE = 50

_NOT_BILLED = frozenset({TenantOutcome.NOT_LINKED.value, TenantOutcome.BILLING_OFF.value})

SHOWS: Mapping[str, tuple[str, Callable[[PlannedTenant], bool]]] = {
    "changes": ("Changes", lambda one: bool(one.writes)),
    "held": ("Held", lambda one: bool(one.waits)),
    "blocked": ("Blocked", lambda one: one.outcome == TenantOutcome.BLOCKED),
    "failed": ("Failed", lambda one: one.outcome == TenantOutcome.FAILED),
    "waiting": ("On the worklist", lambda one: one.outcome == TenantOutcome.WAITING),
    "unchanged": ("Unchanged", lambda one: one.outcome == TenantOutcome.UNCHANGED),
    "off": ("Not billed", lambda one: one.outcome in _NOT_BILLED),
    "all": ("All", lambda _: True),
}


class Chip(NamedTuple):
    """One filter with the number of customers that it shows."""

    name: str
    title: str
    customers: int
    address: str
    here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Filtered:
    """What the filters leave."""

    chips: tuple[Chip, ...]
    show: str
    text: str
    page: Page[PlannedTenant]
    before: str
    """Address of the page before; "" where there is none."""
    after: str


def filtered(tenants: Iterable[PlannedTenant], asked: Mapping[str, Any], *, start: str = "changes") -> Filtered:
    """The customers that the address asks for.

    Args:
        asked: `show` names a chip, `text` is searched in names and items, `page` is counted from 1; whatever is unknown counts as not given.
        start: the chip of an address that names none.
    """
    tenants = tuple(tenants)
    show = str(asked.get("show") or start)
    show = show if show in SHOWS else start
    text = str(asked.get("text") or "").strip()
    found = tuple(one for one in tenants if _has(one, text.casefold())) if text else tenants
    page = Paginator([one for one in found if SHOWS[show][1](one)], PER_PAGE).get_page(asked.get("page"))
    counts = {name: sum(1 for one in found if fits(one)) for name, (_, fits) in SHOWS.items()}
    always = {show, "changes", "all"}
    chips = tuple(
        Chip(name, title, counts[name], _address(name, text), name == show) for name, (title, _) in SHOWS.items() if counts[name] or name in always
    )
    before = _address(show, text, page.previous_page_number()) if page.has_previous() else ""
    after = _address(show, text, page.next_page_number()) if page.has_next() else ""
    return Filtered(chips=chips, show=show, text=text, page=page, before=before, after=after)


def _has(tenant: PlannedTenant, text: str) -> bool:
    return text in tenant.name.casefold() or any(text in line.item.casefold() for line in tenant.lines)


def _address(show: str, text: str, page: int = 1) -> str:
    given = {"show": show} | ({"text": text} if text else {}) | ({"page": str(page)} if page > 1 else {})
    return f"?{urlencode(given)}"
