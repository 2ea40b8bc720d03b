"""The list of customers as a person asks for it: searched, filtered by state, sorted, a page at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlencode

from django.http import QueryDict

from tallybridge.console.customers.fleet import Customer
from tallybridge.console.customers.states import State

A_PAGE = 50
PENDING = "pending"
COLUMNS = {
    "name": "Customer",
    "account": "Account",
    "counted": "Counted",
    "billed": "Billed",
    "state": "State",
    "observed": "Last read",
}
_WORST_FIRST = (
    State.FAILED,
    State.BLOCKED,
    State.HELD,
    State.WAITING,
    State.TO_APPLY,
    State.NOT_RUN,
    State.NOT_LINKED,
    State.BILLING_OFF,
    State.BILLED,
)
_ALWAYS_SHOWN = (State.BILLED, State.HELD, State.BLOCKED, State.FAILED, State.NOT_LINKED, State.BILLING_OFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was asked for."""

    text: str = ""
    state: str = ""
    sort: str = "name"
    falling: bool = False
    page: int = 1

    @classmethod
    def of(cls, query: QueryDict) -> Wish:
        """Reads the address; what it does not know is left at the default."""
        sort = query.get("sort", "name")
        falling, column = sort.startswith("-"), sort.removeprefix("-")
        state = query.get("state", "")
        page = query.get("page", "1")
        return cls(
            text=query.get("q", "").strip(),
            state=state if state in (*State, PENDING) else "",
            sort=column if column in COLUMNS else "name",
            falling=falling,
            page=max(1, int(page)) if page.isdecimal() and len(page) < 7 else 1,
        )

    def address(self, **changed: object) -> str:
        """The query of the same wish with something changed; back on the first page unless the page is what changes."""
        one = replace(self, **({"page": 1} | changed))  # type: ignore[arg-type]  # names of this class's own fields
        asked = {
            "q": one.text,
            "state": one.state,
            "sort": ("-" if one.falling else "") + one.sort if one.sort != "name" or one.falling else "",
            "page": one.page if one.page > 1 else "",
        }
        return "?" + urlencode({name: value for name, value in asked.items() if value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A filter with how many customers it shows."""

    word: str
    count: int
    address: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A column's heading and the address that sorts by it."""

    column: str
    title: str
    address: str
    numeric: bool
    sorted: str
    """"ascending", "descending" or ""."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What is shown."""

    wish: Wish
    page: tuple[Customer, ...]
    found: int
    """How many customers fit the wish, on all pages."""
    all: int
    pages: int
    chips: tuple[Chip, ...]
    headings: tuple[Heading, ...]
    previous: str
    next: str


def choose(customers: Sequence[Customer], wish: Wish, *, units: Callable[[], dict[str, int]], observed: Callable[[], dict[str, datetime]]) -> Listed:
    """The page of customers that was asked for.

    Args:
        units, observed: units counted and the instant of the last observation by key, asked for only where they decide the order.
    """
    fitting = [one for one in customers if _fits(one, wish.text.casefold())]
    shown = [one for one in fitting if _in_state(one, wish.state)]
    key = _key_of(wish.sort, units, observed)
    shown.sort(key=key, reverse=wish.falling)
    pages = max(1, -(-len(shown) // A_PAGE))
    at = min(wish.page, pages)
    return Listed(
        wish=replace(wish, page=at),
        page=tuple(shown[(at - 1) * A_PAGE : at * A_PAGE]),
        found=len(shown),
        all=len(customers),
        pages=pages,
        chips=tuple(_chips(fitting, wish)),
        headings=tuple(_heading(column, title, wish) for column, title in COLUMNS.items()),
        previous=wish.address(page=at - 1) if at > 1 else "",
        next=wish.address(page=at + 1) if at < pages else "",
    )


def _fits(one: Customer, text: str) -> bool:
    if not text:
        return True
    said = (one.name, one.key, str(one.number or ""), str(one.account or ""), one.account_name, str(one.agreement or ""))
    return any(text in part.casefold() for part in said)


def _in_state(one: Customer, state: str) -> bool:
    return not state or (one.pending is not None if state == PENDING else one.state == state)


def _chips(fitting: Sequence[Customer], wish: Wish) -> Iterable[Chip]:
    counts = Counter(one.state for one in fitting)
    yield Chip(word="all", count=len(fitting), address=wish.address(state=""), chosen=not wish.state)
    for state in State:
        if counts[state] or state in _ALWAYS_SHOWN or wish.state == state:
            yield Chip(word=state.word, count=counts[state], address=wish.address(state=state.value), chosen=wish.state == state)
    pending = sum(1 for one in fitting if one.pending is not None)
    if pending or wish.state == PENDING:
        yield Chip(word=PENDING, count=pending, address=wish.address(state=PENDING), chosen=wish.state == PENDING)


def _heading(column: str, title: str, wish: Wish) -> Heading:
    here = wish.sort == column
    return Heading(
        column=column,
        title=title,
        address=wish.address(sort=column, falling=here and not wish.falling),
        numeric=column in ("counted", "billed"),
        sorted=("descending" if wish.falling else "ascending") if here else "",
    )


def _key_of(
    column: str, units: Callable[[], dict[str, int]], observed: Callable[[], dict[str, datetime]]
) -> Callable[[Customer], tuple[object, ...]]:
    name: Callable[[Customer], str] = lambda one: one.name.casefold()  # noqa: E731 - the tie-breaker of every order
    match column:
        case "account":
            return lambda one: (one.account is None, one.account_name.casefold(), one.account or 0, name(one))
        case "billed":
            return lambda one: (one.billed if one.billed is not None else -1, name(one))
        case "counted":
            counted = units()
            return lambda one: (counted.get(one.key, -1), name(one))
        case "state":
            return lambda one: (_WORST_FIRST.index(one.state), name(one))
        case "observed":
            at, never = observed(), datetime.min.replace(tzinfo=UTC)
            return lambda one: (at.get(one.key, never), name(one))
        case _:
            return lambda one: (name(one), one.key)
