"""The benchmark works, and what it shows besides times holds: no statement per seat, no evidence of an unchanged tenant. Never a timed test."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.fleet import Figures, Fleet, measure
from benchmarks.report import report


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    folder: Path = tmp_path_factory.mktemp("benchmark")
    return measure(Fleet(virtual_servers=10, hosts=20, keys=3, seed=7), repetitions=1, folder=folder)


def test_the_bare_client_makes_the_calls_of_the_run_and_gets_their_replies(figures: Figures) -> None:
    ((_, bare),) = figures.pairs
    assert bare["calls"] == figures.first["calls"]
    assert bare["bytes"] == figures.first["bytes"]


def test_every_repetition_counts_the_same_seats(figures: Figures) -> None:
    assert [ours["seats"] for ours, _ in figures.pairs] == [figures.first["seats"]]


def test_the_database_is_told_no_more_with_four_times_the_seats(figures: Figures) -> None:
    assert figures.quarter["seats"] > 3 * figures.quarter_of_hosts["seats"]
    assert figures.quarter["statements"] == figures.quarter_of_hosts["statements"]


def test_an_unchanged_second_run_adds_no_byte_to_the_evidence_store(figures: Figures) -> None:
    assert figures.first["stored"]["observation"] > 0
    assert set(figures.second["stored"].values()) == {0}


def test_the_report_tells_the_ratio_with_its_range(figures: Figures) -> None:
    assert "Ratio of CPU seconds" in report(figures)
