"""Forms of signing in and of the own account."""

from __future__ import annotations

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm

from tallybridge.console.signing_in.passwords import RULES


class SignInForm(AuthenticationForm):
    """Name and password. Neither wrong name, wrong password nor a deactivated person is told from the other."""

    error_messages = {  # noqa: RUF012 - Django's own form
        "invalid_login": "Name and password do not belong together, or the person was deactivated. Capital letters matter in both.",
        "inactive": "Name and password do not belong together, or the person was deactivated. Capital letters matter in both.",
    }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        self.fields["username"].label = "Name"
        self.fields["password"].widget.attrs["autocomplete"] = "current-password"


class CodeForm(forms.Form):
    """A code of two-step verification."""

    code = forms.CharField(
        label="Code",
        max_length=20,
        help_text="Six digits from your authenticator, or one of your recovery codes.",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}),
    )


class NewCodeForm(forms.Form):
    """The first code of an authenticator that is being set up."""

    code = forms.CharField(
        label="Code that the app shows now",
        max_length=10,
        help_text="Six digits. They change every 30 seconds.",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}),
    )


class OwnPasswordForm(forms.Form):
    """The own password, asked for again before something that weakens the account's protection."""

    password = forms.CharField(label="Your password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}))


class ChangePasswordForm(PasswordChangeForm):
    """The old password and the new one twice, checked by the password rules."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        self.fields["old_password"].label = "Present password"
        self.fields["old_password"].widget.attrs.pop("autofocus", None)
        self.fields["new_password1"].label = "New password"
        self.fields["new_password1"].help_text = RULES
        self.fields["new_password2"].label = "New password again"
        self.fields["new_password2"].help_text = ""
