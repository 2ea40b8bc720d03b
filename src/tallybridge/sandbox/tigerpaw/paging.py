"""Pages of a search: which rows a request asks for, and what the reply says about the rest (Tigerpaw reference 1.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# our choice: the reference knows neither the default nor the largest page
DEFAULT_PAGE_SIZE = 50
LARGEST_PAGE_SIZE = 1000

Row = TypeVar("Row")


class PagingError(ValueError):
    """The page asked for cannot be read as numbers."""


@dataclass(frozen=True)
class PageRequest:
    """Rows `start_row` (counted from 1) and on, at most `page_size` of them."""

    page_size: int = DEFAULT_PAGE_SIZE
    start_row: int = 1


@dataclass(frozen=True)
class Page(Generic[Row]):
    """The rows of one page; `next_row` is the StartRow of the next page."""

    rows: Sequence[Row]
    page_size: int
    next_row: int
    total: int


def page_request(members: Iterable[tuple[str, Any]]) -> PageRequest:
    """Reads the page from query parameters or from a body's members.

    Accepts `PageSize`, `pageSize`, `pageRequest.pageSize` and `pageRequestPageSize` (and the same for StartRow), in any case.
    Raises PagingError when a value is no number.
    """
    found: dict[str, int] = {}
    for name, value in members:
        plain = name.lower().replace(".", "").removeprefix("pagerequest")
        if plain in {"pagesize", "startrow"} and value is not None:
            found[plain] = _number(name, value)
    size = found.get("pagesize", DEFAULT_PAGE_SIZE)
    # our choice: sizes below 1 mean the default, larger ones than the largest are cut, rows below 1 mean the first
    size = DEFAULT_PAGE_SIZE if size < 1 else min(size, LARGEST_PAGE_SIZE)
    return PageRequest(page_size=size, start_row=max(found.get("startrow", 1), 1))


def cut(rows: Sequence[Row], wanted: PageRequest) -> Page[Row]:
    """The page of `rows` that was asked for."""
    first = wanted.start_row - 1
    after = first + wanted.page_size
    # our choice: the last page, and any page behind it, says 0
    next_row = after + 1 if after < len(rows) else 0
    return Page(rows=rows[first:after], page_size=wanted.page_size, next_row=next_row, total=len(rows))


def _number(name: str, value: object) -> int:
    try:
        return int(str(value))
    except ValueError as error:
        raise PagingError(f"{name} is not a number.") from error
