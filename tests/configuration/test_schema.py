"""The schema and the records are one: no setting without a field, no field without a setting, and the reference page says so."""

from __future__ import annotations

from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from tallybridge.configuration.reference import reference_page
from tallybridge.configuration.schema import DESTINATIONS, GUARDS, INTEGRATION, LINK, SOURCES
from tallybridge.configuration.table import Table
from tallybridge.configuration.values import Where

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "configuration.md"
PLAIN_TABLES = (INTEGRATION, *SOURCES.values(), *DESTINATIONS.values(), GUARDS, LINK)


@pytest.mark.parametrize("table", PLAIN_TABLES, ids=lambda table: table.name)
def test_settings_and_fields_have_the_same_names(table: Table) -> None:
    assert {setting.name for setting in table.settings} == {field.name for field in fields(table.build)}  # type: ignore[arg-type]


@pytest.mark.parametrize("table", PLAIN_TABLES, ids=lambda table: table.name)
def test_a_required_setting_has_no_default_but_its_kind(table: Table) -> None:
    defaults = {field.name: field.default for field in fields(table.build)}  # type: ignore[arg-type]
    for setting in table.settings:
        if setting.name != "kind":
            assert setting.required == (defaults[setting.name] is MISSING)


@pytest.mark.parametrize("table", PLAIN_TABLES, ids=lambda table: table.name)
def test_every_default_is_a_value_that_the_file_could_hold(table: Table) -> None:
    for setting in table.settings:
        default = table.default(setting)
        if default is not None:
            assert setting.kind.read(setting.kind.write(default), Where(place="", folder=Path("/"))) == default


def test_the_reference_page_is_the_schema() -> None:
    """Made again by `python -m tallybridge.configuration.reference docs/reference/configuration.md`."""
    assert PAGE.read_text(encoding="utf-8") == reference_page()
