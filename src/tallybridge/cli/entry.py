"""The entry point: puts the groups of commands together and ends every error in a sentence and an exit code (contracts 2)."""

from __future__ import annotations

import json
import logging
import signal
import sys
import traceback
from typing import Any

import structlog
import typer

from tallybridge import __version__
from tallybridge.cli import (
    administering,
    billing,
    checking,
    demonstration,
    holding,
    importing,
    leaving_behind,
    ledger,
    ledger_keeping,
    linking,
    listing,
    proving,
    reverting,
    sandboxing,
    serving,
    setting_up,
    standing,
    working,
    worklist,
)
from tallybridge.cli.frame import CommandFailed, Finished, without_controls

app = typer.Typer(
    name="tallybridge",
    help="Bills Kaspersky license usage to Tigerpaw agreements, every day, with proof.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for group in (
    billing,
    reverting,
    standing,
    worklist,
    importing,
    proving,
    holding,
    leaving_behind,
    linking,
    listing,
    checking,
    setting_up,
    serving,
    working,
    administering,
    ledger_keeping,
    ledger,
    sandboxing,
    demonstration,
):
    group.add_to(app)


_STOPPED = "Stopped. What was under way was brought to a clean end; the next run reads Tigerpaw first and goes on from there."
# What Typer makes of Ctrl-C.
_INTERRUPTED = 130


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"tallybridge {__version__}\n")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Print the version and exit."),  # noqa: FBT003
) -> None:
    """Bills Kaspersky license usage to Tigerpaw agreements, every day, with proof.

    New here? Type: tallybridge demo
    """


def main() -> None:
    """Runs the command line and exits: 0 fine, 1 failed or wrong usage, 2 (plan only) changes, 3 something waits for a person."""
    # A service manager's stop is as clean an end as Ctrl-C. Both are heard even where a shell that started us in the background has them ignored.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Runs one command and returns its exit code; every known error ends in a sentence on stderr."""
    # stdout belongs to data: whatever a library logs goes to stderr, or nowhere.
    # A traceback of our own error is shown without local variables: they may hold a secret (L11).
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        ended = app(arguments, standalone_mode=False)
    except Finished as finished:
        return finished.exit_code
    except SystemExit as end:
        return 1 if end.code not in (0, None) else 0
    except typer.Abort:
        return _failed("Aborted.", arguments)
    except KeyboardInterrupt:
        return _failed(_STOPPED, arguments)
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except Exception as error:  # noqa: BLE001 - the last line of defense: known errors are sentences, unknown ones are shown whole
        if hasattr(error, "format_message"):
            return _wrong_usage(error, arguments)
        if not _is_for_people(error):
            traceback.print_exc()
            return _failed(f"Tallybridge met an error of its own: {type(error).__name__}. Nothing is lost; please report the lines above.", arguments)
        return _failed(str(error), arguments)
    if ended == _INTERRUPTED:
        return _failed(_STOPPED, arguments)
    return 1 if ended else 0


def _is_for_people(error: Exception) -> bool:
    """Whether the error's text was written to be read by the person at the keyboard."""
    from tallybridge.configuration.errors import ConfigurationError
    from tallybridge.destinations.base import DestinationError
    from tallybridge.destinations.tigerpaw import DialectError
    from tallybridge.ledger.errors import LedgerError
    from tallybridge.runs.day import RunRefused
    from tallybridge.runs.explaining import NothingKnown
    from tallybridge.sandbox import SandboxPortInUse, ScenarioError
    from tallybridge.sources.base import SourceError
    from tallybridge.sources.business_hub import ExportRefused
    from tallybridge.wire.transport import TransportFailed

    return isinstance(
        error,
        (
            CommandFailed,
            ConfigurationError,
            DestinationError,
            DialectError,
            ExportRefused,
            LedgerError,
            NothingKnown,
            RunRefused,
            SandboxPortInUse,
            ScenarioError,
            SourceError,
            TransportFailed,
        ),
    )


def _wrong_usage(error: Any, arguments: list[str]) -> int:
    """Says how the command is used. `error` is one of Typer's own, whose classes it does not show; its exit code, 2, here means "changes"."""
    message = error.format_message()
    if not message:
        # No command was named, and Typer has shown the help already.
        return 1
    context = getattr(error, "ctx", None)
    if context is not None:
        sys.stderr.write(f"{context.get_usage()}\nFor help: {context.command_path} --help\n")
    return _failed(message, arguments)


def _failed(sentence: str, arguments: list[str]) -> int:
    if "--json" in arguments:
        sys.stdout.write(json.dumps({"error": {"message": sentence}}, ensure_ascii=False) + "\n")
    sys.stderr.write(without_controls(sentence, kept="\n") + "\n")
    return 1
