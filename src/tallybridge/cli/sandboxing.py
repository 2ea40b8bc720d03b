"""`sandbox`: both simulators in the foreground, for training and for other people's tests (contracts 4)."""

from __future__ import annotations

import json
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from tallybridge.cli.frame import CommandFailed, ConfigOption, HomeOption, JsonOption, frame


def add_to(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command("sandbox", rich_help_panel="Try it")(sandbox)


def sandbox(
    scenario: Annotated[Path, typer.Option("--scenario", metavar="FILE", help="The world to simulate, as JSON.")],
    ksc_port: Annotated[int, typer.Option("--ksc-port", metavar="N", min=0, max=65535, help="Port of Security Center; 0 picks a free one.")] = 0,
    tigerpaw_port: Annotated[int, typer.Option("--tigerpaw-port", metavar="N", min=0, max=65535, help="Port of Tigerpaw; 0 picks a free one.")] = 0,
    write_config: Annotated[
        Path | None, typer.Option("--write-config", metavar="FILE", help="Write a configuration that links and maps the whole scenario.")
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Start a simulated Security Center and a simulated Tigerpaw on this machine, until stopped with Ctrl-C.

    Prints one line of JSON when both are ready.

    Example: tallybridge sandbox --scenario world.json --write-config tallybridge.toml
    """
    from tallybridge.sandbox import Sandbox, load_scenario, write_declaration

    call = frame(as_json, config, home)
    if not scenario.is_file():
        raise CommandFailed(f"There is no scenario file {scenario}. Nothing was started.")
    stop = threading.Event()
    # A service manager stops with SIGTERM; both signals mean the same here.
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with Sandbox(load_scenario(scenario), ksc_port=ksc_port, tigerpaw_port=tigerpaw_port) as running:
        if write_config is not None:
            write_declaration(write_config, running.world.scenario, running.announcement)
        sys.stdout.write(json.dumps(running.announcement) + "\n")
        sys.stdout.flush()
        call.say("Both simulators are ready. Stop them with Ctrl-C.")
        try:
            while not stop.wait(1):
                pass
        except KeyboardInterrupt:
            call.say("Stopped.")
