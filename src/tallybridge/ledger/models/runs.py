"""Tables of runs: what was counted, planned and closed with a manifest. All of them are append-only."""

from __future__ import annotations

from django.db import models

from tallybridge.ledger.models.addresses import AddressField
from tallybridge.ledger.models.append_only import AppendOnly
from tallybridge.ledger.models.stored import ADDRESS_LENGTH


class Run(AppendOnly):
    """One pass over an integration, as it began. How it ended stands in its `Manifest`."""

    id = models.CharField(primary_key=True, max_length=64)
    integration = models.CharField(max_length=200)
    kind = models.CharField(max_length=20)
    date = models.DateField()
    started = models.DateTimeField()
    configuration = models.CharField(max_length=ADDRESS_LENGTH)
    rules = models.CharField(max_length=ADDRESS_LENGTH, null=True)
    rules_version = models.CharField(max_length=40)
    host = models.CharField(max_length=200)
    pid = models.PositiveBigIntegerField()
    process_started = models.CharField(max_length=100)

    class Meta:
        indexes = (models.Index(fields=("integration", "date")), models.Index(fields=("integration", "started")))


class TenantFacts(AppendOnly):
    """What a tenant run read, counted and planned. Kept once, and referred to by every tenant run that came to the same."""

    digest = models.BinaryField(max_length=32, db_index=True)
    """SHA-256 of all that follows, with the usage lines and planned changes: see `tenant_facts`."""
    evidence = AddressField(null=True, db_index=True)
    usage = AddressField(null=True)
    inputs = AddressField(null=True)
    plan = AddressField(null=True)
    document = AddressField()
    not_billed = models.TextField()
    left_out = models.TextField()
    notices = models.TextField()


class TenantRun(AppendOnly):
    """A run's part for one tenant. What applying changed about its outcome stands in `TenantRunOutcome`."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT)
    tenant_id = models.CharField(max_length=200)
    tenant_name = models.CharField(max_length=500)
    number = models.BigIntegerField(null=True)
    account = models.BigIntegerField(null=True)
    destination = models.BigIntegerField(null=True)
    agreement = models.BigIntegerField(null=True)
    outcome = models.CharField(max_length=40)
    reason = models.CharField(max_length=60, null=True)
    detail = models.TextField()
    observed_at = models.DateTimeField(null=True)
    facts = models.ForeignKey(TenantFacts, on_delete=models.PROTECT)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("tenant_id", "run"), name="one_tenant_run_per_run"),)
        indexes = (models.Index(fields=("destination", "agreement", "id")),)


class UsageLine(AppendOnly):
    """How many units of an application were counted for a tenant in a category."""

    facts = models.ForeignKey(TenantFacts, on_delete=models.PROTECT)
    application = models.CharField(max_length=500)
    category = models.CharField(max_length=40, null=True)
    unit = models.CharField(max_length=20)
    quantity = models.BigIntegerField()
    matched = models.BooleanField()


class PlannedChange(AppendOnly):
    """One line of a tenant run's plan, as far as it can be searched for; the whole of it is in the plan's bytes."""

    facts = models.ForeignKey(TenantFacts, on_delete=models.PROTECT)
    action = models.CharField(max_length=20)
    item = models.CharField(max_length=200)
    from_quantity = models.BigIntegerField(null=True)
    to_quantity = models.BigIntegerField(null=True)
    charge = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=60, null=True)
    last_written = models.BigIntegerField(null=True)
    counted = models.BigIntegerField(null=True)
    """What was counted for the line, where a person decided that it is something else; None elsewhere: it is `to_quantity`."""

    class Meta:
        indexes = (models.Index(fields=("item",)),)


class TenantRunOutcome(AppendOnly):
    """What applying made of a tenant run; the newest row holds."""

    tenant_run = models.ForeignKey(TenantRun, on_delete=models.PROTECT)
    outcome = models.CharField(max_length=40)
    reason = models.CharField(max_length=60, null=True)
    detail = models.TextField()
    document = models.CharField(max_length=ADDRESS_LENGTH)


class Manifest(AppendOnly):
    """A link of the ledger's one chain: how a run ended, and the hashes of everything it recorded."""

    sequence = models.PositiveBigIntegerField(primary_key=True)
    run = models.OneToOneField(Run, on_delete=models.PROTECT)
    previous = models.CharField(max_length=ADDRESS_LENGTH, null=True, unique=True)
    head = models.CharField(max_length=ADDRESS_LENGTH, unique=True)
    outcome = models.CharField(max_length=40)
    finished = models.DateTimeField()
    body = models.BinaryField()
    """Canonical JSON, compressed; `head` is the SHA-256 of the uncompressed bytes."""
