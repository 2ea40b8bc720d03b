"""`serve`: the daily schedule in the foreground, for a service manager to keep running."""

from __future__ import annotations

import signal
import threading
from typing import Annotated

import typer

from tallybridge.cli.frame import CommandFailed, ConfigOption, HomeOption, JsonOption, frame, utc_now


def add_to(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command("serve", rich_help_panel="The day's bill")(serve)


def serve(
    no_console: Annotated[bool, typer.Option("--no-console", help="Only the schedule, without web pages; the only form so far.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Make each integration's daily run at its time, until stopped. A run that was missed is made as soon as possible, today.

    Writes by itself only where the integration says apply = "automatic"; otherwise it plans daily and a person applies. With --json, a line of JSON
    is printed per run.

    Example: tallybridge serve --no-console
    """
    if not no_console:
        raise CommandFailed("This version has no web console yet. Start the schedule alone: tallybridge serve --no-console")
    call = frame(as_json, config, home)
    call.configured()
    from tallybridge.runs.serving import Serving

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Serving(read_configuration=call.read_configured, clock=utc_now, stop=stop, as_json=as_json).serve()
