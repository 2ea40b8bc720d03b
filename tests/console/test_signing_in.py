"""Signing in and out, throttling, the second step, and what people change about their own account."""

from __future__ import annotations

import re
import time
from binascii import unhexlify

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from tallybridge.console.models import AuditEntry, Person, Role
from tests.console.conftest import PASSWORD, Desk

NAME = "kim@msp.example"
NEW_PASSWORD = "another-long-password"


@pytest.fixture
def kim(desk: Desk) -> User:
    """Somebody who may operate, and an administrator, so that the first start is over."""
    desk.client(Role.ADMINISTER)
    user = User.objects.create_user(NAME, password=PASSWORD)
    Person.objects.create(user=user, role=Role.OPERATE)
    return user


def _sign_in(client: Client, password: str = PASSWORD, target: str = "", name: str = NAME) -> tuple[int, str]:
    answer = client.post("/sign-in/", {"username": name, "password": password, "next": target})
    return answer.status_code, answer.headers.get("Location", "") or answer.content.decode()


def _code(user: User) -> str:
    device = TOTPDevice.objects.get(user=user)
    # A code of the next half minute is accepted too, and is never one that was used before.
    totp = TOTP(unhexlify(device.key), drift=1 if device.last_t >= int(time.time()) // 30 else 0)
    totp.time = time.time()
    return f"{totp.token():06d}"


def _set_up_second_step(client: Client, user: User) -> list[str]:
    page = client.get("/account/two-step/").content.decode()
    assert "code.svg" in page
    done = client.post("/account/two-step/", {"code": _code(user)}).content.decode()
    codes = re.findall(r"<li><code>([a-z0-9]{5}-[a-z0-9]{5})</code></li>", done)
    TOTPDevice.objects.filter(user=user).update(throttling_failure_count=0)
    return codes


def test_name_and_password_lead_to_the_page_that_was_asked_for(kim: User) -> None:
    client = Client()
    asked = client.get("/runs/?day=2026-11-01")
    assert asked["Location"] == "/sign-in/?next=%2Fruns%2F%3Fday%3D2026-11-01"
    assert 'value="/runs/?day=2026-11-01"' in client.get(asked["Location"]).content.decode()
    assert _sign_in(client, target="/runs/?day=2026-11-01") == (302, "/runs/?day=2026-11-01")
    assert client.get("/runs/").status_code == 200


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", "/\\elsewhere.example", ""])
def test_nobody_is_led_to_another_host(kim: User, target: str) -> None:
    assert _sign_in(Client(), target=target) == (302, "/")


@pytest.mark.parametrize(("name", "password"), [(NAME, "a-wrong-password!"), ("nobody", PASSWORD)])
def test_a_wrong_name_is_not_told_from_a_wrong_password(kim: User, name: str, password: str) -> None:
    status, text = _sign_in(Client(), name=name, password=password)
    assert status == 200
    assert "Name and password do not belong together" in text
    assert password not in text


def test_a_deactivated_person_neither_signs_in_nor_stays_signed_in(kim: User) -> None:
    client = Client()
    _sign_in(client)
    User.objects.filter(pk=kim.pk).update(is_active=False)
    assert client.get("/runs/")["Location"].startswith("/sign-in/")
    assert "Name and password do not belong together" in _sign_in(client)[1]


def test_too_many_wrong_passwords_close_the_door_for_a_while(kim: User) -> None:
    client = Client()
    statuses = [_sign_in(client, password="a-wrong-password!")[0] for _ in range(5)]
    assert statuses == [200, 200, 200, 200, 429]
    status, text = _sign_in(client)
    assert status == 429
    assert "Wait a quarter of an hour" in text


def test_signing_out_ends_the_session_and_needs_a_form(kim: User) -> None:
    client = Client()
    _sign_in(client)
    assert client.get("/sign-out/").status_code == 405
    assert client.get("/runs/").status_code == 200
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert client.get("/runs/").status_code == 302


def test_the_second_step_stands_before_every_page(kim: User) -> None:
    client = Client()
    _sign_in(client)
    assert len(_set_up_second_step(client, kim)) == 10
    other = Client()
    _sign_in(other)
    for address in ("/", "/runs/", "/account/", "/account/two-step/", "/account/two-step/remove/"):
        assert other.get(address)["Location"].startswith("/second-step/"), address
    assert "Pages" not in other.get("/second-step/").content.decode()
    assert other.post("/second-step/", {"code": _code(kim), "next": "/runs/"})["Location"] == "/runs/"
    assert other.get("/runs/").status_code == 200


def test_a_wrong_code_opens_nothing_and_is_throttled(kim: User) -> None:
    client = Client()
    _sign_in(client)
    _set_up_second_step(client, kim)
    other = Client()
    _sign_in(other)
    assert "This code is wrong" in other.post("/second-step/", {"code": "000000"}).content.decode()
    # Right, but too soon after a wrong one.
    assert other.post("/second-step/", {"code": _code(kim)}).status_code == 200
    assert other.get("/runs/")["Location"].startswith("/second-step/")


def test_a_recovery_code_opens_once_and_only_its_hash_is_kept(kim: User) -> None:
    client = Client()
    _sign_in(client)
    first, second, *_ = _set_up_second_step(client, kim)
    kept = set(StaticToken.objects.values_list("token", flat=True))
    assert len(kept) == 10
    assert not kept & {first, first.replace("-", ""), second}
    for code, opens in ((first, True), (first, False), (second.upper().replace("-", " "), True)):
        other = Client()
        _sign_in(other)
        StaticToken.objects.all()[0].device.throttle_reset()
        assert (other.post("/second-step/", {"code": code}).status_code == 302) is opens
    assert "Recovery codes left: <strong>8</strong>" in client.get("/account/").content.decode()


def test_the_qr_code_is_shown_to_its_person_until_it_is_confirmed(kim: User, desk: Desk) -> None:
    client = Client()
    _sign_in(client)
    client.get("/account/two-step/")
    shown = client.get("/account/two-step/code.svg")
    assert shown["Content-Type"] == "image/svg+xml"
    assert b"style" not in shown.content
    assert desk.get("/account/two-step/code.svg", Role.ADMINISTER).status_code == 404
    client.post("/account/two-step/", {"code": _code(kim)})
    assert client.get("/account/two-step/code.svg").status_code == 404


def test_a_wrong_first_code_sets_nothing_up(kim: User) -> None:
    client = Client()
    _sign_in(client)
    client.get("/account/two-step/")
    assert "This code is wrong or too old" in client.post("/account/two-step/", {"code": "000000"}).content.decode()
    assert not TOTPDevice.objects.filter(confirmed=True).exists()


def test_a_right_first_code_right_after_a_mistyped_one_is_right(kim: User) -> None:
    client = Client()
    _sign_in(client)
    client.get("/account/two-step/")
    client.post("/account/two-step/", {"code": "000000"})

    assert "Your recovery codes" in client.post("/account/two-step/", {"code": _code(kim)}).content.decode()


def test_two_step_verification_is_removed_with_the_password_only(kim: User) -> None:
    client = Client()
    _sign_in(client)
    _set_up_second_step(client, kim)
    assert "This is not your password" in client.post("/account/two-step/remove/", {"password": "a-wrong-password!"}).content.decode()
    assert TOTPDevice.objects.filter(user=kim).exists()
    assert client.post("/account/two-step/remove/", {"password": PASSWORD})["Location"] == "/account/"
    assert not TOTPDevice.objects.filter(user=kim).exists()
    assert not StaticToken.objects.exists()
    assert list(AuditEntry.objects.values_list("who", "action")) == [
        (NAME, "two-step verification set up"),
        (NAME, "two-step verification removed"),
    ]


def test_new_recovery_codes_take_the_place_of_the_old_ones(kim: User) -> None:
    client = Client()
    _sign_in(client)
    old = _set_up_second_step(client, kim)
    new = re.findall(r"<li><code>([a-z0-9-]{11})</code></li>", client.post("/account/two-step/recovery/", {"password": PASSWORD}).content.decode())
    assert len(new) == 10
    assert not set(new) & set(old)
    assert StaticToken.objects.count() == 10


def test_a_changed_password_ends_the_other_sessions_only(kim: User) -> None:
    client, other = Client(), Client()
    _sign_in(client)
    _sign_in(other)
    change = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    assert client.post("/account/", change)["Location"] == "/account/"
    assert client.get("/runs/").status_code == 200
    assert other.get("/runs/").status_code == 302
    entry = AuditEntry.objects.get()
    assert (entry.who, entry.action, entry.before, entry.after) == (NAME, "password changed", "", "")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"old_password": "a-wrong-password!", "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}, "old password was entered incorrectly"),
        ({"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": "another"}, "match"),
        ({"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"}, "at least 12 characters"),
        ({"old_password": PASSWORD, "new_password1": NAME, "new_password2": NAME}, "too similar to the username"),
        ({"old_password": PASSWORD, "new_password1": "password1234", "new_password2": "password1234"}, "too common"),
    ],
)
def test_a_password_against_the_rules_changes_nothing(kim: User, change: dict[str, str], said: str) -> None:
    client = Client()
    _sign_in(client)
    text = client.post("/account/", change).content.decode()
    assert said in text
    assert "aria-invalid" in text
    assert NEW_PASSWORD not in text
    assert not AuditEntry.objects.exists()
