"""The search language of the REST API: criteria, match types, and how they combine (Tigerpaw reference 1.6)."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

DEFAULT_MATCH_TYPE = "StartsWith"

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "greaterthan": operator.gt,
    "greaterthanequal": operator.ge,
    "lessthan": operator.lt,
    "lessthanequal": operator.le,
}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

Values: TypeAlias = Callable[[], Iterable[str]]
"""What a record holds under a search type; a search that does not ask for the type does not compute it."""


class SearchError(ValueError):
    """The search cannot be understood; the text is for the caller."""


@dataclass(frozen=True)
class Criterion:
    """One condition: the value under `search_type` matches `text` in the way of `match_type` (both in lower case)."""

    search_type: str
    match_type: str
    text: str

    def holds(self, values: Iterable[str]) -> bool:
        """Whether any of `values` matches."""
        return any(_matches(value, self.match_type, self.text) for value in values)


@dataclass(frozen=True)
class Search:
    """Criteria as a record must meet them: one of each search type's (same type OR, different types AND)."""

    criteria: Sequence[Criterion]

    def finds(self, values_by_type: Mapping[str, Values]) -> bool:
        """Whether a record with these values, keyed by search type in lower case, is found. No criteria find everything."""
        by_type: dict[str, list[Criterion]] = {}
        for criterion in self.criteria:
            by_type.setdefault(criterion.search_type, []).append(criterion)
        return all(self._any_holds(alternatives, values_by_type[kind]) for kind, alternatives in by_type.items())

    @staticmethod
    def _any_holds(alternatives: Sequence[Criterion], values: Values) -> bool:
        present = list(values())
        return any(criterion.holds(present) for criterion in alternatives)


def simple_search(search_type: str, criterion: object) -> Search:
    """`POST .../search/<criterion>` with text as its body. our choice: it matches as an advanced search does by default."""
    return Search([Criterion(search_type.lower(), DEFAULT_MATCH_TYPE.lower(), _text(criterion))])


def date_search(search_type: str, body: object) -> Search:
    """A search by date: `{"Criteria": "2026-03-01", "MatchType": "GreaterThanEqual"}`."""
    if not isinstance(body, dict):
        raise SearchError("A search by date needs Criteria and MatchType.")
    return Search([_criterion({**body, "SearchType": search_type})])


def advanced_search(body: object, search_types: Iterable[str]) -> Search:
    """Reads an AdvancedSearchRequest. Raises SearchError for a type that this resource does not know.

    our choice: a search that cannot be understood is a business error, and one without criteria finds everything.
    """
    criteria = (_member(body, "Criteria") or []) if isinstance(body, dict) else None
    if not isinstance(criteria, list):
        raise SearchError("The body is not an AdvancedSearchRequest.")
    known = {name.lower() for name in search_types}
    read = [_criterion(each) for each in criteria]
    for criterion in read:
        if criterion.search_type not in known:
            raise SearchError(f"SearchType '{criterion.search_type}' is not supported here.")
    return Search(read)


def _criterion(member: object) -> Criterion:
    if not isinstance(member, dict):
        raise SearchError("A criterion needs SearchType and Criteria.")
    match_type = str(_member(member, "MatchType") or DEFAULT_MATCH_TYPE).lower()
    if match_type not in {*_COMPARISONS, "startswith", "endswith", "contains", "equal"}:
        raise SearchError(f"MatchType '{_member(member, 'MatchType')}' is unknown.")
    return Criterion(str(_member(member, "SearchType") or "").lower(), match_type, _text(_member(member, "Criteria")))


def _member(body: Mapping[str, Any], name: str) -> Any:
    return next((value for key, value in body.items() if key.lower() == name.lower()), None)


def _text(value: object) -> str:
    if value is None or isinstance(value, str | int | float):
        return "" if value is None else str(value)
    raise SearchError("The criterion is not text.")


def _matches(value: str, match_type: str, text: str) -> bool:
    # our choice: letters match in either case, as in a database with the usual collation
    left, right = value.casefold(), text.casefold()
    match match_type:
        case "startswith":
            return left.startswith(right)
        case "endswith":
            return left.endswith(right)
        case "contains":
            return right in left
    if "t" in left and _DAY.fullmatch(right):
        right += "t00:00:00"
    if match_type == "equal":
        return left == right
    compare = _COMPARISONS[match_type]
    if left.isdecimal() and right.isdecimal():
        return compare(int(left), int(right))
    return compare(left, right)
