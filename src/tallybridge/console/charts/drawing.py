"""What a chart shows, as a Vega-Lite description without colors, and its drawing in a scheme and a size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from tallybridge.console.charts.palette import Scheme, series_colors, tokens

Size = Literal["wide", "narrow"]
Spec = dict[str, Any]

_DIMENSIONS: dict[Size, tuple[int, int]] = {"wide": (620, 210), "narrow": (290, 200)}
_DASHES: tuple[list[int], ...] = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 4], [1, 3])
_LETTER, _SYMBOL = 7, 40
"""About the width of a letter of a legend, and of what stands before it."""
_FONT = "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, Liberation Sans, sans-serif"
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
_VERSION = "5.20"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line of a chart: its name, and units on days in order."""

    name: str
    points: tuple[tuple[date, int], ...]


def units_per_day(series: Iterable[Series], *, axis: str = "Units") -> Spec:
    """Units on each day, a stepped line for each series, told apart by color and dashes; a day without a value is a gap of no length."""
    found = tuple(series)
    names = [one.name for one in found]
    values = [{"day": day.isoformat(), "units": units, "series": one.name} for one in found for day, units in one.points]
    single_days = len({value["day"] for value in values}) == 1
    legend = None if len(names) < 2 else {"title": None}
    return {
        "data": {"values": values},
        "mark": {"type": "point", "filled": True, "size": 60} if single_days else {"type": "line", "interpolate": "step-after", "strokeWidth": 2},
        "encoding": {
            "x": {"field": "day", "type": "temporal", "title": None, "axis": {"format": "%b %-d", "labelOverlap": True, "tickCount": 8}},
            "y": {"field": "units", "type": "quantitative", "title": axis, "axis": {"tickMinStep": 1, "format": ",d"}, "scale": {"zero": True}},
            "color": {"field": "series", "type": "nominal", "sort": names, "scale": {"domain": names}, "legend": legend},
            **(
                {}
                if single_days
                else {"strokeDash": {"field": "series", "type": "nominal", "sort": names, "scale": _dashes(names), "legend": legend}}
            ),
        },
    }


def draw(spec: Spec, scheme: Scheme, size: Size) -> bytes:
    """A description as SVG, in the colors of a scheme; takes some 20 ms, the first drawing of a process a second more."""
    import vl_convert  # noqa: PLC0415 - only a process that draws needs its engine

    width, height = _DIMENSIONS[size]
    whole = {"$schema": _SCHEMA, "width": width, "height": height, "config": _config(scheme, width, spec), **spec}
    drawn: str = vl_convert.vegalite_to_svg(whole, vl_version=_VERSION)
    return drawn.encode()


def _dashes(names: Sequence[str]) -> Spec:
    return {"domain": list(names), "range": [_DASHES[number % len(_DASHES)] for number in range(len(names))]}


def _config(scheme: Scheme, width: int, spec: Spec) -> Spec:
    longest = max((len(str(value["series"])) for value in spec["data"]["values"]), default=0)
    color = tokens(scheme)
    quiet = {"labelColor": color["ink-3"], "titleColor": color["ink-2"], "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"}
    return {
        "font": _FONT,
        "background": None,
        "view": {"stroke": None},
        "axis": {**quiet, "gridColor": color["line"], "domainColor": color["line-2"], "tickColor": color["line-2"]},
        "axisX": {"grid": False},
        "axisY": {"domain": False, "ticks": False, "titlePadding": 10},
        "legend": {
            "orient": "bottom",
            "columns": max(1, width // (longest * _LETTER + _SYMBOL)),
            "labelColor": color["ink-2"],
            "labelFontSize": 12,
            "labelLimit": width - _SYMBOL,
            "symbolType": "stroke",
            "symbolSize": 300,
            "symbolStrokeWidth": 2,
        },
        "range": {"category": list(series_colors(scheme))},
        "mark": {"color": color["accent"]},
    }
