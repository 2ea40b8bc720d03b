"""Charts, drawn on the server as SVG: `publish` a chart, show it with `{% chart %}` beside a table that says the same.

`drawing` makes a description from data, `palette` takes light and dark colors from the tokens of the stylesheet, and `shelf` keeps descriptions and
drawings in memory by content address.
"""

from __future__ import annotations

from tallybridge.console.charts.drawing import Series, units_per_day
from tallybridge.console.charts.shelf import PublishedChart, publish

__all__ = ["PublishedChart", "Series", "publish", "units_per_day"]
