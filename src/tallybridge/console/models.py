"""Tables of the console: who may do what, who was invited, and what anybody changed. People themselves are Django's users."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import models

from tallybridge.ledger.models.append_only import AppendOnly


class Role(models.TextChoices):
    """What a person may do; each role includes the ones before it."""

    VIEW = "view", "View"
    OPERATE = "operate", "Operate"
    ADMINISTER = "administer", "Administer"

    @property
    def rank(self) -> int:
        """Grows with what the role may do."""
        return list(Role).index(self)


class Person(models.Model):
    """The role of a user."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="person")
    role = models.CharField(max_length=20, choices=Role.choices)


class Invitation(models.Model):
    """A one-time link to become a user with a role; only the hash of the link's secret is kept."""

    name = models.CharField(max_length=150)
    role = models.CharField(max_length=20, choices=Role.choices)
    secret_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.CharField(max_length=150)
    at = models.DateTimeField()
    expires = models.DateTimeField()
    used = models.DateTimeField(null=True)


class AuditEntry(AppendOnly):
    """Something that a person changed: who, when, what, from, to. Never a secret (L11)."""

    at = models.DateTimeField()
    who = models.CharField(max_length=150)
    action = models.CharField(max_length=100)
    """For example "link changed"."""
    subject = models.CharField(max_length=500)
    """What was changed, in words: a customer, a setting, a person."""
    before = models.TextField(default="")
    after = models.TextField(default="")

    class Meta:
        indexes = (models.Index(fields=("at",)),)


class PendingEdit(models.Model):
    """A change of one entry of a configuration that a person has made and not saved yet. It outlives their session; never a secret (L11)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="pending_edits")
    integration = models.CharField(max_length=200)
    table = models.CharField(max_length=20)
    key = models.CharField(max_length=600)
    was = models.JSONField(null=True)
    to = models.JSONField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "integration", "table", "key"), name="one_pending_edit_of_each_entry"),)


class FirstStartStep(models.Model):
    """What the assistant of the first start was told at one step, so that it can be left and gone on with; no secrets (L11)."""

    name = models.CharField(max_length=20, primary_key=True)
    answers = models.JSONField(default=dict)
    checked = models.DateTimeField(null=True)
    """When its live checks passed; null where they have not."""


class KnownList(models.Model):
    """What was last read from the source or the PSA for a list on pages, so that the list is there at once; only a help, never decided by."""

    integration = models.CharField(max_length=200)
    what = models.CharField(max_length=60)
    """For example "accounts"."""
    content = models.BinaryField()
    """JSON."""
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("integration", "what"), name="one_known_list_of_each"),)


class CustomerNote(AppendOnly):
    """What a person has written about a customer."""

    integration = models.CharField(max_length=200)
    tenant_id = models.CharField(max_length=200)
    text = models.TextField()
    author = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("integration", "tenant_id")),)
