"""Chromium as the browser tests use it: found where `provide_chromium.sh` looks, and started so that it asks nobody for anything by itself."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, ViewportSize, sync_playwright

WIDE: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")

_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_LONGEST_MILLISECONDS = 30_000


def find_chromium() -> str | None:
    """The browser's program; None where there is none."""
    named = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((found for name in named if name and (found := shutil.which(name))), None)


@contextmanager
def launched(program: str) -> Iterator[Browser]:
    """A browser without a window. While it is open, this thread counts as asynchronous: no question to the ledger may be asked in it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def context_of(browser: Browser, **more: Any) -> Iterator[BrowserContext]:
    """Somebody's browser: its own cookies, and no patience for a page that does not come."""
    context = browser.new_context(**{"viewport": WIDE, "reduced_motion": "reduce", **more})
    context.set_default_timeout(_LONGEST_MILLISECONDS)
    try:
        yield context
    finally:
        context.close()
