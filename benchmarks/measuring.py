"""What is measured, each in processes of its own, so that neither the servers' work nor another measurement is in a figure.

Our run and the bare client get the same replies from the same server, which holds them encoded: they are recorded from the sandbox first.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from urllib.request import Request, urlopen

from benchmarks.fleet import Fleet
from benchmarks.processes import measured, serving

Figures = dict[str, Any]


def measure_fleet(fleet: Fleet, *, pairs: int) -> Figures:
    """Ours in mode `plan` (read, count, store into a fresh ledger, plan) beside the bare client, in turns; who begins changes from pair to pair."""
    with _recorded(fleet) as folder:
        ours: list[Figures] = []
        bare: list[Figures] = []
        with serving("replay_server", "--recording", folder) as replayed:
            config = _leading_to(replayed, folder)
            for number in range(pairs):
                if number % 2:
                    bare.append(_bare_client(folder, replayed))
                ours.append(_our_run(fleet, config, folder / f"home-{number}"))
                if not number % 2:
                    bare.append(_bare_client(folder, replayed))
    ratios = [mine["cpu"] / theirs["cpu"] for mine, theirs in zip(ours, bare, strict=True)]
    return {
        "tenants": fleet.virtual_servers,
        "seats": ours[0]["seats"],
        "pairs": pairs,
        "cpu": _medians(ours, "cpu"),
        "bare_cpu": _medians(bare, "cpu"),
        "ratio": round(median(ratios), 2),
        "least_ratio": round(min(ratios), 2),
        "greatest_ratio": round(max(ratios), 2),
        "wall": _medians(ours, "wall"),
        "bare_wall": _medians(bare, "wall"),
        "peak_mib": round(max(one["peak_mib"] for one in ours), 1),
        "bare_peak_mib": round(max(one["peak_mib"] for one in bare), 1),
        "calls_each": round(bare[0]["calls"] / fleet.virtual_servers, 1),
        "bytes_each": round(bare[0]["bytes"] / fleet.virtual_servers),
    }


def measure_days(fleet: Fleet) -> Figures:
    """Three days in mode `run`, against the sandbox, into one ledger: on the first every charge is made, on the second all are there, and on the
    third nothing has changed."""
    days: list[Figures] = []
    with tempfile.TemporaryDirectory(prefix="tallybridge-benchmark-") as made:
        folder = Path(made)
        with _simulated(fleet, folder) as systems:
            seen = 0
            for _ in range(3):
                run = measured("our_run", "--config", folder / "tallybridge.toml", "--home", folder / "home", "--mode", "run", "--statements")
                log = json.loads(_fetched(f"{systems['tigerpaw_url']}/_sandbox/log"))
                days.append(_day(fleet, run, log[seen:]))
                seen = len(log)
    first, _, third = days
    return {"tenants": fleet.virtual_servers, "hosts": fleet.hosts, "first": first, "unchanged": third}


def _day(fleet: Fleet, run: Figures, log: list[Figures]) -> Figures:
    each = fleet.virtual_servers
    calls = Counter(call["on"] for call in log)
    agreements = sum(call["on"] == "tigerpaw_rest" and "/agreements/" in call["call"] for call in log)
    return {
        "seats": run["seats"],
        "psa_writes": calls["tigerpaw_soap"],
        "psa_reads_each": round(agreements / each, 2),
        "psa_reads_once": calls["tigerpaw_rest"] - agreements,
        "source_calls_each": round(sum(call["on"] == "ksc" and bool(call["virtual_server"]) for call in log) / each, 2),
        "ledger_bytes_each": round(run["ledger_bytes"] / each),
        "evidence_bytes_each": round(sum(run["stored"].values()) / each),
        "observation_bytes": run["stored"].get("observation", 0),
        "statements_each": round(sum(run["statements"].values()) / each, 1),
        "commits_each": round(run["commits"] / each, 1),
    }


def measure_latency(fleet: Fleet, *, milliseconds: int, sessions: int) -> Figures:
    """Wall seconds of a run whose every call takes so much longer, beside the waiting alone over so many sessions, and the bare client's."""
    with (
        _recorded(fleet, f"max_sessions = {sessions}") as folder,
        serving("replay_server", "--recording", folder, "--delay", milliseconds) as replayed,
    ):
        config = _leading_to(replayed, folder)
        runs = [_our_run(fleet, config, folder / f"home-{number}") for number in range(2)]
        bare = _bare_client(folder, replayed)
        calls = json.loads((folder / "recorded.json").read_bytes())["calls"]
    least = calls * milliseconds / 1000 / sessions
    wall = min(run["wall"] for run in runs)
    return {
        "tenants": fleet.virtual_servers,
        "milliseconds": milliseconds,
        "sessions": sessions,
        "calls": calls,
        "least": round(least, 2),
        "wall": round(wall, 2),
        "ratio": round(wall / least, 3),
        "bare_wall": round(bare["wall"], 2),
        "bare_ratio": round(bare["wall"] / least, 3),
        "cpu": _medians(runs, "cpu"),
    }


@contextmanager
def _simulated(fleet: Fleet, folder: Path) -> Iterator[Figures]:
    with serving("simulated_systems", *fleet.arguments(), "--config", folder / "tallybridge.toml") as announcement:
        yield announcement


@contextmanager
def _recorded(fleet: Fleet, *settings: str) -> Iterator[Path]:
    """A folder with what a run of ours sends and receives, for as long as the block takes."""
    with tempfile.TemporaryDirectory(prefix="tallybridge-benchmark-") as made:
        folder = Path(made)
        with _simulated(fleet, folder):
            declared = folder / "tallybridge.toml"
            declared.write_text(declared.read_text(encoding="utf-8").replace("[source]", "\n".join(("[source]", *settings))), encoding="utf-8")
            recorded = _our_run(fleet, folder / "tallybridge.toml", folder / "home", "--record", folder)
        (folder / "recorded.json").write_text(json.dumps({"calls": recorded["calls"]}), encoding="utf-8")
        yield folder


def _leading_to(replayed: Figures, folder: Path) -> Path:
    """The recorded configuration with the replay server's addresses."""
    declared = (folder / "tallybridge.toml").read_text(encoding="utf-8")
    for pattern, value in (
        ('url = "https://[^"]*"', f'url = "https://127.0.0.1:{replayed["secured_port"]}"'),
        ('url = "http://[^"]*"', f'url = "http://127.0.0.1:{replayed["plain_port"]}"'),
        ('fingerprint = "[^"]*"', f'fingerprint = "{replayed["fingerprint"]}"'),
    ):
        declared = re.sub(pattern, value, declared, count=1)
    config = folder / "replayed.toml"
    config.touch(mode=0o600)
    config.write_text(declared, encoding="utf-8")
    return config


def _our_run(fleet: Fleet, config: Path, home: Path, *more: object) -> Figures:
    run = measured("our_run", "--config", config, "--home", home, *more)
    # A small customer whose few devices happen to be managed by nobody has nothing to plan.
    if run["tenants"].get("planned", 0) + run["tenants"].get("unchanged", 0) != fleet.virtual_servers:
        raise RuntimeError(f"Of {fleet.virtual_servers} virtual servers the run came to {run['tenants']}: its figures are worth nothing.")
    return run


def _bare_client(folder: Path, replayed: Figures) -> Figures:
    where = ("--secured-port", replayed["secured_port"], "--plain-port", replayed["plain_port"], "--fingerprint", replayed["fingerprint"])
    return measured("bare_client", "--recording", folder, *where)


def _fetched(url: str) -> bytes:
    with urlopen(Request(url)) as reply:
        content: bytes = reply.read()
        return content


def _medians(runs: list[Figures], name: str) -> float:
    return round(float(median(run[name] for run in runs)), 2)
