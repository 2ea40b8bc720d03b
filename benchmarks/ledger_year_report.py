"""The figures of a simulated year as a page of the documentation with a plot: `python -m benchmarks.ledger_year_report FIGURES docs`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

_EVIDENCE = "observation"
_CONTENTS = ("observation", "inputs", "plan", "document", "present")
_AIM = 4
_WORTH_TELLING = 20
"""Bytes."""
_VERSION = "5.20"
_PAGE = """# How the ledger grows

What a day adds to the ledger, measured over a simulated {days} days of {tenants} customers with {hosts} devices each and one application, billed
on one item. On one day of {every} {percent} of all devices change, on the others nothing does. A third of the changed devices are replaced, a third
renamed, the rest come or go, so quantities change and charges are written. Evidence is kept for {kept} days instead of the usual two years, so that
retention is at work. `make ledger-year` measures it again; this page is written by it.

![What each day adds, and what is in use](images/ledger-year.svg)

{table}

- *Bytes* are SQLite's pages in use, free ones not counted, so rows and indexes are in them; medians of the days of a kind.
- *The bare difference* is the canonical bytes of the rows of the devices that went and came, nothing else, each customer's compressed alone by
  zstd at its highest level.
- What is stored as content is evidence, planning inputs, plans, documents and the state of the lines. The rest are rows: facts, usage lines, planned
  changes, intents with their calls and results, and indexes; they say in words and numbers what was counted and written, and cost more than the
  difference itself.
  By table and index, bytes per changed customer beyond an unchanged day, on the day of the change and the day after:

{rows}

- A quantity that has changed is written, and the day after sees Tigerpaw hold it: both days count as the change.
- Days of customers of whom nothing changed are added by one statement a day instead of one transaction each; the rows are the same.
- A pruned piece leaves an entry with its hash. Its pages are used again: the file does not shrink
  (decision [0028](decisions/0028-retention.md)).
"""


def write_page(measured: Mapping[str, Any], docs: Path | None) -> str:
    """The table of the figures; with a folder also the page and its plot in it."""
    table = _table(measured)
    if docs is not None:
        year = measured["year"]
        text = _PAGE.format(**{**year, "percent": f"{100 * year['share']:g} %", "table": table, "rows": _rows_table(measured)})
        (docs / "ledger-growth.md").write_text(text, encoding="utf-8")
        (docs / "images" / "ledger-year.svg").write_text(_plot(measured), encoding="utf-8")
    return table


def _table(measured: Mapping[str, Any]) -> str:
    days, tenants = measured["days"], measured["year"]["tenants"]
    unchanged, pairs = _kinds_of_days(days)
    usual = median(day["pages"] for day in unchanged)

    def ratio(of: Callable[[Mapping[str, Any], Mapping[str, Any]], float]) -> str:
        return f"{median(of(*pair) / pair[0]['difference'] for pair in pairs):.1f}"

    every_row = median((one["pages"] + next_["pages"] - 2 * usual) / one["difference"] for one, next_ in pairs)
    rows = [
        ("bytes per customer and unchanged day", f"{usual / tenants:.0f}", "at most 1024"),
        ("evidence added by an unchanged day", f"{sum(_of(day, (_EVIDENCE,)) for day in unchanged)}", "0"),
        ("bytes per customer and day with changes, everything", f"{median(one['pages'] for one, _ in pairs) / tenants:.0f}", ""),
        ("customers changed on a day with changes", f"{median(one['changed'] for one, _ in pairs):.0f}", ""),
        ("the bare difference per changed customer", f"{median(one['difference'] / one['changed'] for one, _ in pairs):.0f}", ""),
        ("evidence added per changed customer", f"{median(_of(one, (_EVIDENCE,)) / one['changed'] for one, _ in pairs):.0f}", ""),
        ("**evidence ÷ the bare difference**", ratio(lambda one, _: _of(one, (_EVIDENCE,))), "at most 4"),
        (
            "all contents (evidence, inputs, plans, documents, lines) ÷ the bare difference",
            ratio(lambda one, next_: _of(one, _CONTENTS) + _of(next_, _CONTENTS)),
            "",
        ),
        (
            "all that the file grows by beyond an unchanged day (with usage lines, intents, indexes) ÷ the bare difference",
            ratio(lambda one, next_: one["pages"] + next_["pages"] - 2 * usual),
            "at most 4, if every row is meant: **missed**" if every_row > _AIM else "at most 4",
        ),
        ("pieces of evidence pruned", f"{sum(day['pruned'] for day in days)}", ""),
        ("in use at the end, per customer", f"{days[-1]['in_use'] / tenants / 1000:.1f} kB", ""),
        ("CPU seconds of the whole simulation", f"{sum(day['cpu'] for day in days):.0f}", ""),
    ]
    return "\n".join(["| figure | value | aim |", "| --- | --- | --- |", *(f"| {name} | {value} | {aim} |" for name, value, aim in rows)])


def _kinds_of_days(days: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], list[tuple[Mapping[str, Any], Mapping[str, Any]]]]:
    """The unchanged days, and each day with changes with the day after it."""
    changed = [place for place, day in enumerate(days) if day["changed"] and place + 1 < len(days)]
    after = {place + 1 for place in changed}
    unchanged = [day for place, day in enumerate(days) if not day["changed"] and place not in after]
    return unchanged, [(days[place], days[place + 1]) for place in changed]


def _rows_table(measured: Mapping[str, Any]) -> str:
    """Where the bytes of a change are, the largest first."""
    unchanged, pairs = _kinds_of_days(measured["days"])
    names = sorted({name for one, next_ in pairs for name in (*one["rows"], *next_["rows"])})

    def beyond(name: str) -> float:
        usual = median(day["rows"].get(name, 0) for day in unchanged)
        return float(median((one["rows"].get(name, 0) + next_["rows"].get(name, 0) - 2 * usual) / one["changed"] for one, next_ in pairs))

    sizes = sorted(((beyond(name), name) for name in names), reverse=True)
    told = [(size, name) for size, name in sizes if size >= _WORTH_TELLING]
    rest = sum(size for size, _ in sizes) - sum(size for size, _ in told)
    lines = [f"  | `{name}` | {size:.0f} |" for size, name in told]
    return "\n".join(["  | table or index | bytes |", "  | --- | --- |", *lines, f"  | all others | {rest:.0f} |"])


def _of(day: Mapping[str, Any], kinds: Sequence[str]) -> int:
    return sum(day["contents"].get(kind, 0) for kind in kinds)


def _plot(measured: Mapping[str, Any]) -> str:
    import vl_convert  # noqa: PLC0415 - only who draws needs its engine

    year, days = measured["year"], measured["days"]
    x = {"field": "day", "type": "quantitative", "title": "day", "axis": {"grid": False}, "scale": {"domain": [0, year["days"]], "nice": False}}
    changes = [
        {"day": day["number"], "bytes": value / day["changed"], "of": of}
        for day in days
        if day["changed"]
        for of, value in (("evidence added", _of(day, (_EVIDENCE,))), ("the bare difference", day["difference"]))
    ]
    color = {"field": "of", "type": "nominal", "title": None, "scale": {"range": ["#0b6e4f", "#c8553d"]}, "legend": {"orient": "top"}}
    of_changes = {
        "title": "Bytes per changed customer, on days with changes",
        "width": 640,
        "height": 130,
        "data": {"values": changes},
        "mark": {"type": "line", "strokeWidth": 1.5, "point": {"size": 12}},
        "encoding": {"x": x, "y": {"field": "bytes", "type": "quantitative", "title": None, "scale": {"zero": True}}, "color": color},
    }

    def per_customer(title: str, member: str, unit: int, mark: str) -> dict[str, Any]:
        values = [{"day": day["number"], "value": day[member] / year["tenants"] / unit} for day in days]
        line = {
            "data": {"values": values},
            "mark": {"type": mark, "color": "#3a5a98", **({"width": 1.4} if mark == "bar" else {})},
            "encoding": {"x": x, "y": {"field": "value", "type": "quantitative", "title": None, "scale": {"zero": True}}},
        }
        rule = {"data": {"values": [{"day": year["kept"]}]}, "mark": {"type": "rule", "strokeDash": [4, 4], "color": "#777777"}, "encoding": {"x": x}}
        return {"title": title, "width": 640, "height": 130, "layer": [line, rule]}

    charts = [
        of_changes,
        per_customer("Bytes that the whole file grows by, per customer and day", "pages", 1, "bar"),
        per_customer("Kilobytes in use per customer; from the dashed day on evidence is pruned", "in_use", 1000, "line"),
    ]
    whole = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": "#ffffff",
        "vconcat": charts,
        "config": {"font": "system-ui, Segoe UI, Noto Sans, sans-serif"},
    }
    drawn: str = vl_convert.vegalite_to_svg(whole, vl_version=_VERSION)
    return drawn


if __name__ == "__main__":
    print(write_page(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2])))
