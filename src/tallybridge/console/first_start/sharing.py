"""A further integration into the Tigerpaw of another one: its address and keys are taken over, so that nobody has to give them again."""

from __future__ import annotations

from tallybridge.configuration.errors import ConfigurationError
from tallybridge.console import integrations
from tallybridge.console.first_start.draft import Answers, keep_secret
from tallybridge.runs.configuring import Configured, kept_secrets

_SETTINGS = ("url", "public_key", "external_product", "write_mode", "soap_user", "dialect", "fingerprint")


def offered() -> tuple[tuple[str, str], ...]:
    """Names and Tigerpaw addresses of the integrations in force."""
    return tuple((one.configuration.integration.name, one.configuration.destination.url) for one in integrations.all_configured())


def take(name: str) -> Answers | None:
    """The answers that make the same Tigerpaw, its secrets sealed for the assistant; None where there is no such integration, or a secret of it."""
    found = next((one for one in integrations.all_configured() if one.configuration.integration.name == name), None)
    if found is None:
        return None
    try:
        _take_secrets(found)
    except ConfigurationError:
        return None
    settings = found.configuration.destination
    told = {one: getattr(settings, one) for one in _SETTINGS}
    if settings.ca_file is not None:
        told["ca_file"] = str(settings.ca_file)
    return {one: value for one, value in told.items() if value not in (None, "")}


def _take_secrets(found: Configured) -> None:
    settings, kept = found.configuration.destination, kept_secrets(found.configuration)
    keep_secret("destination.private_key", settings.private_key.resolve(kept=kept).reveal())
    if settings.write_mode == "soap" and settings.soap_password is not None:
        keep_secret("destination.soap_password", settings.soap_password.resolve(kept=kept).reveal())
