"""A folder of export files: only read, the newest per company, a refused file told and the others taken (L7), and no part taken for a whole (L1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tallybridge.billing.reasons import Reason
from tallybridge.sources.base import SourceFailed
from tallybridge.sources.business_hub import encode_export, read_folder
from tallybridge.sources.business_hub.templates import template
from tests.sources.business_hub.exports_of import EXPORTED, FABRIKAM, csv_text, of_company, row, written


def test_every_export_file_is_read_and_none_is_changed(tmp_path: Path) -> None:
    written(tmp_path, encode_export(of_company("c-1")), "one.json")
    written(tmp_path, csv_text([row(company_id="c-2")]), "two.CSV")
    written(tmp_path, template("xlsx"), "three.xlsx")
    written(tmp_path, b"lock", "~$three.xlsx")
    written(tmp_path, b"read me", "notes.txt")
    (tmp_path / "archive.json").mkdir()
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}

    exports = read_folder(tmp_path, {})

    assert list(exports.newest) == ["c-1", "c-17", "c-2"]
    assert (exports.refused, exports.withheld) == ((), {})
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_the_newest_file_counts_whatever_its_name(tmp_path: Path) -> None:
    written(tmp_path, encode_export(of_company("c-1", name="Newer")), "a.json")
    written(tmp_path, encode_export(of_company("c-1", name="Older", exported=EXPORTED - timedelta(days=1))), "b.json")

    assert read_folder(tmp_path, {}).newest["c-1"].name == "Newer"


def test_a_refused_file_is_told_and_the_others_count(tmp_path: Path) -> None:
    written(tmp_path, encode_export(of_company("c-1")), "good.json")
    written(tmp_path, b'{"exported": "2026-', "cut.json")

    exports = read_folder(tmp_path, {})

    assert list(exports.newest) == ["c-1"]
    assert [sentence.partition(":")[0] for sentence in exports.refused] == ["cut.json was refused and nothing of it was taken"]


def test_a_company_of_which_a_part_was_refused_is_withheld(tmp_path: Path) -> None:
    written(tmp_path, csv_text([row(), row(company_id="c-18", company="Contoso")]), "part 1.csv")
    written(tmp_path, csv_text([row(device_id="d-2", type="tablet")]), "part 2.csv")

    exports = read_folder(tmp_path, {})

    assert list(exports.withheld) == ["c-17"]
    assert "may be only a part: part 2.csv was refused" in exports.withheld["c-17"]


def test_an_older_refused_file_does_not_hold_up_a_newer_export(tmp_path: Path) -> None:
    written(tmp_path, csv_text([row()]), "today.csv")
    written(tmp_path, csv_text([row(exported="2026-11-21T01:00:00Z", type="tablet")]), "yesterday.csv")

    exports = read_folder(tmp_path, {})

    assert (list(exports.newest), exports.withheld) == (["c-17"], {})


def test_files_of_one_instant_that_contradict_each_other_withhold_their_company_alone(tmp_path: Path) -> None:
    written(tmp_path, encode_export(FABRIKAM), "a.json")
    written(tmp_path, encode_export(replace(FABRIKAM, name="Contoso")), "b.json")
    written(tmp_path, encode_export(of_company("c-1")), "c.json")

    exports = read_folder(tmp_path, {})

    assert (list(exports.newest), list(exports.withheld)) == (["c-1", "c-17"], ["c-17"])
    assert "The export of company c-17" in exports.refused[0]


def test_a_folder_that_is_not_there_fails_the_source(tmp_path: Path) -> None:
    with pytest.raises(SourceFailed, match=r"nowhere, cannot be read .*; nothing was written\. Create it") as failed:
        read_folder(tmp_path / "nowhere", {})

    assert failed.value.reason is Reason.SOURCE_UNREACHABLE
