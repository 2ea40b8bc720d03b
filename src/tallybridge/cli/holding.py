"""`holds list` and `holds adopt`: what waits for a person, and the decisions on it (design 6.6)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from tallybridge.cli.frame import CommandFailed, ConfigOption, Finished, HomeOption, JsonOption, author, frame, utc_now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tallybridge.cli.frame import Frame
    from tallybridge.ledger.holds import StoredHold

holds = typer.Typer(help="What waits for a person, and the decisions on it.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.add_typer(holds, name="holds", rich_help_panel="The day's bill")


@holds.command("list")
def list_holds(
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """List the lines that wait for a person. Needs no connection.

    Exit code: 0 nothing waits, 3 something does.

    Example: tallybridge holds list
    """
    call = frame(as_json, config, home)
    call.open_ledger()
    from tallybridge.ledger.holds import open_holds

    found = open_holds()
    if call.as_json:
        call.give([_document(hold) for hold in found])
    elif found:
        _show(call, found, "What waits for a person")
        for reason in dict.fromkeys(hold.reason for hold in found):
            call.say(f"{reason.value}: {reason.sentence}")
    else:
        call.say("Nothing waits.")
    raise Finished(3 if found else 0)


@holds.command("adopt")
def adopt(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ids of holds, as “holds list” shows them.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every hold that can be adopted.")] = False,
    item: Annotated[str | None, typer.Option("--item", metavar="ID", help="Only holds on this price book item.")] = None,
    where: Annotated[Literal["equal"] | None, typer.Option("--where", help="“equal”: only where Tigerpaw already shows the wanted quantity.")] = None,
    charge: Annotated[int | None, typer.Option("--charge", metavar="ID", help="The line to adopt, where the agreement holds several.")] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept with your name.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask on a terminal before deciding for several.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Make lines that Tallybridge did not make its own from now on; other lines for the item are left alone. Writes nothing to Tigerpaw.

    The adopted line keeps its quantity until the next run, which then brings it to what was counted.

    Example: tallybridge holds adopt H12 --reason "entered by hand before Tallybridge"
    """
    from tallybridge.runs.deciding import Selection, adopt, adoptable, select

    if not reason.strip():
        raise CommandFailed("A decision needs a reason: add --reason TEXT. Nothing was decided.")
    call = frame(as_json, config, home)
    call.open_ledger()
    chosen = select(Selection(ids=tuple(ids or ()), all=everything, item=item, equal=where == "equal"))
    by_name = bool(ids)
    ready = [hold for hold in chosen if by_name or adoptable(hold, charge) is None]
    passed_over = [problem for hold in chosen if hold not in ready and (problem := adoptable(hold, charge)) is not None]
    _refuse_unready([problem for hold in ready if (problem := adoptable(hold, charge)) is not None])
    if len(ready) > 1 and not yes and sys.stdin.isatty() and not as_json:
        _show(call, ready, "To be adopted")
        typer.confirm(f"Adopt these {len(ready)} lines?", abort=True, err=True)
    decided_by = author()
    done = [adopt(hold, charge=charge, reason=reason, author=decided_by, at=utc_now()) for hold in ready]
    if call.as_json:
        call.give([{"id": one.hold.id, "decision": "adopt", "charge": one.charge, "quantity": one.quantity, "left": list(one.left)} for one in done])
        return
    for one in done:
        left = f"; lines left alone: {', '.join(map(str, one.left))}" if one.left else ""
        call.say(f"{one.hold.id}: line {one.charge} ({one.hold.item}, quantity {one.quantity}) of {one.hold.tenant} is ours from now on{left}.")
    for problem in passed_over:
        call.say(f"Passed over: {problem}.")
    call.say("The next run goes on from there." if done else "Nothing was adopted.")


def _refuse_unready(problems: Sequence[str]) -> None:
    if problems:
        raise CommandFailed("; ".join(problems) + ". Nothing was decided.")


def _document(hold: StoredHold) -> dict[str, Any]:
    return {
        "id": hold.id,
        "tenant": hold.tenant,
        "agreement": hold.agreement,
        "item": hold.item,
        "reason": hold.reason.value,
        "psa": hold.psa,
        "last_written": hold.last_written,
        "wanted": hold.wanted,
        "charge": hold.charge,
        "charges": list(hold.charges),
        "since": hold.since.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "decisions": list(hold.decisions),
    }


def _show(call: Frame, found: Sequence[StoredHold], title: str) -> None:
    rows = [
        (
            hold.id,
            hold.tenant,
            hold.agreement,
            hold.item,
            hold.reason.value,
            "several" if len(hold.charges) > 1 else hold.psa,
            hold.last_written,
            hold.wanted,
            hold.since.strftime("%Y-%m-%d"),
            ", ".join(hold.decisions),
        )
        for hold in found
    ]
    columns = ("Id", "Tenant", "Agreement", "Item", "Why", "In Tigerpaw", "Last written", "Wanted", "Since", "Decisions")
    call.show(columns, rows, title=title, numbers=("Agreement", "In Tigerpaw", "Last written", "Wanted"))
