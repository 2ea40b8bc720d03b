"""Holds requests and replies against the published REST operations and models of Tigerpaw 18.2.1.

`tests/data/tigerpaw-rest-18.2.1.openapi.json` is the part of the published description that billing needs. The check is strict:
a member that a model does not name fails, and so does a value of another type. A value may be null where the model does not
require the member: the description has no word for null, and the documented replies use it (Tigerpaw reference 1.2, 1.8).
"""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jsonschema import Draft202012Validator, FormatChecker, validators

if TYPE_CHECKING:
    from collections.abc import Iterable

_PUBLISHED = Path(__file__).parent / "data" / "tigerpaw-rest-18.2.1.openapi.json"
_REFERENCE_PREFIX = "#/components/schemas/"
_ZONELESS = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}")
# reference 1.5: the documents disagree on these names, so each documented spelling is good, wherever paging is published
_PAGING_NAMES = {f"{prefix}{name}" for prefix in ("", "pagerequest.", "pagerequest") for name in ("pagesize", "startrow")}

_formats = FormatChecker(formats=())
# JSON Schema takes 42.0 for an integer; readers with typed models do not
_Validator = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _checker, value: isinstance(value, int) and not isinstance(value, bool)
    ),
)


@_formats.checks("date-time")
def _is_zoneless_instant(value: object) -> bool:
    return not isinstance(value, str) or _ZONELESS.fullmatch(value) is not None


class Operation(NamedTuple):
    """A published operation."""

    template: str
    query_names: frozenset[str]
    request: dict[str, Any] | None
    reply: dict[str, Any]


def assert_request_is_published(method: str, path: str, query_names: Iterable[str], body: Any) -> None:
    """Fails unless the request is a published operation with published query parameters and a body of its model.

    `path` has no query string; `body` is the JSON value that was sent, None where the request had no body.
    """
    operation = _operation(method, path)
    unknown = {name.lower() for name in query_names} - operation.query_names
    assert not unknown, f"{method} {operation.template} has no query parameters {sorted(unknown)}"
    if operation.request is None:
        assert body is None, f"{method} {operation.template} takes no body"
    else:
        _assert_fits(body, operation.request, f"the body of {method} {operation.template}")


def assert_reply_is_published(method: str, path: str, reply_json: Any) -> None:
    """Fails unless the JSON value of a 200 reply follows the published model of the operation."""
    operation = _operation(method, path)
    _assert_fits(reply_json, operation.reply, f"the reply of {method} {operation.template}")


def model_members(model: str) -> frozenset[str]:
    """The names of all members of a published model, for tests that nothing is left out."""
    return frozenset(_description()["components"]["schemas"][model]["properties"])


def published_operations() -> list[tuple[str, str]]:
    """Method and path template of every operation in the description."""
    return [(method, operation.template) for method, _, operation in _operations()]


def _assert_fits(value: Any, schema: dict[str, Any], what: str) -> None:
    errors = list(_Validator(schema, format_checker=_formats).iter_errors(value))
    assert not errors, "\n".join(f"{what}: at {error.json_path}: {error.message}" for error in errors)


@functools.cache
def _description() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(_PUBLISHED.read_text(encoding="utf-8"))
    return loaded


@functools.cache
def _operations() -> list[tuple[str, re.Pattern[str], Operation]]:
    found = []
    for template, methods in _description()["paths"].items():
        for method, published in methods.items():
            found.append((method.upper(), _pattern(template, published), _read(template, published)))
    # a literal segment wins over a placeholder
    return sorted(found, key=lambda each: each[2].template.count("{"))


def _operation(method: str, path: str) -> Operation:
    for published_method, pattern, operation in _operations():
        if published_method == method.upper() and pattern.fullmatch(path):
            return operation
    raise AssertionError(f"{method} {path} is not a published operation")


def _pattern(template: str, published: dict[str, Any]) -> re.Pattern[str]:
    kinds = {each["name"]: each["schema"]["type"] for each in published.get("parameters", []) if each["in"] == "path"}
    values = {"integer": r"\d+", "boolean": "true|false", "string": "[^/]+"}
    parts = re.split(r"\{(\w+)\}", template)
    expression = "".join(f"(?:{values[kinds[part]]})" if place % 2 else re.escape(part) for place, part in enumerate(parts))
    return re.compile(expression, re.IGNORECASE)


def _read(template: str, published: dict[str, Any]) -> Operation:
    names = {each["name"].lower() for each in published.get("parameters", []) if each["in"] == "query"}
    if names & _PAGING_NAMES:
        names |= _PAGING_NAMES
    request = published.get("requestBody")
    reply = published["responses"]["200"]
    return Operation(template, frozenset(names), _schema(request) if request else None, _schema(reply))


def _schema(content: dict[str, Any]) -> dict[str, Any]:
    return _strict(content["content"]["application/json"]["schema"])


def _strict(schema: dict[str, Any], *, nullable: bool = False) -> dict[str, Any]:
    if "$ref" in schema:
        return _strict(_description()["components"]["schemas"][schema["$ref"].removeprefix(_REFERENCE_PREFIX)], nullable=nullable)
    strict = dict(schema)
    if schema["type"] == "object":
        required = schema.get("required", [])
        strict["properties"] = {name: _strict(member, nullable=name not in required) for name, member in schema.get("properties", {}).items()}
        strict["additionalProperties"] = False
    if schema["type"] == "array":
        strict["items"] = _strict(schema["items"])
    if nullable:
        strict["type"] = [schema["type"], "null"]
    return strict
