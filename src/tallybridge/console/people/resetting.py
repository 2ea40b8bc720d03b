"""The way back in from the machine's own terminal: a new password, two-step verification and lockouts removed."""

from __future__ import annotations

from axes.utils import reset as remove_lockouts
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from tallybridge.console import audit
from tallybridge.console.models import Person, Role
from tallybridge.console.people import keeping
from tallybridge.console.signing_in import second_step

TERMINAL = "the machine's terminal"


class UnknownPerson(Exception):
    """Nobody is called so; the text names those there are. Nothing was changed."""


class PasswordRefused(Exception):
    """The password breaks the rules; the text says which. Nothing was changed."""


def find(name: str) -> Person:
    """The person of this name.

    Raises:
        UnknownPerson: there is none.
    """
    found = Person.objects.select_related("user").filter(user__username=name).first()
    if found is None:
        names = ", ".join(f"“{one.name}”" for one in keeping.everybody())
        known = f"There are: {names}." if names else "Nobody may sign in yet: tallybridge serve makes the first administrator."
        raise UnknownPerson(f"Nobody is called “{name}”. Nothing was changed. {known}")
    return found


def check_password(person: Person, password: str) -> None:
    """Holds a password against the rules.

    Raises:
        PasswordRefused: it breaks one.
    """
    try:
        validate_password(password, person.user)
    except ValidationError as broken:
        raise PasswordRefused(f"{' '.join(broken.messages)} Nothing was changed.") from broken


def give_back(person: Person, password: str, *, administrator: bool) -> keeping.Listed:
    """Gives the new password, ends two-step verification, lockouts and, with the old password, every session.

    Args:
        administrator: whether the person becomes an active administrator as well.
    """
    with transaction.atomic():
        before = _words(person)
        user: User = person.user
        user.set_password(password)
        if administrator:
            user.is_active = True
            person.role = Role.ADMINISTER
            person.save(update_fields=["role"])
        user.save(update_fields=["password", "is_active"])
        second_step.remove(user)
        remove_lockouts(username=user.get_username())
        audit.note(None, "access reset", user.get_username(), before=before, after=_words(person), who=TERMINAL)
    return keeping.listed(person)


def _words(person: Person) -> str:
    two_step = "two-step verification on" if second_step.is_set_up(person.user) else "two-step verification off"
    return f"{Role(person.role).label}, {'active' if person.user.is_active else 'deactivated'}, {two_step}"
