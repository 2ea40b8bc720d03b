"""The console's pages in this process, over a ledger in which the demo's world was billed once; the simulated systems keep running beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponseBase
from django.test import Client, override_settings

from tallybridge.cli.entry import run
from tallybridge.configuration.reading import read_configuration
from tallybridge.console import integrations
from tallybridge.console.first_start import code
from tallybridge.console.models import Person, Role
from tallybridge.console.serving import Listening, configure_pages
from tallybridge.ledger import configurations
from tallybridge.ledger.opening import close_ledger, open_ledger
from tallybridge.runs.configuring import Configured, from_ledger, take_files
from tallybridge.sandbox import Sandbox, write_declaration
from tallybridge.sandbox.demo_world import DEMO_UNMAPPED, demo_world
from tests.console.starting import Fresh
from tests.databases.homes import copy_home
from tests.databases.hurrying import no_waiting_for_the_disk

PASSWORD = "a-long-enough-password"


class _Billed(NamedTuple):
    folder: Path
    """A home in which the demo's world was billed, to be copied."""
    files: tuple[Path, ...]
    sandbox: Sandbox
    world: dict[str, Any]


class Desk:
    """The console as people of each role meet it."""

    def __init__(self, home: Path, files: tuple[Path, ...], sandbox: Sandbox) -> None:
        self.home = home
        self.files = files
        self.sandbox = sandbox
        self.ahead = timedelta(0)
        self._clients: dict[Role | None, Client] = {}

    def now(self) -> datetime:
        """The console's clock."""
        return datetime.now(UTC) + self.ahead

    def configured(self) -> tuple[Configured, ...]:
        """The integrations in force, read anew."""
        return take_files(self.files, self.now) if self.files else from_ledger()

    def release_configuration(self) -> None:
        """From now on the ledger rules, as after `config release`: settings can be changed on the pages."""
        for one in self.configured():
            configurations.release(one.configuration.integration.name)
        self.files = ()

    def client(self, role: Role | None = Role.ADMINISTER) -> Client:
        """A browser of somebody with this role, signed in; None: of nobody."""
        if role not in self._clients:
            client = Client()
            if role is not None:
                user = User.objects.create_user(f"{role.value} person", password=PASSWORD)
                Person.objects.create(user=user, role=role)
                client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
            self._clients[role] = client
        return self._clients[role]

    def get(self, address: str, role: Role | None = Role.ADMINISTER, **more: Any) -> HttpResponseBase:
        """Opens a page."""
        return self.client(role).get(address, **more)

    def post(self, address: str, values: dict[str, Any] | None = None, role: Role | None = Role.ADMINISTER, **more: Any) -> HttpResponseBase:
        """Sends a form."""
        return self.client(role).post(address, values or {}, **more)

    def text(self, address: str, role: Role | None = Role.ADMINISTER) -> str:
        """A page's HTML; it must be there."""
        answer = self.client(role).get(address)
        assert answer.status_code == 200, (answer.status_code, answer.content[:500])
        return answer.content.decode()


@pytest.fixture(scope="session")
def _billed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Billed]:
    folder = tmp_path_factory.mktemp("billed")
    with Sandbox(demo_world(), exports=folder / "exports") as sandbox:
        files = write_declaration(
            folder / "tallybridge.toml", sandbox.world.scenario, sandbox.announcement, unmapped=DEMO_UNMAPPED, exports=folder / "exports"
        )
        home = folder / "home"
        assert run(["run", "--json", "--home", str(home), *(part for file in files for part in ("--config", str(file)))]) in (0, 3)
        # The tables of the pages are made once, not for each copy.
        open_ledger(home, clock=lambda: datetime.now(UTC), whole=True)
        close_ledger()
        yield _Billed(home, tuple(files), sandbox, json.loads(json.dumps(sandbox.state())))


@pytest.fixture(scope="module", autouse=True)
def _no_waiting_for_the_disk() -> Iterator[None]:
    with no_waiting_for_the_disk():
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Hashing a password takes its time on purpose; here nobody attacks."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture
def desk(_billed: _Billed, tmp_path: Path) -> Iterator[Desk]:
    """Everything in place: the demo's world billed once, people of each role, both simulated systems running as they were then."""
    _billed.sandbox.replace(_billed.world)
    _billed.sandbox.set_faults([])
    home = tmp_path / "home"
    copy_home(_billed.folder, home)
    made = Desk(home, _billed.files, _billed.sandbox)
    open_ledger(home, clock=made.now, whole=True)
    configure_pages(home, Listening(names=("testserver",)))
    integrations.use(made.configured, made.now)
    yield made
    close_ledger()


@pytest.fixture
def fresh(_billed: _Billed, tmp_path: Path) -> Iterator[Fresh]:
    """A console over an empty ledger, beside both simulated systems."""
    _billed.sandbox.replace(_billed.world)
    _billed.sandbox.set_faults([])
    made = Fresh(tmp_path / "home", read_configuration(_billed.files[0]))
    made.open()
    yield made
    code.spend()
    close_ledger()


@pytest.fixture
def export(_billed: _Billed) -> Path:
    """The export of the demo's companies."""
    return min((_billed.folder.parent / "exports").glob("*.json"))
