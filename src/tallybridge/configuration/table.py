"""What a table of the configuration file and a setting in it are: the form in which the schema is written down."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

from tallybridge.configuration import combinations
from tallybridge.configuration.values import Kind

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One key of a table."""

    name: str
    kind: Kind
    sentence: str
    """What it does, for the template and the reference page."""
    required: bool = False
    needed: str = ""
    """When it is needed, where that depends on other settings; "" where it never is, or always."""
    default_words: str = ""
    """What applies without it, where that is no plain value."""
    example: str = ""
    """A TOML value for the template and the reference page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of the file, or one of its repeated tables."""

    name: str
    sentence: str
    settings: tuple[Setting, ...]
    build: Callable[..., Any]
    """Makes the record from the values that were read."""
    repeated: bool = False
    check: Callable[[Values], Iterator[combinations.Mismatch]] = combinations.nothing_to_check
    plain: Callable[[Any], Values] | None = None
    """The record's values by setting; None where the record's fields are named like the settings."""

    def values_of(self, record: Any) -> Values:
        """The record's values by setting, None where one is not set."""
        return self.plain(record) if self.plain is not None else {s.name: getattr(record, s.name) for s in self.settings}

    def default(self, setting: Setting) -> object:
        """What the record takes when the setting is absent; None for nothing."""
        if self.plain is not None:
            return None
        return next((f.default for f in fields(self.build) if f.name == setting.name and f.default is not MISSING), None)  # type: ignore[arg-type]  # a record's class
