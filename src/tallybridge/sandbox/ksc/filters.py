"""The filter language of FindHosts (reference 3.4): text in, a test on attributes out.

Two-valued logic: a comparison with an attribute that has no value is false, its negation true (our choice). Text compares without regard to case
(our choice). An empty filter lets everything pass (our choice).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from operator import eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING, Any

from tallybridge.sandbox.ksc.errors import PxgError, bad_format
from tallybridge.sandbox.ksc.values import unwrapped

if TYPE_CHECKING:
    from datetime import datetime

Lookup = Callable[[str], object]
"""Gives an attribute's raw value by name: None when missing; a list for search-only attributes with several values."""
Test = Callable[[Lookup], bool]

_DEEPEST = 200
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<curtime>CURTIME\s*\(\s*(?P<seconds>[+-]?\d+)\s*\))
      | T"(?P<instant>\d{4}-\d\d-\d\d\s\d\d:\d\d:\d\d)"
      | "(?P<text>(?:[^"]|"")*)"
      | (?P<binary>0x[0-9A-Fa-f]+)
      | (?P<integer>[+-]?\d+)
      | (?P<word>[A-Za-z_][A-Za-z0-9_.]*)
      | (?P<sign><>|<=|>=|[()&|!=<>])
    )""",
    re.VERBOSE,
)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {"=": eq, "<>": ne, "<": lt, ">": gt, "<=": le, ">=": ge}
_TRUTHS = {"1": True, "true": True, "0": False, "false": False}

Token = tuple[str, str]


def parse_filter(text: str, now: datetime) -> Test:
    """The test that a filter describes; `now` is what CURTIME counts from. Raises STDE_BADFORMAT (PxgError) for bad syntax."""
    if not text.strip():
        return lambda _lookup: True
    try:
        return _Parser(_tokens(text), now).whole()
    except (OverflowError, ValueError) as error:
        raise _unreadable("a number is out of range") from error


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    place, end = 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise bad_format(f"filter is not readable from character {place + 1}")
        kind = "curtime" if match["curtime"] else match.lastgroup
        tokens.append((kind, match["seconds"] if kind == "curtime" else match[kind]))
        place = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[Token], now: datetime) -> None:
        self._tokens = tokens
        self._now = now
        self._place = 0

    def whole(self) -> Test:
        test = self._group(0) if self._next_is("(") else self._item()
        if self._place != len(self._tokens):
            raise _unreadable("it goes on after its end")
        return test

    def _group(self, depth: int) -> Test:
        if depth > _DEEPEST:
            raise _unreadable("it is nested too deeply")
        self._expect("(")
        if self._next_is("&", "|", "!"):
            test = self._combination(self._take()[1], depth)
        elif self._next_is("("):
            test = self._group(depth + 1)
        else:
            test = self._item()
        self._expect(")")
        return test

    def _combination(self, sign: str, depth: int) -> Test:
        parts: list[Test] = []
        while self._next_is("("):
            parts.append(self._group(depth + 1))
        if sign == "!":
            if not parts:
                parts.append(self._item())
            if len(parts) != 1:
                raise _unreadable("`!` takes one condition")
            inner = parts[0]
            return lambda lookup: not inner(lookup)
        if not parts:
            raise _unreadable(f"`{sign}` needs conditions in parentheses")
        if sign == "&":
            return lambda lookup: all(part(lookup) for part in parts)
        return lambda lookup: any(part(lookup) for part in parts)

    def _item(self) -> Test:
        name = self._expect_kind("word")
        mask: int | None = None
        if self._next_is("&"):
            self._take()
            mask = int(self._expect_kind("integer"))
        if not self._next_is(*_COMPARISONS):
            if mask is not None:
                raise _unreadable("a bit test needs a comparison")
            return lambda lookup: lookup(name) is not None
        sign = self._take()[1]
        return _comparison(name, mask, sign, self._value(sign))

    def _value(self, sign: str) -> _Operand:
        kind, text = self._take()
        match kind:
            case "text":
                plain = text.replace('""', '"')
                return _Text(plain, wildcards=sign == "=")
            case "instant":
                return _Instant(text.replace(" ", "T") + "Z")
            case "curtime":
                moment = self._now + timedelta(seconds=int(text))
                return _Instant(moment.strftime("%Y-%m-%dT%H:%M:%SZ"))
            case "integer":
                return _Number(int(text))
            case "binary":
                return _Text(text, wildcards=False)
            case "word" if text.lower() in {"true", "false"}:
                return _Number(int(text.lower() == "true"))
        raise _unreadable("a value is missing")

    def _next_is(self, *signs: str) -> bool:
        return self._place < len(self._tokens) and self._tokens[self._place][0] == "sign" and self._tokens[self._place][1] in signs

    def _take(self) -> Token:
        if self._place >= len(self._tokens):
            raise _unreadable("it ends too early")
        self._place += 1
        return self._tokens[self._place - 1]

    def _expect(self, sign: str) -> None:
        if not self._next_is(sign):
            raise _unreadable(f"`{sign}` is missing")
        self._place += 1

    def _expect_kind(self, kind: str) -> str:
        found, text = self._take()
        if found != kind:
            raise _unreadable(f"`{text}` stands where a {kind} should")
        return text


def _unreadable(why: str) -> PxgError:
    return bad_format(f"filter: {why}")


class _Operand:
    """The right-hand side of a comparison: pairs a raw value with itself in a comparable form, or None when they cannot be compared."""

    def pair(self, raw: object) -> tuple[Any, Any] | None:
        raise NotImplementedError


class _Number(_Operand):
    def __init__(self, value: int) -> None:
        self._value = value

    def pair(self, raw: object) -> tuple[Any, Any] | None:
        if isinstance(raw, bool):
            return raw, bool(self._value)
        return (raw, self._value) if isinstance(raw, int | float) else None


class _Instant(_Operand):
    def __init__(self, value: str) -> None:
        self._value = value

    def pair(self, raw: object) -> tuple[Any, Any] | None:
        return (raw, self._value) if isinstance(raw, str) and raw else None


class _Text(_Operand):
    def __init__(self, value: str, *, wildcards: bool) -> None:
        self._value = value.casefold()
        self._truth = _TRUTHS.get(self._value)
        self._pattern = _compiled(self._value) if wildcards and re.search(r"[*?\[]", value) else None

    def pair(self, raw: object) -> tuple[Any, Any] | None:
        if isinstance(raw, bool):
            return None if self._truth is None else (raw, self._truth)
        text = str(raw).casefold()
        if self._pattern is not None:
            return bool(self._pattern.fullmatch(text)), True
        return text, self._value


def _comparison(name: str, mask: int | None, sign: str, operand: _Operand) -> Test:
    compare = _COMPARISONS[sign]

    def holds(raw: object) -> bool:
        value = unwrapped(raw)
        if mask is not None:
            if isinstance(value, bool) or not isinstance(value, int):
                return False
            value &= mask
        pair = operand.pair(value)
        return pair is not None and compare(*pair)

    def test(lookup: Lookup) -> bool:
        raw = lookup(name)
        if raw is None:
            return False
        if isinstance(raw, list):
            return any(holds(one) for one in raw)
        return holds(raw)

    return test


def _compiled(text: str) -> re.Pattern[str]:
    try:
        return re.compile(_as_pattern(text), re.DOTALL)
    except re.error:
        raise bad_format("filter: a wildcard's brackets hold no usable range") from None


def _as_pattern(text: str) -> str:
    """Wildcards `* ? [ ] [^]` as a regular expression; an unclosed bracket is itself."""
    pattern, place = "", 0
    while place < len(text):
        letter = text[place]
        close = text.find("]", place + 2) if letter == "[" else -1
        if letter == "*":
            pattern += ".*"
        elif letter == "?":
            pattern += "."
        elif close > 0:
            inside = text[place + 1 : close]
            negated = inside.startswith("^") and len(inside) > 1
            pattern += ("[^" if negated else "[") + _escaped_class(inside[1:] if negated else inside) + "]"
            place = close
        else:
            pattern += re.escape(letter)
        place += 1
    return pattern


def _escaped_class(letters: str) -> str:
    return re.sub(r"([\\\]\[^&~|])", r"\\\1", letters)
