"""Configuration → the two doors of an integration: where settings become a source and a destination."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tallybridge.billing.eligibility import usability_reason
from tallybridge.billing.linking import Link
from tallybridge.billing.model import License, Rules
from tallybridge.configuration.records import Configuration
from tallybridge.configuration.secrets import resolve_all
from tallybridge.destinations.base import Destination
from tallybridge.destinations.tigerpaw import TigerpawDestination, TigerpawSettings, load_dialect
from tallybridge.runs.configuring import kept_secrets
from tallybridge.sources.base import Clock, Source
from tallybridge.sources.ksc import KscSettings, KscSource
from tallybridge.wire.certificate import Trust
from tallybridge.wire.secret import Secret


def open_source(configuration: Configuration, rules: Rules, clock: Clock) -> Source:
    """The integration's source, not yet contacted.

    Raises:
        ConfigurationError: a secret is missing.
    """
    settings = configuration.source
    secrets = resolve_all(configuration, kept=kept_secrets(configuration))

    def worth_reading(license: License) -> bool:
        return usability_reason(license, now=clock(), rules=rules) is None

    server = KscSettings(
        url=settings.url,
        user=settings.user,
        password=secrets.source_password,
        trust=Trust(fingerprint=settings.fingerprint, ca_file=settings.ca_file),
        max_sessions=settings.max_sessions,
    )
    chunks = {"key_chunk": settings.key_chunk, "seat_chunk": settings.seat_chunk, "host_chunk": settings.host_chunk}
    chosen: dict[str, Any] = {name: size for name, size in chunks.items() if size is not None}
    server = replace(server, **chosen)
    return KscSource(server, clock=clock, eligible=worth_reading)


def open_destination(configuration: Configuration, clock: Clock) -> Destination:
    """The integration's PSA, not yet contacted.

    Raises:
        ConfigurationError: a secret is missing.
        DialectError: the dialect is unknown or its file is wrong.
    """
    settings = configuration.destination
    secrets = resolve_all(configuration, kept=kept_secrets(configuration))
    dialect = load_dialect(settings.dialect, beside=Path.cwd()) if settings.write_mode == "soap" and settings.dialect is not None else None
    return TigerpawDestination(
        TigerpawSettings(
            url=settings.url,
            public_key=settings.public_key,
            private_key=secrets.private_key,
            soap_user=settings.soap_user or "",
            soap_password=secrets.soap_password or Secret(""),
            external_product=settings.external_product,
            dialect=dialect,
            trust=Trust(fingerprint=settings.fingerprint, ca_file=settings.ca_file),
            date_header=settings.date_header,
            paging_names=settings.paging_names,
            page_size=settings.page_size,
        ),
        clock=clock,
    )


def links_of(configuration: Configuration) -> tuple[Link, ...]:
    """The configured links as the rules see them."""
    return tuple(
        Link(account=link.account, tenant_name=link.tenant, tenant_id=link.tenant_id, agreement=link.agreement, billing=link.billing)
        for link in configuration.links
    )
