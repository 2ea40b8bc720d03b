"""Keeps what anybody changed: who, when, from, to (never a secret)."""

from __future__ import annotations

from django.http import HttpRequest

from tallybridge.console import integrations
from tallybridge.console.models import AuditEntry

_LONGEST = 500
"""Letters that the table has room for."""


def note(request: HttpRequest | None, action: str, subject: str, *, before: str = "", after: str = "", who: str = "") -> None:
    """Adds one entry to the audit trail.

    Args:
        request: whose deed it is; None where `who` says it (the machine's terminal, the schedule).
        action: what was done, in the past: "link changed".
        subject: what was changed, in words.
        before, after: the values, in words; never a secret (L11).
    """
    author = who or (request.user.get_username() if request is not None else "")
    AuditEntry.objects.create(
        at=integrations.clock()(), who=author[:150], action=action[:100], subject=_fitting(subject), before=_plain(before), after=_plain(after)
    )


def _fitting(subject: str) -> str:
    """A long subject is cut, so that what was done is kept all the same."""
    plain = _plain(subject)
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"


def _plain(text: str) -> str:
    """Without NUL, which not every database can keep."""
    return text.replace("\x00", "")
