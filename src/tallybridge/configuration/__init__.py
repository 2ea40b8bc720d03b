"""The configuration file: what it may say, what it says, and where its secrets are (contracts 3).

    locating    which files, which data folder
    reading     files → `Configuration`, or every problem at once
    secrets     references to secrets, fetched when needed
    catalog     which application a license belongs to; the rules of counting
    canonical   `Configuration` ⇄ bytes for the ledger
    toml_text, template     a configuration, or a commented blank one, as a file

`schema` is the one table that all of them follow.
"""

from __future__ import annotations

from tallybridge.configuration.canonical import from_canonical, to_canonical
from tallybridge.configuration.catalog import applications_of, rules_of, shipped_catalog
from tallybridge.configuration.errors import ConfigurationError, MissingSecret, Problem
from tallybridge.configuration.locating import LocatedFiles, locate_configuration, locate_home
from tallybridge.configuration.reading import ConfigurationFile, read_configuration, read_configurations
from tallybridge.configuration.records import (
    BusinessHubSourceSettings,
    Configuration,
    IntegrationSettings,
    KscSourceSettings,
    LinkSettings,
    SourceSettings,
    TigerpawDestinationSettings,
)
from tallybridge.configuration.secrets import ResolvedSecrets, SecretReference, resolve_all
from tallybridge.configuration.template import commented_template
from tallybridge.configuration.toml_text import to_toml

__all__ = [
    "BusinessHubSourceSettings",
    "Configuration",
    "ConfigurationError",
    "ConfigurationFile",
    "IntegrationSettings",
    "KscSourceSettings",
    "LinkSettings",
    "LocatedFiles",
    "MissingSecret",
    "Problem",
    "ResolvedSecrets",
    "SecretReference",
    "SourceSettings",
    "TigerpawDestinationSettings",
    "applications_of",
    "commented_template",
    "from_canonical",
    "locate_configuration",
    "locate_home",
    "read_configuration",
    "read_configurations",
    "resolve_all",
    "rules_of",
    "shipped_catalog",
    "to_canonical",
    "to_toml",
]
