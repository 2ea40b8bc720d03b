"""What must hold before Kaspersky Security Center can be read, tested in order, with what to click where it does not (`doctor`)."""

from __future__ import annotations

from collections.abc import Callable

from tallybridge.sources.base import SourceFailed, TenantListing
from tallybridge.sources.ksc.errors import NotThatServer, SignInRefused
from tallybridge.sources.ksc.outcomes import RIGHTS_ADVICE
from tallybridge.sources.ksc.settings import KscSettings
from tallybridge.wire.checks import Check
from tallybridge.wire.transport import TransportFailed, TransportKind

_ADVICE = {
    "address": "Check the address (port 13299 unless it was changed: properties of the Administration Server, Connection settings), "
    "the firewall, and that the service of the Administration Server runs.",
    "certificate": "Run `tallybridge fingerprint URL`, compare the fingerprint with the certificate in the properties of the "
    "Administration Server, and pin it.",
    "sign-in": "Use an internal user of Kaspersky Security Center (Users and roles, Users, Add) with the right password, not blocked, "
    "and excluded from two-step verification.",
    "main server": "Create the internal user on the main Administration Server, not on a virtual one.",
    "version": "",
    "virtual servers": RIGHTS_ADVICE,
}
_ORDER = tuple(_ADVICE)


def prerequisites(settings: KscSettings, list_tenants: Callable[[], TenantListing]) -> tuple[Check, ...]:
    """Tries to list the tenants and says how far that went. What comes after a failure is not checked."""
    try:
        listing = list_tenants()
    except SourceFailed as failure:
        return _up_to(_failed_at(failure.__cause__), str(failure), settings)
    enabled = sum(tenant.enabled for tenant in listing.tenants)
    details = {
        "sign-in": f"{settings.user!r} is accepted",
        "main server": "it is the main server",
        "version": listing.version,
        "virtual servers": f"{len(listing.tenants)}, of which {enabled} are enabled",
    }
    return tuple(_passed(name, settings, details.get(name, "")) for name in _ORDER)


def _failed_at(cause: BaseException | None) -> str:
    if isinstance(cause, TransportFailed):
        return "certificate" if cause.kind is TransportKind.CERTIFICATE else "address"
    if isinstance(cause, SignInRefused):
        return "sign-in"
    if isinstance(cause, NotThatServer):
        return "main server"
    return "virtual servers"


def _up_to(failed: str, sentence: str, settings: KscSettings) -> tuple[Check, ...]:
    position = _ORDER.index(failed)
    # A list that cannot be read says nothing about the two checks whose values come with it.
    unproved = {"main server", "version"} if failed == "virtual servers" else set()
    return (
        *(_unchecked(name) if name in unproved else _passed(name, settings, "") for name in _ORDER[:position]),
        Check(name=f"Kaspersky Security Center: {failed}", ok=False, detail=sentence, advice=_ADVICE[failed]),
        *(_unchecked(name) for name in _ORDER[position + 1 :]),
    )


def _unchecked(name: str) -> Check:
    return Check(name=f"Kaspersky Security Center: {name}", ok=None, detail="not checked, because an earlier check failed")


def _passed(name: str, settings: KscSettings, detail: str) -> Check:
    if name == "address":
        detail = f"{settings.url} answers"
    if name == "certificate":
        return _certificate(settings)
    return Check(name=f"Kaspersky Security Center: {name}", ok=True, detail=detail)


def _certificate(settings: KscSettings) -> Check:
    name = "Kaspersky Security Center: certificate"
    if not settings.url.startswith("https://"):
        return Check(name=name, ok=None, detail="not checked, because the connection is not encrypted", advice="Use the https:// address.")
    if settings.trust.fingerprint:
        return Check(name=name, ok=True, detail=f"it is the pinned one, {settings.trust.fingerprint}")
    if settings.trust.ca_file:
        return Check(name=name, ok=True, detail=f"it is verified by {settings.trust.ca_file}")
    return Check(name=name, ok=True, detail="it is verified by the system's certificate authorities")
