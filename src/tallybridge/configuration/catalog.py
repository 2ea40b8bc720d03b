"""Which application a license belongs to: the shipped catalog, and what a configuration makes of it (design 5)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from tallybridge.billing.model import Application, Rules, Unit

if TYPE_CHECKING:
    from tallybridge.configuration.records import Configuration


@cache
def shipped_catalog() -> tuple[Application, ...]:
    """The applications that are known without any configuration, matched by their exact names."""
    text = resources.files(__package__).joinpath("catalog.toml").read_text(encoding="utf-8")
    return tuple(Application(name=entry["name"], unit=Unit(entry["unit"]), exact=(entry["name"],)) for entry in tomllib.loads(text)["application"])


def shipped_unit(name: str) -> Unit:
    """The unit of the shipped application of this name; a device where there is none."""
    return next((application.unit for application in shipped_catalog() if application.name == name), Unit.DEVICE)


def applications_of(configuration: Configuration) -> tuple[Application, ...]:
    """The whole catalog of a configuration, each application with its own name among its exact names, sorted by name.

    The file outranks the shipped catalog: a shipped application that the file neither maps nor declares gives way where its name is claimed
    by an exact matcher or a prefix of the file. A mapped name that nothing declares is an application of its own.
    """
    return combined(configuration.applications, (mapping.application for mapping in configuration.mappings))


def combined(declared: Iterable[Application], mapped_names: Iterable[str]) -> tuple[Application, ...]:
    """The shipped catalog with the declared applications and the mapped names laid over it."""
    own = {application.name: application for application in declared}
    for name in mapped_names:
        own.setdefault(name, Application(name=name, unit=shipped_unit(name)))
    claimed = {name for application in own.values() for name in (application.name, *application.exact)}
    prefixes = tuple(prefix for application in own.values() for prefix in application.prefixes)
    named = [replace(application, exact=tuple(dict.fromkeys((application.name, *application.exact)))) for application in own.values()]
    free = [entry for entry in shipped_catalog() if entry.name not in claimed and not entry.name.startswith(prefixes)]
    return tuple(sorted((*named, *free), key=lambda application: application.name))


def rules_of(configuration: Configuration) -> Rules:
    """Everything in a configuration that decides how an observation is counted."""
    return Rules(
        key_scope=configuration.source.key_scope,
        count_oem=configuration.source.count_oem,
        applications=applications_of(configuration),
        mappings=tuple(sorted(configuration.mappings, key=lambda mapping: mapping.application)),
    )
