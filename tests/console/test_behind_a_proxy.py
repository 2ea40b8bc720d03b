"""What a proxy says of a request is believed where it is configured, and only what the proxy itself has added."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client, RequestFactory

from tallybridge.console.models import Person, Role
from tallybridge.console.serving import Listening, configure_pages
from tallybridge.console.signing_in.addresses import address_of
from tests.console.conftest import PASSWORD, Desk
from tests.console.working import body

NAME = "kim@msp.example"
PROXY = "127.0.0.1"
HOST = "tallybridge.example"
TOO_MANY = 5


@pytest.fixture
def kim(desk: Desk) -> None:
    """Somebody who may sign in, and an administrator, so that the first start is over."""
    desk.client(Role.ADMINISTER)
    Person.objects.create(user=User.objects.create_user(NAME, password=PASSWORD), role=Role.VIEW)


@pytest.fixture
def proxied(desk: Desk, kim: None) -> Iterator[None]:
    """The console behind a proxy of one's own."""
    configure_pages(desk.home, Listening(names=(HOST,), behind_proxy=True))
    yield
    configure_pages(desk.home, Listening(names=("testserver",)))


def _through_the_proxy(client: str) -> dict[str, str]:
    """What a proxy sends along for a client."""
    return {"HTTP_HOST": HOST, "REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_FOR": client, "HTTP_X_FORWARDED_HOST": HOST, "HTTP_X_FORWARDED_PROTO": "https"}


def _sign_in(password: str = PASSWORD, **sent: str) -> int:
    return Client().post("/sign-in/", {"username": NAME, "password": password}, **sent).status_code  # type: ignore[arg-type]  # entries of META


@pytest.mark.usefixtures("kim")
def test_without_a_proxy_nobody_escapes_the_lockout_by_claiming_other_addresses() -> None:
    for number in range(TOO_MANY):
        _sign_in("wrong", REMOTE_ADDR="192.0.2.7", HTTP_X_FORWARDED_FOR=f"198.51.100.{number}")
    assert _sign_in(REMOTE_ADDR="192.0.2.7", HTTP_X_FORWARDED_FOR="198.51.100.99") == 429
    assert _sign_in(REMOTE_ADDR="192.0.2.8", HTTP_X_FORWARDED_FOR="198.51.100.0") == 302


@pytest.mark.usefixtures("proxied")
def test_behind_a_proxy_each_client_is_counted_for_itself() -> None:
    for _ in range(TOO_MANY):
        _sign_in("wrong", **_through_the_proxy("203.0.113.5"))
    assert _sign_in(**_through_the_proxy("203.0.113.5")) == 429
    assert _sign_in(**_through_the_proxy("203.0.113.6")) == 302


@pytest.mark.usefixtures("proxied")
def test_behind_a_proxy_that_adds_to_the_header_what_the_client_sent_proves_nothing() -> None:
    for number in range(TOO_MANY):
        _sign_in("wrong", **_through_the_proxy(f"198.51.100.{number}, 203.0.113.5"))
    assert _sign_in(**_through_the_proxy("198.51.100.99, 203.0.113.5")) == 429


@pytest.mark.usefixtures("proxied")
@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("198.51.100.1, 203.0.113.5", "203.0.113.5"),
        ("203.0.113.5:49152", "203.0.113.5"),
        ("2001:db8::5", "2001:db8::5"),
        ("[2001:db8::5]:49152", "2001:db8::5"),
        ("203.0.113.5, unknown", PROXY),
        ("<script>", PROXY),
        ("", PROXY),
    ],
)
def test_the_last_hop_counts_and_what_is_no_address_is_the_proxys_own(header: str, address: str) -> None:
    assert address_of(RequestFactory().get("/", REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_FOR=header)) == address


@pytest.mark.usefixtures("proxied")
def test_behind_a_proxy_cookies_are_for_https_and_foreign_names_are_refused() -> None:
    client = Client()
    page = client.get("/sign-in/", **_through_the_proxy("203.0.113.5"))  # type: ignore[arg-type]  # entries of META
    assert page.status_code == 200
    assert client.cookies["tallybridge_csrf"]["secure"]
    foreign = _through_the_proxy("203.0.113.5") | {"HTTP_X_FORWARDED_HOST": "evil.example"}
    refused = client.get("/sign-in/", **foreign)  # type: ignore[arg-type]  # entries of META
    assert refused.status_code == 400
    assert "--host-name NAME" in refused.content.decode(), "it says what to do"
    assert "evil.example" not in refused.content.decode()


def test_without_a_proxy_its_headers_change_nothing(desk: Desk) -> None:
    invited = desk.post(
        "/people/invite/",
        {"name": "sam@msp.example", "role": "view"},
        HTTP_X_FORWARDED_HOST="evil.example",
        HTTP_X_FORWARDED_PROTO="https",
    )
    assert "http://testserver/invitation/" in body(invited)
