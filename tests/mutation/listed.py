"""The survivors that docs/mutation-testing.md lists and explains."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).parents[2] / "docs" / "mutation-testing.md"
_LINE = re.compile(r"^- (`(?P<where>[\w.]+)`: `.*` → `.*`(?: \(\d+\))?)$")


class Listed(NamedTuple):
    """One survivor, as the page names it."""

    mutant: str
    """The mutant's own words (`str` of it)."""
    module: str


def listed_survivors() -> tuple[Listed, ...]:
    """All survivors of the page, in its order."""
    lines = PAGE.read_text(encoding="utf-8").splitlines() if PAGE.exists() else []
    found = (_LINE.match(line) for line in lines)
    return tuple(Listed(line[1], line["where"].split(".")[0]) for line in found if line is not None)
