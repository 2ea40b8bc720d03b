"""Every page of the console that somebody can open: named, and how a person comes to it, in the order of the menu."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from playwright.sync_api import Page

from tests.browser.inhabited import GROWING

AGREEMENT, ITEM = 2041, "KES-WKS"
Deed = Callable[[Page], None]


class Place(NamedTuple):
    """One page."""

    name: str
    address: str
    """Where to begin, such as "/plan/"."""
    then: Deed | None = None
    """What to do there, where no address leads to the page itself."""

    def open(self, page: Page, origin: str) -> None:
        """Goes there; `origin` is the console's, such as "http://127.0.0.1:8484"."""
        page.goto(origin + self.address)
        if self.then is not None:
            self.then(page)
            page.wait_for_load_state()


def following(link: str) -> Deed:
    """Clicks the first link that fits, a selector inside of the page's main part."""
    return lambda page: page.locator(f"main {link}").first.click()


def _pressing(button: str) -> Deed:
    return lambda page: page.get_by_role("main").get_by_role("button", name=button).first.click()


def _sending_empty(button: str) -> Deed:
    """Past what the browser itself would ask for: the page's own errors are looked at."""

    def send(page: Page) -> None:
        page.evaluate("document.querySelectorAll('form').forEach((one) => { one.noValidate = true; })")
        _pressing(button)(page)
        page.get_by_role("alert").or_(page.locator("[aria-invalid=true]")).first.wait_for()

    return send


def _deciding(page: Page) -> None:
    """As far as the page that says what would be decided."""
    page.get_by_role("checkbox", name="Choose H").first.check()
    page.get_by_role("radio", name="Keep").check()
    page.get_by_label("Reason").fill("Agreed with the customer")
    page.get_by_role("button", name="Show what would be decided").click()


def _comparing(page: Page) -> None:
    """The newest day with the oldest that is offered."""
    days = page.locator("#days option").evaluate_all("options => options.map((one) => one.value)")
    page.get_by_label("From", exact=True).fill(days[-1])
    page.get_by_label("To", exact=True).fill(days[0])
    page.get_by_role("button", name="Compare").click()


PLACES = (
    Place("overview", "/"),
    Place("customers", "/customers/"),
    Place("customers-accounts", "/customers/accounts/"),
    Place("customers-suggestions", "/customers/suggestions/"),
    Place("customer", "/customers/", following(f'a[href^="/customers/one/"]:has-text("{GROWING}")')),
    Place("mapping", "/mapping/"),
    Place("mapping-application", "/mapping/", following('a[href^="/mapping/application/"]')),
    Place("plan", "/plan/"),
    Place("plan-confirm", "/plan/", _pressing("Apply all…")),
    Place("plan-decide", "/plan/", _deciding),
    Place("plan-decide-refused", "/plan/", _sending_empty("Show what would be decided")),
    Place("runs", "/runs/"),
    Place("run", "/runs/", following('a[href^="/runs/20"]')),
    Place("compare", "/runs/compare/", _comparing),
    Place("compare-refused", "/runs/compare/?from=yesterday&to=2000-01-01"),
    Place("why", f"/why/{AGREEMENT}/{ITEM}/"),
    Place("settings", "/settings/"),
    Place("people", "/people/"),
    Place("people-invite", "/people/invite/"),
    Place("people-invite-refused", "/people/invite/", _sending_empty("Make")),
    Place("people-person", "/people/", following('a[href^="/people/"]:not([href="/people/invite/"])')),
    Place("audit", "/audit/"),
    Place("own-account", "/account/"),
    Place("own-second-step", "/account/two-step/"),
    Place("words", "/words/"),
    Place("not-found", "/no-such-page/"),
)
SHEETS = (Place("why-print", f"/why-print/{AGREEMENT}/{ITEM}/"),)
"""Pages without the menu, made to be printed."""
