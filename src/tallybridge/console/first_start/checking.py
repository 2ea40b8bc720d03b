"""The live checks of the assistant: certificates, Security Center, Tigerpaw. They read only, and what they find can be kept and shown."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from tallybridge.configuration.catalog import rules_of
from tallybridge.configuration.records import Configuration
from tallybridge.destinations.tigerpaw import DialectError
from tallybridge.runs.doors import open_destination, open_source
from tallybridge.sources.base import Clock
from tallybridge.wire.certificate import presented_certificate
from tallybridge.wire.checks import Check

CERTIFICATE_SECONDS = 10

Found = dict[str, Any]


class NoCertificate(Exception):
    """The server shows none; the text says why."""


def certificate_of(url: str) -> Found:
    """The certificate that a server shows before anybody has vouched for it. No password is sent.

    Raises:
        NoCertificate: it shows none.
    """
    try:
        shown = presented_certificate(url, timeout=CERTIFICATE_SECONDS)
    except (OSError, ValueError) as error:
        raise NoCertificate(
            f"{url} shows no certificate: {error}. Check the address and the port, and that the server can be reached from this one. "
            "No password was sent."
        ) from error
    return {
        "fingerprint": shown.fingerprint,
        "names": list(shown.names),
        "subject": shown.subject,
        "issuer": shown.issuer,
        "from": f"{shown.not_before:%Y-%m-%d}",
        "until": f"{shown.not_after:%Y-%m-%d}",
    }


def source_checks(configuration: Configuration, clock: Clock) -> list[Found]:
    """Connection, certificate, sign-in, version and list of virtual servers."""
    try:
        with closing(open_source(configuration, rules_of(configuration), clock)) as source:
            return [_plain(one) for one in source.checks()]
    except ValueError as error:
        return [_refused("Kaspersky Security Center: address", str(error))]


def destination_checks(configuration: Configuration, clock: Clock) -> list[Found]:
    """Connection, keys, clock, External Product, and what SOAP needs."""
    try:
        with closing(open_destination(configuration, clock)) as destination:
            return [_plain(one) for one in destination.checks()]
    except DialectError as error:
        return [_refused("Dialect", str(error))]
    except ValueError as error:
        return [_refused("Tigerpaw connection", str(error))]


def passed(found: list[Found]) -> bool:
    """Whether nothing is wrong; what only a first write can prove is not."""
    return bool(found) and all(one["ok"] is not False for one in found)


def _plain(check: Check) -> Found:
    return {"name": check.name, "ok": check.ok, "detail": check.detail, "advice": check.advice}


def _refused(name: str, detail: str) -> Found:
    return {"name": name, "ok": False, "detail": detail, "advice": ""}
