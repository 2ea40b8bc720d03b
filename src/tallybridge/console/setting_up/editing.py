"""Makes a changed configuration from what a person typed into a form of settings, and says at which field something is wrong.

What is typed passes the same reader as a configuration file (contracts 3). A secret goes only to the server and user that it was given for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tallybridge.configuration.connection_values import DialectName, FilePath, FolderPath, SecretValue
from tallybridge.configuration.document import document_of, read_document
from tallybridge.configuration.errors import ConfigurationError, Problem
from tallybridge.configuration.records import Configuration
from tallybridge.configuration.secrets import SecretHome, SecretReference
from tallybridge.configuration.values import Where
from tallybridge.console.named_places import NamedPlaces
from tallybridge.console.setting_up.reading import in_words
from tallybridge.console.setting_up.sections import Section, label_of, record_of
from tallybridge.wire.secret import Secret

_GOES_TO = {
    "source.password": ("url", "user"),
    "destination.private_key": ("url", "public_key"),
    "destination.soap_password": ("url", "soap_user"),
}
"""To whom each secret goes: with another one there it must be given again."""
ASK_AGAIN = "Give it again: the address or the user is another one now, and a secret goes only where it was given for."
WHOLE_PATH = "Write the whole path: no folder of a configuration file is there for a relative one to start at."
_UNCOMPARED = f"sha256:{'0' * 64}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """The outcome of a form: the changed configuration, or what is wrong with it."""

    configuration: Configuration | None
    errors: Mapping[str, str]
    """A sentence by setting; under "" what concerns the section as a whole."""
    certificate_due: bool = False
    """Whether the certificate of another server must be compared first; the configuration then names none that counts."""


def edited(configuration: Configuration, section: Section, given: Mapping[str, object], *, compared: str | None = None) -> Edited:
    """Puts what was typed in place of a section's settings.

    Args:
        given: typed values by setting; "" and None mean: not set; of a secret: keep the one that is there.
        compared: the fingerprint that a person has compared at the server of a new address.
    """
    document = document_of(configuration)
    table = section.table.name
    was = dict(document.get(table, {}))
    now = was | {name: value for name, value in given.items() if not _is_secret(section, name)}
    now = {name: value for name, value in now.items() if value not in (None, "")}
    typed = {name: str(value) for name, value in given.items() if _is_secret(section, name) and value}
    now |= {name: f"clear:{table}.{name}" for name in typed}
    due = _settle_trust(now, was, compared)
    errors = _secrets_to_give_again(section, now, was, typed) | _relative_paths(section, given)
    document[table] = now
    read = read_document(document, where=Where(place="", folder=Path("/"), canonical=True), file=None, places=NamedPlaces(document))
    for name, sentence in placed(table, read.problems).items():
        errors.setdefault(name, sentence)
    if errors:
        return Edited(configuration=None, errors=errors)
    whole = read.configuration()
    record = record_of(whole, section.table)
    for name, value in typed.items():
        record = replace(record, **{name: SecretReference(home=SecretHome.CLEAR, place=f"{table}.{name}", clear=Secret(value))})
    return Edited(configuration=replace(whole, **{table: record}), errors={}, certificate_due=due)


def placed(table: str, problems: list[Problem] | tuple[Problem, ...]) -> dict[str, str]:
    """Problems as sentences by the setting that they stand at; under "" what stands elsewhere, with its place."""
    found: dict[str, str] = {}
    for problem in problems:
        if problem.place.startswith(f"{table}."):
            name = problem.place.removeprefix(f"{table}.")
            found.setdefault(name, f"Found {problem.found}; expected {problem.expected}. {problem.advice}".strip())
        else:
            found[""] = f"{found['']} {problem}" if "" in found else str(problem)
    return found


def differences(section: Section, was: Configuration, now: Configuration) -> tuple[tuple[str, str, str], ...]:
    """What is another value now: label, from, to; of a secret only that it was replaced."""
    found = []
    before, after = record_of(was, section.table), record_of(now, section.table)
    for setting in section.settings:
        old, new = getattr(before, setting.name), getattr(after, setting.name)
        if isinstance(new, SecretReference) and new.clear is not None:
            found.append((label_of(setting.name), "set" if old is not None else "not set", "replaced" if old is not None else "set"))
        elif old != new:
            found.append((label_of(setting.name), in_words(setting, old), in_words(setting, new)))
    return tuple(found)


def check_secrets_go_home(configuration: Configuration, was: Configuration) -> None:
    """Raises ConfigurationError where a secret that is kept would go to another server or user than it was given for."""
    problems = []
    for place, names in _GOES_TO.items():
        table, name = place.split(".")
        new, old = getattr(configuration, table), getattr(was, table)
        reference = getattr(new, name, None)
        if reference is None or reference.clear is not None or all(getattr(new, one, None) == getattr(old, one, None) for one in names):
            continue
        problems.append(Problem(file=None, place=place, found="another address or user", expected="the secret anew", advice=ASK_AGAIN))
    if problems:
        raise ConfigurationError(tuple(problems))


def _is_secret(section: Section, name: str) -> bool:
    return any(one.name == name and isinstance(one.kind, SecretValue) for one in section.settings)


def _settle_trust(now: dict[str, Any], was: Mapping[str, Any], compared: str | None) -> bool:
    """A pinned certificate belongs to one server. Says whether that of another one has to be compared."""
    url = str(now.get("url", ""))
    if _plainly(url) == _plainly(str(was.get("url", ""))) or "ca_file" in now:
        return False
    pinned = now.pop("fingerprint", None)
    needed = now.get("kind") == "ksc" or pinned is not None
    if not url.lower().startswith("https:") or not needed:
        return False
    now["fingerprint"] = compared or _UNCOMPARED
    return compared is None


def _secrets_to_give_again(section: Section, now: dict[str, Any], was: Mapping[str, Any], typed: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for place, names in _GOES_TO.items():
        table, name = place.split(".")
        if table != section.table.name or name in typed or name not in now:
            continue
        if any(_plainly(str(now.get(one, ""))) != _plainly(str(was.get(one, ""))) for one in names):
            if name == "soap_password" and now.get("write_mode") == "worklist":
                del now[name]
            else:
                found[name] = ASK_AGAIN
    return found


def _relative_paths(section: Section, given: Mapping[str, object]) -> dict[str, str]:
    return {one.name: WHOLE_PATH for one in section.settings if one.name in given and is_relative_path(one.kind, given[one.name])}


def is_relative_path(kind: object, value: object) -> bool:
    """Whether a value names a file by a path that has no folder to start at."""
    if not isinstance(value, str) or not value or Path(value).is_absolute():
        return False
    return isinstance(kind, FilePath | FolderPath) or (isinstance(kind, DialectName) and ("/" in value or "\\" in value or value.endswith(".toml")))


def _plainly(value: str) -> str:
    """A server's address however it is spelled; other values are compared letter by letter but for a trailing slash."""
    return value.strip().rstrip("/")
