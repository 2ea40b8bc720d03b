"""Takes a picture of every page, light and dark, wide and narrow; `screenshots` is the command."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from tallybridge.configuration.reading import read_configuration
from tallybridge.sandbox import Sandbox, write_declaration
from tallybridge.sandbox.demo_world import DEMO_UNMAPPED, demo_world
from tests.browser import assistant
from tests.browser.chromium import NARROW, SCHEMES, WIDE, Scheme, context_of, find_chromium, launched
from tests.browser.inhabited import inhabited
from tests.browser.places import PLACES
from tests.browser.serving import make_first_administrator, served

_DAYS = 21
DOCUMENTED: tuple[tuple[str, Scheme], ...] = (("overview", "light"), ("plan", "dark"), ("why", "light"))
# Another scheme or size chooses other pictures, and those beyond the window would not be fetched before somebody scrolls to them.
_PICTURES_SHOWN = """() => [...document.images].every((one) => {
  one.loading = "eager";
  const chosen = [...(one.closest("picture")?.querySelectorAll("source") ?? [])].find((source) => matchMedia(source.media).matches);
  return one.complete && one.currentSrc.endsWith(chosen?.srcset ?? one.getAttribute("src")); })"""
_SIZES = (("wide", WIDE), ("narrow", NARROW))


def take_pictures(folder: Path, names: frozenset[str] = frozenset()) -> list[str]:
    """Writes `NAME-light-wide.png` and so on; returns the names of pages that could not be opened. Without names every page is taken.

    Raises:
        SystemExit: there is no Chromium.
    """
    program = _chromium()
    folder.mkdir(parents=True, exist_ok=True)
    missed: list[str] = []
    with tempfile.TemporaryDirectory() as scratch, inhabited(Path(scratch) / "past", days=_DAYS) as past, launched(program) as browser:
        with served(past.home, *past.arguments) as console, context_of(browser) as context:
            page = context.new_page()
            make_first_administrator(page, console)
            for place in PLACES:
                if not names or place.name in names:
                    with _told(place.name, missed):
                        place.open(page, console.address)
                        _take(page, folder, place.name)
        if not names or any(name.startswith("start") or name == "sign-in" for name in names):
            with _told("start", missed):
                _walk_the_assistant(browser, Path(scratch), folder, names)
    return missed


def take_for_documents(folder: Path) -> None:
    """Writes the few pictures that the documents show, as high as a window.

    Raises:
        SystemExit: there is no Chromium.
    """
    program = _chromium()
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as scratch,
        inhabited(Path(scratch) / "past", days=_DAYS) as past,
        launched(program) as browser,
        served(past.home, *past.arguments) as console,
        context_of(browser) as context,
    ):
        page = context.new_page()
        make_first_administrator(page, console)
        for name, scheme in DOCUMENTED:
            page.emulate_media(color_scheme=scheme)
            next(place for place in PLACES if place.name == name).open(page, console.address)
            page.wait_for_function(_PICTURES_SHOWN)
            page.screenshot(path=folder / f"{name}.png", animations="disabled")


def _chromium() -> str:
    program = find_chromium()
    if program is None:
        raise SystemExit("There is no Chromium. Install one (Debian: apt install chromium), or name it: CHROMIUM=/path/to/chromium")
    return program


def _walk_the_assistant(browser: Browser, scratch: Path, folder: Path, names: frozenset[str]) -> None:
    with Sandbox(demo_world()) as sandbox:
        file = scratch / "elsewhere.toml"
        declared = read_configuration(write_declaration(file, sandbox.world.scenario, sandbox.announcement, unmapped=DEMO_UNMAPPED)[0])
        with served(scratch / "empty") as console, context_of(browser) as context:
            page = context.new_page()

            def seen(name: str) -> None:
                if not names or name in names:
                    _take(page, folder, name)

            page.goto(console.address)
            seen("start")
            make_first_administrator(page, console)
            assistant.connect_security_center(page, declared, seen)
            assistant.connect_tigerpaw(page, declared, seen)
            assistant.name_the_day(page, seen)
            assistant.take_suggested_links(page, seen)
            assistant.map_applications(page, declared, seen)
            assistant.preview_first_bill(page, seen)
            for name, address in (("empty-overview", "/"), ("empty-runs", "/runs/")):
                page.goto(console.address + address)
                seen(name)
            page.goto(f"{console.address}/")
            page.get_by_role("button", name="Sign out").click()
            page.wait_for_url("**/sign-in/**")
            seen("sign-in")


def _take(page: Page, folder: Path, name: str) -> None:
    for size, viewport in _SIZES:
        page.set_viewport_size(viewport)
        # As high as the page is: what sticks to the window's edges would else lie across it.
        height = page.evaluate("Math.max(...[...document.body.children].map((one) => Math.ceil(one.scrollHeight)))")
        page.set_viewport_size({"width": viewport["width"], "height": max(height, viewport["height"])})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.wait_for_function(_PICTURES_SHOWN)
            page.screenshot(path=folder / f"{name}-{scheme}-{size}.png", full_page=True, animations="disabled")
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="light")


@contextmanager
def _told(name: str, missed: list[str]) -> Iterator[None]:
    """One page that cannot be opened does not keep the others from being looked at."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever keeps a page from being shown is told at the end
        missed.append(f"{name}: {str(error).splitlines()[0]}")
