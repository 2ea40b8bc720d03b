"""Configuration files and the ledger: a changed file becomes a new version; without a file the newest version rules (contracts 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from tallybridge.configuration.canonical import from_canonical, to_canonical
from tallybridge.configuration.reading import read_configurations
from tallybridge.configuration.records import Configuration
from tallybridge.configuration.secrets import KeptSecrets, SecretHome, SecretReference
from tallybridge.ledger import configurations
from tallybridge.ledger import secrets as ledger_secrets
from tallybridge.ledger.opening import together
from tallybridge.sources.base import Clock

LEDGER = "the ledger"
"""The origin of what no file declares: it can be changed on the console's pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """One integration's configuration in force."""

    configuration: Configuration
    address: str
    """Address of its version in the ledger."""
    origin: str
    """The file that declares it, or "the ledger"."""


def take_files(paths: Sequence[Path], clock: Clock) -> tuple[Configured, ...]:
    """Reads configuration files and takes each that has changed as a new version; secrets in clear text are sealed in the ledger.

    Raises:
        ConfigurationError: all problems of all files; nothing was taken.
        LedgerError: the ledger cannot be written.
    """
    return tuple(_take(found.configuration, found.canonical, str(found.path), clock) for found in read_configurations(paths))


def from_ledger() -> tuple[Configured, ...]:
    """The newest version of every integration that the ledger knows."""
    found = []
    for name in configurations.integrations():
        newest = configurations.newest(name)
        if newest is not None:
            found.append(Configured(configuration=_read_once(newest.content), address=newest.address, origin=LEDGER))
    return tuple(found)


@lru_cache(maxsize=32)
def _read_once(content: bytes) -> Configuration:
    """Pages ask for the configuration with each request, and one with thousands of links takes a tenth of a second to read."""
    return from_canonical(content)


def take_own(configuration: Configuration, clock: Clock) -> Configured:
    """Takes a configuration that the ledger itself rules as the newest version of its integration; secrets in clear text are sealed.

    Raises:
        LedgerError: the ledger cannot be written.
    """
    with together():
        return replace(_take(configuration, to_canonical(configuration), configurations.OWN, clock), origin=LEDGER)


def _take(configuration: Configuration, canonical: bytes, origin: str, clock: Clock) -> Configured:
    for reference in secret_references(configuration):
        if reference.home is SecretHome.CLEAR and reference.clear is not None:
            _seal(configuration, reference, reference.clear.reveal())
    address = configurations.take(configuration.integration.name, canonical, origin=origin, at=clock())
    return Configured(configuration=configuration, address=address, origin=origin)


def _seal(configuration: Configuration, reference: SecretReference, value: str) -> None:
    name = _sealed_name(configuration, reference.place)
    if ledger_secrets.unseal(name) != value:
        ledger_secrets.seal(name, value)


def kept_secrets(configuration: Configuration) -> KeptSecrets:
    """Gives the secrets that stood in clear text in a file which is not at hand now."""

    def unseal(place: str) -> str | None:
        return ledger_secrets.unseal(_sealed_name(configuration, place))

    return unseal


def _sealed_name(configuration: Configuration, place: str) -> str:
    return f"{configuration.integration.name}: {place}"


def secret_references(configuration: Configuration) -> tuple[SecretReference, ...]:
    """Every secret that the configuration refers to."""
    destination = configuration.destination
    references = (configuration.source.password, destination.private_key, destination.soap_password)
    return tuple(reference for reference in references if reference is not None)
