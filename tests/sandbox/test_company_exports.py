"""The export files that the sandbox writes of its companies (contracts 5)."""

from __future__ import annotations

import json
import re
import socket
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from tallybridge.sandbox import ExportNotWritten, Sandbox, ScenarioError
from tests.sandbox.ksc_wire import tigerpaw_connection
from tests.sandbox.test_companies import THE_CONTRACTS_COMPANY, companies, company

MORNING = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
WORLD = companies(THE_CONTRACTS_COMPANY)


def sandbox(scenario: dict[str, Any] = WORLD, *, now: datetime = MORNING, exports: Path | None = None) -> Sandbox:
    """A sandbox whose clock stands still."""
    return Sandbox(scenario, now=lambda: now, exports=exports)


def names(folder: Path) -> list[str]:
    """The files of a folder."""
    return sorted(file.name for file in folder.iterdir())


def test_an_export_is_the_contracts_document_stamped_by_the_clock(tmp_path: Path) -> None:
    file = sandbox().write_exports(tmp_path)
    assert json.loads(file.read_bytes()) == {"exported": "2026-11-22T01:00:00Z", "companies": [THE_CONTRACTS_COMPANY]}
    assert names(tmp_path) == [file.name] == ["business-hub-2026-11-22T010000Z.json"]


@pytest.mark.parametrize(
    ("exported", "stamp", "name"),
    [
        (datetime(2026, 11, 20, 23, 5, 7, tzinfo=UTC), "2026-11-20T23:05:07Z", "business-hub-2026-11-20T230507Z.json"),
        (datetime(2026, 11, 21, 1, 5, tzinfo=timezone(timedelta(hours=2))), "2026-11-20T23:05:00Z", "business-hub-2026-11-20T230500Z.json"),
        (datetime(2026, 11, 20, 0, 0, 0, 1, tzinfo=UTC), "2026-11-20T00:00:00.000001Z", "business-hub-2026-11-20T000000.000001Z.json"),
    ],
)
def test_the_instant_can_be_given_and_is_told_in_utc(tmp_path: Path, exported: datetime, stamp: str, name: str) -> None:
    file = sandbox().write_exports(tmp_path, exported)
    assert json.loads(file.read_bytes())["exported"] == stamp
    assert file.name == name


def test_an_instant_without_a_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        sandbox().write_exports(tmp_path, datetime(2026, 11, 22, 1, 0))  # noqa: DTZ001 - the refused case
    assert names(tmp_path) == []


def test_another_instant_is_another_file_and_the_same_one_is_replaced(tmp_path: Path) -> None:
    running = sandbox()
    first = running.write_exports(tmp_path)
    running.write_exports(tmp_path, MORNING - timedelta(days=1))
    running.replace({})
    assert running.write_exports(tmp_path) == first
    assert json.loads(first.read_bytes())["companies"] == []
    assert names(tmp_path) == ["business-hub-2026-11-21T010000Z.json", "business-hub-2026-11-22T010000Z.json"]


def test_a_folder_that_is_missing_is_made(tmp_path: Path) -> None:
    assert sandbox().write_exports(tmp_path / "a" / "b").parent == tmp_path / "a" / "b"


def test_a_reader_never_meets_a_part_of_an_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it is whole the file has no ending that exports have; a failure leaves the old file and nothing else."""
    running = sandbox()
    whole = running.write_exports(tmp_path).read_bytes()
    met: list[str] = []

    def failing(unfinished: Path, target: Path) -> Path:
        met.extend(name for name in names(tmp_path) if Path(name).suffix in {".json", ".csv", ".xlsx"})
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(ExportNotWritten, match=re.escape("2026-11-22T010000Z.json cannot be written: No space left on device.")):
        running.write_exports(tmp_path)
    assert met == names(tmp_path) == ["business-hub-2026-11-22T010000Z.json"]
    assert (tmp_path / met[0]).read_bytes() == whole


def test_a_folder_that_cannot_be_used_is_named_and_nothing_is_left_running(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    starting = sandbox(exports=tmp_path / "taken")
    with pytest.raises(ExportNotWritten, match="taken"):
        starting.start()
    host, _, port = starting.tigerpaw_url.removeprefix("http://").partition(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=5)


def test_exports_that_are_kept_are_written_at_the_start_and_by_every_replacement(tmp_path: Path) -> None:
    clock = iter(MORNING + timedelta(hours=hour) for hour in range(9))
    with Sandbox(WORLD, now=lambda: next(clock), exports=tmp_path) as running:
        assert names(tmp_path) == ["business-hub-2026-11-22T010000Z.json"]
        with tigerpaw_connection(running) as connection:
            body = json.dumps(companies(company(name="Replaced")))
            connection.request("POST", "/_sandbox/replace", body)
            assert connection.getresponse().status == 200
        running.replace(companies(company(name="Again")))
        running.replace({})
        with pytest.raises(ScenarioError):
            running.replace({"color": 1})
    written = [json.loads((tmp_path / name).read_bytes())["companies"][0]["name"] for name in names(tmp_path)]
    assert written == ["Fabrikam", "Replaced", "Again"]


def test_a_scenario_without_companies_has_nothing_to_keep(tmp_path: Path) -> None:
    with sandbox({}, exports=tmp_path):
        assert names(tmp_path) == []


def test_without_a_folder_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with sandbox() as running:
        running.replace(WORLD)
    assert names(tmp_path) == []


def test_a_replacement_says_when_its_export_could_not_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    with sandbox(exports=folder) as running, tigerpaw_connection(running) as connection:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
        folder.write_text("")
        connection.request("POST", "/_sandbox/replace", json.dumps(companies(company(name="Replaced"))))
        response = connection.getresponse()
        assert response.status == 500
        assert response.read().decode().startswith("The scenario was replaced, but its export was not written. The Business Hub export ")
        assert running.state()["business_hub"]["companies"][0]["name"] == "Replaced"


def test_the_state_holds_the_companies_and_can_be_sent_back() -> None:
    with sandbox() as running, tigerpaw_connection(running) as connection:
        connection.request("GET", "/_sandbox/state")
        state = json.loads(connection.getresponse().read())
        assert state["business_hub"] == WORLD["business_hub"]
        running.replace({})
        connection.request("POST", "/_sandbox/replace", json.dumps(state))
        assert connection.getresponse().read() == b"{}"
        assert running.state() == state
