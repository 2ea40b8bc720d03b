"""The first start as somebody walks it: from the one-time code to a first preview, page by page."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tallybridge.configuration.records import Configuration, KscSourceSettings
from tallybridge.console.naming import CATEGORY_WORDS

_WORK_MILLISECONDS = 30_000

PAGES = frozenset(("start", "start-source", "start-destination", "start-schedule", "start-links", "start-mapping", "start-preview"))
"""Names in the URL configuration of the pages that are come by."""

Seen = Callable[[str], None]
"""Told the name of each page once it is there."""


def connect_security_center(page: Page, declared: Configuration, seen: Seen) -> None:
    """Address, user and password; the certificate is compared before the password is sent."""
    source = declared.source
    assert isinstance(source, KscSourceSettings)
    heading(page, "Connect Kaspersky Security Center")
    seen("start-security-center")
    page.get_by_label("Address").fill(source.url)
    page.get_by_label("User").fill(source.user)
    page.get_by_label("Password").fill(source.password.resolve().reveal())
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("code.fingerprint")).to_have_text(str(source.fingerprint))
    seen("start-certificate")
    page.get_by_role("button", name="It is the same: go on").click()


def connect_tigerpaw(page: Page, declared: Configuration, seen: Seen) -> None:
    """Keys, External Product, and writing by SOAP calls."""
    destination = declared.destination
    assert destination.soap_password is not None
    heading(page, "Connect Tigerpaw")
    page.get_by_label("Address").fill(destination.url)
    page.get_by_label("REST public key").fill(destination.public_key)
    page.get_by_label("REST private key").fill(destination.private_key.resolve().reveal())
    page.get_by_label("External Product").fill(destination.external_product)
    page.get_by_label("Tallybridge writes them by SOAP calls").check()
    page.get_by_label("API user", exact=True).fill(str(destination.soap_user))
    page.get_by_label("Password of the API user").fill(destination.soap_password.resolve().reveal())
    page.get_by_label("Dialect", exact=True).fill(str(destination.dialect))
    seen("start-tigerpaw")
    page.get_by_role("button", name="Save and check").click()


def name_the_day(page: Page, seen: Seen) -> None:
    """The integration's name, its time zone and when its day is run: late, so that no run of the schedule comes between."""
    heading(page, "Name it, and say when its day is run")
    page.get_by_label("Name of the integration").fill("Ours")
    page.get_by_label("Time zone").fill("UTC")
    page.get_by_label("Time of the daily run").fill("23:59")
    seen("start-schedule")
    page.get_by_role("button", name="Go on").click()


def take_suggested_links(page: Page, seen: Seen) -> None:
    """What has the same name is chosen already; what is only alike is left for later."""
    heading(page, "Which customer is which account")
    page.get_by_role("button", name="Look for customers").click()
    expect(page.get_by_role("checkbox", name="Contoso Dental")).to_be_checked(timeout=_WORK_MILLISECONDS)
    seen("start-customers")
    page.get_by_role("button", name="Go on").click()


def map_applications(page: Page, declared: Configuration, seen: Seen) -> None:
    """Every application that the declared configuration maps, on the same items."""
    heading(page, "What is in use, and what it is billed on")
    page.get_by_role("button", name="Read what is in use").click()
    expect(page.locator("fieldset.application").first).to_be_visible(timeout=_WORK_MILLISECONDS)
    for mapping in declared.mappings:
        group = page.get_by_role("group", name=mapping.application, exact=True)
        if mapping.item is not None:
            group.get_by_label("Item for all devices").fill(mapping.item)
            continue
        group.get_by_text("Bill devices by category instead").click()
        for category, item in mapping.by_category:
            group.get_by_label(CATEGORY_WORDS[category]).fill(item)
    seen("start-price-book")
    page.get_by_role("button", name="Check the items and go on").click()


def preview_first_bill(page: Page, seen: Seen) -> None:
    """Saves the configuration and waits for the first plan."""
    heading(page, "Look at the first bill before it is made")
    seen("start-preview")
    page.get_by_role("button", name="Save it and preview the first bill").click()
    page.wait_for_url("**/plan/", timeout=_WORK_MILLISECONDS)


def heading(page: Page, words: str) -> None:
    """Waits for the page with this heading."""
    expect(page.get_by_role("heading", level=1, name=words)).to_be_visible()
