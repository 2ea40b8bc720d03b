"""Starts the parts of the benchmark as processes of their own and reads what they print."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def measured(module: str, *arguments: object) -> dict[str, Any]:
    """Runs a module of the benchmark to its end and returns the JSON that it printed."""
    done = subprocess.run(_command(module, arguments), stdout=subprocess.PIPE, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@contextmanager
def serving(module: str, *arguments: object) -> Iterator[dict[str, Any]]:
    """Starts a module of the benchmark that serves until its stdin ends, and gives its announcement.

    Raises:
        RuntimeError: it ended before it served.
    """
    with subprocess.Popen(_command(module, arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"{module} ended before it served.")
        try:
            yield json.loads(line)
        finally:
            process.stdin.close()
            process.wait(timeout=30)


def _command(module: str, arguments: tuple[object, ...]) -> list[str]:
    return [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
