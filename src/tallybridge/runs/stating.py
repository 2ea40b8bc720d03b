"""Counts that people state for what no source tells: checked when they are stated."""

from __future__ import annotations

from datetime import date, timedelta
from difflib import get_close_matches

from tallybridge.billing.catalog import catalog_of
from tallybridge.billing.model import BILLABLE_CATEGORIES, Category, Stated, Unit
from tallybridge.configuration.catalog import rules_of
from tallybridge.configuration.records import Configuration
from tallybridge.runs.day import RunRefused

LONGEST = timedelta(days=366)
"""A count that nobody has looked at for a year is not a count any more."""

MOST = 10_000_000
"""More units than any customer has: a number beyond it is a slip of the hand."""


def check_stated(configuration: Configuration, tenant: str, stated: Stated, *, today: date) -> None:
    """Refuses a count that could never be billed as it is meant.

    Raises:
        RunRefused: the sentence names the field and what it may be; nothing was stated.
    """
    application = catalog_of(rules_of(configuration)).named(stated.application)
    names = [link.tenant or link.tenant_id or "" for link in configuration.links]
    if tenant not in names:
        near = get_close_matches(tenant, names, n=1)
        raise RunRefused(f"No link names the tenant “{tenant}”{_meant(near)}. Nothing was stated. Link it first: tallybridge links suggest.")
    if application is None:
        known = [one.name for one in rules_of(configuration).applications]
        raise RunRefused(
            f"No application is called “{stated.application}”{_meant(get_close_matches(stated.application, known, n=1))}. Nothing was stated."
        )
    if stated.category is not None and application.unit is not Unit.DEVICE:
        raise RunRefused(
            f"{application.name} is licensed per {application.unit.value} and has no categories. Nothing was stated. Leave out --category."
        )
    mapping = next((one for one in configuration.mappings if one.application == application.name), None)
    if mapping is not None and mapping.item is None and stated.category is None:
        categories = ", ".join(category.value for category, _ in mapping.by_category)
        raise RunRefused(f"{application.name} is billed by category. Nothing was stated. State each with --category: {categories}.")
    if mapping is not None and stated.category is not None and mapping.item_for(stated.category) is None:
        categories = ", ".join(category.value for category, _ in mapping.by_category)
        raise RunRefused(f"{application.name} has no item for {stated.category.value}. Nothing was stated. Its mapping bills {categories}.")
    if not today <= stated.until <= today + LONGEST:
        raise RunRefused(f"A count holds until a date from today to {today + LONGEST}; {stated.until} is not. Nothing was stated.")
    if not 0 <= stated.quantity <= MOST:
        raise RunRefused(f"A quantity is 0 or more, and {MOST} at most; {stated.quantity} is not. Nothing was stated.")


def _meant(near: list[str]) -> str:
    return f"; did you mean “{near[0]}”?" if near else ""


def whole_category(name: str | None) -> Category | None:
    """The category that a person named, or None for all devices.

    Raises:
        RunRefused: there is no such category.
    """
    if name is None:
        return None
    if name not in BILLABLE_CATEGORIES:
        raise RunRefused(f"“{name}” is no category; there are {', '.join(BILLABLE_CATEGORIES)}. Nothing was stated.")
    return Category(name)
