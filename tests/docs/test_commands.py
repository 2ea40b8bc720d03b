"""What is said of commands that no test types is still true; the commands themselves are typed by the files beside this one."""

from __future__ import annotations

import re

from tests.docs.documents import ROOT, commands, documents
from tests.docs.following import DOCUMENTS, HOW_TOS, SETTING_UP, shells
from tests.docs.particulars import BEFORE, BEGIN_WITH_NOTHING, CODES, NOT_TRIED, POWERSHELL, PREPARED


def test_what_is_not_tried_is_still_in_its_document() -> None:
    shown = {(document, command.line) for document in documents() for block in shells(document) for command in commands(block)}
    assert NOT_TRIED.keys() - shown == set()
    assert CODES.keys() - shown == set()
    assert {key[:2] for key in BEFORE} - shown == set()


def test_every_powershell_line_is_the_lock_installed_or_a_check() -> None:
    lines = {command.line.replace("\\", "/") for block in shells("README.md") if block.language == "powershell" for command in commands(block)}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    programs = {line.split()[0].rpartition("/")[2] for line in lines}
    assert programs == {"py", "python", "tallybridge", "ruff", "mypy", "lint-imports", "pytest"}
    for line in lines:
        named = re.findall(r"requirements/\w+\.txt|--require-hashes|--no-deps|--no-build-isolation|--editable \.", line)
        assert all(one in makefile for one in named), f"{POWERSHELL}; the Makefile does not say {line}"


def test_every_document_with_something_particular_is_there() -> None:
    assert (PREPARED.keys() | BEGIN_WITH_NOTHING) - set(DOCUMENTS) == set()
    assert SETTING_UP - set(documents()) == set()
    assert set(HOW_TOS) <= set(DOCUMENTS)
