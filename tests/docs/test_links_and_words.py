"""The documents hold together: every link leads somewhere, and nothing in them belongs elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.documents import ROOT, anchors, documents, links, text_of

WRITTEN_BY_OTHERS = {"LICENSE"}

# Put together from halves, so that this file does not hold what it looks for.
_UNWANTED = {
    "a path of one machine": rf"(?<![\w.~$}}])/{'work'}/|/{'root'}/|/{'home'}/\w",
    "the host name of a package index": rf"\b{'pypi'}\.org|{'pythonhosted'}",
    "a note to oneself": rf"\b(?:{'TODO'}|{'FIXME'}|{'XXX'})\b",
    "British spelling": rf"\b(?:{'licence'}|{'behaviour'}|{'catalogue'}|{'colour'}|{'cancelled'}|{'recognise'})",
    "advertising": rf"\b(?:{'seamless'}|{'effortless'}|{'powerful'}|{'cutting-edge'}|{'blazing'}|{'world-class'})",
}


@pytest.mark.parametrize("document", documents())
def test_every_link_of_a_document_leads_somewhere(document: str) -> None:
    lost = []
    for target in links(document):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / document).parent / path if path else ROOT / document
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file.resolve().relative_to(ROOT).as_posix())):
            lost.append(target)
    assert not lost, f"{document} links to what is not there: {', '.join(lost)}"


@pytest.mark.parametrize("document", documents())
@pytest.mark.parametrize("what", _UNWANTED)
def test_a_document_is_free_of(what: str, document: str) -> None:
    flags = re.IGNORECASE if what in {"British spelling", "advertising"} else re.NOFLAG
    found = [match.group() for match in re.finditer(_UNWANTED[what], text_of(document), flags)]
    assert not found, f"{document} holds {what}: {', '.join(found)}"


def test_the_index_leads_to_every_document() -> None:
    reached: set[str] = set()
    pending = ["README.md"]
    while pending:
        document = pending.pop()
        if document in reached or not document.endswith(".md"):
            continue
        reached.add(document)
        for target in links(document):
            file = ((ROOT / document).parent / target.partition("#")[0]).resolve()
            if not re.match(r"[a-z]+:", target) and file.is_file() and file.is_relative_to(ROOT):
                pending.append(file.relative_to(ROOT).as_posix())
    assert set(documents()) - reached == set(), "a document that nobody can find from the README"


def test_the_picture_names_no_other_address() -> None:
    drawing = (ROOT / "docs/images/day.svg").read_text(encoding="utf-8")
    addresses = re.findall(r"https?://[^\"\s]+", drawing)
    assert set(addresses) == {"http://www.w3.org/2000/svg"}


def test_the_patterns_find_what_they_look_for() -> None:
    examples = {
        "a path of one machine": f"see /{'work'}/somewhere",
        "the host name of a package index": f"https://{'pypi'}.org/simple",
        "a note to oneself": f"{'TODO'}: more",
        "British spelling": f"a {'licence'}",
        "advertising": f"a {'seamless'} flow",
    }
    assert {what for what, text in examples.items() if re.search(_UNWANTED[what], text)} == set(_UNWANTED)


def test_the_documents_are_found() -> None:
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/index.md", "docs/tutorial.md"} <= set(documents())
    assert not any(Path(document).name in WRITTEN_BY_OTHERS for document in documents())
