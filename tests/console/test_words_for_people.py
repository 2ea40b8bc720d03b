"""Sentences for people: the PSA is called by its name, and the end customer's sheet knows no reasons of ours."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import tallybridge.runs
from tallybridge.billing.reasons import NOT_TRIED_AGAIN, UNANSWERED_WRITE, Reason
from tallybridge.console.naming import with_names
from tallybridge.console.why.for_customers import said_to_customers
from tests.console.conftest import Desk

SOURCE = Path(tallybridge.runs.__file__).parent.parent


@pytest.mark.parametrize("reason", list(Reason))
def test_no_sentence_of_a_reason_says_the_psa_on_pages(reason: Reason) -> None:
    assert "PSA" not in with_names(reason.sentence)


@pytest.mark.parametrize("sentence", [UNANSWERED_WRITE, NOT_TRIED_AGAIN, Reason.LINE_REMOVED.sentence])
def test_a_sentence_of_the_rules_names_the_psa_also_where_an_item_stands_before_it(sentence: str) -> None:
    assert re.fullmatch(r"KES-WKS: .*Tigerpaw.*\.", with_names(f"KES-WKS: {sentence}"))


@pytest.mark.parametrize("name", ["Friends of the PSA Ltd.", "The PSA", "the PSA"])
def test_a_name_and_what_somebody_has_written_stay_as_they_are(name: str) -> None:
    assert with_names(name) == name
    assert with_names(f"{name}: {Reason.LINE_REMOVED.sentence}") == f"{name}: Our line was removed in Tigerpaw."
    assert with_names(f"Tigerpaw refused the sign-in of {name}.") == f"Tigerpaw refused the sign-in of {name}."


def test_only_sentences_of_the_rules_say_the_psa_to_people() -> None:
    """Any other text would be shown with the word that pages do not know."""
    elsewhere = [
        (file.name, text)
        for file in sorted(SOURCE.rglob("*.py"))
        if file.parent.name != "conformance" and file.name != "reasons.py"
        for text in _texts_of(file)
        if "the PSA" in text
    ]
    assert [file for file, _ in elsewhere] == ["present_rows.py"], elsewhere


def _texts_of(file: Path) -> list[str]:
    """Texts of the code, without what documents it."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    documents = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}
    return [one.value for one in ast.walk(tree) if isinstance(one, ast.Constant) and isinstance(one.value, str) and id(one) not in documents]


@pytest.mark.parametrize("decision", [None, *(one.value for one in Reason)])
def test_the_end_customer_reads_the_difference_and_no_word_of_ours(decision: str | None) -> None:
    said = said_to_customers(decision, counted=90, charged=88)
    assert said.startswith("2 fewer than counted.")
    assert not re.search(r"_|PSA|Tigerpaw|Tallybridge|guard|worklist|line", said)
    assert said_to_customers(decision, counted=90, charged=90) == ""


def test_the_sheet_says_why_another_quantity_is_charged(desk: Desk) -> None:
    desk.release_configuration()
    sheets = [desk.text(f"/why-print/{agreement}/{item}/") for agreement, item in _differing(desk)]
    assert sheets
    for sheet in sheets:
        assert "than counted." in sheet
        assert not re.search(r"the PSA|edited_in_psa|Our line", sheet)


def _differing(desk: Desk) -> list[tuple[int, str]]:
    """Lines that wait because somebody changed them in Tigerpaw."""
    found = re.findall(r"/why/(\d+)/([A-Z-]+)/", desk.text("/plan/?show=held&integration=Integration+with+Tigerpaw"))
    return [(int(agreement), item) for agreement, item in dict.fromkeys(found) if "than counted" in desk.text(f"/why-print/{agreement}/{item}/")]
