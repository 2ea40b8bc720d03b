"""The closed list of reasons: each has a sentence, a line in the reference page and, where it says what does not count, a row in a table test."""

from __future__ import annotations

import re

import pytest

from docs.generate import REFERENCE, reasons_page
from tallybridge.billing.reasons import SENTENCES, Reason
from tests.billing import test_counting, test_eligibility, test_wanting


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_is_snake_case_and_has_one_sentence_that_ends_with_a_period(reason: Reason) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", reason.value)
    assert re.fullmatch(r"[A-Z].+[^.]\.", reason.sentence)


def test_sentences_are_of_reasons_only_and_tell_them_apart() -> None:
    assert set(SENTENCES) == set(Reason)
    assert len(set(SENTENCES.values())) == len(Reason)


def test_the_reference_page_is_what_the_code_says() -> None:
    """`python -m docs.generate reasons` writes it."""
    assert (REFERENCE / "reasons.md").read_text(encoding="utf-8") == reasons_page()


@pytest.mark.parametrize("reason", Reason)
def test_the_reference_page_lists_each_reason(reason: Reason) -> None:
    assert f"| `{reason.value}` | {reason.sentence} |" in reasons_page()


# Held by a test of their own in test_counting, because they are about a device rather than one seat.
OF_DEVICES = {Reason.ALREADY_COUNTED, Reason.NO_LICENSE, Reason.UNIT_DIFFERS}
# Held by test_cloud_counting.
OF_CLOUD_CUSTOMERS = {Reason.NOT_PROTECTED, Reason.STATED_INSTEAD}


def test_each_reason_why_something_does_not_count_or_is_not_billed_has_a_row_in_a_table() -> None:
    """The first three groups of the list, up to the reasons why a line waits."""
    reasons = list(Reason)
    rows = {reason for _, reason in (test_eligibility.DOES_NOT_COUNT | test_eligibility.OUT_OF_SCOPE).values()}
    rows |= {reason for _, reason in test_counting.LEFT_OUT_SEATS.values()}
    rows |= {leak[3] for _, _, leaks in test_wanting.NOT_BILLED.values() for leak in leaks}
    rows |= {*test_wanting.NOBODY, *OF_DEVICES, *OF_CLOUD_CUSTOMERS}
    assert rows == set(reasons[: reasons.index(Reason.WRITE_UNRESOLVED)])
