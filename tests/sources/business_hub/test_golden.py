"""Each golden export is counted as the text beside it says."""

from __future__ import annotations

import pytest

from tests.sources.business_hub.golden_files import INPUTS, expected_beside, usage_text


@pytest.mark.parametrize("name", INPUTS)
def test_a_golden_export_gives_the_usage_beside_it(name: str) -> None:
    assert usage_text(name) == expected_beside(name).read_text(encoding="utf-8")


def test_every_kind_of_file_has_a_golden_export() -> None:
    assert {name.rpartition(".")[2] for name in INPUTS} == {"csv", "json", "xlsx"}
