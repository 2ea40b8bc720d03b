"""What was last read from the source or the PSA for lists on pages: accounts, agreements, link suggestions. Kept until it is read anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from tallybridge.console import integrations
from tallybridge.console.models import KnownList

Document = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A list as it was last read, and when (UTC)."""

    entries: tuple[Document, ...]
    at: datetime


def keep(integration: str, what: str, entries: Iterable[Document]) -> None:
    """Keeps a list in place of the one that was read before."""
    content = msgspec.json.encode(list(entries))
    KnownList.objects.update_or_create(integration=integration, what=what, defaults={"content": content, "at": integrations.clock()()})


def known(integration: str, what: str) -> Known | None:
    """The list as it was last read; None where it never was."""
    row = KnownList.objects.filter(integration=integration, what=what).first()
    return Known(entries=tuple(msgspec.json.decode(bytes(row.content))), at=row.at) if row is not None else None
