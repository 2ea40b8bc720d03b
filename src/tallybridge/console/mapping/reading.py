"""What the mapping page shows: license names that nobody has matched, and every application with its items, as they would be once saved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tallybridge.billing.catalog import Catalog
from tallybridge.billing.model import BILLABLE_CATEGORIES, Application, Category, License, LicenseKind, Unit
from tallybridge.configuration.catalog import combined, shipped_unit
from tallybridge.console.mapping.price_book import KnownItem, PriceBook
from tallybridge.console.naming import CATEGORY_WORDS
from tallybridge.console.pending.edits import Entry, PendingChanges
from tallybridge.ledger.usage_queries import ApplicationInUse

ALL = "item"
"""The slot of an item that serves everything that is counted."""

UNIT_WORDS = {Unit.DEVICE: ("device", "devices"), Unit.USER: ("user", "users"), Unit.MAILBOX: ("mailbox", "mailboxes")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One place of an application that can hold an item."""

    name: str
    label: str
    id: str
    """The item's id; "" where there is none."""
    item: KnownItem | None
    """What is known of it."""
    quantity: int
    """Units counted for it."""
    shared: bool
    """Whether the item is mapped more than once, so that its quantities are summed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationShown:
    """An application with what is in use of it and what it is billed on."""

    name: str
    unit: Unit
    quantity: int
    tenants: int
    slots: tuple[Slot, ...]
    pending: bool
    """Whether its mapping or its license names are changed and not saved yet."""
    names: tuple[str, ...]
    """License names that belong to it beside its own."""

    @property
    def counted(self) -> str:
        """Its unit in words, for its quantity."""
        return UNIT_WORDS[self.unit][self.quantity != 1]

    @property
    def by_category(self) -> bool:
        """Whether its devices are billed by category."""
        return any(slot.id for slot in self.slots if slot.name != ALL)

    @property
    def billed(self) -> tuple[Slot, ...]:
        """The slots that hold an item."""
        return tuple(slot for slot in self.slots if slot.id)

    @property
    def mapped(self) -> bool:
        """Whether it is billed on anything."""
        return bool(self.billed)

    @property
    def left_out(self) -> tuple[Slot, ...]:
        """Categories in use that are billed on nothing, where others are."""
        return tuple(slot for slot in self.slots if self.by_category and slot.name != ALL and not slot.id and slot.quantity)


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingShown:
    """Everything that the page shows."""

    unmatched: tuple[ApplicationInUse, ...]
    """License names in use that no application claims, also not once everything is saved."""
    applications: tuple[ApplicationShown, ...]
    """Those in use first, most units first; then mapped ones; then the rest of the catalog."""
    catalog: tuple[str, ...]
    """The names of all applications."""

    @property
    def in_use_unmapped(self) -> int:
        """Applications in use that are billed on nothing."""
        return sum(1 for one in self.applications if one.quantity and not one.mapped)


def mapping_shown(in_use: tuple[ApplicationInUse, ...], changes: PendingChanges, book: PriceBook) -> MappingShown:
    """The page's content with the pending changes laid over what is saved."""
    mappings = {str(entry["application"]): entry for entry in changes.entries("mapping")}
    declared = [_application(entry) for entry in changes.entries("application")]
    applications = combined(declared, mappings)
    catalog = Catalog(applications)
    uses = Counter(item for entry in mappings.values() for item in _items(entry))
    seen: dict[str, list[ApplicationInUse]] = {}
    unmatched = []
    for one in in_use:
        claimed = catalog.match(License(serial="", name=one.name, kind=LicenseKind.COMMERCIAL))
        if claimed is None:
            unmatched.append(one)
        else:
            seen.setdefault(claimed.name, []).append(one)
    shown = [
        _shown(application, seen.get(application.name, []), mappings.get(application.name, {}), uses, changes, book) for application in applications
    ]
    shown.sort(key=lambda one: (-one.quantity, not one.mapped, one.name.casefold()))
    return MappingShown(
        unmatched=tuple(sorted(unmatched, key=lambda one: (-one.quantity, one.name))),
        applications=tuple(shown),
        catalog=tuple(one.name for one in applications),
    )


def _shown(
    application: Application, seen: list[ApplicationInUse], entry: Entry, uses: Mapping[str, int], changes: PendingChanges, book: PriceBook
) -> ApplicationShown:
    counted: Counter[Category] = Counter()
    for one in seen:
        counted.update(dict(one.categories))
    quantity = sum(one.quantity for one in seen)
    names = (ALL, *BILLABLE_CATEGORIES) if application.unit is Unit.DEVICE else (ALL,)
    slots = tuple(
        Slot(
            name=str(name),
            label=label_of(str(name), application.unit),
            id=str(entry.get(name, "")),
            item=book.items.get(str(entry.get(name, ""))),
            quantity=quantity if name == ALL else counted[Category(name)],
            shared=uses[str(entry.get(name, ""))] > 1,
        )
        for name in names
    )
    return ApplicationShown(
        name=application.name,
        unit=application.unit,
        quantity=quantity,
        tenants=max((one.tenants for one in seen), default=0),
        slots=slots,
        pending=changes.of("mapping", application.name) is not None or changes.of("application", application.name) is not None,
        names=tuple(name for name in application.exact if name != application.name),
    )


def label_of(slot: str, unit: Unit) -> str:
    """A slot in words."""
    if slot != ALL:
        return CATEGORY_WORDS[Category(slot)]
    return "All devices" if unit is Unit.DEVICE else f"Each {unit.value}"


def _items(entry: Mapping[str, Any]) -> list[str]:
    return [str(value) for name, value in entry.items() if name != "application" and value]


def _application(entry: Mapping[str, Any]) -> Application:
    matchers = entry.get("match", ())
    return Application(
        name=str(entry["name"]),
        unit=Unit(entry["unit"]) if entry.get("unit") else shipped_unit(str(entry["name"])),
        exact=tuple(one["exact"] for one in matchers if "exact" in one),
        prefixes=tuple(one["prefix"] for one in matchers if "prefix" in one),
        part_numbers=tuple(one["part_number"] for one in matchers if "part_number" in one),
        application_ids=tuple(one["application_id"] for one in matchers if "application_id" in one),
    )
