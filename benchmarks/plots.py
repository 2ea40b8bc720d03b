"""Figures as SVG: the same figures give the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import vl_convert

Rows = list[dict[str, Any]]

_VERSION = "5.20"
_COLORS = ["#0b6e4f", "#b3541e"]


def draw(path: Path, rows: Rows, *, x: str, y: str, logarithmic: bool) -> None:
    """Lines through `rows` (members `x`, `y`, `line`) with the axes' titles."""
    scale = {"type": "log"} if logarithmic else {"zero": True}
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": 560,
        "height": 260,
        "background": "white",
        "data": {"values": rows},
        "mark": {"type": "line", "point": {"filled": True, "size": 60}, "strokeWidth": 2},
        "encoding": {
            "x": {"field": "x", "type": "quantitative", "title": x, "scale": {"type": "log"}, "axis": {"format": "~s", "grid": False}},
            "y": {"field": "y", "type": "quantitative", "title": y, "scale": scale, "axis": {"tickCount": 5}},
            "color": {"field": "line", "type": "nominal", "title": None, "scale": {"range": _COLORS}, "legend": {"orient": "bottom"}},
            "strokeDash": {"field": "line", "type": "nominal", "title": None},
        },
        "config": {"font": "sans-serif"},
    }
    path.write_text(vl_convert.vegalite_to_svg(spec, vl_version=_VERSION) + "\n", encoding="utf-8")
