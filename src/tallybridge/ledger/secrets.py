"""Secrets at rest: sealed with the ledger's key, opened only on demand (L11)."""

from __future__ import annotations

from cryptography.fernet import InvalidToken

from tallybridge.ledger.errors import KeyChanged, ledger_errors
from tallybridge.ledger.opening import sealing_key
from tallybridge.ledger.prepared import models


@ledger_errors()
def seal(name: str, value: str) -> None:
    """Keeps a secret under a name, replacing the one that was there."""
    models.Secret.objects.update_or_create(name=name, defaults={"sealed": sealing_key().encrypt(value.encode()).decode()})


@ledger_errors()
def unseal(name: str) -> str | None:
    """The secret under a name, or None. Raises KeyChanged where it was sealed with another key."""
    sealed = models.Secret.objects.filter(name=name).values_list("sealed", flat=True).first()
    if sealed is None:
        return None
    try:
        return sealing_key().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise KeyChanged(f"The secret {name} was sealed with another key. Restore that key from a backup, or enter the secret again.") from None


@ledger_errors()
def forget(name: str) -> None:
    """Keeps a secret no longer; without one under this name, does nothing."""
    models.Secret.objects.filter(name=name).delete()
