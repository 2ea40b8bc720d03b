"""A ledger that begins in a file and goes on in PostgreSQL, by the command line: what docs/how-to/use-postgresql.md tells a person to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallybridge.ledger.database import URL_VARIABLE
from tests.databases.homes import as_the_program_does, blank, environment_of, homes, in_a_file
from tests.end_to_end.conftest import Bench
from tests.end_to_end.worlds import CONTOSO


def _moved(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> str:
    """Bills one day in a file, then moves the ledger into an empty database; the chain's head before."""
    homes.forget(bench.home)
    with in_a_file(bench.home):
        assert bench.run().code == 0
        head = str(bench.call("verify", "--json").json["head"])
    monkeypatch.setenv(URL_VARIABLE, environment_of(blank(bench.home))[URL_VARIABLE])
    moved = bench.call("ledger", "move", "--json")
    assert moved.code == 0, moved.words
    assert moved.json["head"] == head
    return head


def test_a_moved_ledger_verifies_explains_and_bills_on(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """L8: the lines are known, so nothing is written anew."""
    head = _moved(bench, monkeypatch)
    assert bench.call("verify", "--head", head).code == 0
    explained = bench.call("explain", "--json", "--agreement", CONTOSO, "--item", "KES-WKS")
    assert len(explained.json["seats"]) == explained.json["quantity"] == 3
    again = bench.run()
    assert (again.code, again.writes) == (0, 0)
    bench.require_proof()


def test_the_file_is_not_gone_on_with(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    _moved(bench, monkeypatch)
    with in_a_file(bench.home):
        refused = bench.run()
    assert refused.code == 1
    assert "was moved to the PostgreSQL database" in refused.words


def test_the_address_is_never_shown(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """L11."""
    address = "postgresql://tallybridge:a-secret-of-the-database@127.0.0.1:1/ledger"
    with in_a_file(bench.home):
        assert bench.run().code == 0
        monkeypatch.setenv(URL_VARIABLE, address)
    for command in (("run", "--json"), ("doctor",), ("status",), ("ledger", "move"), ("ledger", "backup", "file")):
        monkeypatch.setattr("tallybridge.ledger.opening.database_of", as_the_program_does)
        monkeypatch.setenv(URL_VARIABLE, address)
        refused = bench.call(*command)
        assert refused.code == 1
        assert "a-secret-of-the-database" not in refused.words


def test_the_simulated_world_does_not_meet_the_database(bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(URL_VARIABLE, environment_of(bench.home)[URL_VARIABLE])
    refused = bench.call("demo", "--home", tmp_path / "demo")
    assert refused.code == 1
    assert f"{URL_VARIABLE} names a database" in refused.words
    assert not (tmp_path / "demo").exists()
