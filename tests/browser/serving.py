"""The console as people start it: `tallybridge serve` as a process of its own, and the first administrator's browser."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page

from tests.databases.homes import environment_of

NAME = "kim@msp.example"
PASSWORD = "a-long-enough-password"
_LONGEST_SECONDS = 90


class Served(NamedTuple):
    """A console that is running."""

    address: str
    """Such as "http://127.0.0.1:41234"."""
    code: str
    """The one-time code that its terminal shows; "" where there is an administrator already."""


@contextmanager
def served(home: Path, *arguments: str) -> Iterator[Served]:
    """Starts the console over a home, and ends it with the signal that a service manager sends.

    Raises:
        AssertionError: it did not start, or did not end cleanly; with what it said.
    """
    command = [str(Path(sys.executable).parent / "tallybridge"), "serve", "--listen", "127.0.0.1:0", "--home", str(home), *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TALLYBRIDGE_")}
    if "--sandbox" not in arguments:  # the simulated world keeps its ledger in a file
        environment |= environment_of(home)
    # In its home, where no configuration file lies that nobody named.
    home.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(command, cwd=home, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        said = _Said(process)
        try:
            address = said.wait_for(r"The console is at (http://\S+?)/ ")
            yield Served(address, said.wait_for(r"one-time code: (\S+)"))
        finally:
            process.terminate()
            try:
                process.wait(_LONGEST_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
            said.ended()
    assert process.returncode == 0, f"serve ended with {process.returncode}:\n{said.text}"


class _Said:
    """What a process says on stderr, read all the time so that it never waits for a reader."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._more = threading.Condition()
        self._over = False
        self.text = ""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def wait_for(self, pattern: str) -> str:
        """The first group of the pattern, once it was said."""
        with self._more:
            self._more.wait_for(lambda: self._over or re.search(pattern, self.text), _LONGEST_SECONDS)
            found = re.search(pattern, self.text)
        assert found is not None, f"serve never said {pattern!r}, but:\n{self.text}"
        return found[1]

    def ended(self) -> None:
        """Reads the rest."""
        self._thread.join(_LONGEST_SECONDS)

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            with self._more:
                self.text += line
                self._more.notify_all()
        with self._more:
            self._over = True
            self._more.notify_all()


def make_first_administrator(page: Page, console: Served) -> None:
    """Gives the terminal's code and makes the first administrator, who is then signed in."""
    page.goto(f"{console.address}/")
    page.get_by_label("One-time code").fill(console.code)
    page.get_by_label("Your name").fill(NAME)
    for field in ("#id_password", "#id_again"):
        page.locator(field).fill(PASSWORD)
    page.get_by_role("button", name="Make me administrator").click()
    page.wait_for_load_state()
