"""Pages in a real browser. Without one these tests are skipped, and say so; where nothing may be skipped (TALLYBRIDGE_NO_SKIPS=1) they fail."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import find_chromium, launched

NO_SKIPS = "TALLYBRIDGE_NO_SKIPS"
_MISSING = "There is no Chromium. Install one (Debian: apt install chromium), or name it: CHROMIUM=/path/to/chromium"


class NoBrowser(UserWarning):
    """The pages were not looked at."""


@pytest.fixture(scope="module")
def chromium() -> str:
    """The browser's program."""
    found = find_chromium()
    if found is not None:
        return found
    if os.environ.get(NO_SKIPS) == "1":
        pytest.fail(f"{_MISSING}. Nothing may be skipped here ({NO_SKIPS}=1).")
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.warn(f"BROWSER TESTS SKIPPED: {_MISSING}", NoBrowser, stacklevel=1)
    pytest.skip(f"BROWSER TESTS SKIPPED: {_MISSING}")


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for all tests of a file; closed before those of another, which may ask the ledger themselves."""
    with launched(chromium) as opened:
        yield opened
