"""Changes of links, mappings and applications that are pending: kept with the person as small edits until they are saved or given up.

An edit replaces one entry of a repeated table, as a configuration file would spell it. Nothing takes effect before `save_all`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.http import HttpRequest

from tallybridge.configuration.document import document_of, read_document
from tallybridge.configuration.errors import ConfigurationError, Problem
from tallybridge.configuration.records import Configuration
from tallybridge.configuration.values import Where
from tallybridge.console import audit, changing
from tallybridge.console.named_places import NamedPlaces, entry_in_words
from tallybridge.console.pending.kept import KeptEdits, name_of
from tallybridge.console.pending.words import values_in_words
from tallybridge.ledger.opening import together
from tallybridge.runs.configuring import Configured

Entry = dict[str, Any]
_TABLES = ("link", "mapping", "application")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One entry as it was when the person changed it, and as it is to be; None where there is none."""

    table: str
    key: str
    was: Entry | None
    to: Entry | None

    @property
    def subject(self) -> str:
        """What is changed, in words."""
        return entry_in_words(self.table, self.to or self.was or {})

    @property
    def before(self) -> str:
        """The entry as it was, in words."""
        return values_in_words(self.table, self.was)

    @property
    def after(self) -> str:
        """The entry as it is to be, in words."""
        return values_in_words(self.table, self.to)


def key_of(table: str, entry: Mapping[str, Any]) -> str:
    """What tells an entry of a repeated table from the others: for a link the tenant, else the application's name."""
    match table:
        case "link":
            return f"id {entry['tenant_id']}" if entry.get("tenant_id") else f"name {entry.get('tenant', '')}"
        case "mapping":
            return str(entry["application"])
        case _:
            return str(entry["name"])


class PendingChanges:
    """What a person has changed of one integration and not saved yet."""

    def __init__(self, request: HttpRequest, configured: Configured) -> None:
        self._configured = configured
        self._store = KeptEdits(request.user, configured.configuration.integration.name)
        self._kept = self._store.all()
        self._document: dict[str, Any] | None = None

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def edits(self) -> tuple[Edit, ...]:
        """Every edit, in the order they were made."""
        return tuple(Edit(**one) for one in self._kept.values())

    def of(self, table: str, key: str) -> Edit | None:
        """The edit of one entry."""
        kept = self._kept.get(name_of(table, key))
        return Edit(**kept) if kept is not None else None

    def entries(self, table: str) -> list[Entry]:
        """The entries of a table as they would be once everything is saved."""
        edits = {edit.key: edit.to for edit in self.edits if edit.table == table}
        now = self._now(table)
        kept = [edits.get(key, entry) for key, entry in now.items()]
        return [entry for entry in (*kept, *(to for key, to in edits.items() if key not in now)) if entry is not None]

    def put(self, table: str, key: str, to: Entry | None) -> None:
        """Changes one entry, or makes or removes it; an entry that is as it was before is no change any more."""
        self.put_many(table, ((key, to),))

    def put_many(self, table: str, entries: Iterable[tuple[str, Entry | None]]) -> None:
        """The same for several entries of a table."""
        now = self._now(table)
        made, given_up = {}, []
        for key, to in entries:
            was = now.get(key)
            if _plainly(was) == _plainly(to):
                given_up.append((table, key))
            else:
                made[name_of(table, key)] = {"table": table, "key": key, "was": was, "to": to}
        self._store.put(made.values())
        self._forget(given_up)
        self._kept |= made

    def drop(self, table: str, key: str) -> None:
        """Gives one edit up."""
        self._forget([(table, key)])

    def clear(self) -> None:
        """Gives all of them up: everything is as it was."""
        self._store.clear()
        self._kept = {}

    def _forget(self, entries: list[tuple[str, str]]) -> None:
        self._store.drop(entries)
        for table, key in entries:
            self._kept.pop(name_of(table, key), None)

    def configuration(self) -> Configuration:
        """The configuration as it would be once everything is saved.

        Raises:
            ConfigurationError: an entry cannot be as it is wanted, or somebody else has changed it meanwhile.
        """
        document = self._whole() | {table: self.entries(table) for table in _TABLES}
        draft = read_document(document, where=Where(place="", folder=Path("/"), canonical=True), file=None, places=NamedPlaces(document))
        problems = [*self._changed_meanwhile(), *draft.problems]
        if problems:
            raise ConfigurationError(tuple(problems))
        return draft.configuration()

    def check(self) -> None:
        """Says whether everything could be saved as it is.

        Raises:
            ConfigurationError: everything that is wrong with it, collisions with other integrations too.
        """
        changing.check(self.configuration(), was=self._configured)

    def _changed_meanwhile(self) -> Iterable[Problem]:
        for table in _TABLES:
            now = self._now(table)
            for edit in self.edits:
                if edit.table == table and _plainly(now.get(edit.key)) != _plainly(edit.was):
                    yield Problem(
                        file=None,
                        place=edit.subject,
                        found=f"{values_in_words(table, now.get(edit.key))}, which somebody has saved meanwhile",
                        expected=f"what it was when you changed it: {edit.before}",
                        advice="Undo your change of it and look again.",
                    )

    def _whole(self) -> dict[str, Any]:
        if self._document is None:
            self._document = document_of(self._configured.configuration)
        return self._document

    def _now(self, table: str) -> dict[str, Entry]:
        return {key_of(table, entry): entry for entry in self._whole()[table]}


def save_all(request: HttpRequest, configured: Configured) -> int:
    """Saves every pending change of an integration at once, each with its entry in the audit trail; returns how many there were.

    Raises:
        DeclaredByFile: a file declares the integration; nothing was changed.
        ConfigurationError: everything that is wrong; nothing was changed and the changes stay pending.
        LedgerError: the ledger cannot be written.
    """
    changes = PendingChanges(request, configured)
    edits = changes.edits
    if not edits:
        return 0
    with together():
        first, *others = edits
        changing.save(
            request, changes.configuration(), was=configured, action=_action(first), subject=first.subject, before=first.before, after=first.after
        )
        for edit in others:
            audit.note(request, _action(edit), edit.subject, before=edit.before, after=edit.after)
    changes.clear()
    return len(edits)


def _action(edit: Edit) -> str:
    deed = "made" if edit.was is None else ("removed" if edit.to is None else "changed")
    return f"{edit.table} {deed}"


def _plainly(entry: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """An entry without settings that are not given; a link's billing is on by default."""
    if entry is None:
        return None
    return {"billing": True, **entry} if "account" in entry else entry
