"""`plan`, `apply` and `run`: the day's bill."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from tallybridge.cli.frame import CommandFailed, ConfigOption, Finished, Frame, HomeOption, JsonOption, frame, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tallybridge.runs.configuring import Configured
    from tallybridge.runs.crews import Crew
    from tallybridge.runs.day import Order
    from tallybridge.runs.reports import Mode, RunReport, TenantReport

PANEL = "The day's bill"

TenantOption = Annotated[str | None, typer.Option("--tenant", metavar="NAME", help="Only this tenant: its name or its unique id.")]


def add_to(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command("plan", rich_help_panel=PANEL)(plan)
    app.command("apply", rich_help_panel=PANEL)(apply)
    app.command("run", rich_help_panel=PANEL)(run)


def plan(
    tenant: TenantOption = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Save the plan, to be applied later with “apply”.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Show what today's run would change. Reads both sides, writes nothing to the PSA.

    Exit code: 0 nothing to change, 2 changes, 3 something is held, blocked or waiting, 1 a tenant failed.

    Example: tallybridge plan --tenant "Contoso Dental"
    """
    from tallybridge.runs.reports import Mode

    call = frame(as_json, config, home)
    if out is not None:
        require_writable(out)
    found = call.one_integration() if out is not None else None
    reports = []
    for configured in (found,) if found is not None else call.configured():
        report = bill(call, configured, Mode.PLAN, only=tenant)
        reports.append(report)
        if out is not None:
            save_to(report, configured, out, call)
    _give(call, reports)


def apply(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A plan that “plan --out” has saved today.")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Carry out a saved plan: exactly what it says, or nothing.

    Refuses a plan of another day, of another ledger, one that is no longer the newest for its tenants, and one whose agreements or configuration
    have changed since.

    Example: tallybridge apply monday.plan
    """
    from tallybridge.cli.prescribed_words import say_what_comes_next
    from tallybridge.runs.reports import Mode
    from tallybridge.runs.saved_plans import apply_saved_plan

    call = frame(as_json, config, home)
    if not file.is_file():
        raise CommandFailed(f"There is no plan file {file}. Nothing was read or written. Make a plan: tallybridge plan --out FILE")
    configured = call.one_integration()
    content = file.read_bytes()
    with progress(call) as (begun, done):
        report = apply_saved_plan(order_for(configured, Mode.APPLY, None, begun, done), content)
    tell(call, [report])
    say_what_comes_next(call, content, report)
    raise Finished(worst_of([report.exit_code]))


def run(
    tenant: TenantOption = None,
    by_workers: Annotated[
        bool, typer.Option("--by-workers", help="Let the workers carry it out, wherever they are (see “worker”), and wait for them.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Make today's run: read, count, plan, write, read back. May be repeated; only what has changed is written.

    Exit code: 0 done, 3 something is held, blocked or waiting, 1 a tenant failed.

    Example: tallybridge run
    """
    from tallybridge.runs.reports import Mode

    call = frame(as_json, config, home)
    if by_workers and tenant is not None:
        raise CommandFailed("One tenant is nothing to spread: leave out --by-workers or --tenant. Nothing was read or written.")
    integrations = call.configured()
    crew = _workers() if by_workers else None
    _give(call, [bill(call, configured, Mode.RUN, only=tenant, crew=crew) for configured in integrations])


def _workers() -> Crew:
    """Whichever workers there are; the ledger must be open."""
    from tallybridge.runs.workers import presence

    if not presence.any_alive(utc_now()):
        raise CommandFailed("No worker is alive, so nobody would carry out the run. Nothing was read or written. Start one: tallybridge worker")
    from tallybridge.runs.workers.jobs import Workers

    return Workers(utc_now)


def bill(call: Frame, configured: Configured, mode: Mode, *, only: str | None = None, crew: Crew | None = None) -> RunReport:
    """One run of an integration, with progress on a terminal."""
    from tallybridge.runs.day import run_day

    with progress(call) as (begun, done):
        return run_day(order_for(configured, mode, only, begun, done, say=call.say), crew)


def order_for(
    configured: Configured,
    mode: Mode,
    tenant: str | None,
    begun: Callable[[int], None],
    done: Callable[[TenantReport], None],
    *,
    say: Callable[[str], None] = lambda _: None,
) -> Order:
    """What a run of an integration is asked to do."""
    from tallybridge.runs.day import Order

    return Order(
        configuration=configured.configuration,
        configuration_address=configured.address,
        mode=mode,
        clock=utc_now,
        only=tenant,
        begun=begun,
        progress=done,
        say=say,
    )


def require_writable(out: Path) -> None:
    """Refuses a place where no plan can be saved, before anything is read."""
    if out.is_dir():
        raise CommandFailed(f"{out} is a folder; --out wants a file, for example {out / 'today.plan'}. Nothing was read or written.")
    if not out.parent.is_dir():
        raise CommandFailed(f"The folder {out.parent} does not exist, so the plan could not be saved. Nothing was read or written.")


def save_to(report: RunReport, configured: Configured, out: Path, call: Frame) -> None:
    """Saves a plan that has just been made, for `apply`."""
    from tallybridge.billing.counting import RULES_VERSION
    from tallybridge.runs.saved_plans import save_plan

    try:
        out.write_bytes(save_plan(report, configured.address, str(RULES_VERSION)))
    except OSError as error:
        raise CommandFailed(f"The plan could not be saved to {out}: {error.strerror}. Nothing was written to Tigerpaw.") from error
    call.say(f"Saved to {out}. To carry it out today: tallybridge apply {out}")


def _give(call: Frame, reports: list[RunReport]) -> None:
    """Prints the runs and ends with the worst of their exit codes."""
    tell(call, reports)
    raise Finished(worst_of([report.exit_code for report in reports]))


def worst_of(codes: Sequence[int]) -> int:
    """The exit code that tells most: 1 before 3 before 2 before 0 (contracts 2)."""
    return next((code for code in (1, 3, 2) if code in codes), 0)


def tell(call: Frame, reports: Sequence[RunReport]) -> None:
    """Prints the runs: one document, or a table each."""
    from tallybridge.cli.run_tables import show_run
    from tallybridge.runs.reports import run_document

    if call.as_json:
        documents = [run_document(report) for report in reports]
        call.give(documents[0] if len(documents) == 1 else {"runs": documents})
    for report in reports:
        if not call.as_json:
            show_run(call, report)
        elif report.detail:
            call.say(report.detail)


@contextmanager
def progress(call: Frame) -> Iterator[tuple[Callable[[int], None], Callable[[TenantReport], None]]]:
    """Two functions to be told how many tenants there are and when one is done; a bar on a terminal, silence in a pipe."""
    if not sys.stderr.isatty():
        yield (lambda _: None), (lambda _: None)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=call.talk, transient=True) as progress:
        task: TaskID = progress.add_task("Signing in", total=None)
        yield (
            lambda total: progress.update(task, total=total, description="Tenants"),
            lambda report: progress.update(task, advance=1, description=f"Tenants: {report.name}"),
        )
