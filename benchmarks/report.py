"""The measured part of docs/performance.md: written anew from the kept figures, between its two marks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.figures import FOLDER, PAGE, growth
from benchmarks.plots import draw

BEGINS = "<!-- measured: from here to the end mark written by `make benchmark` -->"
ENDS = "<!-- measured: end -->"

Figures = dict[str, Any]

AIMS = {"ratio": 2.0, "growth": 1.05, "peak_mb": 250, "latency": 1.15, "unchanged": 1000}


def write(figures: Figures) -> None:
    """Writes the page's measured part and draws its plots."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGINS)
    _, _, after = rest.partition(ENDS)
    PAGE.write_text(f"{before}{BEGINS}\n\n{report(figures)}\n{ENDS}{after}", encoding="utf-8")
    _draw(figures)


def report(figures: Figures) -> str:
    """All figures as Markdown."""
    return "\n".join(_lines(figures))


def _lines(figures: Figures) -> Iterator[str]:
    fleets, tenants = _sizes(figures, "fleet-"), _sizes(figures, "tenants-")
    yield from _aims(figures, fleets, tenants)
    if fleets:
        yield from _fleets(fleets)
    if tenants:
        yield from _tenants(tenants)
    if "days" in figures:
        yield from _days(figures["days"])
    if "latency" in figures:
        yield from _latency(figures["latency"])
    yield "Measured on:"
    yield ""
    machines: dict[tuple[str, str], list[str]] = {}
    for part, one in figures.items():
        machines.setdefault((one["measured"], one["on"]), []).append(part)
    yield from (f"- {', '.join(parts)}: {date}, {machine}." for (date, machine), parts in machines.items())
    yield ""


def _sizes(figures: Figures, prefix: str) -> list[Figures]:
    return sorted((one for part, one in figures.items() if part.startswith(prefix)), key=lambda one: (one["seats"], one["tenants"]))


def _aims(figures: Figures, fleets: list[Figures], tenants: list[Figures]) -> Iterator[str]:
    yield from ("| aim | measured | met |", "| --- | --- | --- |")
    if fleets:
        largest = fleets[-1]
        yield _aim(f"CPU at most {AIMS['ratio']:g} times the bare client's, {largest['seats']:,} seats", largest["ratio"], AIMS["ratio"])
        peak = largest["peak_mib"] * 1.048576
        yield _aim(f"peak memory below {AIMS['peak_mb']} MB, {largest['seats']:,} seats", round(peak), AIMS["peak_mb"], " MB")
        if (exponent := growth(fleets, "cpu")) is not None:
            yield _aim(f"CPU grows with the seats by an exponent of at most {AIMS['growth']:g}", round(exponent, 3), AIMS["growth"])
    if len(tenants) > 1:
        few, many = tenants[0], tenants[-1]
        grown = (many["peak_mib"] - few["peak_mib"]) * 1.048576
        bound = 0.1 * few["peak_mib"] * 1.048576
        yield _aim(f"the same memory for {few['tenants']:,} and {many['tenants']:,} customers (within a tenth)", round(grown), bound, " MB more")
    if "latency" in figures:
        yield _aim("20 ms more for every call: wall time at most 1.15 times the waiting", figures["latency"]["ratio"], AIMS["latency"])
    if "days" in figures:
        unchanged = figures["days"]["unchanged"]
        yield _aim("an unchanged day: evidence", unchanged["observation_bytes"], 0, " bytes")
        yield _aim("an unchanged day: ledger, per customer at most 1 KB", unchanged["ledger_bytes_each"], AIMS["unchanged"], " bytes")
        yield _aim("an unchanged day: writes to the PSA", unchanged["psa_writes"], 0)
        yield _aim("an unchanged day: reads of the PSA per customer", unchanged["psa_reads_each"], 1)
    yield ""


def _aim(words: str, value: float, most: float, unit: str = "") -> str:
    return f"| {words} | {value:,}{unit} | {'yes' if value <= most else '**no**'} |"


def _fleets(fleets: list[Figures]) -> Iterator[str]:
    yield "### Fleets of 500 devices and 3 keys per customer"
    yield ""
    names = ("seats", "customers", "CPU s", "bare client", "**ratio** (range)", "wall s", "bare client", "seats per wall s", "peak MiB")
    yield from _table(
        (*names, "bare client", "calls per customer", "kB received per customer"),
        [
            (
                f"{one['seats']:,}",
                f"{one['tenants']:,}",
                one["cpu"],
                one["bare_cpu"],
                f"**{one['ratio']:.2f}** ({one['least_ratio']:.2f} to {one['greatest_ratio']:.2f}, {one['pairs']} pairs)",
                one["wall"],
                one["bare_wall"],
                f"{one['seats'] / one['wall']:,.0f}",
                one["peak_mib"],
                one["bare_peak_mib"],
                one["calls_each"],
                round(one["bytes_each"] / 1000),
            )
            for one in fleets
        ],
    )
    ours, bare = growth(fleets, "cpu"), growth(fleets, "bare_cpu")
    if ours is not None and bare is not None:
        yield f"Growth exponent of the CPU seconds, fitted through these sizes: ours {ours:.3f}, bare client {bare:.3f}."
        yield ""
    yield from _picture("cpu", "CPU seconds by seats, ours and the bare client's")
    yield from _picture("memory", "Peak memory by seats, ours and the bare client's")


def _tenants(tenants: list[Figures]) -> Iterator[str]:
    yield "### Many small customers: 2 devices and a key each"
    yield ""
    yield from _table(
        ("customers", "seats", "CPU s", "bare client", "ratio", "CPU ms per customer", "peak MiB", "calls per customer"),
        [
            (
                f"{one['tenants']:,}",
                f"{one['seats']:,}",
                one["cpu"],
                one["bare_cpu"],
                f"{one['ratio']:.2f}",
                round(1000 * one["cpu"] / one["tenants"], 1),
                one["peak_mib"],
                one["calls_each"],
            )
            for one in tenants
        ],
    )


def _days(days: Figures) -> Iterator[str]:
    yield f"### Days of {days['tenants']} customers with {days['hosts']} devices, written to the PSA"
    yield ""
    rows = {
        "psa_writes": "writes to the PSA",
        "psa_reads_each": "reads of agreements, per customer",
        "psa_reads_once": "other reads of the PSA, whole run",
        "source_calls_each": "calls to Security Center per customer",
        "evidence_bytes_each": "compressed contents, bytes per customer",
        "ledger_bytes_each": "the ledger's growth in all, bytes per customer",
        "statements_each": "statements per customer",
        "commits_each": "commits per customer",
    }
    yield from _table(
        ("", "first day: every charge is made", "third day: nothing has changed"),
        [(words, f"{days['first'][name]:,}", f"{days['unchanged'][name]:,}") for name, words in rows.items()],
    )


def _latency(latency: Figures) -> Iterator[str]:
    yield "### A slow line"
    yield ""
    customers, sessions, added, calls = (latency[name] for name in ("tenants", "sessions", "milliseconds", "calls"))
    yield f"{customers} customers over {sessions} sessions, {added} ms added to each of {calls:,} calls: waiting alone takes {latency['least']} s,"
    yield f"the run took {latency['wall']} s (the better of two), **{latency['ratio']:.2f}** times as long; {latency['cpu']} s of it were CPU."
    yield f"The bare client, with the same calls over as many connections at the same time on the same machine: {latency['bare_wall']} s,"
    yield f"{latency['bare_ratio']:.2f} times the waiting; ours took {latency['wall'] / latency['bare_wall']:.2f} times as long as that."
    yield ""


def _table(names: tuple[str, ...], rows: list[tuple[object, ...]]) -> Iterator[str]:
    for cells in (names, ["---"] * len(names), *rows):
        yield f"| {' | '.join(map(str, cells))} |"
    yield ""


def _picture(name: str, words: str) -> Iterator[str]:
    yield f"![{words}]({FOLDER.name}/{name}.svg)"
    yield ""


def _draw(figures: Figures) -> None:
    fleets = _sizes(figures, "fleet-")
    for name, ours, bare, title, logarithmic in (
        ("cpu", "cpu", "bare_cpu", "CPU seconds", True),
        ("memory", "peak_mib", "bare_peak_mib", "peak MiB", False),
    ):
        rows = [{"x": one["seats"], "y": one[what], "line": line} for one in fleets for line, what in (("Tallybridge", ours), ("bare client", bare))]
        draw(FOLDER / f"{name}.svg", rows, x="seats", y=title, logarithmic=logarithmic)
