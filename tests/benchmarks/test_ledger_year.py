"""The simulated year in small: it holds what the ledger promises of unchanged and of changed days (design 7), with retention at work."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.ledger_year import Year, simulate
from benchmarks.ledger_year_report import write_page

pytestmark = pytest.mark.sqlite_only("what is measured is the file")


def test_an_unchanged_day_adds_no_evidence_and_a_changed_one_little_more_than_what_has_changed(tmp_path: Path) -> None:
    year = Year(tenants=6, hosts=20, days=20, every=5, share=0.05, kept=8, seed=1)
    days = list(simulate(year, tmp_path / "home"))
    changed = [day for day in days if day.changed]
    assert len(changed) == 4
    assert all(day.contents.get("observation", 0) == 0 for day in days if not day.changed)
    assert sum(day.contents["observation"] for day in changed) <= 4 * sum(day.difference for day in changed)
    assert sum(day.pruned for day in days) > 0


def test_the_page_and_its_plot_are_written(tmp_path: Path) -> None:
    figures = {"contents": {"observation": 50}, "pages": 4096, "in_use": 8192, "file": 8192, "pruned": 0, "pruned_bytes": 0, "cpu": 0.1}
    days = [
        {"number": number, "changed": number % 3 == 1, "difference": 100, "rows": {"ledger_line": 30 * (number % 3 == 1)}, **figures}
        for number in range(9)
    ]
    year = {"tenants": 1, "hosts": 20, "days": 9, "every": 3, "share": 0.01, "kept": 5, "seed": 7}
    (tmp_path / "images").mkdir()
    table = write_page({"year": year, "days": days}, tmp_path)
    assert "| **evidence ÷ the bare difference** | 0.5 | at most 4 |" in table
    page = (tmp_path / "ledger-growth.md").read_text(encoding="utf-8")
    assert table in page
    assert "| `ledger_line` | 30 |" in page
    assert (tmp_path / "images" / "ledger-year.svg").read_text(encoding="utf-8").startswith("<svg")
