"""How applications and mappings are spelled in the file, and the records of `billing` they become."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tallybridge.billing.model import BILLABLE_CATEGORIES, Application, Mapping, Unit
from tallybridge.configuration.catalog import shipped_unit
from tallybridge.configuration.values import Unfit, Where, described, quoted, suggestion, type_of

TEXT_MATCHERS = ("exact", "prefix", "part_number")
MATCHERS = (*TEXT_MATCHERS, "application_id")

Matcher = tuple[str, str | int]


@dataclass(frozen=True, slots=True)
class Matchers:
    """A list of matchers, one key each; read as a tuple of (key, value) without repetitions."""

    expected: str = (
        "a list of matchers, each with one of exact, prefix, part_number (a text) or application_id (a whole number), "
        'such as [{ exact = "…" }, { prefix = "…" }]'
    )

    def read(self, raw: object, where: Where) -> tuple[Matcher, ...]:  # noqa: ARG002 - every kind has one signature
        if not isinstance(raw, list):
            raise Unfit(type_of(raw))
        return tuple(dict.fromkeys(_matcher(number, entry) for number, entry in enumerate(raw, start=1)))

    def write(self, value: object) -> object:
        assert isinstance(value, tuple)
        return [{key: wanted} for key, wanted in value]


def _matcher(number: int, entry: object) -> Matcher:
    if not isinstance(entry, dict):
        raise Unfit(f"{type_of(entry)} as matcher number {number}")
    if len(entry) != 1:
        raise Unfit(f"{len(entry)} keys in matcher number {number}")
    ((key, value),) = entry.items()
    if key not in MATCHERS:
        raise Unfit(f"the unknown key {quoted(key)} in matcher number {number}", advice=suggestion(key, MATCHERS))
    if key in TEXT_MATCHERS and isinstance(value, str) and value.strip():
        return key, value
    if key == "application_id" and isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
        return key, value
    raise Unfit(f"{described(value)} for {key} in matcher number {number}")


def application_of(*, name: str, unit: Unit | None = None, match: tuple[Matcher, ...] = ()) -> Application:
    """The record of an `[[application]]` table; without `unit` it keeps the unit of the shipped catalog."""

    def texts(key: str) -> tuple[str, ...]:
        return tuple(str(value) for given, value in match if given == key)

    return Application(
        name=name,
        unit=unit if unit is not None else shipped_unit(name),
        exact=texts("exact"),
        prefixes=texts("prefix"),
        part_numbers=texts("part_number"),
        application_ids=tuple(value for key, value in match if key == "application_id" and isinstance(value, int)),
    )


def matchers_of(application: Application) -> Iterator[Matcher]:
    """The matchers of an application, in the order in which they are tried."""
    yield from (("exact", name) for name in application.exact)
    yield from (("prefix", prefix) for prefix in application.prefixes)
    yield from (("part_number", number) for number in application.part_numbers)
    yield from (("application_id", number) for number in application.application_ids)


def plain_application(application: Application) -> dict[str, Any]:
    """The values of an `[[application]]` table."""
    return {"name": application.name, "unit": application.unit, "match": tuple(matchers_of(application)) or None}


def mapping_of(*, application: str, item: str | None = None, **items: str) -> Mapping:
    """The record of a `[[mapping]]` table; `items` by category."""
    by_category = tuple((category, items[category]) for category in BILLABLE_CATEGORIES if category in items)
    return Mapping(application=application, item=item, by_category=by_category)


def plain_mapping(mapping: Mapping) -> dict[str, Any]:
    """The values of a `[[mapping]]` table."""
    return {
        "application": mapping.application,
        "item": mapping.item,
        **{str(category): item for category, item in mapping.by_category},
    }
