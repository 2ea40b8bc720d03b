"""`import` and `count`: usage that enters through files and by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tallybridge.cli.frame import CommandFailed, ConfigOption, Frame, HomeOption, JsonOption, author, frame, utc_now

if TYPE_CHECKING:
    from tallybridge.billing.model import Stated
    from tallybridge.runs.configuring import Configured
    from tallybridge.runs.importing import ImportedFile

PANEL = "Files and counts by hand"

counts = typer.Typer(help="Counts that a person states for what has no file.", no_args_is_help=True)

IntegrationOption = Annotated[str | None, typer.Option("--integration", metavar="NAME", help="The integration, where several are configured.")]


def add_to(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command("import", rich_help_panel=PANEL)(import_files)
    app.add_typer(counts, name="count", rich_help_panel=PANEL)


def import_files(
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE...", help="Exports of Kaspersky Business Hub: .json, .csv or .xlsx.")] = None,
    integration: IntegrationOption = None,
    exported: Annotated[
        datetime | None,
        typer.Option(
            "--exported", metavar="INSTANT", formats=["%Y-%m-%dT%H:%M:%SZ"], help="When the export was made, in UTC, where the file does not say."
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            metavar="THEIRS=OURS",
            help="What a column means that has another name, or nothing after “=” to pass it over; remembered. May be repeated.",
        ),
    ] = None,
    template: Annotated[
        Literal["csv", "xlsx", "json"] | None, typer.Option("--template", help="Write an example that imports, to FILE or to the current folder.")
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Take in exports of Kaspersky Business Hub. A file is taken whole or refused, of several files all or none; the same twice changes nothing.

    The next run bills from the newest export of each company.

    Example: tallybridge import companies.csv --exported 2026-11-22T01:00:00Z
    """
    call = frame(as_json, config, home)
    if template is not None:
        _write_template(call, template, files or [])
        return
    if not files:
        raise CommandFailed("No file was named. Nothing was imported. For an example that imports: tallybridge import --template csv")
    missing = [file for file in files if not file.is_file()]
    if missing:
        raise CommandFailed(f"There is no file {', '.join(map(str, missing))}. Nothing was imported.")
    configured = _business_hub(call, integration)
    from tallybridge.runs.importing import import_files as take_files
    from tallybridge.sources.business_hub import ExportRefused

    names = dict(_meaning(one) for one in column or ())
    instant = exported.replace(tzinfo=UTC) if exported is not None else None
    name = configured.configuration.integration.name
    try:
        done = take_files(name, files, clock=utc_now, exported=instant, names=names)
    except ExportRefused as refused:
        others = "\nNone of the other files was taken either." if len(files) > 1 else ""
        raise CommandFailed(f"{refused.report}{others}") from refused
    _tell(call, done)


def _business_hub(call: Frame, name: str | None) -> Configured:
    """The one integration that imports go to."""
    found = [one for one in call.configured() if one.configuration.source.kind == "business_hub"]
    chosen = [one for one in found if name is None or one.configuration.integration.name == name]
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(f"“{one.configuration.integration.name}”" for one in found)
    if not found:
        raise CommandFailed(
            'No integration reads exports. Nothing was imported. One is made by a configuration file with [source] kind = "business_hub".'
        )
    if name is None:
        raise CommandFailed(f"Several integrations read exports: {names}. Nothing was imported. Choose one with --integration.")
    raise CommandFailed(f"No integration that reads exports is called “{name}”; there are {names}. Nothing was imported.")


def _meaning(text: str) -> tuple[str, str]:
    theirs, equals, ours = text.rpartition("=")
    if not equals or not theirs.strip():
        raise CommandFailed(f'--column wants THEIRS=OURS, for example --column "Gerätename=device"; “{text}” is not that. Nothing was imported.')
    return theirs.strip(), ours.strip()


def _tell(call: Frame, done: Sequence[ImportedFile]) -> None:
    if call.as_json:
        call.give(
            [{"file": str(one.file), "companies": list(one.companies), "new": one.new, "ignored_columns": list(one.ignored_columns)} for one in done]
        )
        return
    for one in done:
        call.say(f"{one.file}: {_companies(len(one.companies))}, {one.new} new.")
        if one.ignored_columns:
            call.say(f"Columns that mean nothing here and were passed over: {', '.join(one.ignored_columns)}.")


def _companies(count: int) -> str:
    return "1 company" if count == 1 else f"{count} companies"


def _write_template(call: Frame, kind: Literal["csv", "xlsx", "json"], files: list[Path]) -> None:
    from tallybridge.sources.business_hub.templates import write_template

    to = files[0] if files else Path(f"business-hub-example.{kind}")
    if to.exists():
        raise CommandFailed(f"{to} exists already and is not overwritten. Nothing was written.")
    try:
        write_template(kind, to)
    except OSError as error:
        raise CommandFailed(f"The example could not be written to {to}: {error.strerror}. Nothing was written.") from error
    if call.as_json:
        call.give({"file": str(to)})
    call.say(f"An example stands in {to}. Put your own rows in place of its rows, and then: tallybridge import {to}")


@counts.command("set")
def set_count(
    tenant: Annotated[str, typer.Option("--tenant", metavar="NAME", help="The customer, as its link names it.")],
    application: Annotated[str, typer.Option("--application", metavar="NAME", help="The security application.")],
    quantity: Annotated[int, typer.Option("--quantity", metavar="N", help="How many units.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Where the number comes from; kept with your name.")],
    category: Annotated[
        str | None,
        typer.Option(
            "--category", metavar="NAME", help="For an application that is billed by category: windows_workstation, windows_server or non_windows."
        ),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option("--until", metavar="DATE", formats=["%Y-%m-%d"], help="Last date on which it holds. Default: 31 days from today."),
    ] = None,
    integration: IntegrationOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """State a count for what no source tells. It takes the place of whatever was read for the application, until its date.

    Example: tallybridge count set --tenant Fabrikam --application "Kaspersky Security for Mail Server" --quantity 40 --reason "portal, 22 November"
    """
    if not reason.strip():
        raise CommandFailed("A count needs a reason: add --reason TEXT. Nothing was stated.")
    call = frame(as_json, config, home)
    configured = _linking(call, integration, tenant)
    from tallybridge.billing.model import Stated
    from tallybridge.ledger import stated_counts
    from tallybridge.runs.day import billing_date
    from tallybridge.runs.stating import check_stated, whole_category

    today = billing_date(configured.configuration, utc_now())
    last = until.date() if until is not None else today + timedelta(days=31)
    stated = Stated(application, whole_category(category), quantity, author(), reason, last)
    check_stated(configured.configuration, tenant, stated, today=today)
    stated_counts.state(configured.configuration.integration.name, tenant, stated, at=utc_now())
    if call.as_json:
        call.give(_document(configured.configuration.integration.name, tenant, stated))
    call.say(f"{tenant}, {application}: {quantity}, until {last}. The next run bills it.")


@counts.command("withdraw")
def withdraw_count(
    tenant: Annotated[str, typer.Option("--tenant", metavar="NAME", help="The customer, as “count list” names it.")],
    application: Annotated[str, typer.Option("--application", metavar="NAME", help="The security application.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it does not hold any more; kept with your name.")],
    category: Annotated[str | None, typer.Option("--category", metavar="NAME", help="The category that the count was stated for, if it was.")] = None,
    integration: IntegrationOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """End a stated count before its date. From the next run on, what was read counts again.

    Example: tallybridge count withdraw --tenant Fabrikam --application "Kaspersky Security for Mail Server" --reason "canceled by the customer"
    """
    if not reason.strip():
        raise CommandFailed("A withdrawal needs a reason: add --reason TEXT. Nothing was withdrawn.")
    call = frame(as_json, config, home)
    configured = call.configured()
    from tallybridge.billing.model import Stated
    from tallybridge.ledger import stated_counts
    from tallybridge.runs.day import billing_date

    found = [
        one
        for each in configured
        if integration in (None, each.configuration.integration.name)
        for one in stated_counts.in_force(each.configuration.integration.name, billing_date(each.configuration, utc_now()))
        if (one.tenant, one.stated.application, one.stated.category) == (tenant, application, category)
    ]
    if not found:
        what = f"{tenant}, {application}" + (f", {category}" if category is not None else "")
        raise CommandFailed(f"No count is stated for {what} today. Nothing was withdrawn. Those that are: tallybridge count list")
    if len(found) > 1:
        names = ", ".join(f"“{one.integration}”" for one in found)
        raise CommandFailed(f"Several integrations have this count: {names}. Nothing was withdrawn. Choose one with --integration.")
    withdrawn = found[0].stated
    ended = Stated(application, withdrawn.category, withdrawn.quantity, author(), reason, withdrawn.until)
    stated_counts.withdraw(found[0].integration, tenant, ended, at=utc_now())
    if call.as_json:
        call.give(_document(found[0].integration, tenant, ended))
    call.say(f"{tenant}, {application}: the count of {ended.quantity} is withdrawn. From the next run on, what was read counts again.")


@counts.command("list")
def list_counts(
    integration: IntegrationOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """List the stated counts that hold today. Needs no connection.

    Example: tallybridge count list
    """
    call = frame(as_json, config, home)
    configured = call.configured()
    from tallybridge.ledger import stated_counts
    from tallybridge.runs.day import billing_date

    found = [
        one
        for each in configured
        if integration in (None, each.configuration.integration.name)
        for one in stated_counts.in_force(each.configuration.integration.name, billing_date(each.configuration, utc_now()))
    ]
    if call.as_json:
        call.give([_document(one.integration, one.tenant, one.stated) for one in found])
    elif found:
        rows = [
            (
                one.tenant,
                one.stated.application,
                one.stated.category or "all",
                one.stated.quantity,
                one.stated.until,
                one.stated.author,
                one.stated.reason,
            )
            for one in found
        ]
        call.show(
            ("Tenant", "Application", "Category", "Quantity", "Until", "Stated by", "Reason"), rows, title="Stated counts", numbers=("Quantity",)
        )
    else:
        call.say("No count is stated.")


def _linking(call: Frame, integration: str | None, tenant: str) -> Configured:
    """The integration that links the tenant."""
    found = [one for one in call.configured() if integration in (None, one.configuration.integration.name)]
    linking = [one for one in found if tenant in {label for link in one.configuration.links for label in (link.tenant, link.tenant_id)}]
    if len(linking) > 1:
        names = ", ".join(f"“{one.configuration.integration.name}”" for one in linking)
        raise CommandFailed(f"Several integrations link “{tenant}”: {names}. Nothing was stated. Choose one with --integration.")
    if not (linking or found):
        raise CommandFailed(f"No integration is called “{integration}”. Nothing was stated.")
    return (linking or found)[0]


def _document(integration: str, tenant: str, stated: Stated) -> dict[str, object]:
    return {
        "integration": integration,
        "tenant": tenant,
        "application": stated.application,
        "category": stated.category.value if stated.category is not None else None,
        "quantity": stated.quantity,
        "until": stated.until.isoformat(),
        "author": stated.author,
        "reason": stated.reason,
    }
