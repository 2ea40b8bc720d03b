"""What the assistant was told so far: kept in the ledger's database, secrets sealed, so that it can be left and gone on with after a restart too.

Nothing of it is in force before its last step: no schedule runs a half-made integration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from tallybridge.configuration.document import read_document
from tallybridge.configuration.errors import ConfigurationError, Problem
from tallybridge.configuration.places import Places
from tallybridge.configuration.records import (
    BusinessHubSourceSettings,
    Configuration,
    IntegrationSettings,
    KscSourceSettings,
    TigerpawDestinationSettings,
)
from tallybridge.configuration.secrets import SecretHome, SecretReference
from tallybridge.configuration.values import Where
from tallybridge.console.models import FirstStartStep
from tallybridge.ledger import secrets
from tallybridge.ledger.opening import together
from tallybridge.wire.secret import Secret

Answers = dict[str, Any]
KSC, HUB = "ksc", "business_hub"
"""Kinds of sources."""


class Step(StrEnum):
    """The steps of the assistant, in order."""

    SOURCE = "source"
    DESTINATION = "destination"
    SCHEDULE = "schedule"
    LINKS = "links"
    MAPPING = "mapping"
    PREVIEW = "preview"

    @property
    def heading(self) -> str:
        """As the list of steps says it; that of the source is `Draft.heading`'s."""
        return {
            "source": "Source",
            "destination": "Tigerpaw",
            "schedule": "Name and time",
            "links": "Customers",
            "mapping": "Price book",
            "preview": "First preview",
        }[self.value]


SECRET_PLACES = ("source.password", "destination.private_key", "destination.soap_password")
_RESTING_ON = {Step.SOURCE: (Step.LINKS, Step.MAPPING), Step.DESTINATION: (Step.LINKS, Step.MAPPING), Step.LINKS: (Step.MAPPING,)}
"""What must be done anew where a step's answers have changed."""


class Draft:
    """The answers of every step, read once."""

    def __init__(self) -> None:
        self._rows = {row.name: row for row in FirstStartStep.objects.all()}

    def answers(self, step: Step) -> Answers:
        """What was told at a step; nothing where nobody has been there."""
        row = self._rows.get(step)
        return dict(row.answers) if row is not None else {}

    @property
    def begun(self) -> bool:
        """Whether anything was told."""
        return bool(self._rows)

    @property
    def kind(self) -> str:
        """The kind of the source."""
        return str(self.answers(Step.SOURCE).get("kind", KSC))

    def heading(self, step: Step) -> str:
        """As the list of steps says it."""
        if step is not Step.SOURCE:
            return step.heading
        return "Business Hub" if self.kind == HUB else "Security Center"

    def done(self, step: Step) -> bool:
        """Whether a step's checks have passed."""
        row = self._rows.get(step)
        return row is not None and row.checked is not None

    def current(self) -> Step:
        """The first step that is not done."""
        return next((step for step in Step if not self.done(step)), Step.PREVIEW)

    def may_open(self, step: Step) -> bool:
        """Whether every step before it is done."""
        return all(self.done(before) for before in Step if list(Step).index(before) < list(Step).index(step))

    def configuration(self, *, links: bool = True, mappings: bool = True) -> Configuration:
        """The configuration that the answers make, with its secrets.

        Args:
            links, mappings: whether those that were chosen so far are in it.

        Raises:
            ConfigurationError: what is wrong or missing in it.
        """
        document: dict[str, object] = {
            "integration": {**self.answers(Step.SCHEDULE), "apply": "approve"},
            "source": self._source(),
            "destination": self._destination(),
            "link": self.answers(Step.LINKS).get("link", []) if links else [],
            "mapping": self.answers(Step.MAPPING).get("mapping", []) if mappings else [],
        }
        read = read_document(document, where=_WHERE, file=None, places=Places())
        if read.problems:
            raise ConfigurationError(tuple(read.problems))
        whole = read.configuration()
        source = whole.source
        if isinstance(source, KscSourceSettings):
            source = replace(source, password=_opened("source.password"))
        soap = whole.destination.soap_password
        return replace(
            whole,
            source=source,
            destination=replace(
                whole.destination,
                private_key=_opened("destination.private_key"),
                soap_password=_opened("destination.soap_password") if soap is not None else None,
            ),
        )

    def _source(self) -> dict[str, object]:
        told = {"kind": self.kind, **_told(self.answers(Step.SOURCE))}
        return told | ({"password": "clear:source.password"} if self.kind == KSC else {})

    def _destination(self) -> dict[str, object]:
        told = {"kind": "tigerpaw", **_told(self.answers(Step.DESTINATION)), "private_key": "clear:destination.private_key"}
        return told | ({"soap_password": "clear:destination.soap_password"} if told.get("write_mode") == "soap" else {})

    def with_source_alone(self) -> Configuration:
        """As `configuration`, with the source's answers alone, to check it before the rest is known."""
        answers = self.answers(Step.SOURCE)
        if self.kind == HUB:
            named = replace(_blank().integration, name=str(answers["name"]))
            return replace(_blank(), integration=named, source=BusinessHubSourceSettings(folder=Path(answers["folder"])))
        return replace(_blank(), source=KscSourceSettings(**_told(answers), password=_opened("source.password")))

    def with_destination_alone(self) -> Configuration:
        """The same for the destination."""
        told = _told(self.answers(Step.DESTINATION))
        soap = _opened("destination.soap_password") if told.get("write_mode") == "soap" else None
        if "ca_file" in told:
            told["ca_file"] = Path(told["ca_file"])
        settings = TigerpawDestinationSettings(**told, private_key=_opened("destination.private_key"), soap_password=soap)
        return replace(_blank(), destination=settings)


_WHERE = Where(place="", folder=Path("/"), canonical=True)
_BESIDE_THE_SETTINGS = ("kind", "certificate", "checks", "proposals", "seen", "items", "unread", "taken")
"""Answers that are no settings of the configuration by themselves: what was found on the way."""


def keep(step: Step, answers: Mapping[str, Any], *, checked: datetime | None, anew: bool = True) -> None:
    """Keeps the answers of a step.

    Args:
        checked: when its checks passed; None where they have not.
        anew: whether the answers differ from those that later steps rest on, so that these must be done again.
    """
    with together():
        FirstStartStep.objects.update_or_create(name=step.value, defaults={"answers": dict(answers), "checked": checked})
        if anew:
            FirstStartStep.objects.filter(name__in=[later.value for later in _RESTING_ON.get(step, ())]).delete()


def undo(step: Step) -> None:
    """Forgets what was told at one step."""
    FirstStartStep.objects.filter(name=step.value).delete()


def keep_secret(place: str, value: str) -> None:
    """Seals a secret; it is never shown again (L11)."""
    secrets.seal(_sealed_name(place), value)


def has_secret(place: str) -> bool:
    """Whether a secret was given."""
    return secrets.unseal(_sealed_name(place)) is not None


def forget() -> None:
    """Forgets everything: the configuration is saved, and holds its secrets under its own name."""
    with together():
        FirstStartStep.objects.all().delete()
        for place in SECRET_PLACES:
            secrets.forget(_sealed_name(place))


def problems_with(table: str, settings: Mapping[str, object]) -> dict[str, str]:
    """What is wrong with the settings of one table, a sentence by setting; under "" what concerns the table as a whole."""
    read = read_document({table: dict(settings)}, where=_WHERE, file=None, places=Places())
    found: dict[str, str] = {}
    for problem in read.problems:
        if problem.place.startswith(f"{table}."):
            found.setdefault(problem.place.removeprefix(f"{table}."), sentence_of(problem))
        elif problem.place == f"[{table}]":
            found.setdefault("", sentence_of(problem))
    return found


def normal(table: str, settings: Mapping[str, object], name: str) -> object:
    """A setting without problems as the configuration keeps it, for example an address without a trailing slash."""
    read = read_document({table: dict(settings)}, where=_WHERE, file=None, places=Places())
    return getattr(getattr(read, table), name)


def sentence_of(problem: Problem) -> str:
    """A problem without its place, for the field that it belongs to."""
    return f"Found {problem.found}; expected {problem.expected}. {problem.advice}".strip()


def _told(answers: Answers) -> Answers:
    """The settings among the answers."""
    beside = (*_BESIDE_THE_SETTINGS, "name") if answers.get("kind") == HUB else _BESIDE_THE_SETTINGS
    return {name: value for name, value in answers.items() if name not in beside and value not in (None, "")}


def _opened(place: str) -> SecretReference:
    value = secrets.unseal(_sealed_name(place))
    return SecretReference(home=SecretHome.CLEAR, place=place, clear=Secret(value) if value is not None else None)


def _blank() -> Configuration:
    """Stands for what is not known yet; only the side that is checked is ever opened."""
    nothing = SecretReference(home=SecretHome.CLEAR, place="")
    return Configuration(
        integration=IntegrationSettings(time_zone="UTC"),
        source=KscSourceSettings(url="", user="", password=nothing),
        destination=TigerpawDestinationSettings(url="", public_key="", private_key=nothing, external_product="", write_mode="worklist"),
    )


def _sealed_name(place: str) -> str:
    return f"first start: {place}"
