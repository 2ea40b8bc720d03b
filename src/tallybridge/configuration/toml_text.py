"""Writes a configuration as the text of a configuration file (`config export`)."""

from __future__ import annotations

from collections.abc import Mapping

from tallybridge.configuration.connection_values import placeholder_variable
from tallybridge.configuration.document import document_of
from tallybridge.configuration.records import Configuration
from tallybridge.configuration.secrets import SecretHome, SecretReference

SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def to_toml(configuration: Configuration) -> str:
    """The configuration file of a configuration, every setting spelled out. Reading it gives an equal configuration.

    Secrets stay references; a secret in clear text becomes a placeholder such as `env:TALLYBRIDGE_SOURCE_PASSWORD`.
    """
    document = document_of(configuration)
    for table, record in (("source", configuration.source), ("destination", configuration.destination)):
        for setting in document[table]:
            reference = getattr(record, setting)
            if isinstance(reference, SecretReference) and reference.home is SecretHome.CLEAR:
                document[table][setting] = f"env:{placeholder_variable(reference.place)}"
    blocks: list[str] = []
    for name, content in document.items():
        if isinstance(content, list):
            blocks.extend(_block(f"[[{name}]]", entry) for entry in content)
        else:
            blocks.append(_block(f"[{name}]", content))
    return "\n".join(blocks)


def toml_value(value: object) -> str:
    """A value as TOML writes it: text, number, flag, list, or table in one line."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{"".join(_escaped(letter) for letter in value)}"'
        case int() | float():
            return repr(value)
        case list():
            return f"[{', '.join(toml_value(entry) for entry in value)}]"
        case dict():
            return f"{{ {', '.join(f'{key} = {toml_value(entry)}' for key, entry in value.items())} }}"
        case _:
            raise TypeError(f"{type(value).__name__} has no place in a configuration file")


def _block(header: str, settings: Mapping[str, object]) -> str:
    return "".join([f"{header}\n", *(f"{key} = {toml_value(value)}\n" for key, value in settings.items())])


def _escaped(letter: str) -> str:
    if letter in SHORT_ESCAPES:
        return SHORT_ESCAPES[letter]
    return letter if letter >= " " and letter != "\x7f" else f"\\u{ord(letter):04x}"
