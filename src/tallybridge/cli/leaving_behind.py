"""`left-behind`: lines of ours that nobody wants any more, and the one command that sets them to 0 (design 6.3, 6.4; decision 0019)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tallybridge.cli.billing import PANEL, order_for, progress, worst_of
from tallybridge.cli.frame import CommandFailed, ConfigOption, Finished, HomeOption, JsonOption, author, frame, utc_now, with_names
from tallybridge.cli.prescribed_words import no_run_document, say_left_alone

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tallybridge.cli.frame import Frame
    from tallybridge.runs.configuring import Configured
    from tallybridge.runs.left_behind import LineLeftBehind
    from tallybridge.runs.prescriptions import Prescription
    from tallybridge.runs.reports import RunReport

left_behind = typer.Typer(help="Lines of ours that still bill and that nobody wants any more.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.add_typer(left_behind, name="left-behind", rich_help_panel=PANEL)


@left_behind.command("list")
def list_lines(as_json: JsonOption = False, config: ConfigOption = None, home: HomeOption = None) -> None:
    """List the lines of ours whose link was switched off, removed or moved, or whose item nothing is mapped to. Needs no connection.

    A line on an agreement that had ended when it was last read is listed apart: it is never written, and bills nothing any more.

    Exit code: 0 nothing is left behind that could be set to 0, 3 something is.

    Example: tallybridge left-behind list
    """
    from tallybridge.runs.left_behind import lines_left_behind

    call = frame(as_json, config, home)
    found = [line for one in call.configured() for line in lines_left_behind(one.configuration, utc_now)]
    if call.as_json:
        call.give([_document(line) for line in found])
    else:
        _show_all(call, found)
    raise Finished(3 if _to_act_on(found) else 0)


@left_behind.command("zero")
def zero(
    everything: Annotated[bool, typer.Option("--all", help="Every line that is left behind.")] = False,
    agreement: Annotated[list[int] | None, typer.Option("--agreement", metavar="N", help="Only lines on this agreement. May be repeated.")] = None,
    item: Annotated[list[str] | None, typer.Option("--item", metavar="ID", help="Only lines of this price book item. May be repeated.")] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept with your name.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be set to 0; read and write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask on a terminal before writing.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Set lines that are left behind to 0: plan and write at once. Reads Tigerpaw before each write and reads back after it.

    A line that somebody has changed in Tigerpaw is held, and a line on an agreement that has ended is never written; both are said. --all does not
    try lines on agreements that had ended when they were last read; name such an agreement if its end was put off since.

    Exit code: 0 all of them are at 0, 3 something is held, blocked or waiting, 1 a write failed.

    Example: tallybridge left-behind zero --agreement 2041 --item KES-WKS --reason "the customer has left"
    """
    from tallybridge.runs.left_behind import chosen, lines_left_behind, to_zero

    call = frame(as_json, config, home)
    if not (everything or agreement or item):
        raise CommandFailed("No line was named. Nothing was written. Choose with --agreement and --item, or with --all.")
    if not reason.strip() and not dry_run:
        raise CommandFailed("Setting lines to 0 needs a reason: add --reason TEXT. Nothing was written.")
    found = [(one, chosen(lines_left_behind(one.configuration, utc_now), agreements=agreement or (), items=item or ())) for one in call.configured()]
    if not (agreement or item):
        found = _without_ended(call, found)
    lines = [line for _, some in found for line in some]
    if dry_run:
        _tell_dry(call, lines)
        return
    if not lines:
        _give(call, [])
        call.say("Nothing was written: no line that is left behind fits.")
        return
    if not call.as_json:
        _show(call, lines, "To be set to 0")
        if not yes and sys.stdin.isatty():
            typer.confirm(f"Set {_lines(len(lines))} to 0?", abort=True, err=True)
    steps = [(one, step) for one, some in found for step in to_zero(some)]
    ended = [_zero(call, one, step, reason) for one, step in steps]
    _give(call, [report for report, _ in ended])
    raise Finished(worst_of([code for _, code in ended]))


def _to_act_on(lines: Iterable[LineLeftBehind]) -> list[LineLeftBehind]:
    """Those that can be written: nobody can do anything about a line on an agreement that has ended."""
    return [line for line in lines if not line.on_ended_agreement]


def _without_ended(
    call: Frame, found: Sequence[tuple[Configured, tuple[LineLeftBehind, ...]]]
) -> list[tuple[Configured, tuple[LineLeftBehind, ...]]]:
    kept = [(one, tuple(_to_act_on(some))) for one, some in found]
    if ended := sum(len(some) for _, some in found) - sum(len(some) for _, some in kept):
        call.say(
            f"{_lines(ended)} on agreements that have ended not tried: never written, and billing nothing any more. See: tallybridge left-behind list"
        )
    return kept


def _zero(call: Frame, configured: Configured, step: tuple[Prescription, ...], reason: str) -> tuple[RunReport, int]:
    """Plans and applies one step; returns what to show and the exit code of both."""
    from tallybridge.billing.counting import RULES_VERSION
    from tallybridge.cli.run_tables import show_run
    from tallybridge.runs.left_behind import WHAT
    from tallybridge.runs.prescribing import prescribe
    from tallybridge.runs.prescriptions import Prescribing
    from tallybridge.runs.reports import Mode
    from tallybridge.runs.saved_plans import apply_saved_plan, save_plan

    with progress(call) as (begun, done):
        planned = prescribe(order_for(configured, Mode.PLAN, None, begun, done), step, Prescribing(what=WHAT, author=author(), because=reason))
        report = planned.report
        codes = [3] if planned.left_alone else []
        # What is only to be written is no attention any more once it has been written.
        codes += [code for code in [report.exit_code] if code != 2]
        if planned.writes:
            content = save_plan(report, configured.address, str(RULES_VERSION))
            report = apply_saved_plan(order_for(configured, Mode.APPLY, None, begun, done), content)
            codes.append(report.exit_code)
    if not call.as_json:
        show_run(call, report)
    say_left_alone(call, planned.left_alone)
    if report is not planned.report:
        _say_what_was_not_planned(call, planned.report)
    return report, worst_of(codes)


def _say_what_was_not_planned(call: Frame, planned: RunReport) -> None:
    """Names the tenants of the plan that nothing could be written for; the applied plan knows nothing of them."""
    for tenant in planned.tenants:
        if tenant.plan is None and tenant.reason is not None:
            call.say(f"{tenant.name}, agreement {tenant.agreement}: {with_names(tenant.sentence)}")


def _give(call: Frame, reports: Sequence[RunReport]) -> None:
    from tallybridge.runs.reports import run_document

    if not call.as_json:
        return
    documents = [run_document(report) for report in reports] or [no_run_document()]
    call.give(documents[0] if len(documents) == 1 else {"runs": documents})


def _tell_dry(call: Frame, lines: Sequence[LineLeftBehind]) -> None:
    if call.as_json:
        call.give([_document(line) for line in lines])
    elif lines:
        _show(call, lines, "To be set to 0")
    call.say(f"{_lines(len(lines))} would be set to 0. Nothing was written.")


def _lines(number: int) -> str:
    return "1 line" if number == 1 else f"{number} lines"


def _document(line: LineLeftBehind) -> dict[str, Any]:
    return {
        "integration": line.integration,
        "tenant": line.tenant.name,
        "tenant_id": line.tenant_id,
        "account": line.tenant.account,
        "agreement": line.agreement,
        "item": line.item,
        "charge": line.charge,
        "quantity": line.quantity,
        "reason": line.reason.value,
        "on_ended_agreement": line.on_ended_agreement,
    }


def _show_all(call: Frame, lines: Sequence[LineLeftBehind]) -> None:
    writable = _to_act_on(lines)
    ended = [line for line in lines if line.on_ended_agreement]
    if writable:
        _show(call, writable, "Left behind")
        call.say("To set them to 0: tallybridge left-behind zero --all --reason TEXT")
    else:
        call.say("Nothing is left behind.")
    if ended:
        _show(call, ended, "On an agreement that has ended: never written, and bills nothing any more")


def _show(call: Frame, lines: Sequence[LineLeftBehind], title: str) -> None:
    rows = [(line.tenant.name, line.tenant.account, line.agreement, line.item, line.charge, line.quantity, line.reason.value) for line in lines]
    columns = ("Tenant", "Account", "Agreement", "Item", "Line", "Last written", "Why")
    call.show(columns, rows, title=title, numbers=("Account", "Agreement", "Line", "Last written"))
