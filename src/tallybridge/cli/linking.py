"""`links suggest` and `links list`: which customer of the source is which account of the PSA."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tallybridge.cli.frame import CommandFailed, ConfigOption, HomeOption, JsonOption, frame, utc_now

if TYPE_CHECKING:
    from tallybridge.cli.frame import Frame
    from tallybridge.runs.configuring import Configured

PANEL = "Looking around"

Document = dict[str, Any]


def add_to(app: typer.Typer) -> None:
    """Adds this group's commands."""
    links = typer.Typer(no_args_is_help=True)
    links.command("suggest")(suggest)
    links.command("list")(list_links)
    app.add_typer(links, name="links", rich_help_panel=PANEL, help="Propose and list links between tenants and accounts.")


def suggest(
    save: Annotated[bool, typer.Option("--save", help="Add the exact ones to the configuration file. Without it nothing is saved.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Propose links by name: the same names first, then near ones with their likeness. Saves nothing unless --save is given.

    For the same names the blocks to paste into the configuration file are printed, with the agreement where the account has exactly one that has
    not ended. Near ones are for you to judge: likeness 1.0 would be the same name.

    Example: tallybridge links suggest
    """
    call = frame(as_json, config, home)
    configured = call.configured()
    from tallybridge.runs.proposing import propose_links

    found: list[Document] = []
    for integration in configured:
        proposed = propose_links(integration.configuration, utc_now)
        if save:
            _save(call, integration, [one for one in proposed if one["exact"]])
        found += proposed
    if call.as_json:
        call.give(found)
    else:
        _show(call, found, saved=save)


def _save(call: Frame, integration: Configured, exact: list[Document]) -> None:
    from tallybridge.runs.proposing import NotSaved, save_links

    file = Path(integration.origin)
    if not file.is_file():
        raise CommandFailed("There is no configuration file to add links to: the ledger rules. Nothing was saved. First: tallybridge config export")
    if not exact:
        call.say(f"No account has the same name as an unlinked tenant, so nothing was added to {integration.origin}.")
        return
    try:
        save_links(file, [one["block"] for one in exact])
    except NotSaved as error:
        raise CommandFailed(str(error)) from error
    call.say(f"Added {len(exact)} {'link' if len(exact) == 1 else 'links'} to {integration.origin}.")


def _show(call: Frame, found: list[Document], *, saved: bool) -> None:
    if not found:
        call.say("Nothing to propose: no unlinked tenant has a name like that of an unlinked account.")
        return
    rows = [
        (one["tenant"], one["account_name"], one["account"], _agreement(one), "same name" if one["exact"] else f"{one['likeness']:.2f}")
        for one in found
    ]
    columns = ("Tenant", "Account", "Number", "Agreement", "Likeness")
    call.show(columns, rows, title="Proposed links", numbers=("Number", "Agreement", "Likeness"))
    blocks = [one["block"] for one in found if one["exact"]]
    if blocks and not saved:
        call.say("\nThe same names, to be pasted into the configuration file once you have looked at them (or: tallybridge links suggest --save):\n")
        sys.stdout.write("\n".join(blocks))
    if any(one["agreement"] is None for one in found):
        call.say("\nWhere no agreement is named, choose one: tallybridge agreements --account N")


def _agreement(proposal: Document) -> object:
    if proposal["agreement"] is not None:
        return proposal["agreement"]
    return f"one of {', '.join(map(str, proposal['agreements']))}" if proposal["agreements"] else "none is open"


def list_links(
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """List the configured links. Needs no connection.

    Example: tallybridge links list
    """
    call = frame(as_json, config, home)
    found: list[Document] = [
        {
            "integration": integration.configuration.integration.name,
            "tenant": link.tenant,
            "tenant_id": link.tenant_id,
            "account": link.account,
            "agreement": link.agreement,
            "billing": link.billing,
            "origin": integration.origin,
        }
        for integration in call.configured()
        for link in integration.configuration.links
    ]
    if call.as_json:
        call.give(found)
        return
    rows = [
        (one["tenant"] or one["tenant_id"], one["account"], one["agreement"] or "none chosen", "on" if one["billing"] else "off", one["origin"])
        for one in found
    ]
    call.show(("Tenant", "Account", "Agreement", "Billing", "From"), rows, numbers=("Account", "Agreement"))
