"""`doctor`: whether everything is in place for a correct bill."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from tallybridge.cli.frame import ConfigOption, Finished, HomeOption, JsonOption, frame, utc_now

if TYPE_CHECKING:
    from tallybridge.cli.frame import Frame
    from tallybridge.runs.doctor import Examination

PANEL = "Setting up"

# A state is told by its word and by its shape, never by color alone.
STATES = {True: "✓ ok", False: "✗ WRONG", None: "? not checked"}


def add_to(app: typer.Typer) -> None:
    """Adds this group's command."""
    app.command("doctor", rich_help_panel=PANEL)(doctor)


def doctor(
    wrong: Annotated[bool, typer.Option("--wrong", help="Show only what is wrong.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Check connections, credentials, rights, links, agreements, cross-references and mappings. Writes nothing to the PSA.

    Each linked tenant is read once, because nothing else proves that it can be. What only a first write can prove is shown as not checked.

    Exit code: 0 nothing is wrong, 1 something is.

    Example: tallybridge doctor --wrong
    """
    call = frame(as_json, config, home)
    from tallybridge.configuration.locating import locate_home
    from tallybridge.runs.doctor import examine

    with _progress(call) as note:
        found = examine(call.config, locate_home(call.home), utc_now, note=note)
    if call.as_json:
        checks = [{"name": one.name, "ok": one.ok, "detail": one.detail, "advice": one.advice} for one in found.checks]
        call.give({"ok": found.ok, "checks": checks})
    else:
        _show(call, found, only_wrong=wrong)
    raise Finished(0 if found.ok else 1)


def _show(call: Frame, found: Examination, *, only_wrong: bool) -> None:
    shown = [one for one in found.checks if one.ok is False or not only_wrong]
    if shown:
        call.show(("State", "Check", "What was found", "What to do"), [(STATES[one.ok], one.name, one.detail, one.advice) for one in shown])
    counts = {state: sum(one.ok is state for one in found.checks) for state in STATES}
    verdict = "Nothing is wrong." if found.ok else f"{counts[False]} of {len(found.checks)} checks are wrong; what to do stands beside each."
    call.say(f"{verdict} {counts[True]} ok, {counts[None]} not checked.")


@contextmanager
def _progress(call: Frame) -> Iterator[Callable[[str], None]]:
    """A function to be told what is being checked; a line on a terminal, silence in a pipe."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with call.talk.status("Checking") as status:
        yield lambda what: status.update(f"Checking: {what}")
