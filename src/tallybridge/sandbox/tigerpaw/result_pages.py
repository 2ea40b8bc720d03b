"""The envelope around a page of search results (Tigerpaw reference 1.4, 1.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from tallybridge.sandbox.tigerpaw.paging import PageRequest, cut, page_request

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tallybridge.sandbox.tigerpaw.routing import RestCall

Record = TypeVar("Record")


def simple_page_request(call: RestCall) -> PageRequest:
    """The page that the query parameters ask for."""
    return page_request(call.query.items())


def found(member: str, records: Sequence[Record], wanted: PageRequest, model: Callable[[Record], dict[str, Any]]) -> dict[str, Any]:
    """The search envelope: one page of `records`, each as its model, under `member`."""
    page = cut(records, wanted)
    return {
        member: [model(record) for record in page.rows],
        "PageSize": page.page_size,
        "NextRow": page.next_row,
        "TotalCount": page.total,
        "Success": True,
        "Message": None,
    }
