"""The simulated world that `serve --sandbox` shows: kept in its home from one start to the next, its integrations ruled by the ledger.

So everything can be tried on the pages: links, mappings, settings, decisions. A home that holds real integrations is never touched.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tallybridge.cli.frame import CommandFailed, utc_now

if TYPE_CHECKING:
    from tallybridge.configuration.records import Configuration
    from tallybridge.sandbox import Sandbox

KEPT = "simulated-world.json"
"""File of a home that marks it as one of the simulated world, and keeps that world's state."""
EXPORTS = "exports"


def refuse_a_named_database() -> None:
    """The simulated world keeps its ledger in a folder of its own, never in the database that real integrations may be in.

    Raises:
        CommandFailed: a database is named; nothing was started or changed.
    """
    from tallybridge.ledger.database import URL_VARIABLE

    if os.environ.get(URL_VARIABLE, "").strip():
        raise CommandFailed(
            f"{URL_VARIABLE} names a database, and the simulated world must not meet the integrations in it. Nothing was started. "
            f"Unset the variable for this command: env -u {URL_VARIABLE} tallybridge …"
        )


@contextmanager
def simulated_world(home: Path) -> Iterator[Sandbox]:
    """Starts both simulators with the world as the home keeps it, else with the demo's, and keeps it again at the end.

    Raises:
        CommandFailed: the home is one of real integrations, or what it keeps cannot be read; nothing was started or changed.
    """
    from tallybridge.ledger.sqlite import DATABASE_FILE
    from tallybridge.sandbox import Sandbox
    from tallybridge.sandbox.demo_world import demo_world

    refuse_a_named_database()
    kept = home / KEPT
    if (home / DATABASE_FILE).exists() and not kept.exists():
        raise CommandFailed(
            f"{home} is the home of real integrations, and the simulated world must not meet them. Nothing was started. "
            "Name another folder with --home, or none: then a fresh one is made."
        )
    world = _read(kept) if kept.exists() else demo_world()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with Sandbox(world, exports=home / EXPORTS) as sandbox:
        _keep(sandbox, kept)
        try:
            yield sandbox
        finally:
            _keep(sandbox, kept)


def let_the_ledger_rule(sandbox: Sandbox, home: Path) -> None:
    """Makes the demo's integrations the ledger's own in a fresh home; in one that is come back to, leads them to where the simulators listen now.

    The ledger must be open.
    """
    from tallybridge.ledger import configurations

    if configurations.integrations():
        _lead_to(sandbox)
    else:
        _declare(sandbox, home)


def facts_to_connect_with(sandbox: Sandbox, exports: Path | None) -> dict[str, tuple[tuple[str, str], ...]]:
    """By system, what one must know to connect with it, each with a word for it. A simulator's passwords are nobody's secrets."""
    world = sandbox.state()
    source, destination = world["ksc"], world["tigerpaw"]
    found: dict[str, tuple[tuple[str, str], ...]] = {
        "Kaspersky Security Center": (
            ("Address", sandbox.ksc_url),
            ("Fingerprint", sandbox.fingerprint),
            *(fact for user in source["users"] for fact in (("User", user["name"]), ("Password", user["password"]))),
        )
    }
    if exports is not None and world["business_hub"]["companies"]:
        found["Kaspersky Business Hub"] = (("Folder with exports", str(exports)),)
    keys = (fact for key in destination["rest_keys"] for fact in (("REST public key", key["public"]), ("REST private key", key["private"])))
    users = (fact for user in destination["soap_users"] for fact in (("API user", user["name"]), ("Password of the API user", user["password"])))
    products = (("External Product", name) for name in destination["external_products"])
    found["Tigerpaw"] = (("Address", sandbox.tigerpaw_url), *keys, *users, *products, ("Dialect", "sandbox-0"))
    return found


def _declare(sandbox: Sandbox, home: Path) -> None:
    """Takes what the sandbox declares; a person approves its plans, so that approving can be tried too."""
    from tallybridge.configuration.reading import read_configurations
    from tallybridge.ledger.opening import together
    from tallybridge.runs.configuring import take_own
    from tallybridge.sandbox import write_declaration
    from tallybridge.sandbox.demo_world import DEMO_UNMAPPED

    with tempfile.TemporaryDirectory() as folder, together():
        file = Path(folder) / "tallybridge.toml"
        files = write_declaration(file, sandbox.world.scenario, sandbox.announcement, unmapped=DEMO_UNMAPPED, exports=home / EXPORTS)
        for one in read_configurations(files):
            declared = one.configuration
            take_own(replace(declared, integration=replace(declared.integration, apply="approve")), utc_now)


def _lead_to(sandbox: Sandbox) -> None:
    """The simulators listen on other ports and show another certificate at each start."""
    from tallybridge.ledger.opening import together
    from tallybridge.runs.configuring import from_ledger, take_own

    with together():
        for one in from_ledger():
            moved = _at_new_addresses(one.configuration, sandbox)
            if moved != one.configuration:
                take_own(moved, utc_now)


def _at_new_addresses(configuration: Configuration, sandbox: Sandbox) -> Configuration:
    from tallybridge.configuration.records import KscSourceSettings

    source = configuration.source
    if isinstance(source, KscSourceSettings):
        source = replace(source, url=sandbox.ksc_url, fingerprint=sandbox.fingerprint, ca_file=None)
    return replace(configuration, source=source, destination=replace(configuration.destination, url=sandbox.tigerpaw_url))


def _read(kept: Path) -> dict[str, Any]:
    from tallybridge.sandbox import ScenarioError, parse_scenario

    try:
        world: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        parse_scenario(world)
    except (OSError, ValueError, ScenarioError) as error:
        raise CommandFailed(
            f"{kept} cannot be read: {error}. Nothing was started. Remove it together with its home, or name another home."
        ) from error
    return world


def _keep(sandbox: Sandbox, kept: Path) -> None:
    """In place of what was kept, so that a process that is killed leaves the old state or the new one."""
    new = kept.with_suffix(".new")
    new.write_text(json.dumps(sandbox.state(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    new.replace(kept)
