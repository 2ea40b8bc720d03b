"""Invitations: a one-time link whose secret is known only to whoever has it; the ledger keeps its hash."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.contrib.auth.models import User
from django.db import transaction

from tallybridge.console.models import Invitation, Role
from tallybridge.console.people import keeping

VALID = timedelta(days=7)


class NotInvited(Exception):
    """The link is none of ours, was used, was withdrawn or has expired; which of these is not told."""


def invite(name: str, role: Role, *, by: str, at: datetime) -> str:
    """Keeps an invitation in place of open ones for the same name, and returns the secret of its link, which is kept nowhere."""
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        Invitation.objects.filter(name__iexact=name, used=None).delete()
        Invitation.objects.create(name=name, role=role, secret_hash=_hash(secret), invited_by=by, at=at, expires=at + VALID)
    return secret


def waiting(at: datetime) -> list[Invitation]:
    """Invitations that can still be accepted, the newest first."""
    return list(Invitation.objects.filter(used=None, expires__gt=at).order_by("-at"))


def find(secret: str, at: datetime) -> Invitation:
    """The invitation of a link.

    Raises:
        NotInvited: there is none that can be accepted.
    """
    found = Invitation.objects.filter(secret_hash=_hash(secret), used=None, expires__gt=at).first()
    if found is None or keeping.name_taken(found.name):
        raise NotInvited
    return found


def accept(secret: str, password: str, at: datetime) -> User:
    """Makes the invited person; a link does so once, also when it is used twice at the same time.

    Raises:
        NotInvited: nothing was changed.
    """
    with transaction.atomic():
        invitation = find(secret, at)
        if not Invitation.objects.filter(pk=invitation.pk, used=None).update(used=at):
            raise NotInvited
        return keeping.make(invitation.name, Role(invitation.role), password)


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
