"""Small changes of a piece of source, each of which a test should notice: another comparison, a value that is None, a call left out.

Each is an edit of the text, so that what is tried and what is listed is the same line that a person reads in the file.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple


class Edit(NamedTuple):
    """Bytes `start` to `end` of the source give way to `new`."""

    start: int
    end: int
    new: bytes


_COMPARED_OTHERWISE = {
    ast.Lt: (rb"<", b"<="),
    ast.LtE: (rb"<=", b"<"),
    ast.Gt: (rb">", b">="),
    ast.GtE: (rb">=", b">"),
    ast.Eq: (rb"==", b"!="),
    ast.NotEq: (rb"!=", b"=="),
    ast.Is: (rb"is", b"is not"),
    ast.IsNot: (rb"is\s+not", b"is"),
    ast.In: (rb"in", b"not in"),
    ast.NotIn: (rb"not\s+in", b"in"),
}
_RECKONED_OTHERWISE = {
    ast.Add: (rb"\+", b"-"),
    ast.Sub: (rb"-", b"+"),
    ast.Mult: (rb"\*", b"//"),
    ast.FloorDiv: (rb"//", b"*"),
    ast.BitOr: (rb"\|", b"&"),
    ast.BitAnd: (rb"&", b"|"),
}
_CALLED_OTHERWISE = {
    "min": b"max",
    "max": b"min",
    "any": b"all",
    "all": b"any",
    "lower": b"upper",
    "startswith": b"endswith",
    "union": b"intersection",
    "intersection": b"union",
}
_SIMPLE = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)


class Source:
    """A source text and where its nodes stand in it, in bytes."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._starts = [0]
        for line in text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def start(self, node: ast.expr | ast.stmt | ast.keyword) -> int:
        return self._starts[node.lineno - 1] + node.col_offset

    def end(self, node: ast.expr | ast.stmt | ast.keyword) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._starts[node.end_lineno - 1] + node.end_col_offset

    def of(self, node: ast.expr | ast.stmt | ast.keyword) -> bytes:
        return self.text[self.start(node) : self.end(node)]

    def lines_around(self, start: int, end: int) -> tuple[int, int]:
        """The beginning and the end of the lines that hold these bytes."""
        after = self.text.find(b"\n", end)
        return self.text.rfind(b"\n", 0, start) + 1, after if after >= 0 else len(self.text)

    def instead(self, node: ast.expr | ast.stmt, new: bytes) -> Edit:
        return Edit(self.start(node), self.end(node), new)

    def between(self, left: ast.expr, right: ast.expr, pattern: bytes, new: bytes) -> Iterator[Edit]:
        """Another operator in the gap between two operands, which else holds brackets and space only."""
        found = re.search(pattern, self.text[self.end(left) : self.start(right)])
        if found is not None:
            yield Edit(self.end(left) + found.start(), self.end(left) + found.end(), new)

    def without(self, start: int, end: int) -> Edit:
        """One part of a list left out, with the comma after it or else the one before it."""
        if (after := re.match(rb"\s*,[^\S\n]*", self.text[end:])) is not None:
            return Edit(start, end + after.end(), b"")
        before = re.search(rb",\s*$", self.text[:start])
        return Edit(before.start() if before is not None else start, end, b"")


def edits_of_expression(node: ast.expr, source: Source) -> Iterator[Edit]:
    """What can be changed in an expression itself, its parts left aside."""
    match node:
        case ast.Constant():
            yield from _of_constant(node, source)
        case ast.JoinedStr():
            yield source.instead(node, b'"XX"')
        case ast.Compare():
            for operator, left, right in zip(node.ops, [node.left, *node.comparators], node.comparators, strict=False):
                yield from source.between(left, right, *_COMPARED_OTHERWISE[type(operator)])
        case ast.BoolOp():
            yield from _of_conditions(node, source)
        case ast.BinOp() if type(node.op) in _RECKONED_OTHERWISE:
            yield from source.between(node.left, node.right, *_RECKONED_OTHERWISE[type(node.op)])
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield Edit(source.start(node), source.start(node.operand), b"")
        case _:
            yield from _of_compound(node, source)


def edits_of_statement(node: ast.stmt, source: Source) -> Iterator[Edit]:
    """What can be changed in a statement itself, its expressions left aside."""
    match node:
        case ast.Expr(value=ast.Call()) | ast.Delete() | ast.Raise():
            yield source.instead(node, b"pass")
        case ast.Assign() | ast.AnnAssign() | ast.Return() if node.value is not None and not _is_none(node.value):
            yield source.instead(node.value, b"None")
        case ast.AugAssign():
            gap = source.text[source.end(node.target) : source.start(node.value)]
            at = source.end(node.target) + gap.index(b"=") - 1
            yield Edit(at, at + 2, b"=")
        case ast.Continue():
            yield source.instead(node, b"break")
            yield source.instead(node, b"pass")
        case ast.Break():
            yield source.instead(node, b"pass")
        case ast.If() | ast.While():
            yield from _of_condition(node.test, source)
        case _:
            return


def edits_of_table(node: ast.expr, source: Source) -> Iterator[Edit]:
    """A table without one of its entries."""
    match node:
        case ast.Tuple() if len(node.elts) > 0:
            for left_out in node.elts:
                others = [source.of(one) for one in node.elts if one is not left_out]
                yield source.instead(node, b"(" + b"".join(one + b", " for one in others).rstrip() + b")")
        case ast.Set() | ast.List() if len(node.elts) > 1:
            for left_out in node.elts:
                yield source.without(source.start(left_out), source.end(left_out))
        case ast.Dict():
            for key, value in zip(node.keys, node.values, strict=True):
                if key is not None:
                    yield source.without(source.start(key), source.end(value))
        case _:
            return


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _of_compound(node: ast.expr, source: Source) -> Iterator[Edit]:
    match node:
        case ast.Call():
            yield from _of_call(node, source)
        case ast.IfExp():
            yield from _of_condition(node.test, source)
        case ast.Lambda():
            yield source.instead(node.body, b"None")
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            for condition in (condition for part in node.generators for condition in part.ifs):
                yield source.instead(condition, b"True")
                yield from _of_condition(condition, source)
        case _:
            return


def _of_constant(node: ast.Constant, source: Source) -> Iterator[Edit]:
    if isinstance(node.value, bool):
        yield source.instead(node, str(not node.value).encode())
    elif isinstance(node.value, int):
        yield source.instead(node, str(node.value + 1).encode())
    elif isinstance(node.value, str):
        yield source.instead(node, b'"XX"')


def _of_conditions(node: ast.BoolOp, source: Source) -> Iterator[Edit]:
    both = isinstance(node.op, ast.And)
    for left, right in zip(node.values, node.values[1:], strict=False):
        yield from source.between(left, right, *((rb"\band\b", b"or") if both else (rb"\bor\b", b"and")))
    for condition in node.values:
        if not isinstance(condition, ast.Constant):
            yield source.instead(condition, b"True" if both else b"False")


def _of_condition(node: ast.expr, source: Source) -> Iterator[Edit]:
    if isinstance(node, _SIMPLE):
        yield Edit(source.start(node), source.start(node), b"not ")


def _of_call(node: ast.Call, source: Source) -> Iterator[Edit]:
    # A key of None is no key: leaving it out says the same.
    for value in (*node.args, *(keyword.value for keyword in node.keywords if keyword.arg != "key")):
        if not _is_none(value) and not isinstance(value, ast.Starred):
            yield source.instead(value, b"(None)" if source.of(value).startswith(b"(") and isinstance(value, ast.GeneratorExp) else b"None")
    for keyword in node.keywords:
        if keyword.arg is not None:
            yield source.without(source.start(keyword), source.end(keyword))
    if isinstance(node.func, ast.Name) and node.func.id == "sorted":
        yield source.instead(node, b"list(" + source.of(node.args[0]) + b")")
    elif isinstance(node.func, ast.Name) and node.func.id in _CALLED_OTHERWISE:
        yield source.instead(node.func, _CALLED_OTHERWISE[node.func.id])
    elif isinstance(node.func, ast.Attribute) and node.func.attr in _CALLED_OTHERWISE:
        end = source.end(node.func)
        yield Edit(end - len(node.func.attr), end, _CALLED_OTHERWISE[node.func.attr])
