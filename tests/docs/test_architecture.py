"""The architecture page tells the truth about who imports whom, and names files that are there."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator

from tests.docs.documents import ROOT, text_of

PACKAGE = ROOT / "src" / "tallybridge"
PAGE = "docs/architecture.md"


def imports_between_packages() -> dict[str, set[str]]:
    """For each package of ours, the packages of ours that its modules import."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in PACKAGE.rglob("*.py"):
        package = file.relative_to(PACKAGE).parts[0]
        for name in _imported(ast.parse(file.read_text(encoding="utf-8"))):
            root, _, rest = name.partition(".")
            if root == "tallybridge" and rest:
                found[package].add(rest.partition(".")[0])
        found[package].discard(package)
    return found


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (one.name for one in node.names)


def test_the_table_allows_what_is_imported_and_nothing_that_is_forbidden() -> None:
    rows = re.findall(r"^\| `(\w+)/` \|.*\| ([^|]+) \|$", text_of(PAGE), re.MULTILINE)
    packages = {name for name, _ in rows}
    real = imports_between_packages()
    assert packages == {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    for position, (name, allowed) in enumerate(rows):
        named = set(re.findall(r"`(\w+)`", allowed)) - {"cli"}
        if allowed == "all of the above":
            named = {above for above, _ in rows[:position]}
        if allowed == "everything":
            named = packages
        assert real[name] <= named, f"{name} imports {real[name] - named}, which the page does not say"


def test_every_drawn_arrow_is_an_import() -> None:
    arrows = re.findall(r"^  (\w+) --> (\w+)$", text_of(PAGE), re.MULTILINE)
    real = imports_between_packages()
    assert arrows
    assert [f"{one} --> {other}" for one, other in arrows if other not in real[one]] == []


def test_every_named_file_is_there() -> None:
    named = set(
        re.findall(
            r"(?<!tests/)\b((?:billing|wire|sources|destinations|ledger|configuration|runs|cli|conformance|sandbox)/[\w/]+\.(?:py|toml))\b",
            text_of(PAGE),
        )
    )
    assert len(named) > 20
    assert {name for name in named if not (PACKAGE / name).exists()} == set()


def test_every_dependency_has_its_reason_in_a_decision() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    names = {re.split(r"[<>=,;\[ ]", one)[0].lower() for one in declared}
    table = re.findall(r"^\| (\w[\w-]*) \|", text_of("docs/decisions/0012-dependencies.md"), re.MULTILINE)
    assert {name.lower() for name in table} - {"package"} == names
