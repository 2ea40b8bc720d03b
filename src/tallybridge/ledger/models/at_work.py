"""Tables of runs whose tenants are carried out by several processes: what all of them must know, until the run is closed with its manifest."""

from __future__ import annotations

from django.db import models

from tallybridge.ledger.models.runs import Run
from tallybridge.ledger.models.stored import ADDRESS_LENGTH


class SpreadRun(models.Model):
    """What was read once for a run, and what its processes share. The row exists for runs that are spread; others keep all of this in memory."""

    run = models.OneToOneField(Run, on_delete=models.PROTECT, primary_key=True)
    brief = models.CharField(max_length=ADDRESS_LENGTH)
    parts = models.PositiveIntegerField()
    """How many tenants are carried out."""
    may_fall = models.BigIntegerField()
    """Units by which the run may lower charges in all (design 6.5)."""
    refused_writes = models.BooleanField(default=False)
    """The PSA has refused the sign-in of a write."""
    refused_reads = models.PositiveIntegerField(default=0)
    """Sign-ins that the source has refused in a row."""
    taken_over = models.TextField(default="[]")
    """JSON: host, process id and instant of each process that went on with the run after another one had ended."""


class PartAtWork(models.Model):
    """What is kept of one tenant's part of a spread run that writes to the PSA, from its plan on."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT)
    tenant_id = models.CharField(max_length=200)
    lowers = models.PositiveBigIntegerField(default=0)
    """Units of `may_fall` that its plan has taken."""
    unfinished = models.BooleanField(default=False)
    """Its plan is recorded, and what became of the writes is not."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=("run", "tenant_id"), name="one_part_per_tenant"),)
