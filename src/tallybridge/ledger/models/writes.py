"""Tables of what is written to the PSA: our lines as they stand (edited), and what was meant and done (append-only)."""

from __future__ import annotations

from django.db import models

from tallybridge.ledger.models.append_only import AppendOnly
from tallybridge.ledger.models.runs import Run


class Destination(models.Model):
    """A PSA, recognized by its address or its REST public key."""

    kind = models.CharField(max_length=40)
    url = models.CharField(max_length=1000)
    key_id = models.CharField(max_length=200)


class Line(models.Model):
    """Our line for one item of an agreement, as it stands (design 6.2). What led there stands in intents and results."""

    destination = models.ForeignKey(Destination, on_delete=models.PROTECT)
    agreement = models.BigIntegerField()
    item = models.CharField(max_length=200)
    integration = models.CharField(max_length=200)
    tenant_id = models.CharField(max_length=200)
    charge = models.BigIntegerField(null=True)
    written = models.BigIntegerField()
    closed = models.BooleanField()
    delete_after_invoicing = models.BooleanField()
    last_billed = models.DateField(null=True)
    next_billing = models.DateField(null=True)
    parts = models.TextField()
    left = models.TextField()
    since = models.DateField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("destination", "agreement", "item"), name="one_line_of_ours_per_item"),)
        indexes = (models.Index(fields=("destination", "integration", "tenant_id")),)


class SeenCharge(AppendOnly):
    """A charge that was once seen on an agreement."""

    destination = models.ForeignKey(Destination, on_delete=models.PROTECT)
    agreement = models.BigIntegerField()
    charge = models.BigIntegerField()
    item = models.CharField(max_length=200)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("destination", "agreement", "charge"), name="one_row_per_seen_charge"),)


class Intent(AppendOnly):
    """What was about to be written, committed before the call (L5); or a worklist entry."""

    key = models.CharField(primary_key=True, max_length=64)
    run = models.ForeignKey(Run, on_delete=models.PROTECT)
    destination = models.ForeignKey(Destination, on_delete=models.PROTECT)
    integration = models.CharField(max_length=200)
    tenant_id = models.CharField(max_length=200)
    agreement = models.BigIntegerField()
    item = models.CharField(max_length=200)
    sequence = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=20)
    charge = models.BigIntegerField(null=True)
    from_quantity = models.BigIntegerField(null=True)
    to_quantity = models.BigIntegerField()
    known = models.TextField()
    recorded = models.DateTimeField()
    worklist = models.BooleanField()
    parts = models.TextField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("destination", "agreement", "item", "sequence"), name="intents_of_a_line_are_numbered"),)


class IntentCall(AppendOnly):
    """The call for an intent is about to be sent."""

    intent = models.ForeignKey(Intent, on_delete=models.PROTECT)
    at = models.DateTimeField()


class IntentResult(AppendOnly):
    """How an intent ended, told by reading the PSA. `run` is the run that found out."""

    intent = models.OneToOneField(Intent, on_delete=models.PROTECT, related_name="result")
    run = models.ForeignKey(Run, on_delete=models.PROTECT)
    outcome = models.CharField(max_length=40)
    charge = models.BigIntegerField(null=True)
    quantity = models.BigIntegerField(null=True)
    detail = models.TextField()
    at = models.DateTimeField()
