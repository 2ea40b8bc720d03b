"""`admin list` and `admin reset`: the way back into the console from the machine itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from tallybridge.cli.entry import run
from tallybridge.console import integrations
from tallybridge.console.models import AuditEntry, Person, Role
from tallybridge.console.serving import Listening, configure_pages
from tallybridge.ledger.opening import close_ledger, open_ledger

OLD, NEW = "an-old-long-password", "a-new-long-password"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home with one administrator and one deactivated person, and the ledger open."""
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "home"
    _open(place)
    Person.objects.create(user=User.objects.create_user("kim", password=OLD), role=Role.ADMINISTER)
    Person.objects.create(user=User.objects.create_user("sam", password=OLD, is_active=False), role=Role.VIEW)
    yield place
    close_ledger()


def _open(home: Path) -> None:
    open_ledger(home, clock=lambda: datetime.now(UTC), whole=True)
    configure_pages(home, Listening(names=("testserver",)))
    integrations.use(lambda: (), lambda: datetime.now(UTC))


def _password_file(home: Path, text: str) -> str:
    file = home.parent / "password"
    file.write_text(text)
    return str(file)


def _reset(home: Path, *more: str, password: str = f"{NEW}\n", name: str = "kim") -> int:
    return run(["admin", "reset", name, "--password-file", _password_file(home, password), "--home", str(home), *more])


def test_the_list_names_everybody_with_their_role(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["admin", "list", "--json", "--home", str(home)]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"name": "kim", "role": "administer", "active": True, "two_step": False, "last_sign_in": None},
        {"name": "sam", "role": "view", "active": False, "two_step": False, "last_sign_in": None},
    ]


def test_a_reset_gives_the_new_password_and_removes_second_step_and_lockout(home: Path) -> None:
    TOTPDevice.objects.create(user=User.objects.get(username="kim"), confirmed=True)
    client = Client()
    for _ in range(5):
        client.post("/sign-in/", {"username": "kim", "password": "a-wrong-password!"})
    assert client.post("/sign-in/", {"username": "kim", "password": OLD}).status_code == 429
    assert _reset(home) == 0
    _open(home)
    assert client.post("/sign-in/", {"username": "kim", "password": OLD}).status_code == 200
    assert client.post("/sign-in/", {"username": "kim", "password": NEW})["Location"] == "/"
    assert client.get("/people/").status_code == 200
    entry = AuditEntry.objects.get()
    assert (entry.who, entry.action, entry.subject) == ("the machine's terminal", "access reset", "kim")
    assert (entry.before, entry.after) == ("Administer, active, two-step verification on", "Administer, active, two-step verification off")
    assert AccessAttempt.objects.count() == 1


def test_a_reset_ends_every_session_of_the_person(home: Path) -> None:
    client = Client()
    client.post("/sign-in/", {"username": "kim", "password": OLD})
    assert client.get("/people/").status_code == 200
    _reset(home)
    _open(home)
    assert client.get("/people/").status_code == 302


@pytest.mark.parametrize(("more", "expected"), [((), (Role.VIEW, False)), (("--administrator",), (Role.ADMINISTER, True))])
def test_only_a_reset_that_says_so_makes_an_active_administrator(home: Path, more: tuple[str, ...], expected: tuple[Role, bool]) -> None:
    assert _reset(home, *more, name="sam") == 0
    _open(home)
    sam = Person.objects.get(user__username="sam")
    assert (sam.role, sam.user.is_active) == expected


@pytest.mark.parametrize(
    ("name", "password", "said"),
    [
        ("nobody", NEW, "Nobody is called “nobody”. Nothing was changed. There are: “kim”, “sam”."),
        ("kim", "short", "at least 12 characters. Nothing was changed."),
        ("kim", "", "is empty. Nothing was changed."),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(home: Path, capsys: pytest.CaptureFixture[str], name: str, password: str, said: str) -> None:
    assert _reset(home, name=name, password=password) == 1
    assert said in capsys.readouterr().err
    _open(home)
    assert User.objects.get(username="kim").check_password(OLD)
    assert not AuditEntry.objects.exists()


def test_without_a_terminal_a_file_is_needed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["admin", "reset", "kim", "--home", str(home)]) == 1
    assert "Name a file with --password-file." in capsys.readouterr().err
