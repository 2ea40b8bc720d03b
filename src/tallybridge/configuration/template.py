"""The commented configuration file that `tallybridge init` writes, made from the schema."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping

from tallybridge.configuration import schema
from tallybridge.configuration.connection_values import SecretValue
from tallybridge.configuration.table import Setting, Table
from tallybridge.configuration.toml_text import toml_value

WIDTH = 100

HEAD = (
    "Configuration of one integration of Tallybridge.",
    (
        'Fill in every setting that is empty (""). To change another one, remove the # before it: it shows what applies without it, or an example. '
        "`tallybridge doctor` then checks everything against both servers, and writes nothing."
    ),
    (
        'Secrets belong elsewhere: "env:NAME" reads the environment variable NAME, "file:PATH" reads a file. A secret in clear text is refused '
        "unless the owner alone can read this file (chmod 600)."
    ),
)

WRITE_MODE = """\
How charges get into Tigerpaw. Start with "worklist": it works with every Tigerpaw server from the first day. Each run prints what a person
should enter, as a table and as CSV, and the next run verifies it by reading back. Nothing is written by itself, and soap_user, soap_password
and dialect are not needed. Later, "soap" writes the charges; it needs these three, and a dialect for your server.
"""

ALTERNATIVE = """\
Instead of the table [{name}] above, of kind {given}, this one of kind {kind} may stand: remove that one, and the # before this
one and before its settings.
"""

LINKS = """\
The tables below may be repeated, one for each customer and each application. Remove the # before an example and before its settings.
"""

ASKED_FOR = {"source": ("fingerprint",)}
"""Settings that the template asks for although another one could stand in their place."""


def commented_template(given: Mapping[str, object] | None = None) -> str:
    """The text of a new configuration file.

    Args:
        given: values that are known already, by place, such as `{"source.url": "https://ksc.example:13299"}`; as TOML knows them, so a
            secret is given as `env:NAME`.

    Returns:
        A file that reads without errors once its empty settings are filled in.
    """
    known = {"destination.write_mode": "worklist", **(given or {})}
    blocks = [_comment(*HEAD)]
    blocks.extend(_once(schema.INTEGRATION, known))
    for tables in (schema.SOURCES, schema.DESTINATIONS):
        name = next(iter(tables.values())).name
        chosen = str(known.get(f"{name}.kind", next(iter(tables))))
        blocks.extend(_once(tables[chosen], known))
        for kind, table in tables.items():
            if kind != chosen:
                told = ALTERNATIVE.format(name=name, given=toml_value(chosen), kind=toml_value(kind))
                blocks.append(f"{_comment(told)}{_example(table)}")
    blocks.extend(_once(schema.GUARDS, known))
    blocks.append(_comment(LINKS))
    blocks.extend(_example(table) for table in schema.REPEATED)
    return "\n".join(blocks)


def _once(table: Table, known: Mapping[str, object]) -> Iterator[str]:
    """A table that stands once, with its settings."""
    yield f"{_comment(table.sentence)}[{table.name}]\n"
    yield from (_single(table, setting, known) for setting in table.settings)


def _single(table: Table, setting: Setting, known: Mapping[str, object]) -> str:
    place = f"{table.name}.{setting.name}"
    sentence = WRITE_MODE if setting.name == "write_mode" else setting.sentence
    comment = _comment(sentence, *_explanation(table, setting))
    if place in known:
        return f"{comment}{setting.name} = {toml_value(known[place])}\n"
    asked_for = setting.name in ASKED_FOR.get(table.name, ()) and f"{table.name}.ca_file" not in known
    if not setting.required and not asked_for:
        return f"{comment}#{setting.name} = {_shown(table, setting)}\n"
    ready = isinstance(setting.kind, SecretValue) or setting.name == "kind"
    return f"{comment}{setting.name} = {setting.example if ready else toml_value('')}\n"


def _example(table: Table) -> str:
    """A whole table, commented out."""
    header = f"[[{table.name}]]" if table.repeated else f"[{table.name}]"
    lines = [_comment(table.sentence), f"#{header}\n"]
    for setting in table.settings:
        lines.append(_comment(setting.sentence, *_explanation(table, setting)))
        lines.append(f"#{setting.name} = {_shown(table, setting)}\n")
    return "".join(lines)


def _explanation(table: Table, setting: Setting) -> tuple[str, ...]:
    """What may be written, and what applies if nothing is."""
    value = f"Value: {setting.kind.expected}."
    if setting.required:
        return (value, f"For example: {setting.example}")
    if setting.needed:
        return (value, f"Needed {setting.needed}.")
    return (value, f"Without it: {default_words(table, setting)}")


def default_words(table: Table, setting: Setting) -> str:
    """What applies where the setting is absent, as a TOML value or in words; "" where nothing does."""
    default = table.default(setting)
    return toml_value(setting.kind.write(default)) if default is not None else setting.default_words


def _shown(table: Table, setting: Setting) -> str:
    return setting.example or default_words(table, setting)


def _comment(*paragraphs: str) -> str:
    """The paragraphs as comment lines, wrapped."""
    lines: list[str] = []
    for paragraph in paragraphs:
        wrapped = textwrap.wrap(paragraph, WIDTH, break_long_words=False, break_on_hyphens=False)
        lines.extend(f"# {line}" for line in wrapped)
    return "\n".join(lines) + "\n"
