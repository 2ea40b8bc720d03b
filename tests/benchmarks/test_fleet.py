"""The benchmark works, and what it shows besides times holds: an unchanged day writes nothing and asks once. Never a timed test."""

from __future__ import annotations

import pytest

from benchmarks.fleet import Fleet
from benchmarks.measuring import Figures, measure_days, measure_fleet
from benchmarks.report import report

pytestmark = pytest.mark.sqlite_only("what is measured is the file")

TINY = Fleet(virtual_servers=6, hosts=20, keys=3)


@pytest.fixture(scope="module")
def fleet() -> Figures:
    return measure_fleet(TINY, pairs=1)


@pytest.fixture(scope="module")
def days() -> Figures:
    return measure_days(TINY)


def test_ours_and_the_bare_client_read_the_same_replies(fleet: Figures) -> None:
    assert (fleet["tenants"], fleet["pairs"]) == (6, 1)
    assert fleet["seats"] > 6 * 20
    assert fleet["ratio"] == pytest.approx(fleet["cpu"] / fleet["bare_cpu"], rel=0.5)


def test_a_customer_costs_the_documented_calls(days: Figures) -> None:
    """Reference 9.2 with the number that FindHosts returns: 7 and a chunk of keys, three calls for each of three keys, one chunk of devices."""
    assert days["first"]["source_calls_each"] == days["unchanged"]["source_calls_each"] == 7 + 1 + 3 * 3 + 1


def test_an_unchanged_day_writes_nothing_to_the_psa_and_reads_each_agreement_once(days: Figures) -> None:
    """L8."""
    assert days["first"]["psa_writes"] > 0
    assert days["unchanged"]["psa_writes"] == 0
    assert days["unchanged"]["psa_reads_each"] == 1
    assert days["unchanged"]["psa_reads_once"] == days["first"]["psa_reads_once"]


def test_an_unchanged_day_adds_no_evidence(days: Figures) -> None:
    assert days["first"]["observation_bytes"] > 0
    assert days["unchanged"]["observation_bytes"] == 0


def test_the_report_tells_the_ratio_with_its_range_and_whether_each_aim_is_met(fleet: Figures, days: Figures) -> None:
    measured = {"measured": "2026-11-30", "on": "2 CPUs"}
    told = report({"fleet-6000": fleet | measured, "days": days | measured})

    assert f"**{fleet['ratio']:.2f}** ({fleet['least_ratio']:.2f} to" in told
    assert "| an unchanged day: writes to the PSA | 0 | yes |" in told
