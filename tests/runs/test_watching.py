"""The watched folder: a file is taken in once it has stopped changing, a wrong one is told, and none is moved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tallybridge.cli.frame import utc_now
from tallybridge.ledger import imports
from tallybridge.ledger.opening import close_ledger, open_ledger
from tallybridge.runs.watching import FolderWatch
from tallybridge.sources.business_hub.templates import template, write_template

INTEGRATION = "Business Hub"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    open_ledger(tmp_path / "home", clock=utc_now)
    exports = tmp_path / "exports"
    exports.mkdir()
    yield exports
    close_ledger()


@pytest.fixture
def watch(folder: Path) -> FolderWatch:
    return FolderWatch(INTEGRATION, folder, clock=utc_now)


def companies() -> list[str]:
    return [part.company for part in imports.newest_parts(INTEGRATION)]


def test_a_new_file_is_taken_in_at_the_second_look_and_stays_where_it_is(folder: Path, watch: FolderWatch) -> None:
    file = folder / "today.csv"
    write_template("csv", file)
    assert list(watch.look()) == []
    assert list(watch.look()) == ["today.csv: 1 company, 1 new."]
    assert (companies(), file.read_bytes()) == (["c-17"], template("csv"))


def test_a_file_that_has_been_taken_in_is_not_told_again(folder: Path, watch: FolderWatch) -> None:
    write_template("json", folder / "today.json")
    assert [len(list(watch.look())) for _ in range(4)] == [0, 1, 0, 0]


def test_a_file_that_is_still_being_written_is_left_alone(folder: Path, watch: FolderWatch) -> None:
    file = folder / "today.json"
    whole = template("json")
    for end in (50, 150, 250):
        file.write_bytes(whole[:end])
        assert list(watch.look()) == []
    file.write_bytes(whole)
    assert list(watch.look()) == []
    assert list(watch.look()) == ["today.json: 1 company, 1 new."]


def test_a_wrong_file_is_told_once_and_nothing_of_it_is_taken(folder: Path, watch: FolderWatch) -> None:
    (folder / "wrong.csv").write_text("company_id,company\nc-1,Contoso\n", encoding="utf-8")
    watch.look()
    told = [sentence for _ in range(3) for sentence in watch.look()]
    assert len(told) == 1
    assert "wrong.csv" in told[0]
    assert companies() == []


def test_the_same_files_after_a_restart_change_nothing(folder: Path, watch: FolderWatch) -> None:
    write_template("xlsx", folder / "today.xlsx")
    assert sum(len(list(watch.look())) for _ in range(2)) == 1
    again = FolderWatch(INTEGRATION, folder, clock=utc_now)
    assert [sentence for _ in range(2) for sentence in again.look()] == ["today.xlsx: 1 company, 0 new."]
