"""The command line in process, against a sandbox, with a home of its own for each test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pytest

from tallybridge.cli.entry import run
from tallybridge.ledger.opening import close_ledger
from tallybridge.sandbox import Sandbox
from tests.cli.scenario import ADVANCED, LINKS, SELECT, small_world
from tests.databases.hurrying import no_waiting_for_the_disk

SECRETS = {
    "KSC_PASSWORD": "secret",
    "TIGERPAW_PRIVATE_KEY": "00000000-0000-4000-8000-00000000BBBB",
    "TIGERPAW_SOAP_PASSWORD": "soap-secret",
}


class Called(NamedTuple):
    """What a call of the command line came to."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.stdout)


class Call(Protocol):
    """Calls the command line with these arguments, in this process."""

    def __call__(self, *arguments: object) -> Called: ...


class WriteConfig(Protocol):
    """Writes tallybridge.toml in the current folder, where every command finds it.

    Args:
        links: tenant → account and agreement; those of the scenario by default.
        more: TOML text that is added at the end.
        changed: passages of the file, each once there, and what stands in their place.
    """

    def __call__(self, *, links: Mapping[str, tuple[int, int | None]] = LINKS, more: str = "", changed: Mapping[str, str] | None = None) -> Path: ...


@pytest.fixture(scope="module", autouse=True)
def _no_waiting_for_the_disk() -> Iterator[None]:
    with no_waiting_for_the_disk():
        yield


@pytest.fixture(scope="module")
def _sandbox() -> Iterator[Sandbox]:
    with Sandbox(small_world()) as sandbox:
        yield sandbox


@pytest.fixture
def world(_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Sandbox]:
    """Both simulators with the small world as it was at first; the current folder and the home are fresh, the secrets are in the environment."""
    _sandbox.replace(small_world())
    _sandbox.set_faults([])
    for name, secret in SECRETS.items():
        monkeypatch.setenv(name, secret)
    _fresh_folder(monkeypatch, tmp_path)
    yield _sandbox
    close_ledger()


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A fresh current folder and home, for commands that contact nobody."""
    _fresh_folder(monkeypatch, tmp_path)
    yield tmp_path
    close_ledger()


def _fresh_folder(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.delenv("TALLYBRIDGE_CONFIG", raising=False)
    monkeypatch.delenv("TALLYBRIDGE_KEY", raising=False)
    monkeypatch.setenv("TALLYBRIDGE_HOME", str(folder / "home"))


@pytest.fixture
def write_config(world: Sandbox, tmp_path: Path) -> WriteConfig:
    """Writes the configuration file of the small world; see `WriteConfig`."""

    def write(*, links: Mapping[str, tuple[int, int | None]] = LINKS, more: str = "", changed: Mapping[str, str] | None = None) -> Path:
        text = "\n".join([_connections(world), *(_link(*entry) for entry in links.items()), MAPPINGS, more])
        for old, new in (changed or {}).items():
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the configuration file"
            text = text.replace(old, new)
        path = tmp_path / "tallybridge.toml"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        return path

    return write


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., Called]:
    """Calls the command line and gives exit code, stdout and stderr."""

    def call_it(*arguments: object) -> Called:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        written = capsys.readouterr()
        return Called(code, written.out, written.err)

    return call_it


def _connections(sandbox: Sandbox) -> str:
    return f"""\
[integration]
name = "Integration with Tigerpaw"
time_zone = "Europe/Berlin"
run_at = "02:30"
apply = "automatic"

[source]
kind = "ksc"
url = "{sandbox.ksc_url}"
user = "tallybridge"
password = "env:KSC_PASSWORD"
fingerprint = "{sandbox.fingerprint}"

[destination]
kind = "tigerpaw"
url = "{sandbox.tigerpaw_url}"
public_key = "00000000-0000-4000-8000-00000000AAAA"
private_key = "env:TIGERPAW_PRIVATE_KEY"
soap_user = "kaspersky"
soap_password = "env:TIGERPAW_SOAP_PASSWORD"
external_product = "Kaspersky MSP"
write_mode = "soap"
dialect = "sandbox-0"
settle = 0
"""


def _link(tenant: str, numbers: tuple[int, int | None]) -> str:
    account, agreement = numbers
    chosen = f"agreement = {agreement}\n" if agreement is not None else ""
    return f'[[link]]\ntenant = "{tenant}"\naccount = {account}\n{chosen}'


MAPPINGS = f"""\
[[mapping]]
application = "{ADVANCED}"
windows_workstation = "KES-WKS"
windows_server = "KES-SRV"
non_windows = "KES-NIX"

[[mapping]]
application = "{SELECT}"
item = "KES-SELECT"
"""
