"""`admin`: who may sign in to the console, and the way back in for somebody whom nobody else can let in. Works on the server's own machine only."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tallybridge.cli.frame import CommandFailed, ConfigOption, HomeOption, JsonOption, frame, utc_now

if TYPE_CHECKING:
    from tallybridge.cli.frame import Frame

PANEL = "Setting up"

Document = dict[str, Any]


def add_to(app: typer.Typer) -> None:
    """Adds this group's commands."""
    people = typer.Typer(no_args_is_help=True)
    people.command("list")(list_people)
    people.command("reset")(reset)
    app.add_typer(
        people, name="admin", rich_help_panel=PANEL, help="Who may sign in to the console; a new password where nobody can sign in any more."
    )


def list_people(
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """List the people of the console with their roles. Needs no connection.

    Example: tallybridge admin list
    """
    call = frame(as_json, config, home)
    _open(call)
    from tallybridge.console.people.keeping import everybody

    found: list[Document] = [
        {
            "name": one.name,
            "role": one.role.value,
            "active": one.active,
            "two_step": one.two_step,
            "last_sign_in": one.last_sign_in.isoformat(timespec="seconds") if one.last_sign_in is not None else None,
        }
        for one in everybody()
    ]
    if call.as_json:
        call.give(found)
        return
    if not found:
        call.say("Nobody may sign in yet. Start the console (tallybridge serve) and make the first administrator.")
        return
    rows = [
        (one["name"], one["role"], "active" if one["active"] else "deactivated", "on" if one["two_step"] else "off", one["last_sign_in"] or "never")
        for one in found
    ]
    call.show(("Name", "Role", "State", "Two-step", "Last sign-in (UTC)"), rows)


def reset(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The person's name, as “admin list” shows it.")],
    password_file: Annotated[
        Path | None,
        typer.Option("--password-file", metavar="FILE", help="Take the new password from the first line of a file instead of asking for it."),
    ] = None,
    administrator: Annotated[bool, typer.Option("--administrator", help="Also make the person an active administrator.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Give somebody a new password, and remove their two-step verification and lockouts. Every session of theirs ends.

    Example: tallybridge admin reset kim --administrator
    """
    call = frame(as_json, config, home)
    _open(call)
    from tallybridge.console.people.resetting import PasswordRefused, UnknownPerson, check_password, find, give_back

    try:
        person = find(name)
        password = _from_file(password_file) if password_file is not None else _asked()
        check_password(person, password)
        done = give_back(person, password, administrator=administrator)
    except (UnknownPerson, PasswordRefused) as refused:
        raise CommandFailed(str(refused)) from refused
    if call.as_json:
        call.give({"name": done.name, "role": done.role.value, "active": done.active})
        return
    call.say(f"{done.name} ({done.role.value}) has the new password. Two-step verification is off, and so are lockouts.")
    if not done.active:
        call.say("The person is deactivated all the same. With --administrator they become an active administrator.")


def _open(call: Frame) -> None:
    """Opens the ledger with the console's tables, which must be prepared before anything else of the ledger is imported."""
    from tallybridge.console.serving import prepare_console

    prepare_console()
    from tallybridge.console import integrations

    call.open_ledger(whole=True)
    integrations.use(call.read_if_configured, utc_now)


def _from_file(file: Path) -> str:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"The password cannot be read from {file}: {error}. Nothing was changed.") from error
    if not lines or not lines[0]:
        raise CommandFailed(f"The first line of {file} is empty. Nothing was changed.")
    return lines[0]


def _asked() -> str:
    if not sys.stdin.isatty():
        raise CommandFailed("There is no terminal to ask for the new password. Nothing was changed. Name a file with --password-file.")
    password = getpass.getpass("New password: ")
    if getpass.getpass("New password again: ") != password:
        raise CommandFailed("The two passwords are not the same. Nothing was changed.")
    return password
