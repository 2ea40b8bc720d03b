"""A form for each section of the settings, made from the tables of the configuration file, so that nothing has to be said twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from tallybridge.configuration.connection_values import SecretValue
from tallybridge.configuration.records import Configuration
from tallybridge.configuration.table import Setting
from tallybridge.configuration.values import Choice, Duration, Flag, TimeOfDay, TimeZone, TwoNames, WholeNumber
from tallybridge.console.setting_up.reading import plain
from tallybridge.console.setting_up.sections import Section, label_of, record_of

_PLAIN = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}
READ_ONLY = ("kind", "name", "fingerprint", "ca_file")
"""Not changed by typing: they stay as they were made, or a certificate is compared on a page of its own."""
_CHOICES = {
    "approve": "A person: the day is planned by itself, and somebody approves before anything is written",
    "automatic": "Tallybridge: what no guard holds is written by itself",
    "worklist": "A person enters charges from a worklist; Tallybridge reads back whether they are right",
    "soap": "Tallybridge writes charges by SOAP calls; needs an API user and a dialect",
    "used": "Every key seen in use at the customer",
    "installed": "Only keys in the customer's own storage",
}


class SectionForm(forms.Form):
    """The settings of one section; what is typed is checked by the reader of configuration files, not here."""

    version = forms.CharField(widget=forms.HiddenInput)
    """Address of the configuration that the person looked at."""

    def given(self) -> dict[str, Any]:
        """What was typed, by setting, as a configuration file would spell it."""
        return {name: _as_in_a_file(field, self.cleaned_data.get(name)) for name, field in self.fields.items() if name != "version"}

    def settings(self) -> list[forms.BoundField]:
        """The fields a person sees."""
        return [field for field in self if field.name != "version"]


def editable(section: Section) -> tuple[Setting, ...]:
    """The settings of a section that are typed."""
    return tuple(one for one in section.settings if one.name not in READ_ONLY)


def form_of(
    section: Section, configuration: Configuration, version: str, posted: Mapping[str, Any] | None = None, *, automatic: bool = True
) -> SectionForm:
    """The form of a section, filled with what is in force or with what was sent.

    Args:
        automatic: whether writing by itself is offered.
    """
    record = record_of(configuration, section.table)
    fields = {one.name: _field(one, getattr(record, one.name), automatic=automatic) for one in editable(section)}
    made: type[SectionForm] = type(f"{section.name.capitalize()}Form", (SectionForm,), fields)
    return made(posted, initial={"version": version})


def _field(setting: Setting, value: Any, *, automatic: bool) -> forms.Field:
    told: dict[str, Any] = {"label": label_of(setting.name), "help_text": plain(setting.sentence), "required": False, "initial": value}
    match setting.kind:
        case Flag():
            return forms.BooleanField(**told)
        case Choice(allowed):
            offered = [(str(one), _CHOICES.get(str(one), str(one))) for one in allowed if automatic or one != "automatic"]
            widget = forms.RadioSelect if any(str(one) in _CHOICES for one in allowed) else forms.Select
            return forms.ChoiceField(**told | {"required": True}, choices=offered, widget=widget)
        case WholeNumber():
            limits: dict[str, Any] = {"min": setting.kind.minimum} | ({"max": setting.kind.maximum} if setting.kind.maximum is not None else {})
            return forms.IntegerField(**told, widget=forms.NumberInput(attrs=limits))
        case Duration():
            limits = {"min": setting.kind.minimum, "max": setting.kind.maximum, "step": "any"}
            return forms.FloatField(**told, widget=forms.NumberInput(attrs=limits))
        case TimeOfDay():
            return forms.CharField(**told | {"initial": setting.kind.write(value)}, widget=forms.TextInput(attrs={"type": "time"}))
        case TimeZone():
            return forms.CharField(**told, widget=forms.TextInput(attrs={**_PLAIN, "list": "time-zones"}))
        case TwoNames():
            return forms.CharField(**told | {"initial": ", ".join(value), "help_text": f"{plain(setting.sentence)} Separated by a comma."})
        case SecretValue():
            said = "Set. Leave it empty to keep it; it is never shown." if value is not None else "Not set. Kept sealed and never shown again."
            secret = forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False)
            return forms.CharField(**told | {"initial": None, "help_text": said}, strip=False, widget=secret)
        case _:
            return forms.CharField(**told, strip=setting.name != "external_product", widget=forms.TextInput(attrs=_PLAIN))


def _as_in_a_file(field: forms.Field, value: Any) -> Any:
    if field.label == label_of("paging_names") and isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    if isinstance(value, float) and value == int(value):
        return int(value)
    return value


class UploadForm(forms.Form):
    """A configuration file, and the secrets that do not stand in it."""

    file = forms.FileField(
        label="Configuration file",
        help_text="As “Export” writes it. The integration that it names is changed; one with a new name is added.",
        widget=forms.ClearableFileInput(attrs={"accept": ".toml,text/plain"}),
    )
    source_password = forms.CharField(label="Password of the source", required=False, strip=False)
    destination_private_key = forms.CharField(label="REST private key of Tigerpaw", required=False, strip=False)
    destination_soap_password = forms.CharField(label="Password of the API user", required=False, strip=False)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for name in ("source_password", "destination_private_key", "destination_soap_password"):
            self.fields[name].widget = forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False)
            self.fields[name].help_text = "Only where the file does not hold it. Empty: the one that is kept here stays."

    def secrets(self) -> dict[str, str]:
        """The secrets that were typed, by place."""
        places = {"source_password": "source.password", "destination_private_key": "destination.private_key"}
        places |= {"destination_soap_password": "destination.soap_password"}
        return {place: self.cleaned_data[name] for name, place in places.items() if self.cleaned_data.get(name)}
