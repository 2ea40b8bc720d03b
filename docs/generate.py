"""Writes the reference pages that come from the code: `python -m docs.generate reasons` in the project's folder.

A test compares each page with what this writes, so a page cannot fall behind.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from docs.command_line import command_line_page
from docs.export_columns import exports_page
from tallybridge.billing.reasons import Reason

REFERENCE = Path(__file__).parent / "reference"


def reasons_page() -> str:
    """Every reason with its sentence, in the order of the list."""
    rows = "\n".join(f"| `{reason.value}` | {reason.sentence} |" for reason in Reason)
    return f"""# Reasons

Why something does not count, is not billed, waits, is blocked or has failed. The list is closed: nothing is left out, held or
refused without one of these. Programs read the word, people the sentence. This page is written by `python -m docs.generate reasons`.

| reason | meaning |
| --- | --- |
{rows}
"""


PAGES: Mapping[str, Callable[[], str]] = MappingProxyType({"reasons": reasons_page, "command-line": command_line_page, "exports": exports_page})


def main(names: list[str]) -> int:
    """Writes the named pages, or all of them. Returns the exit code: 2 for a name that is no page."""
    unknown = [name for name in names if name not in PAGES]
    if unknown:
        sys.stderr.write(f"No such page: {', '.join(unknown)}. Nothing was written. Pages: {', '.join(PAGES)}.\n")
        return 2
    for name in names or PAGES:
        page = REFERENCE / f"{name}.md"
        page.write_text(PAGES[name](), encoding="utf-8")
        sys.stdout.write(f"{page}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
