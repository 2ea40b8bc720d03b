"""Sentences for people: the PSA is called by its name, and the end customer's sheet knows no reasons of ours."""

from __future__ import annotations

import re

import pytest

from tallybridge.billing.reasons import Reason
from tallybridge.console.naming import with_names
from tallybridge.console.why.for_customers import said_to_customers
from tests.console.conftest import Desk


@pytest.mark.parametrize("reason", list(Reason))
def test_no_sentence_of_a_reason_says_the_psa_on_pages(reason: Reason) -> None:
    assert "PSA" not in with_names(reason.sentence)


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
