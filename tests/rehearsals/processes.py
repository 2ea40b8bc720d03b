"""The product and the sandbox as real processes: started, looked at, killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

Json = dict[str, Any]

PROGRAM = (sys.executable, "-c", "from tallybridge.cli.entry import main; main()")
SECONDS = 60
"""Longer than anything here takes; a process that takes longer hangs."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended; minus the signal's number for one that was killed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        assert self.out.strip(), f"nothing was said; exit code {self.code}, {self.err}"
        return json.loads(self.out)

    @property
    def words(self) -> str:
        """Everything that it said, and its exit code."""
        return f"exit code {self.code}\n{self.out}\n{self.err}"


class Running:
    """A process of ours, in a group of its own so that whatever it starts dies with it."""

    def __init__(
        self, folder: Path, arguments: tuple[str, ...], *, environment: Mapping[str, str] | None = None, program: tuple[str, ...] = PROGRAM
    ) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("TALLYBRIDGE_")}
        self._process = subprocess.Popen(
            [*program, *arguments],
            cwd=folder,
            env=clean | dict(environment or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.pid = self._process.pid
        self.killed_at: datetime | None = None
        self._ended: Ended | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            os.killpg(self.pid, signal.SIGKILL)
        self.end()

    def first_line(self) -> str:
        """Waits for the first line on stdout."""
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def kill(self, moment: Callable[[], bool], delay: float) -> bool:
        """Kills it (SIGKILL, which no process can hear) so many seconds after the moment has come, and tells whether that was before it ended.

        A process that was killed stays in the system's table until `end`, as it does under a parent that does not ask for it.
        """
        while not moment():
            if self._process.poll() is not None:
                return False
            time.sleep(0.01)
        time.sleep(delay)
        if self._process.poll() is not None:
            return False
        os.killpg(self.pid, signal.SIGKILL)
        self.killed_at = datetime.now(UTC)
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        return True

    def so_far(self) -> str:
        """How it stands, for the words of a failed test."""
        return f"process {self.pid}: " + ("runs" if self._process.poll() is None else self.end().words)

    def terminate(self) -> None:
        """Asks it to end."""
        self._process.send_signal(signal.SIGTERM)

    def end(self) -> Ended:
        """Waits for its end; may be called again."""
        return self._ended or self._take(*self._process.communicate(timeout=SECONDS))

    def _take(self, out: str, err: str) -> Ended:
        self._ended = Ended(self._process.returncode, out, err)
        return self._ended


def call(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Ended:
    """Runs a command to its end in a folder."""
    with Running(folder, arguments, environment=environment) as process:
        return process.end()


class SandboxProcess:
    """A sandbox in a process of its own, driven by the requests of contracts 4."""

    def __init__(self, tigerpaw_url: str) -> None:
        self._url = tigerpaw_url

    def state(self) -> Json:
        """The scenario as it stands now."""
        state: Json = self._ask("state")
        return state

    def replace(self, scenario: Json) -> None:
        """Puts another scenario in place."""
        self._ask("replace", scenario)

    def charges(self) -> dict[int, list[Json]]:
        """The lines of each agreement, as the PSA holds them."""
        accounts = self.state()["tigerpaw"]["accounts"]
        return {agreement["number"]: agreement["charges"] for account in accounts for agreement in account["agreements"]}

    def calls(self, on: str = "") -> int:
        """How many calls have reached it, or one of its doors, since its start; those whose reply was lost included."""
        return sum(1 for one in self._ask("log") if one["on"].startswith(on))

    def _ask(self, what: str, body: Json | None = None) -> Any:
        request = urllib.request.Request(
            f"{self._url}/_sandbox/{what}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.load(answer)


@contextmanager
def sandbox_process(folder: Path, scenario: Json, *, settle: int) -> Iterator[SandboxProcess]:
    """A sandbox with a world, and in `folder` the configuration that bills all of it.

    Args:
        settle: seconds after which an unanswered create that does not show is believed not to have happened (contracts 3).
    """
    (folder / "world.json").write_text(json.dumps(scenario), encoding="utf-8")
    with Running(folder, ("sandbox", "--scenario", "world.json", "--write-config", "tallybridge.toml")) as process:
        ready = process.first_line()
        assert ready, process.end().words
        config = folder / "tallybridge.toml"
        declared = config.read_text(encoding="utf-8")
        config.write_text(declared.replace('write_mode = "soap"\n', f'write_mode = "soap"\nsettle = {settle}\n'), encoding="utf-8")
        yield SandboxProcess(json.loads(ready)["tigerpaw_url"])
        process.terminate()
        ended = process.end()
        assert (ended.code, "Traceback" in ended.err) == (0, False), ended.words
