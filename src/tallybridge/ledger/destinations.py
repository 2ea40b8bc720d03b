"""Which PSA a configuration means: the same one after it moved to another address or got another key."""

from __future__ import annotations

from django.db import transaction

from tallybridge.ledger.errors import LedgerError, ledger_errors
from tallybridge.ledger.opening import in_turn
from tallybridge.ledger.prepared import models


@ledger_errors()
def identify(kind: str, url: str, key_id: str) -> int:
    """The ledger's id of the PSA with this address or this REST public key; what changed about it is recorded, an unknown one is added.

    Raises:
        LedgerError: the address is one known PSA's and the key another's.
    """
    with transaction.atomic():
        in_turn("destinations")
        by_url = models.Destination.objects.filter(kind=kind, url=url).order_by("id").first()
        by_key = models.Destination.objects.filter(kind=kind, key_id=key_id).order_by("id").first() if key_id else None
        if by_url and by_key and by_url.id != by_key.id:
            raise LedgerError(
                f"The address {url} is that of one PSA the ledger knows, and the REST public key that of another. Nothing was changed. "
                "Check url and public_key in the configuration."
            )
        row = by_url or by_key or models.Destination(kind=kind)
        if (row.url, row.key_id) != (url, key_id):
            row.url, row.key_id = url, key_id
            row.save()
        return int(row.id)


@ledger_errors()
def all_destinations() -> tuple[int, ...]:
    """The ledger's ids of every PSA it knows, the one added last first."""
    return tuple(models.Destination.objects.order_by("-id").values_list("id", flat=True))
