"""People and their roles: read for the pages, changed so that at least one active administrator always remains."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django_otp.plugins.otp_totp.models import TOTPDevice

from tallybridge.console.models import Invitation, Person, Role


class LastAdministrator(Exception):
    """The only active administrator would have ceased to be one; nothing was changed."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is the only active administrator, and at least one must remain. Nothing was changed. Make somebody else an administrator first."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A person as the list shows them."""

    id: int
    name: str
    role: Role
    active: bool
    two_step: bool
    last_sign_in: datetime | None


def everybody() -> list[Listed]:
    """Every person, active ones first, by name. Two statements."""
    with_two_steps = set(TOTPDevice.objects.filter(confirmed=True).values_list("user_id", flat=True))
    found = Person.objects.select_related("user").order_by("-user__is_active", "user__username")
    return [_listed(one, two_step=one.user_id in with_two_steps) for one in found]


def listed(person: Person) -> Listed:
    """One person."""
    return _listed(person, two_step=bool(TOTPDevice.objects.filter(user=person.user, confirmed=True).exists()))


def _listed(person: Person, *, two_step: bool) -> Listed:
    user = person.user
    return Listed(
        id=person.pk, name=user.get_username(), role=Role(person.role), active=user.is_active, two_step=two_step, last_sign_in=user.last_login
    )


def name_taken(name: str) -> bool:
    """Whether somebody is called so already, apart from upper and lower case."""
    return User.objects.filter(username__iexact=name).exists()


def make(name: str, role: Role, password: str) -> User:
    """Makes a person. The password is within the rules already."""
    with transaction.atomic():
        user = User.objects.create_user(name, password=password)
        Person.objects.create(user=user, role=role)
    return user


def change_role(person: Person, role: Role) -> Role:
    """Gives a person another role and returns the former one. Who is no longer an administrator has no open invitations any more.

    Raises:
        LastAdministrator: nothing was changed.
    """
    with transaction.atomic():
        former = Role(person.role)
        if former is Role.ADMINISTER and role is not former:
            _keep_one(person)
            _withdraw_invitations(person)
        person.role = role
        person.save(update_fields=["role"])
    return former


def set_active(person: Person, *, active: bool) -> None:
    """Lets a person in again, or no longer; their open invitations end with it.

    Raises:
        LastAdministrator: nothing was changed.
    """
    with transaction.atomic():
        if not active:
            _keep_one(person)
            _withdraw_invitations(person)
        person.user.is_active = active
        person.user.save(update_fields=["is_active"])


def _keep_one(person: Person) -> None:
    """Refuses to go on where nobody but this person is an active administrator."""
    if Role(person.role) is not Role.ADMINISTER or not person.user.is_active:
        return
    # Locked where the database can: of two who let each other go at once, the second sees what the first has done.
    remaining = Person.objects.select_for_update().filter(role=Role.ADMINISTER, user__is_active=True)
    if all(one.pk == person.pk for one in remaining):
        raise LastAdministrator(person.user.get_username())


def _withdraw_invitations(person: Person) -> None:
    Invitation.objects.filter(invited_by=person.user.get_username(), used=None).delete()
