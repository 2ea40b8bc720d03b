"""Routes of the REST API: paths without regard to case, handlers, and what a handler gives back (Tigerpaw reference 1.3, 1.4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from datetime import date

    from tallybridge.sandbox.scenario import TigerpawScenario
    from tallybridge.sandbox.tigerpaw.index import TigerpawIndex

_PLACEHOLDERS = {"number": r"(\d{1,18})", "flag": r"(true|false)"}


class RestError(Exception):
    """An answer other than 200: `status` and `{"Message": text}`. our choice: the published description declares 200 only."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class BusinessError(Exception):
    """An answer 200 with Success false and the text as Message (Tigerpaw reference 1.4)."""


@dataclass(frozen=True)
class RestCall:
    """What a handler sees of a request. `numbers` and `flags` are the path's values in order; `query` has lower-case names."""

    tigerpaw: TigerpawScenario
    index: TigerpawIndex
    today: date
    numbers: Sequence[int]
    flags: Sequence[bool]
    query: Mapping[str, str]
    body: Any

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A true-or-false value from the path, else from the query parameter `name`."""
        if self.flags:
            return self.flags[0]
        text = self.query.get(name.lower())
        return default if text is None else text.lower() == "true"


Handler: TypeAlias = Callable[[RestCall], Any]


@dataclass(frozen=True)
class Route:
    """One published operation. `model` names the reply's model and XML root: `ArrayOf<model>` where it is a list."""

    method: str
    template: str
    model: str
    handler: Handler

    def match(self, path: str) -> tuple[str, ...] | None:
        """The path's values, or None when the path is another one's."""
        found = _pattern(self.template).fullmatch(path)
        return found.groups() if found else None


class Router:
    """Finds the route of a request."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = routes

    def find(self, method: str, path: str) -> tuple[Route, tuple[str, ...]]:
        """The route and its path values. Raises RestError: 404 for an unknown path, 405 for a method that the path does not have."""
        plain = path.rstrip("/")
        known_path = False
        for route in self._routes:
            values = route.match(plain)
            if values is None:
                continue
            if route.method == method:
                return route, values
            known_path = True
        if known_path:
            raise RestError(405, f"The requested resource does not support http method '{method}'.")
        raise RestError(404, "No HTTP resource was found that matches the request.")


_patterns: dict[str, re.Pattern[str]] = {}


def _pattern(template: str) -> re.Pattern[str]:
    if template not in _patterns:
        expression = re.sub(r"\{(\w+)\}", lambda found: _PLACEHOLDERS[found[1]], template)
        _patterns[template] = re.compile(expression, re.IGNORECASE)
    return _patterns[template]
