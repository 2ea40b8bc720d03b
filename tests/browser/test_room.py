"""Whatever a page has to show has room on it, wide and narrow: names that no line can be broken in, and a ledger with nothing in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.chromium import NARROW, WIDE, context_of, launched
from tests.browser.empty import BEFORE_A_RUN, BEFORE_THE_SET_UP
from tests.browser.inhabited import Inhabited, declared_only
from tests.browser.places import Place
from tests.browser.serving import make_first_administrator, served
from tests.browser.unbroken import UNBROKEN_PLACES, unbroken

World = Callable[[Path], AbstractContextManager[Inhabited]]
_WIDER_THAN_ITS_PLACE = """() => [...document.querySelectorAll(":root, main, main > *, .table-wrap:not(.history), .card, .chart, nav")]
  .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1)
  .map((one) => `${one.tagName} ${one.className}: ${one.scrollWidth}`)"""
"""A table of as many columns as there are applications may be scrolled by itself."""
_LEADS_NOWHERE = """() => document.querySelector(":is(main, body.sheet) :is(a[href], button)") === null"""


@contextmanager
def _nothing(folder: Path) -> Iterator[Inhabited]:
    """A home that nobody has set anything up in."""
    with declared_only(folder) as world:
        yield world._replace(files=())


@pytest.mark.parametrize(
    ("world", "places"),
    [(_nothing, BEFORE_THE_SET_UP), (declared_only, BEFORE_A_RUN), (unbroken, UNBROKEN_PLACES)],
    ids=["before the set-up", "before a run", "unbroken names"],
)
def test_no_page_is_wider_than_its_window_and_none_is_a_dead_end(chromium: str, tmp_path: Path, world: World, places: tuple[Place, ...]) -> None:
    found = {}
    with world(tmp_path / "world") as at, launched(chromium) as browser, served(at.home, *at.arguments) as console, context_of(browser) as context:
        page = context.new_page()
        make_first_administrator(page, console)
        for place in places:
            place.open(page, console.address)
            found[place.name] = _without_room(page)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def _without_room(page: Page) -> list[str]:
    """What is wider than the place it stands in, and whether the page leads nowhere. Leaves it wide."""
    wrong = ["leads nowhere"] if page.evaluate(_LEADS_NOWHERE) else []
    for viewport in (NARROW, WIDE):
        page.set_viewport_size(viewport)
        wrong += [f"at {viewport['width']}: {one}" for one in page.evaluate(_WIDER_THAN_ITS_PLACE)]
    return wrong
