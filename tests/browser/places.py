"""Every page of the console that somebody can open: named, and how a person comes to it, in the order of the menu."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote_plus, urljoin, urlsplit

from django.urls import Resolver404, resolve
from playwright.sync_api import FilePayload, Page

from tests.browser.inhabited import GROWING

AGREEMENT, ITEM = 2041, "KES-WKS"
MAIN, EXPORTING = "Integration with Tigerpaw", "Business Hub"
"""Integrations of the simulated world."""
Deed = Callable[[Page], None]


class Place(NamedTuple):
    """One page."""

    name: str
    address: str
    """Where to begin, such as "/plan/"."""
    then: Deed | None = None
    """What to do there, where no address leads to the page itself."""
    leads_to: str = ""
    """Name in the URL configuration of the page that one comes to by that; "" where one stays."""

    @property
    def page(self) -> str:
        """Name in the URL configuration of the page that is looked at; "" of one that is not there."""
        return self.leads_to or page_at(self.address)

    def open(self, page: Page, origin: str) -> None:
        """Goes there; `origin` is the console's, such as "http://127.0.0.1:8484"."""
        answer = page.goto(origin + self.address)
        assert answer is not None
        assert (answer.status == 404) is (self.page == ""), f"{self.address} was answered with {answer.status}"
        if self.then is not None:
            self.then(page)
            page.wait_for_load_state()


def page_at(address: str) -> str:
    """Name in the URL configuration of the page at an address, whole or of the console alone; "" where there is none."""
    try:
        return str(resolve(urlsplit(address).path).url_name)
    except Resolver404:
        return ""


def following(link: str) -> Deed:
    """Clicks the first link that fits, a selector inside of the page's main part."""
    return lambda page: page.locator(f"main {link}").first.click()


def pressing(button: str) -> Deed:
    """Presses the first button with these words, in the main part of the page."""
    return lambda page: page.get_by_role("main").get_by_role("button", name=button).first.click()


def _sending_empty(button: str) -> Deed:
    """Past what the browser itself would ask for: the page's own errors are looked at."""

    def send(page: Page) -> None:
        page.evaluate("document.querySelectorAll('form').forEach((one) => { one.noValidate = true; })")
        pressing(button)(page)
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


def _leaving_pending(page: Page) -> None:
    """Switches a customer's billing off without saving it, and looks at what is pending."""
    page.locator("input[name=customer]").first.check()
    pressing("Switch billing off")(page)
    page.get_by_role("link", name="Look at").click()


def _uploading(page: Page) -> None:
    """The file that the settings export, with other words in it, as far as the page that says what it would change."""
    exported = page.request.get(urljoin(page.url, "/settings/export/")).text()
    changed = re.sub(r"(?m)^(password|private_key|soap_password) = .*\n", "", exported).replace('run_at = "02:30"', 'run_at = "04:15"')
    page.get_by_label("File").set_input_files(FilePayload(name="changed.toml", mimeType="application/toml", buffer=changed.encode()))
    pressing("Check and show")(page)


PLACES = (
    Place("overview", "/"),
    Place("customers", "/customers/"),
    Place("customers-accounts", "/customers/accounts/"),
    Place("customers-suggestions", "/customers/suggestions/"),
    Place("customer", "/customers/", following(f'a[href^="/customers/one/"]:has-text("{GROWING}")'), "customer"),
    Place("mapping", "/mapping/"),
    Place("mapping-application", "/mapping/", following('a[href^="/mapping/application/"]'), "mapping-application"),
    Place("plan", "/plan/"),
    Place("plan-confirm", "/plan/", pressing("Apply all…"), "plan-confirm"),
    Place("plan-decide", "/plan/", _deciding, "plan-decide"),
    Place("plan-decide-refused", "/plan/", _sending_empty("Show what would be decided"), "plan-decide"),
    Place("plan-worklist", "/plan/worklist/"),
    Place("runs", "/runs/"),
    Place("run", "/runs/", following('a[href^="/runs/20"]'), "run"),
    Place("compare", "/runs/compare/", _comparing, "runs-compare"),
    Place("compare-refused", "/runs/compare/?from=yesterday&to=2000-01-01"),
    Place("why", f"/why/{AGREEMENT}/{ITEM}/"),
    Place("settings", "/settings/"),
    Place("settings-certificate", "/settings/certificate/source/"),
    Place("settings-release", "/settings/release/"),
    Place("people", "/people/"),
    Place("people-invite", "/people/invite/"),
    Place("people-invite-refused", "/people/invite/", _sending_empty("Make"), "people-invite"),
    Place("people-person", "/people/", following('a[href^="/people/"]:not([href="/people/invite/"])'), "people-person"),
    Place("audit", "/audit/"),
    Place("own-account", "/account/"),
    Place("own-second-step", "/account/two-step/"),
    Place("words", "/words/"),
    Place("not-found", "/no-such-page/"),
)
"""Of a console with a past, whose integrations a file declares."""

OWN_PLACES = (
    Place("simulated", "/simulated/"),
    Place("customers-link", "/customers/", following('a[href^="/customers/link/"]'), "customers-link"),
    Place("mapping-change", "/mapping/", following('a[href^="/mapping/application/"]'), "mapping-application"),
    Place("settings-own", "/settings/"),
    Place("settings-schedule", "/settings/schedule/"),
    Place("settings-destination", "/settings/destination/"),
    Place("settings-guards", "/settings/guards/"),
    Place("settings-import", "/settings/import/"),
    Place("settings-import-refused", "/settings/import/", _sending_empty("Check and show"), "settings-import"),
    Place("settings-summary", "/settings/import/", _uploading, "settings-summary"),
    Place("settings-exports", f"/settings/exports/?integration={quote_plus(EXPORTING)}"),
    Place("pending", f"/customers/?integration={quote_plus(MAIN)}", _leaving_pending, "pending"),
)
"""Of the simulated world, whose integrations the ledger rules: what only can be opened where they are changed on the pages."""

SHEETS = (Place("why-print", f"/why-print/{AGREEMENT}/{ITEM}/"),)
"""Pages without the menu, made to be printed."""
