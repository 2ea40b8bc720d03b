"""The pages on writing an adapter show code that is typed and tested here, and name each check."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tallybridge.conformance import Deed, DestinationBreakage, DestinationConformance, SourceBreakage, SourceConformance, checks_of
from tests.docs.documents import blocks, text_of

PAGE = "docs/how-to/write-an-adapter.md"
HERE = Path(__file__).parent


def test_the_page_shows_the_files_that_are_tested_here() -> None:
    shown = {block.title: block.text for block in blocks(PAGE) if block.title is not None}

    assert set(shown) == {"inventory_source.py", "test_inventory_source.py"}
    for name, text in shown.items():
        # Whoever copies the page has both files in one folder.
        assert text == (HERE / name).read_text(encoding="utf-8").replace("from tests.conformance.inventory_source", "from inventory_source")


def test_the_other_examples_run() -> None:
    for block in blocks(PAGE):
        if block.language == "python" and block.title is None:
            exec(compile(block.text, PAGE, "exec"), {"__name__": PAGE})


@pytest.mark.parametrize("suite", [SourceConformance, DestinationConformance])
def test_each_check_is_said_in_its_docstring(suite: type) -> None:
    for check in checks_of(suite):
        assert (getattr(suite, check).__doc__ or "").endswith("."), check


def test_the_page_names_every_breakage_and_every_deed() -> None:
    named = set(re.findall(r"`([A-Z_]{3,})`|`([a-z_]+)`", text_of(PAGE)))
    words = {word for pair in named for word in pair if word}

    assert words >= {how.name for how in (*SourceBreakage, *DestinationBreakage)}
    assert words >= {deed.value for deed in Deed}
