"""Where pending edits are kept: with the person who made them, so that neither a session that ends nor another browser loses them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Count

from tallybridge.console.models import PendingEdit

Kept = dict[str, Any]
"""An edit: its table, the key of its entry, and the entry as it was and as it is to be."""
_AT_ONCE = 200


def pending_of(user: User | AnonymousUser) -> dict[str, int]:
    """How many edits of a person are pending, by integration."""
    if not user.is_authenticated:
        return {}
    found = PendingEdit.objects.filter(user_id=user.pk).values("integration").annotate(edits=Count("id"))
    return dict(found.order_by("integration").values_list("integration", "edits"))


class KeptEdits:
    """The pending edits of one person and one integration, in the order in which they were first made."""

    def __init__(self, user: User | AnonymousUser, integration: str) -> None:
        self._mine = {"user_id": user.pk, "integration": integration}

    def all(self) -> dict[str, Kept]:
        """Every edit, by its name among them."""
        rows = PendingEdit.objects.filter(**self._mine).order_by("id").values("table", "key", "was", "to")
        return {name_of(row["table"], row["key"]): dict(row) for row in rows}

    def put(self, edits: Iterable[Kept]) -> None:
        """Keeps edits, each in place of an earlier one of the same entry."""
        rows = [PendingEdit(**self._mine, **edit) for edit in edits]
        unique, changed = ("user", "integration", "table", "key"), ("was", "to")
        PendingEdit.objects.bulk_create(rows, batch_size=_AT_ONCE, update_conflicts=True, unique_fields=unique, update_fields=changed)

    def drop(self, entries: Iterable[tuple[str, str]]) -> None:
        """Forgets the edits of some entries, given by table and key."""
        keys: dict[str, list[str]] = {}
        for table, key in entries:
            keys.setdefault(table, []).append(key)
        for table, of_table in keys.items():
            for first in range(0, len(of_table), _AT_ONCE):
                PendingEdit.objects.filter(**self._mine, table=table, key__in=of_table[first : first + _AT_ONCE]).delete()

    def clear(self) -> None:
        """Forgets all of them."""
        PendingEdit.objects.filter(**self._mine).delete()


def name_of(table: str, key: str) -> str:
    """What an edit is found by among those of one integration."""
    return f"{table} {key}"
