"""Configuration versions of each integration: content-addressed, only ever added."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from tallybridge.ledger import evidence
from tallybridge.ledger.errors import ledger_errors
from tallybridge.ledger.opening import clock, in_turn
from tallybridge.ledger.prepared import models

OWN = "ledger"
"""Origin of a version that the ledger itself rules: `release` hands a file's version over to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredConfiguration:
    """A version of an integration's configuration. `origin` names the file it came from, or is `OWN`."""

    address: str
    content: bytes
    origin: str
    at: datetime


@ledger_errors()
def take(integration: str, content: bytes, *, origin: str, at: datetime) -> str:
    """Takes `content` as the newest version unless it equals the newest one (contracts 3); returns its address.

    Nothing is locked where it does: whoever looks at a page takes the file anew.
    """
    address = evidence.address_of(content)
    if _newest_address(integration) == address:
        return address
    with transaction.atomic():
        in_turn("configuration", integration)
        evidence.put(content, "configuration")
        if _newest_address(integration) != address:
            models.ConfigurationVersion.objects.create(integration=integration, address=address, origin=origin, at=at)
    return address


def _newest_address(integration: str) -> str | None:
    found: str | None = models.ConfigurationVersion.objects.filter(integration=integration).order_by("-id").values_list("address", flat=True).first()
    return found


@ledger_errors()
def newest(integration: str) -> StoredConfiguration | None:
    """The version in force, or None for an integration that the ledger does not know."""
    row = models.ConfigurationVersion.objects.filter(integration=integration).order_by("-id").first()
    return StoredConfiguration(address=row.address, content=evidence.get(row.address), origin=row.origin, at=row.at) if row else None


@ledger_errors()
def integrations() -> tuple[str, ...]:
    """Names of all integrations that were ever configured, sorted."""
    return tuple(models.ConfigurationVersion.objects.order_by("integration").values_list("integration", flat=True).distinct())


@ledger_errors()
def release(integration: str) -> None:
    """Hands the newest version over from its file to the ledger: the same content from now on has the origin `OWN`."""
    with transaction.atomic():
        in_turn("configuration", integration)
        row = models.ConfigurationVersion.objects.filter(integration=integration).order_by("-id").first()
        if row is not None and row.origin != OWN:
            models.ConfigurationVersion.objects.create(integration=integration, address=row.address, origin=OWN, at=clock())
