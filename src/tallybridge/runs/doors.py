"""Configuration → the two doors of an integration: where settings become a source and a destination. Each fetches only its own secrets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tallybridge.billing.eligibility import usability_reason
from tallybridge.billing.linking import Link
from tallybridge.billing.model import License, Rules
from tallybridge.configuration.records import BusinessHubSourceSettings, Configuration, KscSourceSettings
from tallybridge.configuration.secrets import resolve_all
from tallybridge.destinations.base import Destination
from tallybridge.destinations.tigerpaw import TigerpawDestination, TigerpawSettings, load_dialect
from tallybridge.runs.configuring import kept_secrets
from tallybridge.runs.importing import exports_in_force
from tallybridge.sources.base import Clock, Source
from tallybridge.sources.business_hub import BusinessHubSource
from tallybridge.sources.ksc import KscSettings, KscSource
from tallybridge.wire.certificate import Trust
from tallybridge.wire.retrying import Patience
from tallybridge.wire.secret import Secret

_HURRIED = {"connect_timeout": 3.0, "read_timeout": 8.0, "patience": Patience(attempts=1)}
"""Seconds."""


def require_secrets(configuration: Configuration) -> None:
    """Asks for the secrets of both sides at once, before either door is opened.

    Raises:
        MissingSecret: all that are missing, together; nothing was contacted.
    """
    resolve_all(configuration, kept=kept_secrets(configuration))


def open_source(configuration: Configuration, rules: Rules, clock: Clock, *, among_processes: bool = False) -> Source:
    """The integration's source, not yet contacted.

    Args:
        among_processes: whether other processes read from it at the same time, within the same sessions.

    Raises:
        MissingSecret: its password is missing.
    """
    if isinstance(configuration.source, BusinessHubSourceSettings):
        return _business_hub(configuration.integration.name, configuration.source, clock)
    return _security_center(configuration, configuration.source, rules, clock, among_processes=among_processes)


def _business_hub(integration: str, settings: BusinessHubSourceSettings, clock: Clock) -> Source:

    return BusinessHubSource(lambda: exports_in_force(integration, settings.folder), clock=clock, most_days=settings.export_days)


def _security_center(configuration: Configuration, settings: KscSourceSettings, rules: Rules, clock: Clock, *, among_processes: bool) -> Source:
    def worth_reading(license: License) -> bool:
        return usability_reason(license, now=clock(), rules=rules) is None

    server = KscSettings(
        url=settings.url,
        user=settings.user,
        password=settings.password.resolve(kept=kept_secrets(configuration)),
        trust=Trust(fingerprint=settings.fingerprint, ca_file=settings.ca_file),
        max_sessions=settings.max_sessions,
        calls_per_second=settings.calls_per_second,
        sessions_elsewhere=among_processes,
    )
    chunks = {"key_chunk": settings.key_chunk, "seat_chunk": settings.seat_chunk, "host_chunk": settings.host_chunk}
    chosen: dict[str, Any] = {name: size for name, size in chunks.items() if size is not None}
    return KscSource(replace(server, **chosen), clock=clock, eligible=worth_reading)


def open_destination(configuration: Configuration, clock: Clock, *, writing: bool = True, hurried: bool = False) -> Destination:
    """The integration's PSA, not yet contacted.

    Args:
        writing: whether it is to be written; for reading alone neither the dialect nor the SOAP password is needed.
        hurried: whether a person waits for the answer: each call has a few seconds, and a failed one is not repeated.

    Raises:
        MissingSecret: one of its secrets is missing.
        DialectError: the dialect is unknown or its file is wrong.
    """
    settings = configuration.destination
    kept = kept_secrets(configuration)
    soap = writing and settings.write_mode == "soap"
    dialect = load_dialect(settings.dialect, beside=Path.cwd()) if soap and settings.dialect is not None else None
    soap_password = settings.soap_password.resolve(kept=kept) if soap and settings.soap_password is not None else Secret("")
    waits: dict[str, Any] = _HURRIED if hurried else {}
    return TigerpawDestination(
        TigerpawSettings(
            url=settings.url,
            public_key=settings.public_key,
            private_key=settings.private_key.resolve(kept=kept),
            soap_user=settings.soap_user or "",
            soap_password=soap_password,
            external_product=settings.external_product,
            dialect=dialect,
            trust=Trust(fingerprint=settings.fingerprint, ca_file=settings.ca_file),
            date_header=settings.date_header,
            paging_names=settings.paging_names,
            page_size=settings.page_size,
            **waits,
        ),
        clock=clock,
    )


def links_of(configuration: Configuration) -> tuple[Link, ...]:
    """The configured links as the rules see them."""
    return tuple(
        Link(account=link.account, tenant_name=link.tenant, tenant_id=link.tenant_id, agreement=link.agreement, billing=link.billing)
        for link in configuration.links
    )
