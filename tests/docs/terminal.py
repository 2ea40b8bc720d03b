"""A person's terminal: runs the commands of a document one after the other, with the folder and the variables that earlier ones have left."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

_VOLATILE = (
    (re.compile(r"sha256:[0-9a-f]{64}"), "sha256:…"),
    (re.compile(r"\b\d{8}T\d{6}Z-[0-9a-f]{6}\b"), "…"),
    (re.compile(r"\b20\d\d-\d\d-\d\d\b"), "DATE"),
)


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command came to."""

    code: int
    output: str


class Terminal:
    """One terminal. `folder` is where it begins; `home` is the user's own folder."""

    def __init__(self, folder: Path, home: Path, scratch: Path) -> None:
        self._folder = str(folder)
        self._scratch = scratch
        scratch.mkdir()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TALLYBRIDGE_")}
        binaries = str(Path(sys.executable).parent)
        self.variables = kept | {
            "HOME": str(home),
            "TMPDIR": str(scratch),
            "PATH": f"{binaries}{os.pathsep}{kept['PATH']}",
            "TZ": "UTC",
            "PYTHONUNBUFFERED": "1",
        }

    @property
    def folder(self) -> Path:
        """The current folder."""
        return Path(self._folder)

    def type(self, line: str) -> Ended:
        """Runs a line and waits for its end."""
        state = self._scratch / "state.json"
        keep = f"{sys.executable} -c 'import json,os; print(json.dumps([os.getcwd(), dict(os.environ)]))' > \"{state}\""
        script = f"{line}\ncode=$?\n{keep}\nexit $code\n"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self._folder,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        self._folder, self.variables = json.loads(state.read_text())
        return Ended(done.returncode, done.stdout)

    def type_and_stop(self, line: str, *, shown: tuple[str, ...]) -> Ended:
        """Runs a line that would go on for ever until it has printed what the document shows, then stops it with Ctrl-C."""
        with subprocess.Popen(
            ["bash", "-c", f"exec {line}"], cwd=self._folder, env=self.variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as running:
            giving_up = threading.Timer(60, running.kill)
            giving_up.start()
            output = ""
            for printed in running.stdout or ():
                output += printed
                if not missing_from(shown, output):
                    running.send_signal(signal.SIGINT)
                    break
            rest, _ = running.communicate()
            giving_up.cancel()
        return Ended(running.returncode, output + rest)


def without_volatile(line: str) -> str:
    """A line without hashes, run ids and dates, and with single blanks."""
    for pattern, instead in _VOLATILE:
        line = pattern.sub(instead, line)
    return " ".join(line.split())


def missing_from(shown: tuple[str, ...], output: str) -> list[str]:
    """The lines that a document shows and that were not printed in this order. "…" stands for anything; a line of it alone, for any lines."""
    printed = [without_volatile(line) for line in output.splitlines()]
    place = 0
    missing = []
    for line in shown:
        wanted = without_volatile(line)
        if wanted in {"", "…"}:
            continue
        pattern = re.compile(".*".join(re.escape(part.strip()) for part in wanted.split("…")))
        found = next((at for at in range(place, len(printed)) if pattern.fullmatch(printed[at])), None)
        if found is None:
            missing.append(line)
        else:
            place = found + 1
    return missing
