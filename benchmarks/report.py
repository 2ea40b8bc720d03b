"""The figures of a benchmark as text, one per line."""

from __future__ import annotations

import os
import platform
import sqlite3
import ssl
from collections.abc import Iterator
from importlib.metadata import version
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.fleet import Figures

_LIBRARIES = ("Django", "msgspec", "urllib3", "zstandard")


def report(figures: Figures) -> str:
    """All figures with what they were measured on."""
    return "\n".join(f"{name:<58}{value:>26}" if value else f"\n{name}" for name, value in _lines(figures))


def _lines(figures: Figures) -> Iterator[tuple[str, str]]:
    fleet, pairs = figures.fleet, figures.pairs
    ours, bare = [ours for ours, _ in pairs], [bare for _, bare in pairs]
    seats, tenants = figures.first["seats"], fleet.virtual_servers
    yield f"{tenants} virtual servers, {fleet.hosts} hosts and {fleet.keys} keys each, seed {fleet.seed}; medians of {len(pairs)}", ""
    yield "Machine", f"{os.cpu_count()} CPUs, {platform.machine()}"
    yield (
        "Python; OpenSSL; SQLite",
        f"{platform.python_version()}; {ssl.OPENSSL_VERSION_INFO[0]}.{ssl.OPENSSL_VERSION_INFO[1]}; {sqlite3.sqlite_version}",
    )
    yield from ((name, version(name)) for name in _LIBRARIES)

    yield "Read, count, store and plan", ""
    yield "Wall seconds, ours", _seconds(ours, "wall")
    yield "Wall seconds, bare client", _seconds(bare, "wall")
    yield "CPU seconds, ours", _seconds(ours, "cpu")
    yield "CPU seconds, bare client", _seconds(bare, "cpu")
    ratios = [mine["cpu"] / theirs["cpu"] for mine, theirs in pairs]
    yield "Ratio of CPU seconds (median of the pairs; least to most)", f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    yield "Ratio of wall seconds", f"{median(mine['wall'] / theirs['wall'] for mine, theirs in pairs):.2f}"
    yield "CPU seconds before and after the run, ours (start, imports)", f"{_before(ours):.2f}"
    yield "CPU seconds before and after the run, bare client", f"{_before(bare):.2f}"
    yield "Seats counted", f"{seats}"
    yield "Seats per wall second", f"{seats / median(one['wall'] for one in ours):.0f}"
    yield "Calls per virtual server (all calls / virtual servers)", f"{bare[0]['calls'] / tenants:.1f}"
    yield "Bytes received per virtual server", f"{bare[0]['bytes'] / tenants:.0f}"

    yield "Memory: must not grow with the number of tenants", ""
    yield f"Peak MiB, {tenants} virtual servers", f"{median(one['peak_mib'] for one in ours):.1f}"
    yield f"Peak MiB, {max(1, tenants // 4)} virtual servers", f"{figures.quarter['peak_mib']:.1f}"

    yield "Database: must not be called per seat", ""
    yield "Statements per tenant, first run (commits)", _statements(figures.first, tenants)
    yield "Statements per tenant, unchanged second run (commits)", _statements(figures.second, tenants)
    yield "Statements per seat, first run", f"{sum(figures.first['statements'].values()) / seats:.4f}"
    yield f"Statements, a quarter of the tenants, {figures.quarter['seats']} seats", f"{sum(figures.quarter['statements'].values())}"
    fewer = figures.quarter_of_hosts
    yield f"Statements, the same tenants, {fewer['seats']} seats", f"{sum(fewer['statements'].values())}"

    yield "Evidence: an unchanged tenant must add nothing", ""
    yield "Compressed bytes of observations per tenant", f"{figures.first['stored']['observation'] / tenants:.0f}"
    yield "Compressed bytes of inputs, plan and document per tenant", f"{_others(figures.first) / tenants:.0f}"
    yield "Bytes of observations added by a second, unchanged run", f"{figures.second['stored']['observation']}"
    yield "Bytes of all kinds added by a second, unchanged run", f"{sum(figures.second['stored'].values())}"


def _seconds(measurements: list[dict[str, Any]], name: str) -> str:
    return f"{median(one[name] for one in measurements):.2f}"


def _before(measurements: list[dict[str, Any]]) -> float:
    return float(median(one["process_cpu"] - one["cpu"] for one in measurements))


def _statements(measurement: dict[str, Any], tenants: int) -> str:
    statements = measurement["statements"]
    return f"{sum(statements.values()) / tenants:.1f} ({measurement['commits'] / tenants:.1f})"


def _others(measurement: dict[str, Any]) -> int:
    return sum(measurement["stored"][kind] for kind in ("inputs", "plan", "document"))
