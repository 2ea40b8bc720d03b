"""The whole path in a browser: from a server that knows nobody to a decision on a line that somebody edited by hand.

No page asks another host for anything, breaks the content security policy or leaves an error in the browser's console.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tallybridge.configuration.reading import read_configuration
from tallybridge.configuration.records import Configuration
from tallybridge.sandbox import Sandbox, write_declaration
from tallybridge.sandbox.demo_world import DEMO_UNMAPPED, demo_world
from tests.browser import assistant
from tests.browser.chromium import context_of
from tests.browser.hands import charge_of, edit_charge, take_device_away
from tests.browser.serving import NAME, Served, make_first_administrator, served
from tests.browser.watching import Watch

_WORK_MILLISECONDS = 30_000
CUSTOMER, ITEM, AGREEMENT = "Contoso Dental", "KES-WKS", 2041


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(demo_world()) as started:
        yield started


@pytest.fixture
def declared(sandbox: Sandbox, tmp_path: Path) -> Configuration:
    """What a configuration file would say of both simulated systems; here a person types it into the assistant."""
    files = write_declaration(tmp_path / "elsewhere.toml", sandbox.world.scenario, sandbox.announcement, unmapped=DEMO_UNMAPPED)
    return read_configuration(files[0])


def test_from_the_first_start_to_a_decision(browser: Browser, sandbox: Sandbox, declared: Configuration, tmp_path: Path) -> None:
    with served(tmp_path / "home") as console, context_of(browser) as context:
        watch = Watch(context, console.address)
        page = context.new_page()
        _first_start(page, console, declared)

        _applies_the_first_plan(page)
        assert _quantity(sandbox) == 90
        _says_why(page, 90)

        take_device_away(sandbox, CUSTOMER, "PC-90")
        _previews(page)
        expect(_line(page)).to_contain_text(re.compile(r"90\s*→\s*89"))
        assert _quantity(sandbox) == 90, "a preview writes nothing"
        _applies(page)
        assert _quantity(sandbox) == 89
        _says_why(page, 89)

        edit_charge(sandbox, CUSTOMER, ITEM, 95)
        _previews(page)
        _decides_on_the_hold(page)
        assert _quantity(sandbox) == 95, "a decision writes nothing"
        _previews(page)
        expect(_line(page)).to_contain_text(re.compile(r"95\s*→\s*89"))
        _applies(page)
        assert _quantity(sandbox) == 89

        _everything_is_in_the_audit_trail(page)
        assert watch.requests > 40
        assert watch.wrong == []


def _first_start(page: Page, console: Served, declared: Configuration) -> None:
    def nothing(_name: str) -> None:
        """Nobody takes pictures here."""

    make_first_administrator(page, console)
    assistant.connect_security_center(page, declared, nothing)
    assistant.connect_tigerpaw(page, declared, nothing)
    assistant.name_the_day(page, nothing)
    assistant.take_suggested_links(page, nothing)
    assistant.map_applications(page, declared, nothing)
    assistant.preview_first_bill(page, nothing)


def _applies_the_first_plan(page: Page) -> None:
    expect(_line(page)).to_contain_text(re.compile(r"none\s*→\s*90"))
    _applies(page)


def _previews(page: Page) -> None:
    _goes_to(page, "Plan")
    page.get_by_role("button", name="Preview now").first.click()
    page.wait_for_url("**/plan/", timeout=_WORK_MILLISECONDS)


def _applies(page: Page) -> None:
    page.get_by_role("button", name="Apply all…").click()
    page.get_by_role("button", name="Write to Tigerpaw").click()
    page.wait_for_url("**/runs/*/", timeout=_WORK_MILLISECONDS)
    expect(page.get_by_role("main")).to_contain_text(CUSTOMER)


def _says_why(page: Page, units: int) -> None:
    """From the customer's page to the seats behind its charge."""
    _goes_to(page, "Customers")
    page.get_by_role("main").get_by_role("link", name=CUSTOMER).first.click()
    page.locator(f'main a[href="/why/{AGREEMENT}/{ITEM}/"]').first.click()
    main = page.get_by_role("main")
    expect(main).to_contain_text(str(units))
    expect(main).to_contain_text("PC-01")
    if units < 90:
        _lists_no_seat_of(page, "PC-90")


def _lists_no_seat_of(page: Page, device: str) -> None:
    expect(page.get_by_role("rowheader", name=device, exact=True)).to_have_count(0)


def _decides_on_the_hold(page: Page) -> None:
    hold = page.locator("tr.hold").filter(has_text=CUSTOMER).filter(has_text=ITEM)
    expect(hold).to_contain_text("95")
    hold.get_by_role("checkbox").check()
    page.get_by_role("radio", name=re.compile("^Take over")).check()
    page.get_by_label("Reason").fill("A slip of the keyboard")
    page.get_by_role("button", name="Show what would be decided").click()
    expect(page.get_by_role("main")).to_contain_text("A slip of the keyboard")
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_role("status").first).to_contain_text("Decided for 1 line")


def _everything_is_in_the_audit_trail(page: Page) -> None:
    _goes_to(page, "Audit trail")
    main = page.get_by_role("main")
    for action in ("first administrator made", "integration made", "plan approved", "decided:"):
        expect(main).to_contain_text(action)
    expect(main).to_contain_text(NAME)


def _goes_to(page: Page, entry: str) -> None:
    page.get_by_role("navigation", name="Pages").get_by_role("link", name=entry, exact=True).click()
    page.wait_for_load_state()


def _line(page: Page) -> Locator:
    """The plan's line of the charge that is followed here."""
    group = page.locator("tbody").filter(has=page.get_by_text(CUSTOMER, exact=True))
    return group.get_by_role("row").filter(has=page.get_by_text(ITEM, exact=True))


def _quantity(sandbox: Sandbox) -> int:
    line = charge_of(sandbox, CUSTOMER, ITEM)
    assert line is not None
    return int(line["quantity"])
