"""References to secrets: where a password or key is kept, and how it is fetched when it is needed (contracts 3, L11).

A configuration holds references, so it can be printed, compared and stored. The secret itself is fetched by `resolve` at the moment of use.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from tallybridge.configuration.errors import MissingSecret, Problem
from tallybridge.wire.secret import Secret

if TYPE_CHECKING:
    from tallybridge.configuration.records import Configuration

KeptSecrets = Callable[[str], str | None]
"""Gives a secret that was kept elsewhere (sealed in the ledger) by its place, such as `source.password`; None where there is none."""


class SecretHome(StrEnum):
    """Where a secret is kept."""

    ENVIRONMENT = "env"
    FILE = "file"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretReference:
    """Where one secret is kept. Two references are equal when they name the same home; a clear text is never compared nor shown."""

    home: SecretHome
    place: str
    """The setting it belongs to, such as `source.password`."""
    locator: str = ""
    """The variable's name, or the file's absolute path; "" for clear text."""
    clear: Secret | None = field(default=None, compare=False, repr=False)
    """The secret itself where the file held it in clear text; None after a passage through the ledger."""

    def __str__(self) -> str:
        return f"{self.home}:{self.locator or self.place}"

    def resolve(self, *, environ: Mapping[str, str] | None = None, kept: KeptSecrets | None = None) -> Secret:
        """Fetches the secret.

        Args:
            environ: the environment to look in; the process's own by default.
            kept: where clear-text secrets were kept when their file is not at hand.

        Raises:
            MissingSecret: it is not there; the problem names each place that was looked in.
        """
        match self.home:
            case SecretHome.ENVIRONMENT:
                return self._from_environment(os.environ if environ is None else environ)
            case SecretHome.FILE:
                return self._from_file(Path(self.locator))
            case SecretHome.CLEAR:
                return self._from_clear_text(kept)

    def _from_environment(self, environ: Mapping[str, str]) -> Secret:
        value = environ.get(self.locator)
        if value:
            return Secret(value)
        state = "is not set" if value is None else "is set, but empty"
        raise self._missing(f"the environment variable {self.locator} {state}", f"Set {self.locator} where Tallybridge is started.")

    def _from_file(self, path: Path) -> Secret:
        try:
            value = path.read_text(encoding="utf-8-sig").removesuffix("\n").removesuffix("\r")
        except FileNotFoundError:
            raise self._missing(f"the file {path} does not exist", "Write the secret into it, on one line.") from None
        except UnicodeDecodeError:
            raise self._missing(f"the file {path} is not text in UTF-8", "Write the secret into it in UTF-8, on one line.") from None
        except OSError as error:
            raise self._missing(f"the file {path} cannot be read ({error.strerror})", "Let the user that runs Tallybridge read it.") from None
        if not value:
            raise self._missing(f"the file {path} exists, but is empty", "Write the secret into it, on one line.")
        return Secret(value)

    def _from_clear_text(self, kept: KeptSecrets | None) -> Secret:
        if self.clear is not None:
            return self.clear
        value = kept(self.place) if kept is not None else None
        if value:
            return Secret(value)
        raise self._missing(
            "it stood in clear text in the configuration file, which was not read now; the ledger does not hold it either",
            'Give the configuration file again, or keep the secret as "env:NAME" or "file:PATH".',
        )

    def _missing(self, looked_in: str, advice: str) -> MissingSecret:
        problem = Problem(file=None, place=self.place, found=f"no secret: {looked_in}", expected="a secret", advice=advice)
        return MissingSecret((problem,))


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedSecrets:
    """Every secret that one integration needs to talk to both sides."""

    source_password: Secret | None
    """None for a source that needs none (`business_hub`)."""
    private_key: Secret
    soap_password: Secret | None
    """None in write mode `worklist`, which makes no SOAP call."""


def resolve_all(configuration: Configuration, *, environ: Mapping[str, str] | None = None, kept: KeptSecrets | None = None) -> ResolvedSecrets:
    """Fetches every secret that the configuration needs.

    Raises:
        MissingSecret: all that are missing, together.
    """
    destination = configuration.destination
    places = {
        "source_password": configuration.source.password,
        "private_key": destination.private_key,
        "soap_password": destination.soap_password if destination.write_mode == "soap" else None,
    }
    found: dict[str, Secret] = {}
    problems: list[Problem] = []
    for name, reference in places.items():
        if reference is None:
            continue
        try:
            found[name] = reference.resolve(environ=environ, kept=kept)
        except MissingSecret as missing:
            problems.extend(missing.problems)
    if problems:
        raise MissingSecret(tuple(problems))
    return ResolvedSecrets(source_password=found.get("source_password"), private_key=found["private_key"], soap_password=found.get("soap_password"))
