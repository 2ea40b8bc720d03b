"""What people do with pages beyond clicking through them: everything without a mouse, going back, clicking twice, and a server that goes away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import context_of, launched
from tests.browser.inhabited import Inhabited, inhabited
from tests.browser.keyboard import focused_name, tab_to
from tests.browser.serving import make_first_administrator, served

_SLOW = {"on": "ksc", "call": "*", "nth": 1, "times": 0, "do": "delay", "ms": 700}
_WORK_MILLISECONDS = 60_000


@pytest.fixture(scope="module")
def past(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inhabited]:
    with inhabited(tmp_path_factory.mktemp("inhabited"), days=1) as one:
        yield one


@pytest.fixture(scope="module")
def page(chromium: str, past: Inhabited, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """An administrator's; its address is the plan's."""
    with launched(chromium) as browser, served(past.home, *past.arguments) as console, context_of(browser) as context:
        page = context.new_page()
        make_first_administrator(page, console)
        page.goto(f"{console.address}/plan/")
        yield page


def test_a_decision_is_made(page: Page) -> None:
    page.goto(_address(page, "/plan/"))
    tab_to(page, "Choose H2")
    page.keyboard.press("Space")
    tab_to(page, "Keep")
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    assert focused_name(page).startswith("Take over")
    tab_to(page, "Reason")
    page.keyboard.type("A slip of the keyboard")
    tab_to(page, "Show what would be decided")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Take over 1 line?")
    tab_to(page, "Decide")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Decided for 1 line")
    stands = page.get_by_role("row").filter(has_text="A slip of the keyboard")
    expect(stands).to_contain_text("H2")
    expect(stands).to_contain_text("take over")


def test_a_search_keeps_the_focus_and_escape_begins_it_anew(page: Page) -> None:
    page.goto(_address(page, "/customers/"))
    tab_to(page, "Search")
    page.keyboard.type("contoso")
    rows = page.locator("#customer-list tbody tr")
    expect(rows).to_have_count(1)
    assert focused_name(page) == "Search"
    page.keyboard.press("Escape")
    expect(rows.nth(1)).to_be_visible()
    assert focused_name(page) == "Search"
    page.keyboard.type("contoso")
    expect(rows).to_have_count(1)
    tab_to(page, "Contoso")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Contoso Dental")


def test_when_long_work_has_ended_the_focus_is_on_what_comes_next(page: Page, past: Inhabited) -> None:
    past.sandbox.set_faults([_SLOW])
    page.goto(_address(page, "/plan/"))
    tab_to(page, "Preview now")
    page.keyboard.press("Enter")
    page.wait_for_url("**/work/**")
    tab_to(page, "Refresh")
    elsewhere = page.context.new_page()
    elsewhere.goto(page.url)
    elsewhere.get_by_role("button", name="Stop").click()
    past.sandbox.set_faults([])
    page.bring_to_front()
    expect(page.get_by_role("link", name="To the plan")).to_be_visible(timeout=_WORK_MILLISECONDS)
    expect(page.locator("[data-focus]").first).to_be_focused()
    elsewhere.close()


def test_a_server_that_does_not_answer_is_told_until_it_does_and_one_started_anew_says_so(page: Page, past: Inhabited) -> None:
    past.sandbox.set_faults([_SLOW])
    page.goto(_address(page, "/plan/"))
    page.get_by_role("button", name="Preview now").click()
    page.wait_for_url("**/work/**")
    words = page.get_by_text("The server does not answer")
    expect(words).to_be_hidden()
    page.route(page.url, lambda route: route.abort())
    expect(words).to_be_visible()
    page.unroute(page.url)
    expect(words).to_be_hidden()
    work = page.url
    page.route(work, lambda route: route.fulfill(status=404, body="This work is not known any more"))
    expect(page.get_by_text("This work is not known any more")).to_be_visible()
    page.unroute(work)
    past.sandbox.set_faults([])
    page.goto(work)
    page.wait_for_url("**/plan/", timeout=_WORK_MILLISECONDS)


def test_clicking_twice_applies_once_and_going_back_does_not_lead_forward_again(page: Page, past: Inhabited) -> None:
    page.goto(_address(page, "/plan/"))
    page.get_by_role("button", name="Preview now").click()
    page.wait_for_url("**/plan/", timeout=_WORK_MILLISECONDS)
    page.get_by_role("button", name="Apply all…").click()
    written = len(_writes(past))
    page.get_by_role("button", name="Write to Tigerpaw").dblclick()
    page.wait_for_url("**/runs/*/", timeout=_WORK_MILLISECONDS)
    assert page.get_by_text("Lines changed").locator("..").locator(".value").inner_text() == str(len(_writes(past)) - written)
    ways = page.evaluate("navigation.entries().slice(0, -1).map((one) => new URL(one.url).pathname)")
    assert ways[-1] == "/plan/confirm/", "the page of the work is not among those that one goes back to"


def _writes(past: Inhabited) -> list[str]:
    return [one["call"] for one in past.sandbox.log() if one["call"].startswith("Submit")]


def _address(page: Page, path: str) -> str:
    return str(page.evaluate("(path) => new URL(path, location.href).href", path))
