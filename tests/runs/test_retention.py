"""When retention ends: months of the calendar before a billing date."""

from __future__ import annotations

from datetime import date

import pytest

from tallybridge.runs.retention import first_day_kept


@pytest.mark.parametrize(
    ("today", "months", "first"),
    [
        (date(2026, 11, 22), 24, date(2024, 11, 22)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2028, 3, 31), 1, date(2028, 2, 29)),
        (date(2026, 12, 1), 12, date(2025, 12, 1)),
        (date(2026, 5, 5), 40_000, date.min),
    ],
)
def test_so_many_months_are_kept(today: date, months: int, first: date) -> None:
    assert first_day_kept(today, months) == first
