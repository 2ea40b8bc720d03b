"""The templates import as they are, and say the same in all three kinds of file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from tallybridge.sources.business_hub import ReadExport, decode_export, encode_export, read_export
from tallybridge.sources.business_hub.templates import EXAMPLE, template, write_template

KINDS: tuple[Literal["csv", "xlsx", "json"], ...] = ("csv", "xlsx", "json")


@pytest.mark.parametrize("kind", KINDS)
def test_a_template_imports_and_gives_the_same_export_in_every_kind(kind: Literal["csv", "xlsx", "json"], tmp_path: Path) -> None:
    path = tmp_path / f"example.{kind}"

    write_template(kind, path)

    assert read_export(path) == ReadExport((EXAMPLE,), ())


@pytest.mark.parametrize("kind", KINDS)
def test_a_template_is_the_same_bytes_every_time(kind: Literal["csv", "xlsx", "json"]) -> None:
    assert template(kind) == template(kind)


def test_a_template_never_replaces_a_file(tmp_path: Path) -> None:
    path = tmp_path / "example.csv"
    path.write_text("mine", encoding="utf-8")

    with pytest.raises(FileExistsError):
        write_template("csv", path)

    assert path.read_text(encoding="utf-8") == "mine"


def test_an_export_survives_its_canonical_bytes() -> None:
    assert decode_export(encode_export(EXAMPLE)) == EXAMPLE
