"""What is in force, as the settings page shows it: each setting in words, with the file and line that it comes from; never a secret (L11)."""

from __future__ import annotations

from dataclasses import dataclass

from tallybridge.configuration.records import Configuration
from tallybridge.configuration.secrets import SecretHome, SecretReference
from tallybridge.configuration.table import Setting
from tallybridge.configuration.values import Duration, Flag, TimeOfDay
from tallybridge.console.setting_up.sections import Section, label_of, record_of, sections
from tallybridge.runs.configuring import LEDGER, Configured
from tallybridge.runs.settings_in_force import settings_in_force

NOT_SET = "not set"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One setting on the page."""

    name: str
    label: str
    value: str
    sentence: str
    origin: str
    """The file with its line, "default", or "" where the ledger rules."""
    unset: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One section with its settings."""

    section: Section
    rows: tuple[Row, ...]


def parts(configured: Configured) -> tuple[Part, ...]:
    """Every section with what is in force in it."""
    origins = {one.setting: one.origin for one in settings_in_force(configured, of_each_entry=False)}
    return tuple(
        Part(section=section, rows=tuple(_row(configured.configuration, section, setting, origins) for setting in section.settings))
        for section in sections(configured.configuration)
    )


def _row(configuration: Configuration, section: Section, setting: Setting, origins: dict[str, str]) -> Row:
    value = getattr(record_of(configuration, section.table), setting.name)
    origin = origins.get(f"{section.table.name}.{setting.name}", "default")
    return Row(
        name=setting.name,
        label=label_of(setting.name),
        value=in_words(setting, value),
        sentence=plain(setting.sentence),
        origin="" if origin == LEDGER else origin,
        unset=value is None,
    )


def plain(sentence: str) -> str:
    """A sentence of the schema without the marks that terminals and manuals set code with."""
    return sentence.replace("`", "")


def in_words(setting: Setting, value: object) -> str:
    """A setting's value for people; of a secret only where it is kept."""
    if value is None:
        return setting.default_words or NOT_SET
    if isinstance(value, SecretReference):
        return _secret_in_words(value)
    if isinstance(setting.kind, Flag):
        return "yes" if value else "no"
    if isinstance(setting.kind, TimeOfDay):
        return str(setting.kind.write(value))
    if isinstance(setting.kind, Duration):
        return f"{value:g} {setting.kind.unit}" if isinstance(value, int | float) else str(value)
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value)


def _secret_in_words(reference: SecretReference) -> str:
    match reference.home:
        case SecretHome.ENVIRONMENT:
            return f"set; read from the environment variable {reference.locator}"
        case SecretHome.FILE:
            return f"set; read from the file {reference.locator}"
        case SecretHome.CLEAR:
            return "set; kept sealed"
