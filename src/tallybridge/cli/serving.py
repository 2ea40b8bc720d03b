"""`serve`: the daily schedule and the web console beside it, in the foreground, for a service manager to keep running."""

from __future__ import annotations

import signal
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tallybridge.cli.frame import CommandFailed, ConfigOption, Frame, HomeOption, JsonOption, frame, utc_now
from tallybridge.cli.simulated_world import EXPORTS, facts_to_connect_with, let_the_ledger_rule, simulated_world

if TYPE_CHECKING:
    from tallybridge.console.integrations import SimulatedSystem
    from tallybridge.console.serving import Listening, PageServer
    from tallybridge.runs.configuring import Configured
    from tallybridge.sandbox import Sandbox


def add_to(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command("serve", rich_help_panel="The day's bill")(serve)


def serve(
    no_console: Annotated[bool, typer.Option("--no-console", help="Only the schedule, without web pages.")] = False,
    listen: Annotated[
        str,
        typer.Option("--listen", metavar="HOST:PORT", help="Where the pages are served. Only this machine can reach the default; port 0 picks one."),
    ] = "127.0.0.1:8484",
    host_name: Annotated[
        list[str] | None, typer.Option("--host-name", metavar="NAME", help="A further host name that the pages answer to; may be repeated.")
    ] = None,
    behind_proxy: Annotated[
        bool, typer.Option("--behind-proxy", help="A proxy with TLS stands in front and always sets X-Forwarded-Proto, -Host and -For.")
    ] = False,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Serve the simulated world, with a home of its own: nothing reaches a real system.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Make each integration's daily run at its time, and serve the web console, until stopped.

    A run that was missed is made as soon as possible, today. Writes by itself only where the integration says apply = "automatic"; otherwise it plans
    daily and a person applies. With --json, a line of JSON is printed per run.

    Example: tallybridge serve
    """
    if sandbox and config:
        raise CommandFailed("The simulated world has integrations of its own: leave out --config. Nothing was started.")
    if no_console and sandbox:
        raise CommandFailed("The simulated world is shown by the pages: leave out --no-console. Nothing was started.")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if no_console:
        call = frame(as_json, config, home)
        call.configured()
        _schedule(call, stop, call.read_if_configured)
        return
    from tallybridge.console.serving import prepare_console

    # Before anything else touches the ledger's tables: Django is set up once per process.
    prepare_console()
    listening = _listening(listen, tuple(host_name or ()), behind_proxy=behind_proxy)
    with ExitStack() as stack:
        world = None
        if sandbox:
            home = home or Path(tempfile.mkdtemp(prefix="tallybridge-sandbox-"))
            world = stack.enter_context(simulated_world(home))
        call = frame(as_json, config, home)
        opened = call.open_ledger(whole=True)
        read = call.read_if_configured
        if world is not None:
            from tallybridge.runs.configuring import from_ledger

            let_the_ledger_rule(world, opened)
            read = from_ledger
        pages = _pages(call, opened, listening, read, world)
        try:
            _schedule(call, stop, read)
        finally:
            pages.stop()


def _schedule(call: Frame, stop: threading.Event, read: Callable[[], tuple[Configured, ...]]) -> None:
    from tallybridge.runs.serving import Serving

    Serving(read_configuration=read, clock=utc_now, stop=stop, as_json=call.as_json).serve()


def _pages(call: Frame, home: Path, listening: Listening, read: Callable[[], tuple[Configured, ...]], world: Sandbox | None) -> PageServer:
    from tallybridge.console import integrations
    from tallybridge.console.serving import PageServer, configure_pages

    configure_pages(home, listening)
    integrations.use(read, utc_now, simulated=(lambda: _simulated_systems(world, home)) if world is not None else None)
    pages = PageServer(listening)
    try:
        port = pages.start()
    except OSError as refused:
        raise CommandFailed(
            f"The pages cannot be served at {listening.host}:{listening.port}: {refused} Nothing was started. Name another address with --listen."
        ) from refused
    call.say(f"The console is at http://{listening.host}:{port}/ (home: {home}). Stop it with Ctrl-C.")
    if not listening.is_loopback and not listening.behind_proxy:
        call.say("Other machines can reach it without encryption. Put a proxy with TLS in front of it: docs/how-to/serve-the-console.md")
    _say_first_code(call)
    return pages


def _simulated_systems(world: Sandbox, home: Path) -> tuple[SimulatedSystem, ...]:
    from tallybridge.console.integrations import SimulatedSystem

    return tuple(SimulatedSystem(name, facts) for name, facts in facts_to_connect_with(world, home / EXPORTS).items())


def _say_first_code(call: Frame) -> None:
    from tallybridge.console.first_start.code import code_for_first_administrator

    code = code_for_first_administrator()
    if code is not None:
        call.say(f"There is no administrator yet. Open the console and give this one-time code: {code}")


def _listening(listen: str, names: tuple[str, ...], *, behind_proxy: bool) -> Listening:
    from tallybridge.console.serving import Listening

    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise CommandFailed(f"--listen “{listen}” is no HOST:PORT, such as 127.0.0.1:8484 or [::1]:8484. Nothing was started.")
    return Listening(host=host.strip("[]"), port=int(port), names=names, behind_proxy=behind_proxy)
