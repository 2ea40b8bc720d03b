"""Writes docs/reference/configuration.md from the schema: `python -m tallybridge.configuration.reference FILE`."""

from __future__ import annotations

import sys
from pathlib import Path

from tallybridge.configuration import schema
from tallybridge.configuration.catalog import shipped_catalog
from tallybridge.configuration.table import Setting, Table
from tallybridge.configuration.template import default_words

HEAD = """\
# The configuration file

This page is made from the program's own table of settings: `python -m tallybridge.configuration.reference docs/reference/configuration.md`.

One TOML file describes one integration. `tallybridge init` writes a commented one.

- **Which file.** `--config FILE` (may be repeated, or name a folder of `*.toml` files), else `$TALLYBRIDGE_CONFIG` (several are separated by
  `:`, on Windows by `;`), else `tallybridge.toml` in the current folder. Without a file the ledger's newest version rules.
- **Which data folder.** `--home DIR`, else `$TALLYBRIDGE_HOME`, else the platform's folder for a user's data.
- **Errors.** A file with errors is refused as a whole, before anything is contacted. Every error of every file is told at once: the file, the
  setting with its line, what was found, what was expected.
- **Relative paths** start at the folder of the configuration file.

## Secrets

In `source.password`, `destination.private_key` and `destination.soap_password`, and nowhere else:

| written | means |
| --- | --- |
| `"env:NAME"` | the environment variable `NAME`, read when it is needed |
| `"file:PATH"` | the text of a file in UTF-8, without its last line break, read when it is needed |
| anything else | the secret itself; refused unless the configuration file's owner alone can use it (`chmod 600`). Not checked on Windows |

`config export` never writes a secret: it keeps references and puts a placeholder such as `"env:TALLYBRIDGE_SOURCE_PASSWORD"` in place of a
clear text.

## Unencrypted connections

`http://` is accepted to this machine itself only (`localhost`, `127.0.0.0/8`, `::1`), unless `insecure = true` stands in the same table.

## What is refused

Beside wrong types and unknown settings: two links to one account or of one tenant in one file, two files with one integration name, one
application mapped or declared twice, a mapping with both `item` and categories or with neither, items by category for an application that
is counted by users or mailboxes, and one license name, prefix, part number or application id that would lead to two applications. One item
may stand in several mappings and categories; the quantities are then summed.

## Several integrations

One file describes one integration; give several files, or a folder of them. Security Center and Business Hub may stand side by side, and so may
several servers. One account may be linked from several files as long as they bill different items of its agreement, or different agreements of
it. Two files that bill the same item of the same agreement of the same destination are refused with both places, even where billing is switched
off in one of them: a line of an agreement has one integration that says its quantity. One tenant of one source may be linked in two files to the
same account only, and only where they map different applications: its devices would else be billed twice.
"""

CATALOG_HEAD = """\
## The shipped catalog

Applications that are known without any configuration; licenses of exactly these names belong to them. An `[[application]]` table of the same
name adds matchers and decides the unit. The file outranks the catalog: an entry that the file neither maps nor declares gives way where its
name is claimed by an exact matcher or a prefix of the file. A mapped name that is not listed here is an application of its own, counted by
devices.

| application | unit |
| --- | --- |
"""


def reference_page() -> str:
    """The whole page, in Markdown."""
    single = (schema.INTEGRATION, *schema.SOURCES.values(), *schema.DESTINATIONS.values(), schema.GUARDS)
    tables = [_section(table) for table in (*single, *schema.REPEATED)]
    return "\n".join([HEAD, *tables, _catalog()])


def _section(table: Table) -> str:
    header = f"[[{table.name}]]" if table.repeated else f"[{table.name}]"
    kind = next((setting.example for setting in table.settings if setting.name == "kind"), "")
    title = f"## `{header}`" + (f" of kind `{kind}`" if kind else "")
    repeated = " May be repeated." if table.repeated else ""
    rows = "".join(_row(table, setting) for setting in table.settings)
    return f"{title}\n\n{table.sentence}{repeated}\n\n| setting | value | without it | meaning |\n| --- | --- | --- | --- |\n{rows}"


def _row(table: Table, setting: Setting) -> str:
    cells = (f"`{setting.name}`", setting.kind.expected, _without(table, setting), setting.sentence)
    return f"| {' | '.join(cells)} |\n"


def _without(table: Table, setting: Setting) -> str:
    if setting.required:
        return "**required**"
    if setting.needed:
        return f"needed {setting.needed}"
    default = default_words(table, setting)
    return default if default == setting.default_words else f"`{default}`"


def _catalog() -> str:
    rows = (f"| {entry.name} | {entry.unit} |\n" for entry in shipped_catalog())
    return CATALOG_HEAD + "".join(rows)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference_page(), encoding="utf-8")
