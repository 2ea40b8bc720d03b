"""Forms of people and invitations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.contrib.auth.validators import UnicodeUsernameValidator

from tallybridge.console.models import Role
from tallybridge.console.people.keeping import name_taken

ROLE_WORDS = {
    Role.VIEW: "sees every page except people and the audit trail, changes nothing",
    Role.OPERATE: "also links customers, maps items, plans, applies and decides on holds",
    Role.ADMINISTER: "also changes settings and people, and reads the audit trail",
}


class NameField(forms.CharField):
    """A name to sign in with that nobody has yet."""

    def __init__(self, **kwargs: Any) -> None:
        attributes = {"autocapitalize": "none", "spellcheck": "false"} | kwargs.pop("attributes", {})
        super().__init__(
            label=kwargs.pop("label", "Name"),
            max_length=150,
            help_text="Letters, digits and @ . + - _; for example the mail address.",
            validators=[UnicodeUsernameValidator(message="Only letters, digits and @ . + - _ are possible, no blanks.")],
            widget=forms.TextInput(attrs=attributes),
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        """The name as it is kept."""
        name = User.normalize_username(str(super().clean(value)))
        if name_taken(name):
            raise forms.ValidationError("Somebody is called so already.")
        return name


class InviteForm(forms.Form):
    """Whom to invite, and as what."""

    name = NameField(attributes={"autocomplete": "off"})
    role = forms.ChoiceField(
        label="Role", choices=[(role.value, f"{role.label}: {words}") for role, words in ROLE_WORDS.items()], initial=Role.VIEW.value
    )


class RoleForm(forms.Form):
    """Another role."""

    role = forms.ChoiceField(label="Role", choices=[(role.value, f"{role.label}: {words}") for role, words in ROLE_WORDS.items()])
