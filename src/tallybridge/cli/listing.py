"""`tenants`, `accounts`, `agreements`, `items` and `applications`: what both sides hold, and what it is linked to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tallybridge.cli.frame import ConfigOption, HomeOption, JsonOption, frame, utc_now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tallybridge.cli.frame import Frame

PANEL = "Looking around"

Document = dict[str, Any]


def add_to(app: typer.Typer) -> None:
    """Adds this group's commands."""
    for command in (tenants, accounts, agreements, items, applications):
        app.command(command.__name__, rich_help_panel=PANEL)(command)


def tenants(
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """List the source's tenants (virtual servers), and the account each is linked to.

    Example: tallybridge tenants
    """
    call = frame(as_json, config, home)
    configured = call.configured()
    from tallybridge.runs import listing

    found = [one for integration in configured for one in listing.tenants(integration.configuration, utc_now)]
    rows = [(one["tenant"], one["tenant_id"], one["number"], _tenant_state(one), one["account"], one["agreement"]) for one in found]
    _give(call, found, ("Tenant", "Unique id", "Number", "State", "Account", "Agreement"), rows, numbers=("Number", "Account", "Agreement"))


def _tenant_state(tenant: Document) -> str:
    if tenant["reason"] is not None:
        return str(tenant["reason"])
    if tenant["account"] is None:
        return "not linked"
    return "linked" if tenant["billing"] else "linked, billing off"


def accounts(
    text: Annotated[str, typer.Argument(metavar="[TEXT]", help="Only accounts whose name contains this.")] = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """List Tigerpaw's accounts: whether each is cross-referenced, and the tenant it is linked to.

    Example: tallybridge accounts contoso
    """
    call = frame(as_json, config, home)
    configured = call.configured()
    from tallybridge.runs import listing

    found = [one for integration in configured for one in listing.accounts(integration.configuration, utc_now, text=text)]
    rows = [(one["account"], one["name"], "yes" if one["cross_referenced"] else "no", one["tenant"], one["agreement"]) for one in found]
    _give(call, found, ("Account", "Name", "Cross-referenced", "Tenant", "Agreement"), rows, numbers=("Account", "Agreement"))


def agreements(
    account: Annotated[
        int | None, typer.Option("--account", metavar="N", help="Only this account's agreements; else those of all linked ones.")
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """List the agreements of one account, or of all linked accounts, with their end dates and how many charges they hold.

    Example: tallybridge agreements --account 1053145
    """
    call = frame(as_json, config, home)
    configured = call.configured()
    from tallybridge.runs import listing

    found = [one for integration in configured for one in listing.agreements(integration.configuration, utc_now, account=account)]
    rows = [
        (one["account"], one["tenant"], one["agreement"], one["type"], one["start"], _end(one), one["charges"], "yes" if one["linked"] else "no")
        for one in found
    ]
    columns = ("Account", "Tenant", "Agreement", "Type", "Start", "End", "Charges", "Billed here")
    _give(call, found, columns, rows, numbers=("Account", "Agreement", "Charges"))


def _end(agreement: Document) -> str:
    return f"{agreement['end']} (ended)" if agreement["ended"] else agreement["end"] or "open"


def items(
    text: Annotated[str, typer.Argument(metavar="[TEXT]", help="Only items whose id or description contains this.")] = "",
    prices: Annotated[bool, typer.Option("--prices", help="Read every price, however long the list; two calls each.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """List price book items with their prices, and the applications that are billed on them.

    Example: tallybridge items KES
    """
    call = frame(as_json, config, home)
    configured = call.configured()
    from tallybridge.runs import listing

    found = [one for integration in configured for one in listing.items(integration.configuration, utc_now, text=text, prices=prices)]
    rows = [(one["item"], one["description"], one["price"], "inactive" if one["inactive"] else "active", _mapped(one)) for one in found]
    _give(call, found, ("Item", "Description", "Price", "State", "Billed on it"), rows, numbers=("Price",))
    if any(not one["price_read"] for one in found):
        call.say(f"Prices are read for up to {listing.PRICED_AT_MOST} items. Name a TEXT to search for, or add --prices.")


def _mapped(item: Document) -> str:
    return "; ".join(f"{use['application']}{', ' + use['category'] if use['category'] else ''}" for use in item["mapped"])


def applications(
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """List the applications: what the newest run saw in use, the rest of the catalog, and the items each is billed on. Needs no connection.

    Example: tallybridge applications
    """
    call = frame(as_json, config, home)
    configured = call.configured()
    from tallybridge.runs import listing

    found = [one for integration in configured for one in listing.applications(integration.configuration)]
    rows = [(one["application"], one["unit"], one["quantity"] or None, one["tenants"] or None, _billed_on(one)) for one in found]
    _give(call, found, ("Application", "Unit", "In use", "Tenants", "Billed on"), rows, numbers=("In use", "Tenants"))
    if found and found[0]["run"] is None:
        call.say("No run has looked yet, so this is the catalog alone. To see what is in use: tallybridge plan")


def _billed_on(application: Document) -> str:
    mapping = application["mapping"]
    if mapping is not None:
        return str(mapping["item"]) if "item" in mapping else ", ".join(f"{category}: {item}" for category, item in mapping.items())
    if not application["known"]:
        return "NOT BILLED: no application claims this license name"
    return "NOT BILLED: no mapping" if application["quantity"] else ""


def _give(call: Frame, found: list[Document], columns: Sequence[str], rows: Sequence[Sequence[object]], *, numbers: Sequence[str]) -> None:
    """One JSON list, or a table that names the integration only where there are several."""
    if call.as_json:
        call.give(found)
        return
    if len({one["integration"] for one in found}) > 1:
        columns = ("Integration", *columns)
        rows = [(one["integration"], *row) for one, row in zip(found, rows, strict=True)]
    call.show(columns, rows, numbers=numbers)
