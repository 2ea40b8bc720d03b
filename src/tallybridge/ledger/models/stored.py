"""Tables of things stored whole: evidence, configuration versions and secrets."""

from __future__ import annotations

from django.db import models

from tallybridge.ledger.models.addresses import AddressField
from tallybridge.ledger.models.append_only import AppendOnly

ADDRESS_LENGTH = 71
"""Length of "sha256:" and 64 hexadecimal digits."""


class Blob(AppendOnly):
    """Canonical bytes, compressed, under the SHA-256 of the uncompressed bytes; of a content that replaces another often only the difference."""

    address = AddressField(unique=True)
    kind = models.CharField(max_length=20)
    size = models.PositiveBigIntegerField()
    """Uncompressed, in bytes."""
    base = models.ForeignKey("self", on_delete=models.PROTECT, null=True)
    """The content that `data` is a difference to; None where `data` is the whole."""
    depth = models.PositiveSmallIntegerField(default=0)
    """How many differences lie between this content and a whole one."""
    data = models.BinaryField()


class PrunedContent(AppendOnly):
    """A content whose retention has ended: what stays of it. Its row among the contents may be removed, because this one is there (decision 0028)."""

    blob = models.BigIntegerField(unique=True)
    """The number that it had."""
    address = AddressField(db_index=True)
    kind = models.CharField(max_length=20)
    size = models.PositiveBigIntegerField()
    before = models.DateField()
    """Only runs of earlier billing dates rest on it."""
    at = models.DateTimeField()


class ConfigurationVersion(AppendOnly):
    """One version of an integration's configuration; its content is a blob."""

    integration = models.CharField(max_length=200)
    address = models.CharField(max_length=ADDRESS_LENGTH)
    origin = models.CharField(max_length=1000)
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("integration", "id")),)


class KeyCheck(AppendOnly):
    """A known value sealed with the ledger's key: tells a changed key."""

    sealed = models.TextField()


class Secret(models.Model):
    """A secret, sealed with the ledger's key (L11)."""

    name = models.CharField(primary_key=True, max_length=200)
    sealed = models.TextField()
