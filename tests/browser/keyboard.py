"""A person without a mouse: goes from control to control with Tab, and sees at each step where the focus is."""

from __future__ import annotations

from playwright.sync_api import Page

_MOST_STEPS = 80
_FOCUSED = """() => { const one = document.activeElement; const style = getComputedStyle(one);
  return {name: (one.labels?.[0]?.innerText || one.getAttribute("aria-label") || one.innerText || "").trim(),
    seen: one === document.body || style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0}; }"""


def tab_to(page: Page, beginning: str) -> None:
    """Presses Tab until the focus is on the control whose name begins like this.

    Raises:
        AssertionError: it is not reached, or the focus cannot be seen on the way.
    """
    passed = []
    for _ in range(_MOST_STEPS):
        page.keyboard.press("Tab")
        focused = page.evaluate(_FOCUSED)
        assert focused["seen"], f"the focus cannot be seen on {focused['name']!r}"
        if focused["name"].startswith(beginning):
            return
        passed.append(focused["name"])
    raise AssertionError(f"Tab never reached {beginning!r}, but {passed}")


def focused_name(page: Page) -> str:
    """Name of the control that has the focus."""
    return str(page.evaluate(_FOCUSED)["name"])
