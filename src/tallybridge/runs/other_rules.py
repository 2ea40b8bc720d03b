"""What `replay --with` may name: rules that take the place of a run's own, for the question what they would have billed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from tallybridge.billing.model import KeyScope, Rules
from tallybridge.configuration.catalog import rules_of
from tallybridge.configuration.reading import read_configuration

_Choice = TypeVar("_Choice")

ALLOWED = "key_scope=used, key_scope=installed, count_oem=true, count_oem=false, or the path of a configuration file"

_KEY_SCOPES = {scope.value: scope for scope in KeyScope}
_SWITCHES = {"true": True, "false": False}
_SETTINGS = ("key_scope", "count_oem")


class RulesRefused(Exception):
    """What was given names no rules, or names them twice. The text names the option and what it takes; nothing was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRules:
    """What takes the place of a run's rules; None leaves that part as the run had it."""

    key_scope: KeyScope | None = None
    count_oem: bool | None = None
    file: Path | None = None
    """The configuration file that `of_file` was read from, as it was named."""
    of_file: Rules | None = None
    """Applications, mappings, key scope and OEM setting of a configuration file; a single setting beside it has the last word."""

    def in_place_of(self, rules: Rules) -> Rules:
        """The rules of a run, with these in their place."""
        chosen = self.of_file if self.of_file is not None else rules
        return replace(
            chosen,
            key_scope=self.key_scope if self.key_scope is not None else chosen.key_scope,
            count_oem=self.count_oem if self.count_oem is not None else chosen.count_oem,
        )


def read_other_rules(given: Sequence[str]) -> OtherRules:
    """Reads the values of `--with`; their order changes nothing.

    Args:
        given: each `key_scope=used|installed`, `count_oem=true|false` or the path of a configuration file; each kind once.

    Raises:
        RulesRefused: a value is none of these, or one kind comes twice.
        ConfigurationError: the file has problems; all of them.
    """
    said: dict[str, str] = {}
    for value in given:
        name, equals, _ = value.partition("=")
        kind = name if equals and name in _SETTINGS else "file"
        if kind in said:
            both = "two configuration files" if kind == "file" else f"{kind} twice"
            raise RulesRefused(f"--with names {both}: {said[kind]} and {value}. Name each once. Nothing was done.")
        said[kind] = value
    file = _existing(said["file"]) if "file" in said else None
    return OtherRules(
        key_scope=_chosen(said["key_scope"], _KEY_SCOPES) if "key_scope" in said else None,
        count_oem=_chosen(said["count_oem"], _SWITCHES) if "count_oem" in said else None,
        file=file,
        of_file=rules_of(read_configuration(file)) if file is not None else None,
    )


def _chosen(value: str, choices: Mapping[str, _Choice]) -> _Choice:
    name, _, word = value.partition("=")
    if word not in choices:
        allowed = " or ".join(f"{name}={choice}" for choice in choices)
        raise RulesRefused(f"--with {value}: {name} has no such value. Allowed: {allowed}. Nothing was done.")
    return choices[word]


def _existing(value: str) -> Path:
    file = Path(value)
    if value and file.is_dir():
        raise RulesRefused(f"--with {value}: this is a folder. Name one configuration file in it. Nothing was done.")
    if not value or not file.exists():
        raise RulesRefused(f"--with {value}: neither a setting that can be supposed nor a file. Allowed: {ALLOWED}. Nothing was done.")
    return file
