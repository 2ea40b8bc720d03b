"""The parts into which the settings are divided on the pages, and how each setting is called there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tallybridge.configuration import schema
from tallybridge.configuration.records import Configuration
from tallybridge.configuration.table import Setting, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Settings of one table that a person looks at and changes together."""

    name: str
    """Of its address and its anchor."""
    title: str
    table: Table
    settings: tuple[Setting, ...]
    sentence: str = ""


_LABELS = {
    "url": "Address",
    "ca_file": "Certificate authority file",
    "count_oem": "Count OEM keys",
    "insecure": "Unencrypted beyond this machine",
    "run_at": "Daily run at",
    "apply": "Who writes the charges",
    "evidence_months": "Months that evidence is kept",
    "public_key": "REST public key",
    "private_key": "REST private key",
    "external_product": "External Product",
    "soap_user": "API user",
    "soap_password": "Password of the API user",
    "settle": "Settle, in seconds",
    "date_header": "Header of the signed time",
    "page_size": "Rows of a page",
    "tenant_minutes": "Minutes for one customer",
    "read_unlinked": "Read customers that are not billed",
    "max_sessions": "Sessions at the same time",
    "calls_per_second": "Calls in a second at most",
    "key_chunk": "License keys asked for at once",
    "seat_chunk": "Devices of a key asked for at once",
    "host_chunk": "Managed devices asked for at once",
    "fall_percent": "Fall, percent",
    "fall_units": "Fall, units",
    "rise_percent": "Rise, percent",
    "rise_units": "Rise, units",
    "new_days": "Days in which a new charge may rise",
    "tenant_units": "Units of a customer that may not fall to 0",
    "run_units": "Falls of one run, units",
    "run_percent": "Falls of one run, percent",
}
_COUNTING = ("key_scope", "count_oem")
_LIMITS = ("max_sessions", "calls_per_second", "tenant_minutes", "read_unlinked", "key_chunk", "seat_chunk", "host_chunk")


def label_of(name: str) -> str:
    """What a setting is called on pages."""
    return _LABELS.get(name, name.replace("_", " ").capitalize())


def sections(configuration: Configuration) -> tuple[Section, ...]:
    """Every part of an integration's settings; those that repeat (links, applications, mappings) have pages of their own."""
    source = schema.SOURCES[configuration.source.kind]
    destination = schema.DESTINATIONS[configuration.destination.kind]
    hub = configuration.source.kind == "business_hub"
    return (
        Section(name="schedule", title="Schedule", table=schema.INTEGRATION, settings=schema.INTEGRATION.settings),
        Section(
            name="source",
            title="Business Hub exports" if hub else "Kaspersky Security Center",
            table=source,
            settings=tuple(one for one in source.settings if one.name not in (*_COUNTING, *_LIMITS)),
            sentence=source.sentence,
        ),
        Section(
            name="destination",
            title="Tigerpaw",
            table=destination,
            settings=destination.settings,
            sentence=destination.sentence,
        ),
        Section(
            name="counting",
            title="Which keys count",
            table=source,
            settings=tuple(one for one in source.settings if one.name in _COUNTING),
            sentence="What is in doubt about license keys is decided here, once for all customers.",
        ),
        Section(name="guards", title="Guards", table=schema.GUARDS, settings=schema.GUARDS.settings, sentence=schema.GUARDS.sentence),
        Section(
            name="limits",
            title="Sessions and time limits",
            table=source,
            settings=tuple(one for one in source.settings if one.name in _LIMITS),
            sentence="How much is asked of the source at a time, and how long it may take.",
        ),
    )


def section_of(configuration: Configuration, name: str) -> Section | None:
    """One part by its name."""
    return next((one for one in sections(configuration) if one.name == name), None)


def record_of(configuration: Configuration, table: Table) -> Any:
    """The record that holds the settings of a table."""
    return getattr(configuration, table.name)
