"""Whatever a file says, it is read or refused in words: no input makes the reader itself fail."""

from __future__ import annotations

import tomllib
from datetime import time
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tallybridge.configuration.consistency import check_one
from tallybridge.configuration.document import read_document
from tallybridge.configuration.places import Places
from tallybridge.configuration.schema import DESTINATIONS, GUARDS, INTEGRATION, REPEATED, SOURCES
from tallybridge.configuration.table import Table
from tallybridge.configuration.values import Where
from tests.configuration.builders import GOOD, HUB_GOOD
from tests.configuration.configurations import letters

TABLES = (INTEGRATION, *SOURCES.values(), *DESTINATIONS.values(), GUARDS, *REPEATED)

scalars = st.one_of(
    st.text(letters, max_size=20),
    st.sampled_from(["env:", "file:\0", "https://[", "https://\u2100", "sha256:", "24:00", "/", "Europe", "x" * 5000, "\x00"]),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.times(),
    st.datetimes(),
    st.dates(),
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3))


def places_of(table: Table) -> list[tuple[Table, str]]:
    return [(table, setting.name) for setting in table.settings]


@given(place=st.sampled_from([place for table in TABLES for place in places_of(table)]), value=values)
@settings(deadline=None, max_examples=300)
def test_any_value_of_any_setting_is_read_or_refused(place: tuple[Table, str], value: object) -> None:
    table, setting = place
    document = tomllib.loads(HUB_GOOD if table is SOURCES["business_hub"] else GOOD)
    target = document[table.name][0] if table.repeated else document.setdefault(table.name, {})
    target[setting] = value
    read_or_refuse(document)


@given(document=st.dictionaries(st.sampled_from([table.name for table in TABLES] + ["other"]), values))
@settings(deadline=None)
def test_any_document_is_refused_in_words(document: dict[str, object]) -> None:
    assert read_or_refuse(document)


def read_or_refuse(document: dict[str, object]) -> tuple[str, ...]:
    """The sentences of the refusal, each of them printable; none where the document was read."""
    where = Where(place="", folder=Path("/etc"), readable_by_others="a file of all")
    draft = read_document(document, where=where, file="f.toml", places=Places())
    check_one(draft)
    sentences = tuple(str(problem) for problem in draft.problems)
    if not sentences:
        assert isinstance(draft.configuration().integration.run_at, time)
    assert all("\x00" not in sentence for sentence in sentences)
    return sentences
