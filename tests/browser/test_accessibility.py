"""Every page, light and dark, wide and narrow: nothing that axe finds against WCAG 2 A and AA, no scrolling sideways, usable by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page

from tallybridge.configuration.reading import read_configuration
from tallybridge.sandbox import Sandbox, write_declaration
from tallybridge.sandbox.demo_world import DEMO_UNMAPPED, demo_world
from tests.browser import assistant, doors
from tests.browser.chromium import NARROW, SCHEMES, WIDE, Scheme, context_of
from tests.browser.inhabited import Inhabited, inhabited
from tests.browser.places import OWN_PLACES, PLACES, SHEETS, Place, page_at
from tests.browser.serving import make_first_administrator, served
from tests.browser.waiting import walk_the_waiting

_EVERYTHING = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}
_COLORS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}
_RULES: dict[Scheme, dict[str, Any]] = {"light": _EVERYTHING, "dark": _COLORS}
"""In the dark nothing but the colors is another: everything else is looked at once per size."""
_SIZES = (("wide", WIDE), ("narrow", NARROW))
_TWO_OF_FOUR: dict[str, Scheme] = {"wide": "light", "narrow": "dark"}
"""Enough for pages that are made of the same parts as those that are looked at in all four ways."""
_MOST_STEPS = 60
_BEGIN_AT_THE_TOP = """() => {
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
}"""
"""A page that was refused has its focus on the first wrong field, from where Tab would go on even after the field has lost it."""


class SignedIn(NamedTuple):
    """An administrator's browser on a console with a past."""

    page: Page
    origin: str


@pytest.fixture(scope="module")
def with_a_past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inhabited]:
    with inhabited(tmp_path_factory.mktemp("inhabited"), days=2) as one:
        yield one


@pytest.fixture(scope="module")
def signed_in(with_a_past: Inhabited, browser: Browser) -> Iterator[SignedIn]:
    # The policy that keeps other scripts out would keep axe out too; that nothing breaks it is the walk's to show.
    with served(with_a_past.home, *with_a_past.arguments) as console, context_of(browser, bypass_csp=True) as context:
        page = context.new_page()
        make_first_administrator(page, console)
        yield SignedIn(page, console.address)


@pytest.fixture(scope="module")
def own(with_a_past: Inhabited, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignedIn]:
    """A console whose integrations the ledger rules; depends on the other one, because that asks the ledger before the browser is open."""
    with served(tmp_path_factory.mktemp("own") / "home", "--sandbox") as console, context_of(browser, bypass_csp=True) as context:
        page = context.new_page()
        make_first_administrator(page, console)
        yield SignedIn(page, console.address)


@pytest.mark.parametrize("place", [*PLACES, *SHEETS], ids=lambda place: place.name)
def test_a_page_is_free_of_barriers(signed_in: SignedIn, place: Place) -> None:
    place.open(signed_in.page, signed_in.origin)
    assert page_at(signed_in.page.url) == place.page
    assert _barriers(signed_in.page) == []


@pytest.mark.parametrize("place", OWN_PLACES, ids=lambda place: place.name)
def test_a_page_where_something_can_be_changed_is_free_of_barriers_and_used_by_keyboard(own: SignedIn, place: Place) -> None:
    place.open(own.page, own.origin)
    assert page_at(own.page.url) == place.page
    assert _barriers(own.page, quickly=True) == []
    _is_used_by_keyboard(own.page)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_page_is_used_by_keyboard_alone(signed_in: SignedIn, place: Place) -> None:
    page = signed_in.page
    page.set_viewport_size(WIDE)
    place.open(page, signed_in.origin)
    _is_used_by_keyboard(page)


def _is_used_by_keyboard(page: Page) -> None:
    entries = page.get_by_role("navigation", name="Pages").get_by_role("link")
    # A page that was narrow a moment ago has its menu folded until it is drawn anew.
    entries.last.wait_for()
    page.evaluate(_DRAWN)
    page.evaluate(_BEGIN_AT_THE_TOP)
    reached = _walk_by_tab(page)
    assert reached[0]["text"] == "Skip to the content"
    missing = [entry for entry in entries.all_inner_texts() if entry not in _texts(reached)]
    assert missing == [], "entries of the menu that Tab does not reach"
    inside = page.evaluate(_FOCUSABLE_OF_MAIN)
    assert [one for one in inside[: _MOST_STEPS // 2] if one not in [step["path"] for step in reached]] == [], "controls that Tab does not reach"
    # A date's field takes the focus with each of its parts; one of them may have a mark of its own.
    seen = {step["path"] for step in reached if step["seen"]}
    assert [step["text"] for step in reached if step["path"] not in seen] == [], "controls on which the focus cannot be seen"


def test_the_skip_link_leads_past_the_menu(signed_in: SignedIn) -> None:
    page = signed_in.page
    page.goto(f"{signed_in.origin}/plan/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_the_folded_menu_of_a_narrow_page_opens_with_the_keyboard(signed_in: SignedIn) -> None:
    page = signed_in.page
    page.set_viewport_size(NARROW)
    page.goto(f"{signed_in.origin}/plan/")
    link = page.get_by_role("navigation", name="Pages").get_by_role("link", name="Runs")
    assert not link.is_visible()
    page.get_by_text("Menu", exact=True).focus()
    page.keyboard.press("Enter")
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/runs/")


def test_long_work_is_free_of_barriers(signed_in: SignedIn, with_a_past: Inhabited) -> None:
    found: dict[str, list[str]] = {}
    walk_the_waiting(signed_in.page, signed_in.origin, with_a_past.sandbox, lambda page, name: found.update({name: _barriers(page, quickly=True)}))
    assert {name: barriers for name, barriers in found.items() if barriers} == {}
    assert "work-under-way" in found


def test_the_way_in_and_the_assistant_are_free_of_barriers(browser: Browser, tmp_path: Path) -> None:
    found: dict[str, list[str]] = {}
    come_by = set()
    with Sandbox(demo_world()) as sandbox:
        files = write_declaration(tmp_path / "elsewhere.toml", sandbox.world.scenario, sandbox.announcement, unmapped=DEMO_UNMAPPED)
        declared = read_configuration(files[0])
        with served(tmp_path / "home") as console, context_of(browser, bypass_csp=True) as context:
            page = context.new_page()

            def look(name: str) -> None:
                come_by.add(page_at(page.url))
                found[name] = _barriers(page)
                page.set_viewport_size(WIDE)

            page.goto(console.address)
            look("start")
            make_first_administrator(page, console)
            for step in (assistant.connect_security_center, assistant.connect_tigerpaw):
                step(page, declared, look)
            for further in (assistant.name_the_day, assistant.take_suggested_links):
                further(page, look)
            assistant.map_applications(page, declared, look)

            def look_quickly(at: Page, name: str) -> None:
                come_by.add(page_at(at.url))
                found[name] = _barriers(at, quickly=True)

            doors.walk_the_doors(browser, page, console.address, tmp_path / "home", look_quickly, bypass_csp=True)
            page.set_viewport_size(WIDE)
            page.get_by_role("button", name="Sign out").click()
            page.wait_for_url("**/sign-in/**")
            look("sign-in")
    assert {name: barriers for name, barriers in found.items() if barriers} == {}
    assert come_by >= doors.PAGES | assistant.PAGES - {"start-preview"}


def _barriers(page: Page, *, quickly: bool = False) -> list[str]:
    """What is wrong with the page as it stands, in each scheme and size, or quickly in one scheme of each size. Leaves it wide and light."""
    found = []
    for size, viewport in _SIZES:
        page.set_viewport_size(viewport)
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            found.append(f"{size}: the page scrolls sideways")
        for scheme in (_TWO_OF_FOUR[size],) if quickly else SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.evaluate(_DRAWN)
            for violation in _violations(page, _EVERYTHING if quickly else _RULES[scheme]):
                where = [" ".join(map(str, node["target"])) for node in violation["nodes"]]
                found.append(f"{size}, {scheme}: {violation['id']} ({violation['help']}) at {where[:3]}")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(WIDE)
    return found


def _violations(page: Page, rules: dict[str, Any]) -> list[dict[str, Any]]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return list(page.evaluate("(rules) => axe.run(document, rules).then((found) => found.violations)", rules))


# Colors of another scheme are there once the page has been drawn anew.
_DRAWN = "() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
# A control's place in the document, so that the same one is known again.
_PATH = """(one) => { const way = []; for (let at = one; at && at.parentElement; at = at.parentElement)
  way.unshift([...at.parentElement.children].indexOf(at)); return way.join("."); }"""
# One of a group of radio buttons takes the focus for all of it.
_FOCUSABLE_OF_MAIN = f"""() => [...document.querySelectorAll(
  "main a[href], main button:not([disabled]), main input:not([type=hidden], [type=radio], [disabled]), main select, main textarea, main summary")]
  .filter((one) => one.checkVisibility({{visibilityProperty: true}})).map({_PATH})"""
_FOCUSED = f"""() => {{ const one = document.activeElement; const style = getComputedStyle(one);
  return {{tag: one.tagName, text: (one.innerText || one.name || "").trim(), path: ({_PATH})(one),
    seen: one.tagName === "BODY" || style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0}}; }}"""


def _walk_by_tab(page: Page) -> list[dict[str, Any]]:
    """Each control in the order in which Tab reaches it, until the page's end."""
    reached: list[dict[str, Any]] = []
    for _ in range(_MOST_STEPS):
        page.keyboard.press("Tab")
        focused = page.evaluate(_FOCUSED)
        if focused["tag"] == "BODY" or (reached and focused["path"] == reached[0]["path"]):
            break
        reached.append(focused)
    return reached


def _texts(reached: list[dict[str, Any]]) -> list[str]:
    return [str(step["text"]) for step in reached]
