"""The example of docs/how-to/write-a-dialect.md works as the page says: template and capture agree, and the results are read."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

from tallybridge.destinations.tigerpaw.dialect import Dialect, parse_dialect
from tallybridge.destinations.tigerpaw.template import PLACEHOLDERS

PAGE = (Path(__file__).parents[3] / "docs" / "how-to" / "write-a-dialect.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return [text for name, text in fenced if name == language]


def documented() -> Dialect:
    text = next(block for block in blocks("toml") if "create" in block)
    return parse_dialect(text, file="our-tigerpaw.toml")


def test_the_filled_templates_are_the_captured_requests() -> None:
    made, changed = blocks("xml")[:2]
    values = {"agreement": "2041", "item": "KES-WKS", "quantity": "90", "charge": "9001"}
    dialect = documented()
    assert dialect.create.fill(values).toxml() == made.strip()
    assert dialect.update.fill(values | {"quantity": "91"}).toxml() == changed.strip()


def test_the_captured_results_are_read() -> None:
    done, refused = (ET.fromstring(f"<Result>{block}</Result>") for block in blocks("xml")[2:])
    reading = documented().result
    assert (reading.succeeded(done), reading.charge_in(done)) == (True, 9001)
    assert (reading.succeeded(refused), reading.message_in(refused)) == (False, "Agreement 2041 is closed")


def test_the_line_about_sign_in_words_fits_where_the_page_puts_it() -> None:
    text = next(block for block in blocks("toml") if "create" in block)
    line = next(block for block in blocks("") if "sign_in_words" in block)
    dialect = parse_dialect(text.replace("[result.success]", f"{line}[result.success]"), file="our-tigerpaw.toml")
    assert dialect.refuses_sign_in("Access denied.")


def test_each_placeholder_of_the_page_exists_and_none_is_missing() -> None:
    assert set(re.findall(r"^\| `\{(\w+)\}`", PAGE, re.MULTILINE)) == PLACEHOLDERS
