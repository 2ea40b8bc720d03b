"""Reading a search reply to its end, safely: the index base, page limits and the last NextRow are not documented (Tigerpaw reference 1.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tallybridge.billing.reasons import Reason
from tallybridge.destinations.base import ReadFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from tallybridge.destinations.tigerpaw.models import Page

RowT = TypeVar("RowT")


def read_to_the_end(fetch: Callable[[int], Page[RowT]], *, identity: Callable[[RowT], Hashable], first_row: int, what: str) -> list[RowT]:
    """Every row of a paged reply, each once, in the order of arrival.

    Args:
        fetch: reads the page that begins at a row.
        identity: what makes a row one row; pages that overlap (another index base) or shift while being read show a row twice.
        first_row: where the first page begins.
        what: what is being read, for the error ("accounts of the External Product").

    Raises:
        ReadFailed: the announced total was not reached or was passed: unread is not zero (L1).
    """
    rows: dict[Hashable, RowT] = {}
    start = first_row
    while True:
        page = fetch(start)
        known = len(rows)
        for row in page.rows:
            rows.setdefault(identity(row), row)
        next_row = page.next_row or 0
        # A page without new rows, or one that does not lead on, would be read for ever.
        if len(rows) >= page.total_count or len(rows) == known or next_row <= start:
            break
        start = next_row
    if len(rows) != page.total_count:
        raise ReadFailed(
            Reason.PSA_UNREACHABLE,
            f"Tigerpaw announced {page.total_count} rows for {what}, but {len(rows)} could be read, so the list is not taken. "
            "Reading wrote nothing. Run again; if it stays, check the paging settings (paging_names, first_row).",
        )
    return list(rows.values())
