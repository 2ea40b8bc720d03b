"""The documents of the project, taken apart: fenced blocks, the commands in them with the output they show, links and headings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(
    r"^(?P<fence>`{3,})(?P<language>\S*)(?: title=\"(?P<title>[^\"\n]+)\"(?P<adds> add)?)?[^\n]*\n(?P<text>.*?)^(?P=fence)\s*$",
    re.MULTILINE | re.DOTALL,
)
_LINK = re.compile(r"!?\[(?:[^\]\[]|\[[^\]]*\])*\]\((?P<target>[^)\s]+)(?:\s+\"[^\"]*\")?\)")
_HEADING = re.compile(r"^#{1,6}\s+(?P<text>.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a document."""

    language: str
    text: str
    title: str | None = None
    """The file that the block shows whole, or whose end it shows."""
    adds: bool = False
    """Whether the text is added to the end of that file."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command that a document shows, with the lines of output under it."""

    line: str
    output: tuple[str, ...] = ()


def documents() -> tuple[str, ...]:
    """Every Markdown file of the project, as paths from its folder."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "requirements").glob("*.md")]
    return tuple(sorted(path.relative_to(ROOT).as_posix() for path in found))


def text_of(document: str) -> str:
    """The text of a document."""
    return (ROOT / document).read_text(encoding="utf-8")


def blocks(document: str) -> tuple[Block, ...]:
    """The fenced blocks of a document, in order."""
    return tuple(Block(match["language"], match["text"], match["title"], match["adds"] is not None) for match in _FENCE.finditer(text_of(document)))


def commands(block: Block) -> tuple[Command, ...]:
    """The commands of a block: in `console`, lines that begin with "$ "; in others, every line that is no comment."""
    if block.language != "console":
        lines = (re.sub(r"\s{2,}#.*$", "", line).strip() for line in block.text.splitlines())
        return tuple(Command(line) for line in lines if line and not line.startswith("#"))
    found: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line)
    return tuple(Command(line, tuple(output)) for line, output in found)


def links(document: str) -> Iterator[str]:
    """The targets of a document's links and pictures, outside fenced blocks and code."""
    text = re.sub(r"`[^`\n]*`", "", _FENCE.sub("", text_of(document)))
    return (match["target"] for match in _LINK.finditer(text))


def anchors(document: str) -> frozenset[str]:
    """The anchors that a document's headings have."""
    return frozenset(_anchor(match["text"]) for match in _HEADING.finditer(_FENCE.sub("", text_of(document))))


def _anchor(heading: str) -> str:
    words = unicodedata.normalize("NFKC", re.sub(r"[`*]", "", heading)).lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
