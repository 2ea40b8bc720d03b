"""`sandbox`: both simulators in the foreground, for training and for other people's tests (contracts 4)."""

from __future__ import annotations

import json
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tallybridge.cli.frame import CommandFailed, ConfigOption, Frame, HomeOption, JsonOption, frame
from tallybridge.cli.simulated_world import facts_to_connect_with

if TYPE_CHECKING:
    from tallybridge.sandbox import Sandbox


def add_to(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command("sandbox", rich_help_panel="Try it")(sandbox)


def sandbox(
    scenario: Annotated[Path, typer.Option("--scenario", metavar="FILE", help="The world to simulate, as JSON.")],
    ksc_port: Annotated[int, typer.Option("--ksc-port", metavar="N", min=0, max=65535, help="Port of Security Center; 0 picks a free one.")] = 0,
    tigerpaw_port: Annotated[int, typer.Option("--tigerpaw-port", metavar="N", min=0, max=65535, help="Port of Tigerpaw; 0 picks a free one.")] = 0,
    write_config: Annotated[
        Path | None,
        typer.Option(
            "--write-config",
            metavar="FILE",
            help="Write a configuration that links and maps the whole scenario; if it has companies, a second one for them to FILE with -hub "
            "before its ending.",
        ),
    ] = None,
    write_exports: Annotated[
        Path | None,
        typer.Option(
            "--write-exports",
            metavar="DIR",
            help="Write the scenario's companies as a Business Hub export into this folder, at the start and whenever the scenario is replaced. "
            "Default: with --write-config and companies, the folder exports beside FILE; else not written.",
        ),
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Start a simulated Security Center and a simulated Tigerpaw on this machine, until stopped with Ctrl-C.

    Prints one line of JSON when both are ready.

    Example: tallybridge sandbox --scenario world.json --write-config tallybridge.toml
    """
    from tallybridge.sandbox import EXPORTS_FOLDER, ExportNotWritten, Sandbox, load_scenario

    call = frame(as_json, config, home)
    if not scenario.is_file():
        raise CommandFailed(f"There is no scenario file {scenario}. Nothing was started.")
    world = load_scenario(scenario)
    if write_exports is None and write_config is not None and world.business_hub.companies:
        write_exports = write_config.parent / EXPORTS_FOLDER
    if write_exports is not None and not world.business_hub.companies:
        call.say("The scenario has no companies yet, so there is no export to write.")
    stop = threading.Event()
    # A service manager stops with SIGTERM; both signals mean the same here.
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        with Sandbox(world, ksc_port=ksc_port, tigerpaw_port=tigerpaw_port, exports=write_exports) as running:
            if write_config is not None:
                _write_configuration(call, running, write_config, write_exports)
            sys.stdout.write(json.dumps(running.announcement) + "\n")
            sys.stdout.flush()
            for system, facts in facts_to_connect_with(running, write_exports).items():
                call.say(f"{system}: " + ", ".join(f"{what} {value}" for what, value in facts))
            call.say("Both simulators are ready. Stop them with Ctrl-C.")
            _wait(call, stop)
    except ExportNotWritten as error:
        raise CommandFailed(f"{error} Nothing was started; name another folder with --write-exports.") from error


def _write_configuration(call: Frame, running: Sandbox, file: Path, exports: Path | None) -> None:
    from tallybridge.sandbox import write_declaration

    try:
        written = write_declaration(file, running.world.scenario, running.announcement, exports=exports)
    except OSError as error:
        raise CommandFailed(f"The configuration cannot be written to {file}: {error.strerror or error}. The simulators were stopped.") from error
    if len(written) > 1:
        call.say("Business Hub has a configuration of its own; give both: " + " ".join(f"--config {one}" for one in written))


def _wait(call: Frame, stop: threading.Event) -> None:
    try:
        while not stop.wait(1):
            pass
    except KeyboardInterrupt:
        call.say("Stopped.")
