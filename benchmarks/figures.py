"""Measured figures as they are kept beside the page that shows them: a part that is measured again takes the place of its former figures."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import ssl
from datetime import UTC, datetime
from importlib.metadata import version
from math import log
from pathlib import Path
from statistics import linear_regression
from typing import Any

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
FOLDER = PAGE.parent / "performance"
_KEPT = FOLDER / "figures.json"
_LIBRARIES = ("Django", "httptools", "msgspec", "urllib3", "zstandard")


def kept() -> dict[str, Any]:
    """All figures, by part: `fleet-100000`, `tenants-1000`, `days`, `latency`."""
    figures: dict[str, Any] = json.loads(_KEPT.read_bytes()) if _KEPT.exists() else {}
    return figures


def keep(part: str, figures: dict[str, Any]) -> None:
    """Keeps a part's figures with the date and the machine that they are from."""
    FOLDER.mkdir(exist_ok=True)
    whole = kept() | {part: figures | {"measured": datetime.now(UTC).date().isoformat(), "on": machine()}}
    _KEPT.write_text(json.dumps(whole, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def machine() -> str:
    """What it was measured on, in words."""
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    openssl = ".".join(map(str, ssl.OPENSSL_VERSION_INFO[:2]))
    return (
        f"{os.cpu_count()} CPUs, {platform.machine()}; Python {platform.python_version()}, OpenSSL {openssl}, "
        f"SQLite {sqlite3.sqlite_version}, {libraries}"
    )


def growth(fleets: list[dict[str, Any]], what: str) -> float | None:
    """The exponent with which a figure grows with the seats, fitted through all sizes; None with fewer than two."""
    if len(fleets) < 2:
        return None
    return linear_regression([log(one["seats"]) for one in fleets], [log(one[what]) for one in fleets]).slope
