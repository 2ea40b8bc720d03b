"""Forms of the first start."""

from __future__ import annotations

from zoneinfo import available_timezones

from django import forms

from tallybridge.console.exports import ExportedField, ExportsField
from tallybridge.console.people.forms import NameField
from tallybridge.console.signing_in.passwords import NewPasswordForm

_PLAIN = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}
_KEPT = "Kept sealed and never shown again."


class FirstAdministratorForm(NewPasswordForm):
    """The code of the terminal, and who the first administrator is."""

    field_order = ("code", "name", "password", "again")
    code = forms.CharField(
        label="One-time code",
        max_length=40,
        help_text="The server's terminal shows it, such as 7KQF-2MXP-9RTD.",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    name = NameField(label="Your name", attributes={"autocomplete": "username"})

    def username(self) -> str:
        """The name that is being chosen."""
        return str(self.cleaned_data.get("name", ""))


class SourceForm(forms.Form):
    """How Kaspersky Security Center is reached."""

    url = forms.CharField(
        label="Address",
        help_text="Address and Open API port of the main Administration Server, such as https://ksc.example:13299",
        widget=forms.TextInput(attrs={**_PLAIN, "inputmode": "url"}),
    )
    user = forms.CharField(
        label="User", help_text="An internal user that may read every virtual server, without two-step verification.", widget=forms.TextInput(_PLAIN)
    )
    password = forms.CharField(
        label="Password",
        required=False,
        strip=False,
        help_text=_KEPT,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False),
    )


class ExportsForm(forms.Form):
    """Where the exports of Business Hub come from."""

    name = forms.CharField(
        label="Name of the integration", max_length=200, help_text="For yourself; exports are kept under it, so it stays as it is afterwards."
    )
    folder = forms.CharField(
        label="Folder of exports",
        required=False,
        help_text="A folder on this server that exports are put into. Files there are only read. Exports can be sent by browser too.",
        widget=forms.TextInput(_PLAIN),
    )
    exports = ExportsField(label="Exports", required=False, help_text="Files .json, .csv or .xlsx, where they are not in the folder yet.")
    exported = ExportedField()


class DestinationForm(forms.Form):
    """How Tigerpaw is reached, and how it is written."""

    url = forms.CharField(
        label="Address",
        help_text="Address of the Tigerpaw API server without /api, such as https://tigerpaw.example",
        widget=forms.TextInput(attrs={**_PLAIN, "inputmode": "url"}),
    )
    public_key = forms.CharField(
        label="REST public key",
        help_text="In Tigerpaw: Edit > Master Tables > Rep > Account Reps > Admin > REST API Security.",
        widget=forms.TextInput(_PLAIN),
    )
    private_key = forms.CharField(
        label="REST private key",
        required=False,
        help_text=_KEPT,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False),
    )
    external_product = forms.CharField(
        label="External Product",
        strip=False,
        help_text="That billed accounts are cross-referenced to: Edit > Master Tables > Account > External Products. Capital letters matter.",
        widget=forms.TextInput(_PLAIN),
    )
    write_mode = forms.ChoiceField(
        label="How charges get into Tigerpaw",
        choices=(
            ("worklist", "A person enters them from a worklist; Tallybridge reads back whether they are right"),
            ("soap", "Tallybridge writes them by SOAP calls; needs an API user and a dialect"),
        ),
        widget=forms.RadioSelect,
    )
    soap_user = forms.CharField(
        label="API user",
        required=False,
        help_text="Made with the Tigerpaw API Users utility, bound to the External Product.",
        widget=forms.TextInput(_PLAIN),
    )
    soap_password = forms.CharField(
        label="Password of the API user",
        required=False,
        strip=False,
        help_text=_KEPT,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False),
    )
    dialect = forms.CharField(
        label="Dialect",
        required=False,
        help_text="How charges are spelled: the path of your dialect file on this server, or sandbox-0 for the sandbox of Tallybridge.",
        widget=forms.TextInput(_PLAIN),
    )


class ScheduleForm(forms.Form):
    """The integration's name and when its day is run."""

    name = forms.CharField(label="Name of the integration", max_length=200, help_text="For yourself; it stays as it is afterwards.")
    time_zone = forms.CharField(
        label="Time zone",
        help_text="It decides which day it is, and the time below is in it, such as Europe/Berlin.",
        widget=forms.TextInput(attrs={**_PLAIN, "list": "time-zones"}),
    )
    run_at = forms.TimeField(
        label="Time of the daily run",
        input_formats=["%H:%M"],
        help_text="Local time, after midnight and outside maintenance.",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": "Write a time of day such as 02:30."},
    )


def time_zones() -> list[str]:
    """Every time zone by name, those of continents and cities first."""
    return sorted(available_timezones(), key=lambda zone: ("/" not in zone, zone))
