"""`init`, `fingerprint` and `config`: from nothing to a configuration, and what is in force."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tallybridge.cli.frame import CommandFailed, ConfigOption, HomeOption, JsonOption, frame

if TYPE_CHECKING:
    from tallybridge.cli.frame import Frame

PANEL = "Setting up"

NEXT_STEPS = """\
Next:
  1. Fill in every empty setting of the file ("").
  2. tallybridge fingerprint URL       shows the certificate of Kaspersky Security Center, to be compared and pinned
  3. tallybridge doctor                checks everything against both servers, and writes nothing
  4. tallybridge links suggest         proposes which customer is which account
  5. tallybridge plan                  shows what a run would change"""


def add_to(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command("init", rich_help_panel=PANEL)(init)
    app.command("fingerprint", rich_help_panel=PANEL)(fingerprint)
    settings = typer.Typer(no_args_is_help=True)
    settings.command("show")(show)
    settings.command("export")(export)
    settings.command("release")(release)
    app.add_typer(settings, name="config", rich_help_panel=PANEL, help="Show, export or release the configuration in force.")


def init(
    ksc_url: Annotated[str | None, typer.Option("--ksc-url", metavar="URL", help="Address of Kaspersky Security Center, to be filled in.")] = None,
    tigerpaw_url: Annotated[str | None, typer.Option("--tigerpaw-url", metavar="URL", help="Address of Tigerpaw, to be filled in.")] = None,
    time_zone: Annotated[str | None, typer.Option("--time-zone", metavar="NAME", help="Time zone of the daily run, to be filled in.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Write a commented tallybridge.toml to fill in. Never overwrites a file.

    It goes where the other commands look for it: --config FILE, else $TALLYBRIDGE_CONFIG, else the current folder.

    Example: tallybridge init --ksc-url https://ksc.example:13299 --time-zone Europe/Berlin
    """
    call = frame(as_json, config, home)
    from tallybridge.configuration.template import commented_template

    known = {"source.url": ksc_url, "destination.url": tigerpaw_url, "integration.time_zone": time_zone}
    file = _place_of_new_file(call)
    _write_new(file, commented_template({place: value for place, value in known.items() if value is not None}))
    if call.as_json:
        call.give({"file": str(file)})
    else:
        call.say(f"Wrote {file}.\n\n{NEXT_STEPS}")


def _place_of_new_file(call: Frame) -> Path:
    from tallybridge.configuration.locating import CONFIG_VARIABLE, DEFAULT_FILE

    variable = os.environ.get(CONFIG_VARIABLE, "")
    named = [str(path) for path in call.config] or [part for part in variable.split(os.pathsep) if part] or [DEFAULT_FILE]
    if len(named) > 1:
        raise CommandFailed(f"Several files are named: {', '.join(named)}. Nothing was written. Name the one to write with --config.")
    file = Path.cwd() / Path(named[0]).expanduser()
    return file / DEFAULT_FILE if file.is_dir() else file


def _write_new(file: Path, text: str) -> None:
    """Writes a file that its owner alone can read, so that a secret in clear text may stand in it."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise CommandFailed(f"{file} is there already. Nothing was written. Move it away, or name another file.") from error
    except OSError as error:
        raise CommandFailed(f"{file} cannot be written: {error.strerror}. Nothing was written.") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)


def fingerprint(
    url: Annotated[str, typer.Argument(metavar="URL", help="Address of the server, such as https://ksc.example:13299.")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Show the certificate that a server presents, so that it can be compared and pinned. Sends no request and no password.

    Example: tallybridge fingerprint https://ksc.example:13299
    """
    call = frame(as_json, config, home)
    from tallybridge.wire.certificate import presented_certificate

    try:
        shown = presented_certificate(url)
    except ValueError as error:
        raise CommandFailed(str(error)) from error
    except OSError as error:
        raise CommandFailed(f"{url} shows no certificate: {error}. Check the address and the port, and that a TLS server answers there.") from error
    line = f'fingerprint = "{shown.fingerprint}"'
    if call.as_json:
        call.give(
            {
                "url": url,
                "fingerprint": shown.fingerprint,
                "names": list(shown.names),
                "subject": shown.subject,
                "issuer": shown.issuer,
                "not_before": shown.not_before.isoformat(),
                "not_after": shown.not_after.isoformat(),
                "line": line,
            }
        )
        return
    rows = (
        ("SHA-256", shown.fingerprint),
        ("Names", ", ".join(shown.names) or "none"),
        ("Subject", shown.subject),
        ("Issuer", shown.issuer),
        ("Valid (UTC)", f"{shown.not_before:%Y-%m-%d %H:%M} to {shown.not_after:%Y-%m-%d %H:%M}"),
        ("To be pasted", line),
    )
    call.show(("What", "Shown by the server"), rows)
    call.say(
        "Nobody has vouched for this certificate yet. Compare the SHA-256 on the server itself (properties of the Administration Server, "
        "certificate), and only if it is the same, paste the last line into the table of that server."
    )


def show(
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Show every setting in force and where it comes from. Secrets appear only as the place they are kept in.

    Example: tallybridge config show
    """
    call = frame(as_json, config, home)
    configured = call.configured()
    from tallybridge.configuration.locating import locate_home
    from tallybridge.configuration.toml_text import toml_value
    from tallybridge.runs.settings_in_force import settings_in_force

    folder = str(locate_home(call.home))
    documents: list[dict[str, Any]] = [
        {
            "integration": integration.configuration.integration.name,
            "configuration": integration.origin,
            "home": folder,
            "settings": [one._asdict() for one in settings_in_force(integration)],
        }
        for integration in configured
    ]
    if call.as_json:
        call.give(documents)
        return
    for document in documents:
        rows = [(one["setting"], toml_value(one["value"]), one["origin"]) for one in document["settings"]]
        call.show(("Setting", "Value", "From"), rows, title=f"{document['integration']} · {document['configuration']}")
    call.say(f"Data folder: {folder}")


def export(
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it to a new file instead of printing it.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Give the configuration in force as a file: every setting spelled out, placeholders for secrets.

    Example: tallybridge config export --out tallybridge.toml
    """
    call = frame(as_json, config, home)
    integration = call.one_integration()
    from tallybridge.configuration.toml_text import to_toml

    text = to_toml(integration.configuration)
    if out is not None:
        _write_new(Path.cwd() / out, text)
        call.say(f"Wrote {out}. Secrets are not in it, only the places they are read from.")
    if call.as_json:
        call.give({"integration": integration.configuration.integration.name, "file": str(out) if out is not None else None, "toml": text})
    elif out is None:
        sys.stdout.write(text)


def release(
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Hand the configuration over from its file to the ledger, so that it can be changed in the console.

    The ledger then holds it, with secrets that stood in clear text sealed. Move the file away afterwards: as long as one is found it is read,
    and a changed one is taken as a new version.

    Example: tallybridge config release
    """
    call = frame(as_json, config, home)
    integration = call.one_integration()
    from tallybridge.ledger import configurations

    name = integration.configuration.integration.name
    configurations.release(name)
    if call.as_json:
        call.give({"integration": name, "address": integration.address, "origin": configurations.OWN, "file": integration.origin})
        return
    call.say(f"“{name}” is now ruled by the ledger, in the version {integration.address}.")
    if Path(integration.origin).is_file():
        call.say(f"Move {integration.origin} away: as long as it is found it is read, and if it changes it is taken as a new version.")
