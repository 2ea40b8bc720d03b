"""The whole product through its command line, in this process, against one sandbox; every test has a fresh world, a fresh home and a fresh folder."""

from __future__ import annotations

import json
import sys
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
import stamina

from tallybridge.cli.entry import run
from tallybridge.ledger.opening import close_ledger, open_ledger
from tallybridge.sandbox import Sandbox
from tests.databases import past_the_program
from tests.databases.homes import copy_home
from tests.databases.hurrying import no_waiting_for_the_disk
from tests.end_to_end.worlds import SECRETS, declaration, two_customers

Json = dict[str, Any]
BERLIN = ZoneInfo("Europe/Berlin")
"""The zone of `worlds.declaration`."""


class Called(NamedTuple):
    """What a call of the command line came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)

    @property
    def words(self) -> str:
        """Everything that a person or a program gets to see."""
        return self.out + self.err

    def tenant(self, name: str) -> Json:
        """One tenant's part of a run's document."""
        (found,) = [one for one in self.json["tenants"] if one["tenant"] == name]
        return dict(found)

    def outcome(self, name: str) -> tuple[str, str | None]:
        """A tenant's outcome and reason."""
        tenant = self.tenant(name)
        return tenant["outcome"], tenant["reason"]

    def change(self, item: str) -> Json:
        """The one change for an item, whoever's it is."""
        (found,) = [change for tenant in self.json["tenants"] for change in tenant["changes"] if change["item"] == item]
        return dict(found)

    @property
    def writes(self) -> int:
        """How many SOAP calls the run made."""
        return int(self.json["totals"]["psa_writes"])


Line = tuple[int, str, int]
"""What a line is known by: its id, its item and its quantity."""


def require_no_secret(content: bytes, where: str) -> None:
    """L11: neither a secret nor its base64 form, in which it travels to Security Center."""
    for name, secret in SECRETS.items():
        for form in (secret.encode(), b64encode(secret.encode())):
            assert form not in content, f"{name} in {where}"


def recorded_intents(bench: Bench) -> int:
    """How many writes the ledger knows to have been meant."""
    ((number,),) = past_the_program.rows(bench.home, "select count(*) from ledger_intent")
    return int(number)


class Bench:
    """A desk with the product on it: call it, look at both simulated systems, change them."""

    def __init__(self, sandbox: Sandbox, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.sandbox = sandbox
        self.ahead = timedelta(0)
        self.folder = folder
        self.home = folder / "home"
        self.config = folder / "tallybridge.toml"
        self._capsys = capsys
        self._calls_before = len(sandbox.log())

    def now(self) -> datetime:
        """The one clock of the product and of the simulated systems (L10)."""
        return datetime.now(UTC) + self.ahead

    def today(self) -> date:
        """The date that is billed now: the one in the integration's zone."""
        return self.now().astimezone(BERLIN).date()

    def wait(self, **duration: float) -> None:
        """Time passes for everybody."""
        self.ahead += timedelta(**duration)

    def load(self, scenario: Json) -> None:
        """Replaces the world; the log starts anew."""
        self.sandbox.replace(scenario)
        self.forget_calls()

    def declare(self, **changes: Any) -> None:
        """Writes the configuration file; see `worlds.declaration`."""
        self.write_config(declaration(self.sandbox, **changes))

    def write_config(self, text: str) -> None:
        """Writes a configuration file that its owner alone can read."""
        self.config.write_text(text, encoding="utf-8")
        self.config.chmod(0o600)

    def call(self, *arguments: object) -> Called:
        """Calls the command line, seconds after the call before: runs of one second prove nothing of each other's lines."""
        self.wait(seconds=2)
        self._capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        written = self._capsys.readouterr()
        called = Called(code, written.out, written.err)
        require_no_secret(called.words.encode(), f"the output of {arguments}")
        return called

    def run(self, *more: object) -> Called:
        """Today's run, as a document."""
        return self.call("run", "--json", *more)

    def faults(self, *faults: Json) -> None:
        """Replaces the list of faults; their counting starts now."""
        self.sandbox.set_faults(list(faults))

    def forget_calls(self) -> None:
        """From now on `calls` shows new calls only."""
        self._calls_before = len(self.sandbox.log())

    def calls(self, on: str = "", name: str = "") -> list[Json]:
        """The calls since the last `forget_calls`, of one door and of one name if they are given."""
        return [one for one in self.sandbox.log()[self._calls_before :] if one["on"].startswith(on) and name in one["call"]]

    def lines(self, agreement: int) -> list[Line]:
        """The lines of an agreement in the PSA, in order of id."""
        return sorted((one["detail_id"], one["item_id"], one["quantity"]) for one in self.agreement(agreement)["charges"])

    def quantities(self, agreement: int) -> list[tuple[str, int]]:
        """Items and quantities of an agreement in the PSA, sorted."""
        return sorted((item, quantity) for _, item, quantity in self.lines(agreement))

    def agreement(self, number: int) -> Json:
        """An agreement as the PSA holds it."""
        accounts = self.sandbox.state()["tigerpaw"]["accounts"]
        return next(one for account in accounts for one in account["agreements"] if one["number"] == number)

    def edit(self, change: Any) -> None:
        """Lets a person's hand change the world: `change` gets the whole state as a document and changes it."""
        state = self.sandbox.state()
        change(state)
        self.sandbox.replace(state)

    def edit_charges(self, agreement: int, change: Any) -> None:
        """Lets a person's hand change an agreement's lines: `change` gets the list and changes it."""

        def within(state: Json) -> None:
            for account in state["tigerpaw"]["accounts"]:
                for one in account["agreements"]:
                    if one["number"] == agreement:
                        change(one["charges"])

        self.edit(within)

    def edit_server(self, number: int, change: Any) -> None:
        """Changes one virtual server: `change` gets its document and changes it."""

        def within(state: Json) -> None:
            change(next(one for one in state["ksc"]["virtual_servers"] if one["id"] == number))

        self.edit(within)

    def holds(self) -> list[Json]:
        """What waits for a person."""
        return list(self.call("holds", "list", "--json").json)

    def require_proof(self) -> None:
        """`verify` and `replay` hold, and nothing was left open at the source."""
        verified = self.call("verify", "--json")
        assert (verified.code, verified.json["ok"]) == (0, True), verified.words
        replayed = self.call("replay", "latest", "--json")
        assert replayed.code == 0, replayed.words
        assert self.sandbox.ksc.open_objects() == 0
        assert self.sandbox.ksc.open_sessions() == 0


@pytest.fixture(scope="session")
def _sandbox() -> Iterator[Sandbox]:
    with Sandbox(two_customers()) as sandbox:
        yield sandbox


@pytest.fixture(scope="module", autouse=True)
def _no_waiting_for_the_disk() -> Iterator[None]:
    with no_waiting_for_the_disk():
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_waiting_between_attempts() -> Iterator[None]:
    """Passing faults are met with as many attempts as ever, at once."""
    stamina.set_testing(True, attempts=3, cap=True)
    yield
    stamina.set_testing(False)


@pytest.fixture(scope="session")
def _empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that has just been made; to be copied, because making one takes longer than a run."""
    home = tmp_path_factory.mktemp("empty") / "home"
    open_ledger(home, clock=lambda: datetime.now(UTC))
    close_ledger()
    return home


@pytest.fixture
def bench(
    _sandbox: Sandbox, _empty_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Bench]:
    """The product beside the world of `two_customers`, linked and mapped."""
    copy_home(_empty_home, tmp_path / "home")
    monkeypatch.chdir(tmp_path)
    for name in ("TALLYBRIDGE_CONFIG", "TALLYBRIDGE_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TALLYBRIDGE_HOME", str(tmp_path / "home"))
    for name, secret in SECRETS.items():
        monkeypatch.setenv(name, secret)
    bench = Bench(_sandbox, tmp_path, capsys)
    for name, module in list(sys.modules.items()):
        if name.startswith("tallybridge.cli.") and hasattr(module, "utc_now"):
            monkeypatch.setattr(module, "utc_now", bench.now)
    monkeypatch.setattr(_sandbox.world, "now", bench.now)
    bench.load(two_customers())
    bench.declare()
    yield bench
    close_ledger()
    require_no_secret(past_the_program.all_bytes(bench.home), "the home or its database")
    _sandbox.set_faults([])
