"""`explain`, `verify` and `replay`: the proof; none of them needs a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tallybridge.cli.frame import CommandFailed, ConfigOption, Finished, HomeOption, JsonOption, frame, with_names

if TYPE_CHECKING:
    from tallybridge.cli.frame import Frame
    from tallybridge.ledger.run_records import StoredRun
    from tallybridge.runs.explaining import Explanation
    from tallybridge.runs.other_rules import OtherRules

PANEL = "Proof"


def add_to(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command("explain", rich_help_panel=PANEL)(explain)
    app.command("verify", rich_help_panel=PANEL)(verify)
    app.command("replay", rich_help_panel=PANEL)(replay)


def explain(
    agreement: Annotated[int, typer.Option("--agreement", metavar="N", help="The agreement's number in Tigerpaw.")],
    item: Annotated[str, typer.Option("--item", metavar="ID", help="The price book item's id.")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Show the seats behind a charge, those left out and why, and its history. Needs no connection.

    Example: tallybridge explain --agreement 2041 --item KES-WKS
    """
    call = frame(as_json, config, home)
    call.open_ledger()
    from tallybridge.ledger.destinations import all_destinations
    from tallybridge.runs import explaining

    explanation = explaining.explain(agreement, item, destinations=all_destinations())
    if call.as_json:
        call.give(explaining.explanation_document(explanation))
    else:
        _show(call, explanation)


def _show(call: Frame, explanation: Explanation) -> None:
    from tallybridge.runs.explaining import explanation_document

    document = explanation_document(explanation)
    lines = f"{len(explanation.lines)} lines ({', '.join(str(one) for one in explanation.lines)})" if explanation.lines else "no line"
    call.say(
        f"{document['tenant']}, agreement {document['agreement']}, item {document['item']}: {document['quantity']} counted on {document['date']} "
        f"(run {document['run']}); Tigerpaw was last seen to hold {document['charged'] if document['charged'] is not None else lines}."
    )
    if explanation.decision is not None and explanation.change is not None and explanation.change.reason is not None:
        call.say(with_names(explanation.change.reason.sentence))
    for one in explanation.stated:
        call.say(f"{one.quantity} of {one.application} stated by {one.author}, until {one.until}: {one.reason}")
    seats = [(seat["device"], seat["category"], seat["application"], seat["license"], seat["device_id"]) for seat in document["seats"]]
    call.show(("Device", "Category", "Application", "License", "Device id"), seats, title=f"{len(seats)} seats that count")
    left_out = [(one["device"] or "(all devices)", one["reason"], one["application"], one["license"]) for one in document["left_out"]]
    if left_out:
        call.show(("Device", "Why not", "Application", "License"), left_out, title=f"{len(left_out)} left out")
    history = [(entry["date"], entry["quantity"], entry["charged"], entry["run"]) for entry in document["history"]]
    call.show(("Date", "Counted", "In Tigerpaw", "Run"), history, title="History", numbers=("Counted", "In Tigerpaw"))


def verify(
    head: Annotated[str | None, typer.Option("--head", metavar="HASH", help="A chain head that was kept elsewhere: it must be in the chain.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Walk the chain of manifests and check that the evidence adds up. Needs no connection.

    Exit code: 0 everything is as it was written, 1 something is broken; the first broken link is named.

    A head that was printed by an earlier run and kept elsewhere also shows a chain that was cut short or made anew.

    Example: tallybridge verify
    """
    call = frame(as_json, config, home)
    call.open_ledger()
    from tallybridge.runs.verifying import verify_ledger

    report = verify_ledger(kept_head=head)
    if call.as_json:
        found = {"ok": report.ok, "runs": report.runs, "evidence": report.evidence, "pruned": report.pruned}
        call.give(found | {"first_broken": report.first_broken, "head": report.head})
    elif report.ok:
        call.say(f"{report.runs} runs and {report.evidence} pieces of evidence are as they were written. Chain head {report.head or 'none yet'}.")
        if report.pruned:
            call.say(f"{report.pruned} pieces were pruned when their retention had ended; their hashes and counts are as they were written.")
    else:
        call.say(f"BROKEN: {report.first_broken}")
    raise Finished(0 if report.ok else 1)


def replay(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run's id, or its beginning; “latest” for the newest.")],
    rules: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            metavar="RULES",
            help=(
                "Show what other rules would have billed: key_scope=used, key_scope=installed, count_oem=true, count_oem=false, or a configuration "
                "file, whose applications, mappings, key scope and OEM setting take the place of the run's. May be repeated; a single setting "
                "has the last word."
            ),
        ),
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Recount a past run from its evidence, by its own rules or by others. Needs no connection.

    Exit code: 0 usage and plans come out the same, byte for byte; 1 they differ. With --with: 0, whatever other rules would have billed.

    Example: tallybridge replay latest
    """
    from tallybridge.runs.other_rules import RulesRefused, read_other_rules

    call = frame(as_json, config, home)
    try:
        # Read before the ledger is touched: what cannot be understood does nothing anywhere.
        other = read_other_rules(rules) if rules else None
    except RulesRefused as refused:
        raise CommandFailed(str(refused)) from refused
    call.open_ledger()
    from tallybridge.ledger import runs as ledger_runs

    found = ledger_runs.newest_run() if run == "latest" else ledger_runs.get_run(run)
    if found is None:
        raise CommandFailed(f"The ledger knows no run {run}.")
    if other is None:
        _replay_as_it_was(call, found)
    else:
        _replay_with(call, found, other)


def _replay_as_it_was(call: Frame, run: StoredRun) -> None:
    from tallybridge.runs.replaying import replay as replay_run
    from tallybridge.runs.replaying import replay_document

    replayed = replay_run(run)
    if call.as_json:
        call.give(replay_document(replayed))
    else:
        words = {True: "same", False: "DIFFERENT", None: "-"}
        rows = [(one.name, words[one.usage_same], words[one.plan_same]) for one in replayed.tenants]
        call.show(("Tenant", "Usage", "Plan"), rows, title=f"Replay of run {run.id} of {run.date}")
        if replayed.run.rules_version != replayed.rules_version:
            call.say(f"The run was counted by rules version {replayed.run.rules_version}, this program has {replayed.rules_version}.")
        if replayed.pruned:
            call.say(f"The retention of the evidence of {replayed.pruned} tenants has ended: it was pruned, and cannot be counted again.")
        if replayed.empty and not replayed.pruned:
            call.say("There was nothing to count again in this run: a plan that is applied was counted by the run that made it.")
        elif not replayed.empty:
            call.say("The same, byte for byte." if replayed.same else "DIFFERENT: this program counts that day's evidence differently.")
    raise Finished(0 if replayed.same else 1)


def _replay_with(call: Frame, run: StoredRun, other: OtherRules) -> None:
    from tallybridge.runs.supposing import suppose, supposed_document

    supposed = suppose(run, other)
    if call.as_json:
        call.give(supposed_document(supposed))
    else:
        from tallybridge.cli.supposed_tables import show_supposed

        show_supposed(call, supposed)
