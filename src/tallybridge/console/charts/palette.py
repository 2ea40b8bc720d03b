"""The colors of charts: the tokens of the console's stylesheet, so that a chart never looks like a stranger on its page."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Literal

Scheme = Literal["light", "dark"]

STYLESHEET = Path(__file__).parent.parent / "static" / "console" / "console.css"
SERIES_TOKENS = ("accent", "series-2", "series-3", "series-4", "series-5", "ink-3")
"""Colors of the first six series, none of which is that of a state; further ones begin anew with other dashes."""

_ROOT = re.compile(r":root\s*\{(.*?)\}", re.DOTALL)
_TOKEN = re.compile(r"--([a-z0-9-]+):\s*(#[0-9a-f]{6});")


@cache
def tokens(scheme: Scheme) -> dict[str, str]:
    """Every color token of a scheme, by name without its dashes; what the dark scheme leaves alone is as in the light one."""
    light, dark = (dict(_TOKEN.findall(block)) for block in _ROOT.findall(STYLESHEET.read_text(encoding="utf-8"))[:2])
    return light if scheme == "light" else light | dark


def series_colors(scheme: Scheme) -> tuple[str, ...]:
    """The colors of series, in order."""
    return tuple(tokens(scheme)[name] for name in SERIES_TOKENS)
