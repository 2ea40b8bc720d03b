"""Takes a picture of every page, light and dark, wide and narrow; `screenshots` is the command."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize

from tallybridge.configuration.reading import read_configuration
from tallybridge.sandbox import Sandbox, write_declaration
from tallybridge.sandbox.demo_world import DEMO_UNMAPPED, demo_world
from tests.browser import assistant
from tests.browser.chromium import NARROW, SCHEMES, WIDE, Scheme, context_of, find_chromium, launched
from tests.browser.crowded import CROWDED_PLACES, LARGE_PLACES, crowded, large
from tests.browser.doors import walk_the_doors
from tests.browser.empty import BEFORE_A_RUN, BEFORE_THE_SET_UP
from tests.browser.inhabited import Inhabited, declared_only, inhabited
from tests.browser.places import OWN_PLACES, PLACES, SHEETS, Place
from tests.browser.serving import make_first_administrator, served
from tests.browser.unbroken import UNBROKEN_PLACES, unbroken
from tests.browser.waiting import walk_the_waiting

_DAYS = 21
DOCUMENTED: tuple[tuple[str, str, Scheme, ViewportSize], ...] = (
    ("overview", "overview", "light", WIDE),
    ("overview-dark", "overview", "dark", WIDE),
    ("overview-phone", "overview", "light", NARROW),
    ("plan", "plan", "dark", WIDE),
    ("customer", "customer", "light", WIDE),
    ("why", "why", "light", WIDE),
)
"""Pictures that the documents show: of which place, in which scheme and size."""
# Another scheme or size chooses other pictures, and those beyond the window would not be fetched before somebody scrolls to them.
_PICTURES_SHOWN = """() => [...document.images].every((one) => {
  one.loading = "eager";
  const chosen = [...(one.closest("picture")?.querySelectorAll("source") ?? [])].find((source) => matchMedia(source.media).matches);
  return one.complete && one.currentSrc.endsWith(chosen?.srcset ?? one.getAttribute("src")); })"""
_PATIENCE_MILLISECONDS = 40_000
_SIZES = (("wide", WIDE), ("narrow", NARROW))
_PAPER: ViewportSize = {"width": 794, "height": 1123}
"""A4 at 96 dots an inch."""
_ON_THE_WAY = ("work", "invitation", "people-waiting", "refused", "own-", "second-step", "recovery", "sign-in-refused", "sign-in-anew", "unsent")
"""Beginnings of the names of pages that no address leads to."""


class Camera:
    """Takes pictures of the pages with the given names, of all without names; and remembers what it could not take."""

    def __init__(self, folder: Path, names: frozenset[str]) -> None:
        self._folder = folder
        self._names = names
        self.missed: list[str] = []

    def wants(self, *starts: str) -> bool:
        """Whether a name that begins like one of these is asked for."""
        return not self._names or any(name.startswith(starts) for name in self._names)

    def look(self, page: Page, name: str) -> None:
        """Takes the page as it stands."""
        if not self._names or name in self._names:
            with self.told(name):
                _take(page, self._folder, name)

    def visit(self, page: Page, origin: str, places: Iterable[Place]) -> None:
        """Goes to each place and takes it."""
        for place in places:
            if not self._names or place.name in self._names:
                with self.told(place.name):
                    place.open(page, origin)
                    _take(page, self._folder, place.name)

    def print(self, page: Page, name: str) -> None:
        """As it comes out of the printer: as PDF, and as a picture of the width of the paper."""
        if not self._names or name in self._names:
            with self.told(name):
                page.emulate_media(media="print")
                page.set_viewport_size(_PAPER)
                page.screenshot(path=self._folder / f"{name}-paper.png", full_page=True)
                page.pdf(path=self._folder / f"{name}.pdf", format="A4", print_background=True)
                page.emulate_media(media="screen")
                page.set_viewport_size(WIDE)

    @contextmanager
    def told(self, name: str) -> Iterator[None]:
        """One page that cannot be opened does not keep the others from being looked at."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever keeps a page from being shown is told at the end
            self.missed.append(f"{name}: {str(error).splitlines()[0]}")


def take_pictures(folder: Path, names: frozenset[str] = frozenset()) -> list[str]:
    """Writes `NAME-light-wide.png` and so on; returns the names of pages that could not be opened. Without names every page is taken.

    Raises:
        SystemExit: there is no Chromium.
    """
    program = _chromium()
    folder.mkdir(parents=True, exist_ok=True)
    camera = Camera(folder, names)
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        if camera.wants(*(place.name for place in (*PLACES, *SHEETS)), *_ON_THE_WAY):
            with camera.told("pages of every day"), inhabited(root / "past", days=_DAYS) as past, launched(program) as browser:
                _take_every_day(browser, past, camera)
        for name, world, places in (
            (("crowded", "worklist"), crowded, CROWDED_PLACES),
            (("unbroken",), unbroken, UNBROKEN_PLACES),
            (("large",), large, LARGE_PLACES),
            (("empty",), declared_only, BEFORE_A_RUN),
        ):
            if camera.wants(*name):
                with (
                    camera.told(name[0]),
                    world(root / name[0]) as at,
                    launched(program) as browser,
                    _administrator(browser, at.home, *at.arguments) as (page, origin),
                ):
                    camera.visit(page, origin, places)
        if camera.wants(*(place.name for place in OWN_PLACES)):
            with camera.told("own pages"), launched(program) as browser, _administrator(browser, root / "own", "--sandbox") as (page, origin):
                camera.visit(page, origin, OWN_PLACES)
        if camera.wants("start", "sign-in", "unset", "first"):
            with launched(program) as browser, camera.told("start"):
                _walk_the_assistant(browser, root, camera)
    return camera.missed


def _take_every_day(browser: Browser, past: Inhabited, camera: Camera) -> None:
    with _administrator(browser, past.home, *past.arguments) as (page, origin):
        camera.visit(page, origin, PLACES)
        camera.visit(page, origin, SHEETS)
        camera.print(page, SHEETS[0].name)
        if camera.wants(*_ON_THE_WAY):
            with camera.told("waiting"):
                walk_the_waiting(page, origin, past.sandbox, camera.look)
            with camera.told("doors"):
                walk_the_doors(browser, page, origin, past.home, camera.look)


@contextmanager
def _administrator(browser: Browser, home: Path, *arguments: str) -> Iterator[tuple[Page, str]]:
    with served(home, *arguments) as console, context_of(browser) as context:
        context.set_default_timeout(_PATIENCE_MILLISECONDS)
        page = context.new_page()
        make_first_administrator(page, console)
        yield page, console.address


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
        context.set_default_timeout(_PATIENCE_MILLISECONDS)
        page = context.new_page()
        make_first_administrator(page, console)
        for file, name, scheme, size in DOCUMENTED:
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            next(place for place in PLACES if place.name == name).open(page, console.address)
            page.wait_for_function(_PICTURES_SHOWN)
            page.screenshot(path=folder / f"{file}.png", animations="disabled")


def _chromium() -> str:
    program = find_chromium()
    if program is None:
        raise SystemExit("There is no Chromium. Install one (Debian: apt install chromium), or name it: CHROMIUM=/path/to/chromium")
    return program


def _walk_the_assistant(browser: Browser, scratch: Path, camera: Camera) -> None:
    with Sandbox(demo_world()) as sandbox:
        file = scratch / "elsewhere.toml"
        declared = read_configuration(write_declaration(file, sandbox.world.scenario, sandbox.announcement, unmapped=DEMO_UNMAPPED)[0])
        with served(scratch / "unset") as console, context_of(browser) as context:
            page = context.new_page()

            def seen(name: str) -> None:
                camera.look(page, name)

            page.goto(console.address)
            seen("start")
            make_first_administrator(page, console)
            camera.visit(page, console.address, BEFORE_THE_SET_UP)
            page.goto(f"{console.address}/start/")
            assistant.connect_security_center(page, declared, seen)
            assistant.connect_tigerpaw(page, declared, seen)
            assistant.name_the_day(page, seen)
            assistant.take_suggested_links(page, seen)
            assistant.map_applications(page, declared, seen)
            assistant.preview_first_bill(page, seen)
            seen("first-plan")
            page.goto(f"{console.address}/")
            seen("first-overview")
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
