"""Long work as somebody waits for it: under way, asked to stop, and not gone through."""

from __future__ import annotations

from playwright.sync_api import Page

from tallybridge.sandbox import Sandbox
from tests.browser.doors import Look

_SLOW = {"on": "ksc", "call": "*", "nth": 1, "times": 0, "do": "delay", "ms": 700}
_REFUSED = {"on": "ksc", "call": "*", "nth": 1, "times": 0, "do": "refuse_login"}


PAGES = frozenset(("work",))
"""Names in the URL configuration of the pages that are come by."""


def walk_the_waiting(page: Page, origin: str, sandbox: Sandbox, look: Look) -> None:
    """Begins a preview of slow systems, stops it, and begins another that cannot go through."""
    sandbox.set_faults([_SLOW])
    page.goto(f"{origin}/plan/")
    page.get_by_role("button", name="Preview now").first.click()
    page.wait_for_url("**/work/**")
    look(page, "work-under-way")
    page.get_by_role("button", name="Stop").click()
    look(page, "work-stopping")
    sandbox.set_faults([])
    page.get_by_role("link", name="Refresh").or_(page.locator("main")).first.wait_for()
    page.wait_for_function("() => !document.querySelector('progress')", timeout=60_000)
    look(page, "work-stopped")
    sandbox.set_faults([_REFUSED])
    page.goto(f"{origin}/plan/")
    page.get_by_role("button", name="Preview now").first.click()
    page.wait_for_function("() => !document.querySelector('progress')", timeout=60_000)
    look(page, "work-failed")
    sandbox.set_faults([])
