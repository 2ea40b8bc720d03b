"""`holds`: what waits for a person, what has been decided, and the five decisions (contracts 2; design 6.6)."""

from __future__ import annotations

import sys
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tallybridge.cli.frame import CommandFailed, ConfigOption, Finished, HomeOption, JsonOption, author, frame, utc_now, with_names
from tallybridge.cli.hold_tables import decision_document, hold_document, show_decided, show_holds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tallybridge.cli.frame import Frame
    from tallybridge.ledger.holds import StoredHold
    from tallybridge.runs.deciding import Decided, Selection, Wish

holds = typer.Typer(help="What waits for a person, and the decisions on it.", no_args_is_help=True)

IdsArgument = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ids of holds, as “holds list” shows them.")]
AllOption = Annotated[bool, typer.Option("--all", help="Every hold on which this can be decided.")]
ItemOption = Annotated[str | None, typer.Option("--item", metavar="ID", help="Only holds on this price book item.")]
WhereOption = Annotated[Literal["equal"] | None, typer.Option("--where", help="“equal”: only where Tigerpaw already shows the wanted quantity.")]
ChargeOption = Annotated[int | None, typer.Option("--charge", metavar="ID", help="The line to make ours, where the agreement holds several.")]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept with your name.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would be decided, and decide nothing.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask on a terminal before deciding for several.")]


def add_to(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.add_typer(holds, name="holds", rich_help_panel="The day's bill")


@holds.command("list")
def list_holds(
    decided: Annotated[bool, typer.Option("--decided", help="Instead, the keeps, pins and releases that stand.")] = False,
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
    from tallybridge.ledger.decisions import all_standing
    from tallybridge.ledger.holds import open_holds

    if decided:
        standing = all_standing()
        if call.as_json:
            call.give([decision_document(one) for one in standing])
        else:
            show_decided(call, standing)
        return
    found = open_holds()
    if call.as_json:
        call.give([hold_document(hold) for hold in found])
    elif found:
        show_holds(call, found, "What waits for a person")
        for hold in found:
            if hold.detail:
                call.say(f"{hold.id}: {hold.detail}")
            if len(hold.charges) > 1 and "adopt" in hold.decisions:
                call.say(f"{hold.id}: lines {', '.join(str(one) for one in hold.charges)} stand there; name the one that is meant with --charge.")
        for reason in dict.fromkeys(hold.reason for hold in found):
            call.say(f"{reason.value}: {with_names(reason.sentence)}")
    else:
        call.say("Nothing waits.")
    raise Finished(3 if found else 0)


@holds.command("keep")
def keep(
    ids: IdsArgument = None,
    everything: AllOption = False,
    item: ItemOption = None,
    where: WhereOption = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Leave lines as they are until somebody changes them in Tigerpaw. A changed count alone does not ask again.

    Example: tallybridge holds keep H12 --reason "agreed with the customer until the contract ends"
    """
    _decide("keep", _Asked(ids, everything, item, where, reason, dry_run, yes, as_json, config, home))


@holds.command("adopt")
def adopt(
    ids: IdsArgument = None,
    everything: AllOption = False,
    item: ItemOption = None,
    where: WhereOption = None,
    charge: ChargeOption = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Make lines that Tallybridge did not make its own from now on; other lines for the item are left alone. Writes nothing to Tigerpaw.

    The adopted line keeps its quantity until the next run, which then brings it to what was counted, as far as the guards let it.

    Example: tallybridge holds adopt H12 --reason "entered by hand before Tallybridge"
    """
    _decide("adopt", _Asked(ids, everything, item, where, reason, dry_run, yes, as_json, config, home), charge=charge)


@holds.command("take-over")
def take_over(
    ids: IdsArgument = None,
    everything: AllOption = False,
    item: ItemOption = None,
    where: WhereOption = None,
    charge: ChargeOption = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Let the next run write the counted quantity over what Tigerpaw shows, once, and go on from there. The guards do not ask again.

    Example: tallybridge holds take-over H12 --reason "the edit was a mistake"
    """
    _decide("take-over", _Asked(ids, everything, item, where, reason, dry_run, yes, as_json, config, home), charge=charge)


@holds.command("pin")
def pin(
    ids: IdsArgument = None,
    everything: AllOption = False,
    item: ItemOption = None,
    where: WhereOption = None,
    charge: ChargeOption = None,
    quantity: Annotated[int | None, typer.Option("--quantity", metavar="N", min=0, help="What the line shall be.")] = None,
    until: Annotated[
        datetime | None, typer.Option("--until", metavar="DATE", formats=["%Y-%m-%d"], help="The last day on which it shall, YYYY-MM-DD.")
    ] = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Say what the quantity of a line is until a day, whatever is counted. The next run writes it.

    Example: tallybridge holds pin H12 --quantity 40 --until 2026-12-31 --reason "flat rate until the end of the year"
    """
    if quantity is None or until is None:
        raise CommandFailed("A pin needs what is wanted and until when: add --quantity N --until YYYY-MM-DD. Nothing was decided.")
    asked = _Asked(ids, everything, item, where, reason, dry_run, yes, as_json, config, home)
    _decide("pin", asked, charge=charge, quantity=quantity, until=until.date())


@holds.command("release")
def release(
    ids: IdsArgument = None,
    everything: AllOption = False,
    item: ItemOption = None,
    where: WhereOption = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Let a change pass that a guard holds, up to the quantity shown, or a move; or end a keep or a pin (named by the id of its hold).

    Example: tallybridge holds release H12 --reason "the customer sold a branch"
    """
    _decide("release", _Asked(ids, everything, item, where, reason, dry_run, yes, as_json, config, home))


class _Asked:
    """What every decision is asked with."""

    def __init__(
        self,
        ids: list[str] | None,
        everything: bool,
        item: str | None,
        where: str | None,
        reason: str,
        dry_run: bool,
        yes: bool,
        as_json: bool,
        config: list[Path] | None,
        home: Path | None,
    ) -> None:
        self.ids = tuple(ids or ())
        self.everything = everything
        self.item = item
        self.equal = where == "equal"
        self.reason = reason
        self.dry_run = dry_run
        self.yes = yes
        self.call: Frame = frame(as_json, config, home)

    def selection(self) -> Selection:
        from tallybridge.runs.deciding import Selection

        return Selection(ids=self.ids, all=self.everything, item=self.item, equal=self.equal)


def _decide(kind: str, asked: _Asked, *, charge: int | None = None, quantity: int | None = None, until: date | None = None) -> None:
    from tallybridge.billing.plan import DecisionKind
    from tallybridge.runs import deciding

    if not asked.reason.strip():
        raise CommandFailed("A decision needs a reason: add --reason TEXT. Nothing was decided.")
    call = asked.call
    call.open_ledger()
    wish = deciding.Wish(kind=DecisionKind(kind), reason=asked.reason, author=author(), charge=charge, quantity=quantity, until=until)
    chosen, standing = deciding.select(asked.selection(), wish)
    _refuse(chosen, wish)
    several = len(chosen) + len(standing) > 1
    if (several and not asked.yes and sys.stdin.isatty() and not call.as_json) or (asked.dry_run and not call.as_json):
        show_holds(call, chosen, f"To be decided: {kind}")
        show_decided(call, standing)
    if asked.dry_run:
        would = [deciding.Decided(hold=hold, kind=wish.kind, quantity=quantity) for hold in chosen]
        _tell(call, [*would, *(deciding.Decided(hold=one.hold, kind=wish.kind, ended=one) for one in standing)], dry=True)
        return
    if several and not asked.yes and sys.stdin.isatty() and not call.as_json:
        typer.confirm(f"Decide “{kind}” for these {_lines(len(chosen) + len(standing))}?", abort=True, err=True)
    now = utc_now()
    done = [*deciding.decide(chosen, wish, now), *(deciding.end(one, wish, now) for one in standing)]
    _tell(call, done, dry=False)


def _refuse(chosen: Sequence[StoredHold], wish: Wish) -> None:
    from tallybridge.runs.deciding import impossible

    problems = [problem for hold in chosen if (problem := impossible(hold, wish)) is not None]
    if problems:
        raise CommandFailed("; ".join(problems) + ". Nothing was decided.")


def _tell(call: Frame, done: Sequence[Decided], *, dry: bool) -> None:
    if call.as_json:
        call.give(
            [
                {
                    "id": one.hold.id,
                    "decision": one.kind.value,
                    "charge": one.charge,
                    "quantity": one.quantity,
                    "left": list(one.left),
                    "ended": one.ended.decision.kind.value if one.ended is not None else None,
                    "decided": not dry,
                }
                for one in done
            ]
        )
        return
    if dry:
        call.say(f"{_lines(len(done))} would be decided. Nothing was decided.")
        return
    for one in done:
        call.say(f"{one.hold.id}: {_sentence(one)}")
    call.say("The next run goes on from there." if done else "Nothing was decided: no hold fits.")


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count} lines"


def _sentence(one: Decided) -> str:
    line = f"{one.hold.item} of {one.hold.tenant}"
    if one.ended is not None:
        return f"the {one.ended.decision.kind.value} of {line} has ended."
    left = f"; lines left alone: {', '.join(map(str, one.left))}" if one.left else ""
    match one.kind.value:
        case "keep":
            return f"{line} stays as it is until somebody changes it in Tigerpaw."
        case "adopt":
            return f"line {one.charge} ({one.hold.item}, quantity {one.quantity}) of {one.hold.tenant} is ours from now on{left}."
        case "take-over":
            return f"the next run writes what was counted on {line}, up to {one.quantity}{left}."
        case "pin":
            return f"{line} is {one.quantity} from the next run on{left}."
    return f"{line} may change, {one.how_far}." if one.quantity is not None else f"{line} may change."
