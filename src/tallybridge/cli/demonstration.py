"""`demo`: a day billed on simulated systems, from plan to proof, with nothing to set up."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tallybridge.cli.billing import bill
from tallybridge.cli.frame import ConfigOption, Frame, HomeOption, JsonOption, frame, utc_now

if TYPE_CHECKING:
    from tallybridge.runs.configuring import Configured
    from tallybridge.runs.reports import RunReport
    from tallybridge.sandbox import Sandbox

_SHOWN_SEATS = 5


def add_to(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command("demo", rich_help_panel="Try it")(demo)


def demo(
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Bill one day on simulated systems: plan, apply, read back, explain. Needs no set-up and touches nothing real.

    Example: tallybridge demo
    """
    from tallybridge.cli.simulated_world import refuse_a_named_database
    from tallybridge.runs.configuring import take_files
    from tallybridge.runs.reports import Mode, run_document
    from tallybridge.sandbox import Sandbox, write_declaration
    from tallybridge.sandbox.demo_world import DEMO_UNMAPPED, demo_world

    refuse_a_named_database()
    folder = home if home is not None else Path(tempfile.mkdtemp(prefix="tallybridge-demo-"))
    call = frame(as_json, config, folder)
    with Sandbox(demo_world(), exports=folder / "exports") as sandbox:
        call.open_ledger()
        file = folder / "tallybridge.toml"
        files = write_declaration(file, sandbox.world.scenario, sandbox.announcement, unmapped=DEMO_UNMAPPED, exports=folder / "exports")
        configured = take_files(files, utc_now)
        if as_json:
            documents = [run_document(bill(call, one, Mode.RUN)) for one in configured]
            call.give(documents[0] | {"further_runs": documents[1:]})
        else:
            _tell(call, sandbox, configured)
        # The world as it stands now, so that the same home can be billed again tomorrow.
        (folder / "world.json").write_text(json.dumps(sandbox.state(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    call.say(_what_next(folder, files))


def _tell(call: Frame, sandbox: Sandbox, configured: tuple[Configured, ...]) -> None:
    """The day as a story: what would change, what was changed, what Tigerpaw holds now, and why."""
    from tallybridge.cli.run_tables import show_run
    from tallybridge.runs.reports import Mode

    call.say("1. The plan: what today's run would change. Nothing has been written yet.\n")
    for one in configured:
        show_run(call, bill(call, one, Mode.PLAN))
        call.say("")
    call.say("2. The run: the same again, written and read back line by line.\n")
    reports = [bill(call, one, Mode.RUN) for one in configured]
    for report in reports:
        show_run(call, report)
        call.say("")
    call.say("3. What the agreements hold in Tigerpaw now:\n")
    _show_charges(call, sandbox)
    call.say("4. Why? The seats behind one of the charges:\n")
    _explain_one(call, reports[0])


def _show_charges(call: Frame, sandbox: Sandbox) -> None:
    rows = [
        (account["name"], agreement["number"], charge["item_id"], charge["quantity"], charge["detail_id"])
        for account in sandbox.state()["tigerpaw"]["accounts"]
        for agreement in account["agreements"]
        for charge in agreement["charges"]
    ]
    call.show(("Account", "Agreement", "Item", "Quantity", "Line"), rows, numbers=("Agreement", "Quantity", "Line"))


def _explain_one(call: Frame, report: RunReport) -> None:
    from tallybridge.ledger.destinations import all_destinations
    from tallybridge.runs.explaining import explain, explanation_document

    tenant, line = next((tenant, line) for tenant in report.tenants for line in tenant.lines if line.written and tenant.agreement is not None)
    document = explanation_document(explain(tenant.agreement or 0, line.change.item, destinations=all_destinations()))
    seats = document["seats"]
    rows = [(seat["device"], seat["category"], seat["license_name"], seat["license"]) for seat in seats[:_SHOWN_SEATS]]
    title = f"{tenant.name}, {line.change.item}: {len(seats)} seats for a quantity of {document['charged']}"
    call.show(("Device", "Category", "Application", "License"), rows, title=title)
    if len(seats) > _SHOWN_SEATS:
        call.say(f"… and {len(seats) - _SHOWN_SEATS} more.")


def _what_next(folder: Path, files: tuple[Path, ...]) -> str:
    named = " ".join(f"--config {file}" for file in files)
    return f"""
The simulated systems have stopped; the ledger is kept in {folder}. What to type next:

  tallybridge explain --agreement 2041 --item KES-WKS --home {folder}    every seat behind that charge
  tallybridge holds list --home {folder}                                 what waits for a person
  tallybridge verify --home {folder}                                     that nothing was changed afterwards

To bill the same world again, start it in one terminal and run in another:

  tallybridge sandbox --scenario {folder / "world.json"} --write-config {folder / "tallybridge.toml"}
  tallybridge run --home {folder} {named}

For your own systems: tallybridge init"""
