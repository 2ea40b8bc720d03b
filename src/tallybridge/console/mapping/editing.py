"""The items of one application, and the license names that belong to it: forms whose result is pending until it is saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import QueryDict

from tallybridge.billing.model import Unit
from tallybridge.configuration.catalog import shipped_unit
from tallybridge.configuration.errors import ConfigurationError
from tallybridge.configuration.records import Configuration
from tallybridge.console.mapping.price_book import KnownItem, PriceBook, look_up
from tallybridge.console.mapping.reading import ALL, ApplicationShown
from tallybridge.console.pending.edits import Entry, PendingChanges
from tallybridge.destinations.base import DestinationError


@dataclass(slots=True, kw_only=True)
class ItemsForm:
    """The items that a person gives an application, with what is wrong at each slot."""

    way: str
    """"item" for one item for everything, "category" for items by category, "none" for not billed."""
    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, application: ApplicationShown) -> ItemsForm:
        """The form as the application is mapped now."""
        way = "category" if application.by_category else ("item" if application.mapped else "none")
        return cls(way=way, values={slot.name: slot.id for slot in application.slots})

    @classmethod
    def sent(cls, application: ApplicationShown, form: QueryDict) -> ItemsForm:
        """The form as a person sent it."""
        values = {slot.name: form.get(slot.name, "").strip() for slot in application.slots}
        given = form.get("way", "item")
        way = given if given in ("item", "category", "none") and (given != "category" or len(values) > 1) else "item"
        return cls(way=way, values=values)

    def entry(self, application: str) -> Entry | None:
        """The mapping that the form asks for; None where it is not to be billed."""
        if self.way == "none":
            return None
        wanted = {ALL} if self.way == "item" else self.values.keys() - {ALL}
        return {"application": application} | {slot: value for slot, value in self.values.items() if slot in wanted and value}

    def check(self, application: str, configuration: Configuration, book: PriceBook) -> None:
        """Says at each slot what is wrong, by what Tigerpaw says now; without Tigerpaw only items that are known already are taken."""
        entry = self.entry(application)
        if entry is None:
            return
        wanted = {slot: str(value) for slot, value in entry.items() if slot != "application"}
        if not wanted:
            self.errors[ALL if self.way == "item" else next(slot for slot in self.values if slot != ALL)] = "Give an item, or choose “not billed”."
            return
        known: Mapping[str, KnownItem]
        try:
            known = look_up(configuration, set(wanted.values()))
        except (DestinationError, ConfigurationError) as failed:
            known = book.items
            self.errors |= {
                slot: f"The item could not be checked, so nothing was changed. {failed}" for slot, id_ in wanted.items() if id_ not in known
            }
        for slot, id_ in wanted.items():
            item = known.get(id_)
            if item is None:
                self.errors.setdefault(slot, f"Tigerpaw has no item “{id_}”. Ids are compared letter by letter.")
            elif item.inactive:
                self.errors[slot] = f"The item “{id_}” is inactive in Tigerpaw, so nothing could be billed on it."


def add_name(changes: PendingChanges, name: str, application: str, unit: str) -> None:
    """From the next plan on, licenses of this name belong to the application; with the name itself, to one of its own.

    Args:
        unit: of an application of its own; others keep theirs.
    """
    entry = _declared(changes, application)
    if entry is None:
        own = Unit(unit) if application == name and unit in tuple(Unit) else shipped_unit(application)
        entry = {"name": application, "unit": own.value}
    if application != name:
        matchers = [one for one in entry.get("match", []) if one != {"exact": name}]
        entry = {**entry, "match": [*matchers, {"exact": name}]}
    changes.put("application", application, entry)


def remove_name(changes: PendingChanges, name: str, application: str) -> None:
    """Licenses of this name belong to the application no more."""
    entry = _declared(changes, application)
    if entry is None:
        return
    left = [one for one in entry.get("match", []) if one != {"exact": name}]
    rest = {key: value for key, value in entry.items() if key != "match"}
    edit = changes.of("application", application)
    if not left and edit is not None and edit.was is None:
        changes.put("application", application, None)
    else:
        changes.put("application", application, rest | ({"match": left} if left else {}))


def _declared(changes: PendingChanges, application: str) -> Entry | None:
    return next((entry for entry in changes.entries("application") if entry["name"] == application), None)
