"""The page about exports tells the truth: its columns, its example, its dates and its refusals are those of the program."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from docs.export_columns import PAGE, exports_page
from tallybridge.sources.business_hub import ExportRefused, read_export
from tallybridge.sources.business_hub.text_encoding import SAME_IN_WESTERN_EUROPE
from tallybridge.sources.business_hub.values import Unfit, instant_of
from tests.docs.documents import blocks

DOCUMENT = "docs/reference/exports.md"
TEXT = PAGE.read_text(encoding="utf-8")
DATES = [
    (written, meaning)
    for row, meaning in re.findall(r"^\| (`[^|]*[0-9][^|]*`) \| ([^|]+) \|$", TEXT, re.MULTILINE)
    for written in row.strip("`").split("`, `")
]


def json_example() -> str:
    """The JSON file that the page shows."""
    (block,) = (block for block in blocks(DOCUMENT) if block.language == "json")
    return block.text


def test_the_page_is_the_one_that_is_made_from_the_columns() -> None:
    assert exports_page() == TEXT, "run: python -m docs.generate exports"


def test_the_json_example_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    file.write_text(json_example(), encoding="utf-8")
    (company,) = read_export(file).exports
    assert (company.name, len(company.licenses), len(company.devices), len(company.mailboxes)) == ("Fabrikam Logistics", 2, 1, 1)


def test_the_shown_refusal_of_json_is_the_one_that_is_printed(tmp_path: Path) -> None:
    file = tmp_path / "cloud.json"
    file.write_text(json_example().replace('"type": "laptop"', '"type": "phone"'), encoding="utf-8")
    with pytest.raises(ExportRefused) as refused:
        read_export(file)
    assert refused.value.report.removesuffix("Correct it, or export it again.") in TEXT


@pytest.mark.parametrize(("written", "meaning"), DATES)
def test_a_date_is_read_as_the_table_says(written: str, meaning: str) -> None:
    if meaning.startswith("refused"):
        with pytest.raises(Unfit):
            instant_of(written)
        return
    expected = {"2026-11-22": datetime(2026, 11, 22, tzinfo=UTC), "22.11.2026": datetime(2026, 11, 22, tzinfo=UTC)}
    christmas = datetime(2026, 12, 25, tzinfo=UTC)
    otherwise = christmas if "25" in written else datetime(2026, 11, 22, 1, tzinfo=UTC)
    assert instant_of(written) == expected.get(written, otherwise)


def test_the_table_of_dates_is_found() -> None:
    assert len(DATES) == 9


def test_the_letters_of_windows_1252_are_those_that_are_taken() -> None:
    letters = re.search(r"among (\S+), which are the same", TEXT)
    assert letters is not None
    assert letters[1].encode("cp1252") == bytes(sorted(SAME_IN_WESTERN_EUROPE))
