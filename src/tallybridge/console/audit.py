"""Keeps what anybody changed: who, when, from, to (never a secret)."""

from __future__ import annotations

from django.http import HttpRequest

from tallybridge.console import integrations
from tallybridge.console.models import AuditEntry


def note(request: HttpRequest | None, action: str, subject: str, *, before: str = "", after: str = "", who: str = "") -> None:
    """Adds one entry to the audit trail.

    Args:
        request: whose deed it is; None where `who` says it (the machine's terminal, the schedule).
        action: what was done, in the past: "link changed".
        subject: what was changed, in words.
        before, after: the values, in words; never a secret (L11).
    """
    author = who or (request.user.get_username() if request is not None else "")
    AuditEntry.objects.create(at=integrations.clock()(), who=author, action=action, subject=subject, before=before, after=after)
