"""The README, the tutorial and all that are no how-tos: each command works as typed, and prints what the document says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.following import DOCUMENTS, HOW_TOS, follow, needs_bash


@needs_bash
@pytest.mark.parametrize("document", [document for document in DOCUMENTS if document not in HOW_TOS])
def test_the_commands_of_a_document_work_as_typed(document: str, tmp_path: Path) -> None:
    follow(document, tmp_path)
