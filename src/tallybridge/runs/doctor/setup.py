"""`doctor`, before anything is contacted: secrets, encryption, time zone, dialect."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from tallybridge.configuration.connection_values import is_plain_http_beyond_loopback
from tallybridge.configuration.errors import MissingSecret
from tallybridge.configuration.records import Configuration, KscSourceSettings, TigerpawDestinationSettings
from tallybridge.configuration.secrets import KeptSecrets, SecretHome, SecretReference
from tallybridge.destinations.tigerpaw import DialectError, load_dialect
from tallybridge.ledger.opening import words_for_the_ledger
from tallybridge.sources.base import Clock
from tallybridge.wire.checks import Check

DIALECT = "Dialect"


def setup_checks(configuration: Configuration, kept: KeptSecrets | None, clock: Clock) -> Iterator[Check]:
    """One check per precondition that the configuration itself can prove."""
    for reference in _needed_secrets(configuration):
        yield _secret(reference, kept)
    if isinstance(configuration.source, KscSourceSettings):
        yield _encryption("Kaspersky Security Center: encryption", "source", configuration.source)
    yield _encryption("Tigerpaw encryption", "destination", configuration.destination)
    yield _time_zone(configuration, clock)
    yield dialect_check(configuration)


def _needed_secrets(configuration: Configuration) -> Iterator[SecretReference]:
    destination = configuration.destination
    if configuration.source.password is not None:
        yield configuration.source.password
    yield destination.private_key
    if destination.write_mode == "soap" and destination.soap_password is not None:
        yield destination.soap_password


def _secret(reference: SecretReference, kept: KeptSecrets | None) -> Check:
    name = f"Secret {reference.place}"
    try:
        reference.resolve(kept=kept)
    except MissingSecret as missing:
        problem = missing.problems[0]
        return Check(name=name, ok=False, detail=problem.found, advice=problem.advice)
    where = {
        SecretHome.ENVIRONMENT: f"the environment variable {reference.locator} is set",
        SecretHome.FILE: f"it is in the file {reference.locator}",
        SecretHome.CLEAR: "it stands in clear text in the configuration file, which only its owner can read"
        if reference.clear is not None
        else "it is sealed in the ledger",
    }
    return Check(name=name, ok=True, detail=where[reference.home])


def _encryption(name: str, table: str, settings: KscSourceSettings | TigerpawDestinationSettings) -> Check:
    if not settings.url.startswith("http://"):
        unused = " (insecure = true is set, but not needed)" if settings.insecure else ""
        return Check(name=name, ok=True, detail=f"encrypted (https){unused}")
    if not is_plain_http_beyond_loopback(settings.url):
        return Check(name=name, ok=True, detail="http to this machine itself, which leaves no network to listen on")
    return Check(
        name=name,
        ok=True,
        detail="INSECURE, as insecure = true allows: passwords travel unencrypted",
        advice=f"Use an https:// address and remove insecure from [{table}].",
    )


def _time_zone(configuration: Configuration, clock: Clock) -> Check:
    integration = configuration.integration
    local = clock().astimezone(ZoneInfo(integration.time_zone))
    return Check(
        name="Time zone",
        ok=True,
        detail=f"{integration.time_zone}: it is {local:%Y-%m-%d %H:%M} there, and runs start at {integration.run_at:%H:%M}",
        advice="If that is not the time on your wall, correct time_zone in [integration].",
    )


def dialect_check(configuration: Configuration) -> Check:
    """Whether the dialect of SOAP writes can be loaded."""
    settings = configuration.destination
    if settings.write_mode != "soap" or settings.dialect is None:
        return Check(name=DIALECT, ok=None, detail="not needed: write mode is worklist")
    try:
        loaded = load_dialect(settings.dialect, beside=Path.cwd())
    except DialectError as error:
        advice = 'See docs/how-to/write-a-dialect.md, or set write_mode = "worklist", which needs none.'
        return Check(name=DIALECT, ok=False, detail=str(error), advice=advice)
    return Check(name=DIALECT, ok=True, detail=f"{loaded.name} is loaded")


def ledger_words(home: Path, key_variable: str) -> str:
    """Where ledger and key are."""
    key = f"the key is in the environment variable {key_variable}" if os.environ.get(key_variable) else f"its key is {home / 'key'}"
    return f"{words_for_the_ledger()} is open; {key}"
