"""What a chart shows, as a Vega-Lite description without colors, and its drawing in a scheme and a size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, get_args

from tallybridge.console.charts.palette import Scheme, series_colors, tokens

Size = Literal["broad", "wide", "narrow"]
"""As broad as a page, as wide as its main column, or as narrow as a phone."""
SIZES: tuple[Size, ...] = get_args(Size)
Spec = dict[str, Any]

_DIMENSIONS: dict[Size, tuple[int, int]] = {"broad": (840, 220), "wide": (540, 200), "narrow": (280, 180)}
_MOST_DATES: dict[Size, int] = {"broad": 11, "wide": 7, "narrow": 4}
"""Dates along the axis for which there is room."""
_DASHES: tuple[list[int], ...] = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 4], [1, 3])
_LETTER, _SYMBOL = 7, 40
"""About the width of a letter of a legend, and of what stands before it."""
_SHORT = 20
"""Letters of names that may stand beside each other: how wide longer ones come out depends too much on the fonts of whoever looks."""
_FONT = "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, Liberation Sans, sans-serif"
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
_VERSION = "5.20"


_FIGURES = "datum.value >= 1e6 ? format(datum.value, '~s') : replace(format(datum.value, ',d'), ',', '\u202f')"
"""Thousands apart as in the tables, and millions short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line of a chart: its name, and units on days in order."""

    name: str
    points: tuple[tuple[date, int], ...]


def units_per_day(series: Iterable[Series]) -> Spec:
    """Units on each day, a stepped line for each series, told apart by color and dashes, with a dot on its last day; a day without a value is a gap
    of no length."""
    found = tuple(series)
    names = [one.name for one in found]
    values = [
        {"day": day.isoformat(), "units": units, "series": one.name, "last": place == len(one.points)}
        for one in found
        for place, (day, units) in enumerate(one.points, start=1)
    ]
    legend = None if len(names) < 2 else {"title": None}
    color = {"field": "series", "type": "nominal", "sort": names, "scale": {"domain": names}, "legend": legend}
    dash = {"field": "series", "type": "nominal", "sort": names, "scale": _dashes(names), "legend": legend}
    last = {
        "mark": {"type": "point", "filled": True, "size": 55, "opacity": 1},
        "transform": [{"filter": "datum.last"}],
        "encoding": {"color": color},
    }
    lines = {"mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 2}, "encoding": {"color": color, "strokeDash": dash}}
    return {
        "data": {"values": values},
        "encoding": {
            # Dates have no time zone: without this the axis would show those of the machine's.
            "x": {"field": "day", "type": "temporal", "title": None, "scale": {"type": "utc"}},
            "y": {"field": "units", "type": "quantitative", "title": None, "scale": {"zero": True}},
        },
        "layer": [last] if len({value["day"] for value in values}) == 1 else [lines, last],
    }


def draw(spec: Spec, scheme: Scheme, size: Size) -> bytes:
    """A description as SVG, in the colors of a scheme; takes some 20 ms, the first drawing of a process a second more."""
    import vl_convert  # noqa: PLC0415 - only a process that draws needs its engine

    width, height = _DIMENSIONS[size]
    days = {date.fromisoformat(value["day"]) for value in spec["data"]["values"]}
    configuration = _config(scheme, width, spec, one_day=len(days) == 1)
    whole = {"$schema": _SCHEMA, "width": width, "height": height, "config": configuration, **spec, "encoding": _with_axes(spec, days, size)}
    drawn: str = vl_convert.vegalite_to_svg(whole, vl_version=_VERSION)
    return drawn.encode()


def dates_shown(days: Iterable[date], most: int) -> tuple[date, ...]:
    """At most so many dates at equal distances up to the last day, oldest first."""
    known = sorted(days)
    if not known:
        return ()
    span = (known[-1] - known[0]).days
    step = max(1, -(-span // max(1, most - 1)))
    return tuple(known[-1] - timedelta(days=back) for back in range(span - span % step, -1, -step))


def _with_axes(spec: Spec, days: Iterable[date], size: Size) -> Spec:
    shown = [{"year": day.year, "month": day.month, "date": day.day, "utc": True} for day in dates_shown(days, _MOST_DATES[size])]
    axes = {"x": {"values": shown, "format": "%b %-d", "labelOverlap": False}, "y": {"tickMinStep": 1, "tickCount": 5, "labelExpr": _FIGURES}}
    return {name: channel | {"axis": axes[name]} for name, channel in spec["encoding"].items()}


def _dashes(names: Sequence[str]) -> Spec:
    return {"domain": list(names), "range": [_DASHES[number % len(_DASHES)] for number in range(len(names))]}


def _config(scheme: Scheme, width: int, spec: Spec, *, one_day: bool) -> Spec:
    longest = max((len(str(value["series"])) for value in spec["data"]["values"]), default=0)
    color = tokens(scheme)
    quiet = {"labelColor": color["ink-3"], "titleColor": color["ink-2"], "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"}
    return {
        "font": _FONT,
        "background": None,
        "view": {"stroke": None},
        "axis": {**quiet, "gridColor": color["line"], "domainColor": color["line-2"], "tickColor": color["line-2"]},
        "axisX": {"grid": False},
        "axisY": {"domain": False, "ticks": False, "labelPadding": 8},
        "legend": {
            "orient": "bottom",
            "columns": max(1, width // (longest * _LETTER + _SYMBOL)) if longest <= _SHORT else 1,
            "labelColor": color["ink-2"],
            "labelFontSize": 12,
            "labelLimit": width - _SYMBOL // 2,
            "symbolType": "circle" if one_day else "stroke",
            "symbolSize": 60 if one_day else 300,
            "symbolStrokeWidth": 2,
        },
        "range": {"category": list(series_colors(scheme))},
        "mark": {"color": color["accent"]},
    }
