"""A password chosen by a person for a user who is about to be made, under the password rules; and the rules in words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

RULES = "At least 12 characters, not close to your name, and none of the passwords that everybody tries first."


class NewPasswordForm(forms.Form):
    """A new password twice.

    Args:
        username: whose password it will be; it must not be close to the name. A subclass that asks for the name overrides `username`.
    """

    password = forms.CharField(
        label="Password", strip=False, help_text=RULES, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False)
    )
    again = forms.CharField(label="Password again", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}))

    def __init__(self, *args: Any, username: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._username = username

    def username(self) -> str:
        """Whose password it will be."""
        return self._username

    def clean(self) -> dict[str, Any]:
        """Both must be the same, and within the rules."""
        given = super().clean() or {}
        password = given.get("password")
        if password is None:
            return given
        if "again" in given and given["again"] != password:
            self.add_error("again", "This is not the same password.")
        try:
            validate_password(password, User(username=self.username()))
        except ValidationError as broken:
            self.add_error("password", broken)
        return given
