"""Search replies are read to their end or not at all (L1), and never for ever (Tigerpaw reference 1.5)."""

from __future__ import annotations

import pytest

from tallybridge.destinations.base import ReadFailed
from tallybridge.destinations.tigerpaw.models import AccountPage, AccountSummary
from tallybridge.destinations.tigerpaw.paging import read_to_the_end


class Server:
    """Serves account rows by (start row → rows, next row); counts what it is asked."""

    def __init__(self, total: int, pages: dict[int, tuple[list[int] | None, int | None]]) -> None:
        self.total = total
        self.pages = pages
        self.asked: list[int] = []

    def __call__(self, row: int) -> AccountPage:
        self.asked.append(row)
        assert len(self.asked) < 20, "it would be read for ever"
        numbers, next_row = self.pages[row]
        rows = None if numbers is None else [AccountSummary(account_number=number) for number in numbers]
        return AccountPage(total_count=self.total, next_row=next_row, accounts=rows)


def read(server: Server) -> list[int]:
    rows = read_to_the_end(server, identity=lambda row: row.account_number, first_row=1, what="accounts")
    return [row.account_number for row in rows]


@pytest.mark.parametrize(
    ("server", "numbers", "asked"),
    [
        pytest.param(Server(0, {1: ([], 0)}), [], [1], id="nothing announced, nothing sent"),
        pytest.param(Server(0, {1: (None, None)}), [], [1], id="null instead of an empty list"),
        pytest.param(Server(2, {1: ([10, 20], 3)}), [10, 20], [1], id="NextRow beyond the end is not followed"),
        pytest.param(Server(3, {1: ([10, 20], 3), 3: ([30], 0)}), [10, 20, 30], [1, 3], id="two pages"),
        pytest.param(Server(3, {1: ([10, 20], 2), 2: ([20, 30], 4)}), [10, 20, 30], [1, 2], id="pages that overlap show no row twice"),
    ],
)
def test_read_whole(server: Server, numbers: list[int], asked: list[int]) -> None:
    assert read(server) == numbers
    assert server.asked == asked


@pytest.mark.parametrize(
    "server",
    [
        pytest.param(Server(3, {1: ([10, 20], 0)}), id="the last NextRow comes too early"),
        pytest.param(Server(3, {1: ([10, 20], 1)}), id="NextRow stands still"),
        pytest.param(Server(3, {1: ([10, 20], None)}), id="NextRow is missing"),
        pytest.param(Server(3, {1: ([10, 20], 3), 3: ([], 4)}), id="an empty page before the end"),
        pytest.param(Server(3, {1: ([10, 20], 3), 3: ([10, 20], 5), 5: ([10, 20], 7)}), id="the same rows for ever"),
        pytest.param(Server(1, {1: ([10, 20], 0)}), id="more rows than announced"),
        pytest.param(Server(2, {1: (None, 0)}), id="rows announced, null sent"),
    ],
)
def test_l1_an_announced_total_that_is_not_met_is_no_answer(server: Server) -> None:
    with pytest.raises(ReadFailed, match="announced"):
        read(server)
    assert len(set(server.asked)) == len(server.asked), "no page is asked for twice"
