"""A configuration file that somebody uploads: checked whole before anything is saved, and what it would change, in words (contracts 3).

Between the look at it and the saving it is kept sealed, because secrets may stand in it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from tallybridge.configuration import schema
from tallybridge.configuration.document import Draft, document_of, read_document
from tallybridge.configuration.errors import ConfigurationError
from tallybridge.configuration.places import Places
from tallybridge.configuration.records import Configuration
from tallybridge.configuration.secrets import SecretHome, SecretReference
from tallybridge.configuration.values import Where
from tallybridge.console.named_places import entry_in_words
from tallybridge.console.pending.edits import key_of
from tallybridge.console.pending.words import values_in_words
from tallybridge.console.setting_up.editing import WHOLE_PATH, check_secrets_go_home, differences, is_relative_path
from tallybridge.console.setting_up.sections import label_of, sections
from tallybridge.ledger import secrets
from tallybridge.runs.configuring import Configured
from tallybridge.wire.secret import Secret

MOST_BYTES = 5_000_000
_SECRETS = ("source.password", "destination.private_key", "destination.soap_password")
_REPEATED = ("link", "application", "mapping")
_WHERE = Where(place="", folder=Path("/"))
Known = Callable[[str], Configured | None]
"""Gives the integration in force with a name."""


class Upload(msgspec.Struct, frozen=True):
    """A file that was uploaded, with the secrets that were typed beside it."""

    name: str
    text: str
    secrets: dict[str, str]
    version: str = ""
    """Address of the configuration in force that it was compared with; "" where there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that would change."""

    subject: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What an uploaded file declares."""

    configuration: Configuration
    was: Configured | None


def read(upload: Upload, known: Known, may_be_automatic: Callable[[str], bool]) -> Read:
    """Reads an uploaded file with its secrets.

    Raises:
        ConfigurationError: everything that is wrong; nothing was changed.
    """
    places = Places(upload.text)
    refused = Draft(file=upload.name, places=places)
    try:
        document: dict[str, Any] = tomllib.loads(upload.text)
    except (ValueError, RecursionError) as error:
        refused.refuse("", found=f"malformed TOML: {error}", expected="TOML 1.0")
        raise ConfigurationError(tuple(refused.problems)) from None
    _refuse_references_and_relative_paths(document, refused)
    named = _table(document, "integration").get("name")
    was = known(named if isinstance(named, str) else schema.INTEGRATION.default(schema.INTEGRATION.settings[0]) or "")  # type: ignore[arg-type]
    kept = _fill_in_secrets(document, upload, was)
    draft = read_document(document, where=_WHERE, file=upload.name, places=places)
    refused_places = {problem.place for problem in refused.problems}
    refused.problems.extend(one for one in draft.problems if one.place not in refused_places)
    if not refused.problems and draft.integration is not None and draft.integration.apply == "automatic":
        known_automatic = was is not None and was.configuration.integration.apply == "automatic"
        if not known_automatic and not may_be_automatic(draft.integration.name):
            refused.refuse(
                places.setting("integration", "apply"),
                found='"automatic"',
                expected='"approve", as long as no plan of this integration has been approved',
                advice="Approve and apply a first plan; then writing by itself can be chosen in the settings.",
            )
    if refused.problems:
        raise ConfigurationError(tuple(refused.problems))
    configuration = _with_kept_references(draft.configuration(), kept)
    if was is not None:
        check_secrets_go_home(configuration, was.configuration)
    return Read(configuration=configuration, was=was)


def changes(read: Read) -> tuple[Difference, ...]:
    """What saving it would change, each with from → to; of a secret only that it is replaced. All of it for a new integration."""
    if read.was is None:
        return tuple(_all_of(read.configuration))
    was, now = read.was.configuration, read.configuration
    if was.source.kind != now.source.kind:
        single = [Difference(subject="Source", before=f"{was.source.kind} {was.source.origin}", after=f"{now.source.kind} {now.source.origin}")]
        compared = [one for one in sections(now) if one.table.name != "source"]
    else:
        single, compared = [], list(sections(now))
    for section in compared:
        single += [Difference(subject=f"{section.title}: {label}", before=old, after=new) for label, old, new in differences(section, was, now)]
    return (*single, *_entries(document_of(was), document_of(now)))


def keep(upload: Upload, who: str) -> None:
    """Keeps an upload, sealed, for the person who looks at it."""
    secrets.seal(_sealed_name(who), msgspec.json.encode(upload).decode())


def kept(who: str) -> Upload | None:
    """The upload that a person looks at."""
    content = secrets.unseal(_sealed_name(who))
    return msgspec.json.decode(content, type=Upload) if content is not None else None


def forget(who: str) -> None:
    """Gives it up."""
    secrets.forget(_sealed_name(who))


def _sealed_name(who: str) -> str:
    return f"upload of {who}"


def _table(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def _refuse_references_and_relative_paths(document: Mapping[str, Any], refused: Draft) -> None:
    for place in _SECRETS:
        table, name = place.split(".")
        value = _table(document, table).get(name)
        if isinstance(value, str) and value.startswith(("env:", "file:")):
            home = value.partition(":")[0]
            refused.refuse(
                refused.places.setting(table, name),
                found=f"a reference that begins with “{home}:”",
                expected="the secret itself, or no such line: what a browser sends must not name variables and files of the server",
                advice="Remove the line: a secret that is kept here stays, and another one can be typed beside the file.",
            )
    for table, kinds in (("source", schema.SOURCES), ("destination", schema.DESTINATIONS)):
        settings = {one.name: one for kind in kinds.values() for one in kind.settings}
        for name, value in _table(document, table).items():
            if name in settings and is_relative_path(settings[name].kind, value):
                refused.refuse(refused.places.setting(table, name), found="a relative path", expected="a whole path", advice=WHOLE_PATH)


def _fill_in_secrets(document: Mapping[str, Any], upload: Upload, was: Configured | None) -> dict[str, SecretReference]:
    """Puts typed secrets where the file has none. Returns those that stay as they are kept, by place."""
    stay: dict[str, SecretReference] = {}
    for place in _SECRETS:
        table, name = place.split(".")
        settings = _table(document, table)
        if not settings or (table == "source" and settings.get("kind") == "business_hub"):
            continue
        if place in upload.secrets:
            settings[name] = _not_a_reference(upload.secrets[place])
            stay[place] = SecretReference(home=SecretHome.CLEAR, place=place, clear=Secret(upload.secrets[place]))
        elif name not in settings and was is not None:
            reference = getattr(getattr(was.configuration, table), name, None)
            if reference is not None:
                settings[name] = _not_a_reference("")
                stay[place] = reference
    return stay


def _not_a_reference(value: str) -> str:
    """Stands for a secret that is put in afterwards: one that happens to begin with "env:" is no reference."""
    return f"secret {len(value)}"


def _with_kept_references(configuration: Configuration, stay: Mapping[str, SecretReference]) -> Configuration:
    for place, reference in stay.items():
        table, name = place.split(".")
        configuration = replace(configuration, **{table: replace(getattr(configuration, table), **{name: reference})})
    return configuration


def _entries(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterable[Difference]:
    for table in _REPEATED:
        before = {key_of(table, entry): entry for entry in was[table]}
        after = {key_of(table, entry): entry for entry in now[table]}
        for key in dict.fromkeys((*before, *after)):
            old, new = before.get(key), after.get(key)
            if old != new:
                subject = entry_in_words(table, new or old or {}).capitalize()
                yield Difference(subject=subject, before=values_in_words(table, old), after=values_in_words(table, new))


def _all_of(configuration: Configuration) -> Iterable[Difference]:
    settings = configuration.integration
    yield Difference(subject="New integration", before="none", after=settings.name)
    yield Difference(subject=label_of("run_at"), before="none", after=f"{settings.run_at:%H:%M} {settings.time_zone}, {settings.apply}")
    yield Difference(subject="Source", before="none", after=configuration.source.origin)
    yield Difference(subject="Tigerpaw", before="none", after=f"{configuration.destination.url}, {configuration.destination.write_mode}")
    yield Difference(subject="Links", before="none", after=str(len(configuration.links)))
    yield Difference(subject="Mappings", before="none", after=str(len(configuration.mappings)))
