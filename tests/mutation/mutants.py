"""All mutants of a module: its source with one small change each, and a name by which a person finds it again."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tests.mutation.edits import Edit, Source, edits_of_expression, edits_of_statement, edits_of_table

BILLING = Path(__file__).parents[2] / "src" / "tallybridge" / "billing"
_LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change of one module."""

    module: str
    """File name without its ending: "guards"."""
    scope: str
    """The function or method it stands in, "_Tenant.reason"; "" outside of all functions: such a change needs the module to be imported anew."""
    lines: range
    """The lines of the statement, for finding the tests that reach it."""
    edit: Edit
    before: str
    after: str
    nth: int = 1
    """Which of several alike in one scope."""

    def __str__(self) -> str:
        """The line of the page of survivors."""
        where = f"{self.module}.{self.scope}" if self.scope else self.module
        again = f" ({self.nth})" if self.nth > 1 else ""
        return f"`{where}`: `{self.before}` → `{self.after}`{again}"


def sources() -> dict[str, bytes]:
    """The modules of `billing/`: name → source."""
    return {path.stem: path.read_bytes() for path in sorted(BILLING.glob("*.py"))}


def mutated(source: bytes, mutant: Mutant) -> bytes:
    """The module's source with the change in it."""
    return source[: mutant.edit.start] + mutant.edit.new + source[mutant.edit.end :]


def mutants_of(module: str, text: bytes) -> tuple[Mutant, ...]:
    """Every mutant of a module, in the order of the text; of changes that come to the same text, one."""
    walker = _Walker(module, Source(text))
    walker.statements(ast.parse(text).body, scope="", inside=False)
    alike: Counter[tuple[str, str, str]] = Counter()
    found: dict[bytes, Mutant] = {}
    for mutant in sorted(walker.found, key=lambda one: one.edit):
        key = (mutant.scope, mutant.before, mutant.after)
        if found.setdefault(mutated(text, mutant), replace(mutant, nth=alike[key] + 1)).edit == mutant.edit:
            alike[key] += 1
    return tuple(found.values())


class _Walker:
    def __init__(self, module: str, source: Source) -> None:
        self.module, self.source = module, source
        self.found: list[Mutant] = []

    def statements(self, body: Iterable[ast.stmt], *, scope: str, inside: bool) -> None:
        for statement in body:
            match statement:
                case ast.ClassDef():
                    self.statements(statement.body, scope=_below(scope, statement.name), inside=False)
                case ast.FunctionDef():
                    self._function(statement, _below(scope, statement.name))
                case ast.Import() | ast.ImportFrom():
                    pass
                case _ if inside:
                    self._statement(statement, scope)
                case ast.Assign() | ast.AnnAssign() if statement.value is not None:
                    self._constants(statement, statement.value)
                case _:
                    pass

    def _function(self, function: ast.FunctionDef, scope: str) -> None:
        lines = range(function.body[0].lineno, (function.end_lineno or 0) + 1)
        for default in (*function.args.defaults, *(one for one in function.args.kw_defaults if one is not None)):
            self._expression(default, scope, lines)
        self.statements(function.body, scope=scope, inside=True)

    def _statement(self, statement: ast.stmt, scope: str) -> None:
        inner: list[ast.stmt] = [one for name in ("body", "orelse", "finalbody") for one in getattr(statement, name, [])]
        last = min((one.lineno for one in inner), default=(statement.end_lineno or 0) + 1)
        lines = range(statement.lineno, max(last, statement.lineno + 1))
        self._take(edits_of_statement(statement, self.source), scope, lines)
        for expression in _expressions_of(statement):
            self._expression(expression, scope, lines)
        self.statements(inner, scope=scope, inside=True)

    def _expression(self, expression: ast.expr, scope: str, lines: range) -> None:
        for node in _walk(expression):
            self._take(edits_of_expression(node, self.source), scope, lines)

    def _constants(self, statement: ast.stmt, value: ast.expr) -> None:
        """Outside of functions: numbers, flags, defaults and tables. Words (values of enumerations, sentences) are left as they are."""
        lines = range(statement.lineno, (statement.end_lineno or 0) + 1)
        if isinstance(value, ast.Attribute):
            self._take([self.source.instead(value, b"None")], "", lines)
        for node in _walk(value):
            if not isinstance(node, ast.JoinedStr) and not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
                self._take(edits_of_expression(node, self.source), "", lines)
            self._take(edits_of_table(node, self.source), "", lines)

    def _take(self, edits: Iterable[Edit], scope: str, lines: range) -> None:
        for edit in edits:
            start, end = self.source.lines_around(edit.start, edit.end)
            text = self.source.text
            before, after = text[start:end], text[start : edit.start] + edit.new + text[edit.end : end]
            shown = (_shown(before), _shown(after))
            self.found.append(Mutant(module=self.module, scope=scope, lines=lines, edit=edit, before=shown[0], after=shown[1]))


def _below(scope: str, name: str) -> str:
    return f"{scope}.{name}" if scope else name


def _shown(text: bytes) -> str:
    line = " ".join(text.decode().split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 40]} … {line[-40:]}"


def _expressions_of(statement: ast.stmt) -> Iterator[ast.expr]:
    """The expressions of a statement, without annotations and without the text that only documents."""
    for name, value in ast.iter_fields(statement):
        if name in ("annotation", "targets", "target") or (isinstance(statement, ast.Expr) and isinstance(value, ast.Constant)):
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, ast.expr):
                yield one


def _walk(node: ast.AST) -> Iterator[ast.expr]:
    """An expression and all below it; of text with values in it, the values only where their place in the source is known."""
    if isinstance(node, ast.expr) and not isinstance(node, ast.FormattedValue):
        yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(node, ast.JoinedStr):
            yield from _walk(child)
