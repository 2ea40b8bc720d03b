"""Tables of links, holds, decisions and leases."""

from __future__ import annotations

from django.db import models

from tallybridge.ledger.models.append_only import AppendOnly
from tallybridge.ledger.models.writes import Destination


class TenantBinding(models.Model):
    """The tenant that a link was first used with (design 6.4); number and name are labels and follow the source."""

    integration = models.CharField(max_length=200)
    account = models.BigIntegerField()
    tenant_id = models.CharField(max_length=200)
    name = models.CharField(max_length=500)
    number = models.BigIntegerField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("integration", "account"), name="one_tenant_per_account"),)


class Hold(models.Model):
    """A line that waits, or waited, for a person. Closed once it is decided or its cause is gone."""

    destination = models.ForeignKey(Destination, on_delete=models.PROTECT)
    integration = models.CharField(max_length=200)
    tenant_id = models.CharField(max_length=200)
    tenant_name = models.CharField(max_length=500)
    agreement = models.BigIntegerField()
    item = models.CharField(max_length=200)
    reason = models.CharField(max_length=60)
    psa = models.BigIntegerField(null=True)
    last_written = models.BigIntegerField(null=True)
    wanted = models.BigIntegerField(null=True)
    charge = models.BigIntegerField(null=True)
    charges = models.TextField()
    detail = models.TextField(default="")
    since = models.DateTimeField()
    closed = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("integration", "closed")), models.Index(fields=("destination", "agreement", "closed")))


class HoldDecision(AppendOnly):
    """What a person decided on a hold, and why."""

    hold = models.ForeignKey(Hold, on_delete=models.PROTECT)
    decision = models.CharField(max_length=20)
    reason = models.TextField()
    author = models.CharField(max_length=200)
    at = models.DateTimeField()
    charge = models.BigIntegerField(null=True)
    quantity = models.BigIntegerField(null=True)
    """PIN: what is wanted; RELEASE: the quantity that was shown."""
    until = models.DateField(null=True)
    shown = models.TextField(default="[]")
    """Id and quantity of each line for the item, as the person saw them."""
    written = models.BigIntegerField(null=True)
    """w when it was decided."""
    stands = models.BooleanField(default=False)
    """Whether later plans are made under it until it ends: keep, pin and release of a change that waits."""


class DecisionEnd(AppendOnly):
    """A standing decision has come to its end: its term is over, the PSA has changed, it has been used, or a person ended it."""

    decision = models.OneToOneField(HoldDecision, on_delete=models.PROTECT, related_name="end")
    at = models.DateTimeField()
    run = models.CharField(max_length=64, default="")
    """The run that found out; "" where a person ended it."""


class Lease(models.Model):
    """Who may work under a key until when."""

    key = models.CharField(primary_key=True, max_length=300)
    host = models.CharField(max_length=200)
    pid = models.PositiveBigIntegerField()
    process_started = models.CharField(max_length=100)
    token = models.CharField(max_length=64)
    expires = models.DateTimeField()
