"""Charts: drawn on the server, in the colors of the stylesheet, under the address of their content."""

from __future__ import annotations

import itertools
import re
from datetime import date, timedelta

import pytest

from tallybridge.console.charts import Series, publish, units_per_day
from tallybridge.console.charts.drawing import dates_shown
from tallybridge.console.charts.palette import STYLESHEET, tokens
from tallybridge.console.models import Role
from tests.console.conftest import Desk

DAYS = [date(2026, 11, 1) + timedelta(days=back) for back in range(20)]
SERIES = (
    Series(name="Select", points=tuple((day, 10 + place) for place, day in enumerate(DAYS))),
    Series(name="Advanced · windows server", points=tuple((day, 4) for day in DAYS)),
)


def test_the_same_data_have_the_same_address_and_other_data_another() -> None:
    assert publish(units_per_day(SERIES)) == publish(units_per_day(SERIES))
    assert publish(units_per_day(SERIES)) != publish(units_per_day(SERIES[:1]))


@pytest.mark.parametrize("size", ["broad", "wide", "narrow"])
@pytest.mark.parametrize(("scheme", "other"), [("light", "dark"), ("dark", "light")])
def test_a_chart_is_drawn_in_the_colors_of_its_scheme_and_names_its_series(desk: Desk, scheme: str, other: str, size: str) -> None:
    chart = publish(units_per_day(SERIES))
    answer = desk.get(f"/charts/{chart.address}/{scheme}-{size}.svg", Role.VIEW)
    drawn = desk.text(f"/charts/{chart.address}/{scheme}-{size}.svg", Role.VIEW)
    assert answer["Content-Type"] == "image/svg+xml"
    assert drawn.startswith("<svg")
    assert tokens(scheme)["accent"] in drawn
    assert tokens(other)["accent"] not in drawn
    assert all(one.name in drawn for one in SERIES)
    assert "<script" not in drawn


@pytest.mark.parametrize("part", ["0" * 64 + "/light-wide", "{}/blue-wide", "{}/light-huge"])
def test_a_chart_that_is_not_there_is_not_found(desk: Desk, part: str) -> None:
    address = part.format(publish(units_per_day(SERIES)).address)
    assert desk.get(f"/charts/{address}.svg").status_code == 404


@pytest.mark.parametrize("most", [2, 4, 7, 11])
@pytest.mark.parametrize("days", [1, 2, 3, 20, 31, 90, 400])
def test_dates_along_a_chart_end_with_its_last_day_at_equal_distances(days: int, most: int) -> None:
    last = date(2026, 12, 2)
    shown = dates_shown([last - timedelta(days=back) for back in range(days)], most)
    assert shown[-1] == last
    assert len(shown) <= most
    assert len({after - before for before, after in itertools.pairwise(shown)}) <= 1


def test_charts_are_not_for_everybody(desk: Desk) -> None:
    assert desk.get(f"/charts/{publish(units_per_day(SERIES)).address}/light-wide.svg", None).status_code == 302


def test_every_color_of_a_chart_is_a_token_of_the_stylesheet() -> None:
    said = set(re.findall(r"#[0-9a-f]{6}", STYLESHEET.read_text(encoding="utf-8")))
    assert set(tokens("light").values()) <= said
    assert set(tokens("dark").values()) <= said
    assert tokens("light")["ground"] != tokens("dark")["ground"]
