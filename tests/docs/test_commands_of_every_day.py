"""The how-tos of every day: each command works as typed, and prints what the document says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.following import HOW_TOS, SETTING_UP, follow, needs_bash


@needs_bash
@pytest.mark.parametrize("document", [document for document in HOW_TOS if document not in SETTING_UP])
def test_the_commands_of_a_document_work_as_typed(document: str, tmp_path: Path) -> None:
    follow(document, tmp_path)
