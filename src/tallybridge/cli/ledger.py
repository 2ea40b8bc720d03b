"""`ledger prune`: care for the ledger itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tallybridge.cli.frame import ConfigOption, Finished, HomeOption, JsonOption, frame, utc_now

if TYPE_CHECKING:
    from tallybridge.runs.retention import Pruned

PANEL = "The ledger"

ledger = typer.Typer(no_args_is_help=True, help="Care for the ledger itself.")


def add_to(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.add_typer(ledger, name="ledger", rich_help_panel=PANEL)


@ledger.command("prune")
def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be pruned.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """End the retention of evidence that is older than evidence_months. Needs no connection.

    The daily run does the same by itself; this looks through all days. Hash and counts of what is pruned stay, the names of devices and mailboxes go.

    Exit code: 0 done, 3 a run was under way, so that its integration was passed over.

    Example: tallybridge ledger prune --dry-run
    """
    call = frame(as_json, config, home)
    configured = call.configured()
    from tallybridge.runs.retention import prune_all

    pruned = prune_all([one.configuration for one in configured], utc_now, dry_run=dry_run)
    if call.as_json:
        call.give([_document(one) for one in pruned])
    else:
        for one in pruned:
            call.say(_sentence(one, dry_run=dry_run))
    raise Finished(3 if any(one.pruning is None for one in pruned) else 0)


def _document(pruned: Pruned) -> dict[str, Any]:
    known = pruned.pruning
    return {
        "integration": pruned.integration,
        "evidence_months": pruned.months,
        "reason": "busy" if known is None else None,
        "before": known.before.isoformat() if known is not None else None,
        "contents": known.contents if known is not None else None,
        "bytes": known.bytes if known is not None else None,
    }


def _sentence(pruned: Pruned, *, dry_run: bool) -> str:
    known = pruned.pruning
    if known is None:
        return f"{pruned.integration}: a run is under way; nothing was pruned. Type the command again when it has ended."
    what = "would be" if dry_run else "were"
    return (
        f"{pruned.integration}: evidence is kept for {pruned.months} months. {known.contents} pieces that only days before {known.before} rest on "
        f"{what} pruned ({known.bytes} bytes). What was counted and charged stays known."
    )
