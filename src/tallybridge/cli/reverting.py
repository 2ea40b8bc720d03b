"""`revert`: the way back to the quantities before a run, as a plan (decision 0019)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tallybridge.cli.billing import PANEL, order_for, progress, require_writable, save_to, tell, worst_of
from tallybridge.cli.frame import CommandFailed, ConfigOption, Finished, HomeOption, JsonOption, author, frame
from tallybridge.cli.prescribed_words import COUNTS_AGAIN, left_alone_document, no_run_document, say_left_alone

if TYPE_CHECKING:
    from tallybridge.cli.frame import Frame
    from tallybridge.ledger.run_records import StoredRun
    from tallybridge.runs.configuring import Configured
    from tallybridge.runs.reverting import WayBack


def add_to(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command("revert", rich_help_panel=PANEL)(revert)


def revert(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run's id, or its beginning; “latest” for the newest.")],
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Save the plan, to be carried out with “apply”.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Plan the way back to the quantities before a run. Reads Tigerpaw, writes nothing to it.

    A line that the run has made goes to 0, it is not deleted. A line that was changed since is named and left alone. The guards do not look at the
    plan, and the next daily run counts again.

    Exit code: 0 nothing to change, 2 changes, 3 something is held or blocked, 1 the plan could not be made.

    Example: tallybridge revert latest --out back.plan
    """
    call = frame(as_json, config, home)
    if out is not None:
        require_writable(out)
    configured = call.configured()
    found = _find(run)
    _plan_back(call, _of(found, configured), found, out)


def _find(run: str) -> StoredRun:
    from tallybridge.ledger import runs as ledger_runs

    found = ledger_runs.newest_run() if run == "latest" else ledger_runs.get_run(run)
    if found is None:
        raise CommandFailed(f"The ledger knows no run {run}. Nothing was read or written.")
    return found


def _of(run: StoredRun, configured: tuple[Configured, ...]) -> Configured:
    for one in configured:
        if one.configuration.integration.name == run.integration:
            return one
    raise CommandFailed(f"Run {run.id} belongs to the integration “{run.integration}”; name its file with --config. Nothing was read or written.")


def _plan_back(call: Frame, configured: Configured, run: StoredRun, out: Path | None) -> None:
    from tallybridge.runs.reports import Mode, run_document
    from tallybridge.runs.reverting import plan_way_back, way_back_of

    with progress(call) as (begun, done):
        order = order_for(configured, Mode.PLAN, None, begun, done)
        back = way_back_of(order, run)
        planned = plan_way_back(order, back, author=author()) if back.prescriptions else None
    left = planned.left_alone if planned is not None else back.left_alone
    document = run_document(planned.report) if planned is not None else no_run_document()
    if call.as_json:
        call.give(document | {"reverts": run.id, "left_alone": left_alone_document(left)})
    elif planned is not None:
        tell(call, [planned.report])
    say_left_alone(call, left)
    if planned is None:
        wrote = "Nothing of it can be brought back by a plan" if back.wrote else "It has written nothing, so there is nothing to bring back"
        call.say(f"Run {run.id} of {run.date}: {wrote}.{' No plan was saved.' if out is not None else ''}")
        raise Finished(0)
    if planned.writes:
        _say_how_to_go_on(call, back)
    if out is not None:
        save_to(planned.report, configured, out, call)
    raise Finished(worst_of([planned.report.exit_code]))


def _say_how_to_go_on(call: Frame, back: WayBack) -> None:
    for one in back.later:
        call.say(f"{one.tenant} is billed on agreement {one.agreement} too: apply this plan, then type the same command again for that one.")
    call.say(COUNTS_AGAIN)
