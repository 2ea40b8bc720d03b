"""Tables of what people give: exports they import, column names they explain, counts they state."""

from __future__ import annotations

from django.db import models

from tallybridge.ledger.models.append_only import AppendOnly
from tallybridge.ledger.models.stored import ADDRESS_LENGTH


class ImportedExport(AppendOnly):
    """One company's part of an imported export; its content is a blob."""

    integration = models.CharField(max_length=200)
    company = models.CharField(max_length=200)
    exported = models.DateTimeField()
    address = models.CharField(max_length=ADDRESS_LENGTH)
    file = models.CharField(max_length=1000)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("integration", "company", "exported", "address"), name="one_row_per_imported_export"),)


class ColumnName(models.Model):
    """What a column of the exports means that does not have its documented name."""

    integration = models.CharField(max_length=200)
    theirs = models.CharField(max_length=200)
    ours = models.CharField(max_length=40)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("integration", "theirs"), name="one_meaning_per_column"),)


class StatedCount(AppendOnly):
    """A count that a person has stated; a newer row for the same tenant, application and category takes its place."""

    integration = models.CharField(max_length=200)
    tenant = models.CharField(max_length=200)
    application = models.CharField(max_length=400)
    category = models.CharField(max_length=40, null=True)
    quantity = models.BigIntegerField(null=True)
    """None: the count is withdrawn."""
    author = models.CharField(max_length=200)
    reason = models.TextField()
    until = models.DateField()
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("integration", "tenant")),)
