"""What was not saved when a session ends: pending changes stay, and a form that was sent too late is kept, without its secrets."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.http import HttpResponseBase
from django.test import Client
from django.utils import timezone

from tallybridge.console.models import PendingEdit, Person, Role
from tests.console.conftest import PASSWORD, Desk

LINK = "/customers/link/vs-7/"
FORM = {"account": "1053107", "agreement": "2047", "do": "keep"}
OPERATOR = "operate person"


@pytest.fixture
def free(desk: Desk) -> Desk:
    """The desk with a configuration that pages may change."""
    desk.release_configuration()
    desk.text("/customers/?integration=Integration+with+Tigerpaw", Role.OPERATE)
    desk.client(Role.ADMINISTER)
    return desk


def _let_the_session_end(desk: Desk) -> Client:
    client = desk.client(Role.OPERATE)
    Session.objects.filter(session_key=client.session.session_key).update(expire_date=timezone.now() - timedelta(minutes=1))
    return client


def _said(answer: HttpResponseBase) -> str:
    assert hasattr(answer, "content")
    return unescape(answer.content.decode())


def _sign_in(client: Client, page: HttpResponseBase, name: str = OPERATOR) -> HttpResponseBase:
    hidden = dict(re.findall(r'type="hidden" name="([a-z]+)" value="([^"]*)"', _said(page)))
    return client.post("/sign-in/", {**hidden, "username": name, "password": PASSWORD})


def test_pending_changes_outlive_the_session_and_are_told_at_the_next_sign_in(free: Desk) -> None:
    free.post(LINK, FORM, Role.OPERATE)
    client = _let_the_session_end(free)
    answer = _sign_in(client, client.get("/customers/", follow=True))
    assert answer.headers["Location"] == "/customers/?integration=Integration+with+Tigerpaw", "where one was, also with several integrations"
    page = _said(client.get("/customers/?integration=Integration+with+Tigerpaw"))
    assert "A change that you have not saved is still pending for “Integration with Tigerpaw”." in page
    client.post("/pending/save/")
    assert not PendingEdit.objects.exists()
    assert any(link.account == 1053107 for one in free.configured() for link in one.configuration.links)


def test_pending_changes_are_those_of_one_person(free: Desk) -> None:
    free.post(LINK, FORM, Role.OPERATE)
    assert "No change is pending" in free.text("/pending/", Role.ADMINISTER)
    assert "1053107" in free.text("/pending/", Role.OPERATE)


def test_a_form_that_was_sent_after_the_session_had_ended_is_kept_over_signing_in_and_can_be_sent(free: Desk) -> None:
    client = _let_the_session_end(free)
    refused = client.post(LINK, FORM, headers={"Referer": f"http://testserver{LINK}"})
    assert refused.status_code == 403
    assert "was not saved" in _said(refused)
    assert not PendingEdit.objects.exists()
    assert _sign_in(client, refused).headers["Location"] == "/unsent/"
    page = _said(client.get("/unsent/"))
    assert "1053107" in page
    assert f'action="{LINK}"' in page
    client.post(LINK, dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)))
    assert PendingEdit.objects.get().to == {"tenant": "Tailspin Toys", "account": 1053107, "agreement": 2047, "billing": False}


def test_it_can_be_given_up_and_leads_back_to_the_page(free: Desk) -> None:
    client = _let_the_session_end(free)
    _sign_in(client, client.post(LINK, FORM, headers={"Referer": f"http://testserver{LINK}?q=tail"}))
    assert client.post("/unsent/").headers["Location"] == f"{LINK}?q=tail"
    assert client.get("/unsent/").headers["Location"] == "/"


def test_secrets_are_not_kept_and_have_to_be_given_again(free: Desk) -> None:
    """L11."""
    client = _let_the_session_end(free)
    sent = {"url": "https://127.0.0.1:13299", "user": "tallybridge", "password": "very-secret-1", "private_key": "very-secret-2"}
    refused = client.post("/settings/source/", sent)
    signed_in = _sign_in(client, refused)
    page = _said(client.get(signed_in.headers["Location"]))
    assert "very-secret" not in _said(refused) + page + str(dict(client.session))
    assert page.count('type="password"') == 2
    assert "https://127.0.0.1:13299" in page


def test_somebody_else_at_the_same_browser_is_not_shown_it(free: Desk) -> None:
    client = _let_the_session_end(free)
    refused = client.post(LINK, FORM)
    other = User.objects.create_user("somebody else", password=PASSWORD)
    Person.objects.create(user=other, role=Role.OPERATE)
    assert _sign_in(client, refused, other.username).headers["Location"] != "/unsent/"
    assert client.get("/unsent/").headers["Location"] == "/"


def test_what_was_not_sealed_here_is_not_believed(free: Desk) -> None:
    client = Client()
    answer = client.post("/sign-in/", {"username": OPERATOR, "password": PASSWORD, "unsent": "made-up:1:2"})
    assert answer.headers["Location"] == "/"


def test_a_form_of_a_page_that_is_older_than_the_sign_in_is_kept_too_unless_another_site_sent_it(free: Desk) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = free.client(Role.OPERATE).cookies
    other_site = strict.post(LINK, FORM, headers={"Origin": "http://elsewhere.example"})
    assert (other_site.status_code, strict.get("/unsent/").headers["Location"]) == (403, "/")
    older = strict.post(LINK, FORM, headers={"Origin": "http://testserver"})
    assert older.headers["Location"] == "/unsent/"
    assert "1053107" in _said(strict.get("/unsent/"))
    assert not PendingEdit.objects.exists()


def test_an_address_that_only_takes_forms_says_so(free: Desk) -> None:
    answer = free.get("/pending/save/", Role.OPERATE)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "This address only takes forms. Nothing was done." in _said(answer)


def test_saving_what_another_window_has_given_up_says_that_nothing_was_saved(free: Desk) -> None:
    answer = free.post("/pending/save/", {}, Role.OPERATE)
    assert "so nothing was saved now" in free.text(answer.headers["Location"], Role.OPERATE)
