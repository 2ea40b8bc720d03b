"""Between a plain document (the tables of a file, as a dictionary) and the records: gathers every problem instead of stopping at the first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tallybridge.billing.model import Application
from tallybridge.billing.model import Mapping as ItemMapping
from tallybridge.configuration import schema
from tallybridge.configuration.combinations import INVALID
from tallybridge.configuration.errors import Problem
from tallybridge.configuration.places import Places
from tallybridge.configuration.records import (
    Configuration,
    GuardSettings,
    IntegrationSettings,
    LinkSettings,
    SourceSettings,
    TigerpawDestinationSettings,
)
from tallybridge.configuration.table import Setting, Table
from tallybridge.configuration.values import Unfit, Where, choices, described, shown, suggestion, type_of


@dataclass(slots=True, kw_only=True)
class Draft:
    """What could be read of one document, with every problem found so far. Repeated tables keep their number in the file, counted from 1."""

    file: str | None
    places: Places
    integration: IntegrationSettings | None = None
    source: SourceSettings | None = None
    destination: TigerpawDestinationSettings | None = None
    guards: GuardSettings = field(default_factory=GuardSettings)
    links: dict[int, LinkSettings] = field(default_factory=dict)
    applications: dict[int, Application] = field(default_factory=dict)
    mappings: dict[int, ItemMapping] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, place: str, *, found: str, expected: str, advice: str = "") -> None:
        """Adds a problem."""
        self.problems.append(Problem(file=self.file, place=place, found=found, expected=expected, advice=advice))

    def configuration(self) -> Configuration:
        """The whole; only for a draft without problems."""
        assert self.integration is not None
        assert self.source is not None
        assert self.destination is not None
        return Configuration(
            integration=self.integration,
            source=self.source,
            destination=self.destination,
            guards=self.guards,
            links=tuple(self.links.values()),
            applications=tuple(self.applications.values()),
            mappings=tuple(self.mappings.values()),
        )


def read_document(document: Mapping[str, object], *, where: Where, file: str | None, places: Places) -> Draft:
    """Reads every table of a document; `where.place` is filled in for each setting."""
    draft = Draft(file=file, places=places)
    reader = _TableReader(draft, where)
    for key, value in document.items():
        if key not in schema.TABLE_NAMES:
            reader.refuse_unknown_table(key, value)
    draft.integration = reader.single(schema.INTEGRATION, document.get("integration"))
    draft.source = reader.single_by_kind("source", schema.SOURCES, document.get("source"))
    draft.destination = reader.single_by_kind("destination", schema.DESTINATIONS, document.get("destination"))
    draft.guards = reader.single(schema.GUARDS, document.get("guards", {}))
    draft.links = reader.repeated(schema.LINK, document.get("link"))
    draft.applications = reader.repeated(schema.APPLICATION, document.get("application"))
    draft.mappings = reader.repeated(schema.MAPPING, document.get("mapping"))
    return draft


def document_of(configuration: Configuration) -> dict[str, Any]:
    """The plain document of a configuration: every setting that has a value, defaults included, and secrets as references."""
    return {
        "integration": _plain(schema.INTEGRATION, configuration.integration),
        "source": _plain(schema.SOURCES[configuration.source.kind], configuration.source),
        "destination": _plain(schema.DESTINATIONS[configuration.destination.kind], configuration.destination),
        **_guards_of(configuration),
        "link": [_plain(schema.LINK, link) for link in configuration.links],
        "application": [_plain(schema.APPLICATION, application) for application in configuration.applications],
        "mapping": [_plain(schema.MAPPING, mapping) for mapping in configuration.mappings],
    }


def _guards_of(configuration: Configuration) -> dict[str, Any]:
    """The table of guards where one of them is set: what ledgers hold for files without it keeps its bytes."""
    return {} if configuration.guards == GuardSettings() else {"guards": _plain(schema.GUARDS, configuration.guards)}


def _plain(table: Table, record: Any) -> dict[str, Any]:
    values = table.values_of(record)
    return {s.name: s.kind.write(values[s.name]) for s in table.settings if values.get(s.name) is not None}


class _TableReader:
    """Reads tables by their schema and tells the draft what is wrong with them."""

    def __init__(self, draft: Draft, where: Where) -> None:
        self._draft = draft
        self._where = where

    def refuse_unknown_table(self, key: str, value: object) -> None:
        places = self._draft.places
        what = "table" if isinstance(value, dict | list) else "setting outside every table"
        allowed = ", ".join(_header(name) for name in schema.TABLE_NAMES)
        self._draft.refuse(
            places.top(shown(key)), found=f"an unknown {what}", expected=f"one of {allowed}", advice=suggestion(key, schema.TABLE_NAMES)
        )

    def single_by_kind(self, name: str, tables: Mapping[str, Table], raw: object) -> Any:
        """Reads a table whose settings depend on its kind."""
        if not isinstance(raw, dict):
            return self.single(next(iter(tables.values())), raw)
        kind = raw.get("kind")
        if isinstance(kind, str) and kind in tables:
            return self.single(tables[kind], raw)
        self._draft.refuse(
            self._draft.places.setting(name, "kind"),
            found=described(kind) if "kind" in raw else "nothing",
            expected=f"a kind of {name} that this version has: {choices(tuple(tables))}",
            advice=suggestion(kind, tuple(tables)) if isinstance(kind, str) else "",
        )
        if "kind" not in raw:
            meant = max(tables, key=lambda known: len({setting.name for setting in tables[known].settings} & raw.keys()))
            self.single(tables[meant], {"kind": meant, **raw})
        return None

    def single(self, table: Table, raw: object) -> Any:
        """Reads a table that stands once; None where it cannot be used."""
        places = self._draft.places
        if not isinstance(raw, dict):
            found = "nothing" if raw is None else type_of(raw)
            self._draft.refuse(places.table(table.name), found=found, expected=f"one table {_header(table.name)}: {table.sentence}")
            return None
        return self._record(table, raw, whole=places.table(table.name), part=lambda setting: places.setting(table.name, setting), stem=table.name)

    def repeated(self, table: Table, raw: object) -> dict[int, Any]:
        """Reads a repeated table; its unusable entries are left out."""
        places = self._draft.places
        if raw is None:
            return {}
        if not isinstance(raw, list) or not all(isinstance(entry, dict) for entry in raw):
            found = f"one table [{table.name}]" if isinstance(raw, dict) else type_of(raw)
            advice = "Write two brackets on each side." if isinstance(raw, dict) else ""
            self._draft.refuse(places.table(table.name), found=found, expected=f"tables {_header(table.name)}, any number", advice=advice)
            return {}
        records: dict[int, Any] = {}
        for number, entry in enumerate(raw, start=1):
            record = self._record(
                table,
                entry,
                whole=places.entry(table.name, number),
                part=lambda setting, number=number: places.entry_setting(table.name, number, setting),
                stem=table.name,
            )
            if record is not None:
                records[number] = record
        return records

    def _record(self, table: Table, raw: Mapping[str, object], *, whole: str, part: Any, stem: str) -> Any:
        before = len(self._draft.problems)
        names = tuple(setting.name for setting in table.settings)
        for key in raw:
            if key not in names:
                self._draft.refuse(
                    part(shown(key)),
                    found="an unknown setting",
                    expected=f"one of {', '.join(names)}",
                    advice=suggestion(key, names) or _of_another_kind(table, key),
                )
        values: dict[str, Any] = {}
        for setting in table.settings:
            if setting.name in raw:
                values[setting.name] = self._value(setting, raw[setting.name], place=part(setting.name), stem=stem)
            elif setting.required:
                self._draft.refuse(part(setting.name), found="nothing", expected=setting.kind.expected, advice=setting.sentence)
        for mismatch in table.check(values):
            place = whole if mismatch.setting is None else part(mismatch.setting)
            self._draft.refuse(place, found=mismatch.found, expected=mismatch.expected, advice=mismatch.advice)
        return table.build(**values) if len(self._draft.problems) == before else None

    def _value(self, setting: Setting, raw: object, *, place: str, stem: str) -> Any:
        try:
            return setting.kind.read(raw, replace(self._where, place=f"{stem}.{setting.name}"))
        except Unfit as unfit:
            self._draft.refuse(place, found=unfit.found, expected=unfit.expected or setting.kind.expected, advice=unfit.advice)
            return INVALID


def _of_another_kind(table: Table, key: str) -> str:
    """Which kinds of the same table have a setting that this one lacks; "" where none has."""
    kinds = next((tables for tables in (schema.SOURCES, schema.DESTINATIONS) if table in tables.values()), {})
    having = tuple(kind for kind, other in kinds.items() if any(setting.name == key for setting in other.settings))
    return f"It belongs to a {table.name} of kind {choices(having)}." if having else ""


def _header(table: str) -> str:
    return f"[[{table}]]" if table in {repeated.name for repeated in schema.REPEATED} else f"[{table}]"
