"""What stands before and beside the pages of every day: invitations, the second step, and what is shown when something was refused or went wrong."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django_otp.oath import totp
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import context_of
from tests.browser.serving import PASSWORD
from tests.databases import past_the_program

VIEWER = "robin@msp.example"
_AUDIT = "console_auditentry"

PAGES = frozenset(("sign-in", "unsent", "second-step", "invitation", "own-recovery-codes", "own-second-step-remove"))
"""Names in the URL configuration of the pages that are come by here and nowhere else."""

Look = Callable[[Page, str], None]
"""Told a page that is open, and its name."""


def walk_the_doors(browser: Browser, page: Page, origin: str, home: Path, look: Look, *, bypass_csp: bool = False) -> None:
    """Goes through all of them; `page` is an administrator's, and is signed in with a second step afterwards."""
    link = _invite(page, origin, look)
    with context_of(browser, bypass_csp=bypass_csp) as context:
        other = context.new_page()
        _accept(other, link, look)
        other.goto(f"{origin}/people/")
        look(other, "refused-role")
        other.goto(f"{origin}/account/")
        other.context.clear_cookies(name="tallybridge_csrf")
        other.get_by_label("Present password").fill(PASSWORD)
        for field in ("#id_new_password1", "#id_new_password2"):
            other.locator(field).fill(f"{PASSWORD}-2")
        other.get_by_role("button", name="Change the password").click()
        expect(other.get_by_role("heading", name="The form was not accepted")).to_be_visible()
        look(other, "refused-form")
    _send_too_late(page, origin, home, look)
    with _table_gone(home):
        page.goto(f"{origin}/audit/")
        look(page, "own-error")
    _second_step(page, origin, look)


def _invite(page: Page, origin: str, look: Look) -> str:
    page.goto(f"{origin}/people/invite/")
    page.get_by_label("Name").fill(VIEWER)
    page.get_by_role("button", name="Make the link").click()
    link = page.get_by_label("Link")
    expect(link).to_be_visible()
    look(page, "invitation-made")
    address = link.input_value()
    page.goto(f"{origin}/people/")
    look(page, "people-waiting")
    return address


def _accept(page: Page, link: str, look: Look) -> None:
    page.goto(link)
    look(page, "invitation")
    for field in ("#id_password", "#id_again"):
        page.locator(field).fill(PASSWORD)
    page.get_by_role("button", name="Sign in for the first time").click()
    page.wait_for_url("**/")
    page.goto(link)
    look(page, "invitation-used")


def _send_too_late(page: Page, origin: str, home: Path, look: Look) -> None:
    """The session ends while a form is filled in; what was filled in is shown again after signing in anew, and given up."""
    name = page.locator(".who-name").inner_text()
    page.goto(f"{origin}/people/invite/")
    page.get_by_label("Name").fill("late@msp.example")
    past_the_program.set_beside_the_ledger(home, "UPDATE django_session SET expire_date = '2000-01-01 00:00:00'")
    page.get_by_role("button", name="Make the link").click()
    look(page, "sign-in-anew")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("late@msp.example")).to_be_visible()
    look(page, "unsent")
    page.get_by_role("button", name="Give it up").click()
    page.wait_for_url("**/people/invite/")


def _second_step(page: Page, origin: str, look: Look) -> None:
    page.goto(f"{origin}/account/two-step/")
    secret = page.locator("code").first.inner_text().replace(" ", "")
    page.get_by_label("Code that the app shows now").fill("000000")
    page.get_by_role("button", name="Switch it on").click()
    expect(page.locator("[aria-invalid=true]")).to_be_visible()
    look(page, "second-step-refused")
    page.get_by_label("Code that the app shows now").fill(_code(secret))
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    look(page, "recovery-codes")
    spare = page.locator(".codes code").first.inner_text()
    page.goto(f"{origin}/account/")
    look(page, "own-account-two-step")
    page.goto(f"{origin}/account/two-step/recovery/")
    look(page, "recovery-codes-anew")
    page.goto(f"{origin}/account/two-step/remove/")
    look(page, "second-step-remove")
    name = page.locator(".who-name").inner_text()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill("not-the-password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "sign-in-refused")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    look(page, "second-step")
    page.get_by_label("Code", exact=False).first.fill(spare)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/")


def _code(secret: str) -> str:
    return f"{totp(base64.b32decode(secret + '=' * (-len(secret) % 8))):06}"


@contextmanager
def _table_gone(home: Path) -> Iterator[None]:
    """The audit trail cannot be read for a while, so that its page meets an error of the program's own."""
    past_the_program.set_beside_the_ledger(home, f"ALTER TABLE {_AUDIT} RENAME TO elsewhere")
    try:
        yield
    finally:
        past_the_program.set_beside_the_ledger(home, f"ALTER TABLE elsewhere RENAME TO {_AUDIT}")
