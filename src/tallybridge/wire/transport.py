"""How a call to the outside can fail before it has an answer, in words for people."""

from __future__ import annotations

import re
import ssl
from enum import StrEnum

from urllib3 import exceptions

from tallybridge.wire.certificate import Trust

_PRESENTED = re.compile(r'got "([0-9a-f]{64})"')
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"})
_NO_COMMON_TLS = frozenset(
    {"UNSUPPORTED_PROTOCOL", "NO_PROTOCOLS_AVAILABLE", "TLSV1_ALERT_PROTOCOL_VERSION", "SSLV3_ALERT_HANDSHAKE_FAILURE", "DH_KEY_TOO_SMALL"}
)


class TransportKind(StrEnum):
    """What went wrong. After `UNREACHABLE` and `CERTIFICATE` the request was certainly not sent; after the others it may have been acted on."""

    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    TIMED_OUT = "timed_out"
    BROKEN = "broken"
    """The connection was lost, or the reply was cut short."""


class TransportFailed(Exception):
    """A call had no whole answer. The text is one sentence or two for a person and carries no secret (L11)."""

    def __init__(self, kind: TransportKind, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind


def transport_failure(error: Exception, *, origin: str, trust: Trust) -> TransportFailed:
    """Says in words what an error of urllib3 means for a call to `origin` (scheme, host and port)."""
    if isinstance(error, exceptions.SSLError):
        return _tls_failure(error, origin=origin, trust=trust)
    if isinstance(error, exceptions.NameResolutionError):
        return TransportFailed(TransportKind.UNREACHABLE, f"The host name in {origin} could not be resolved. Check the address.")
    if isinstance(error, exceptions.NewConnectionError):
        return TransportFailed(
            TransportKind.UNREACHABLE, f"{origin} could not be reached. Check the address and port, the firewall, and that the server runs."
        )
    if isinstance(error, exceptions.ConnectTimeoutError):
        return TransportFailed(
            TransportKind.UNREACHABLE, f"{origin} did not accept a connection in time. Check the address, the firewall, and that the server runs."
        )
    if isinstance(error, (exceptions.ReadTimeoutError, exceptions.EmptyPoolError, TimeoutError)):
        return TransportFailed(TransportKind.TIMED_OUT, f"{origin} did not answer in time.")
    return TransportFailed(TransportKind.BROKEN, f"The connection to {origin} was lost before the reply was complete.")


def _tls_failure(error: exceptions.SSLError, *, origin: str, trust: Trust) -> TransportFailed:
    cause = error.args[0] if error.args else None
    presented = _PRESENTED.search(str(error))
    if presented:
        return TransportFailed(
            TransportKind.CERTIFICATE,
            f"{origin} shows the certificate sha256:{presented[1]}, but {trust.fingerprint} is the one that was pinned. "
            "If the server's certificate was renewed, compare the new fingerprint on the server itself and pin it; "
            "if not, somebody may be in between. Nothing was sent.",
        )
    if isinstance(cause, ssl.SSLCertVerificationError):
        return TransportFailed(
            TransportKind.CERTIFICATE,
            f"The certificate of {origin} cannot be verified: {cause.verify_message}. `tallybridge fingerprint {origin}` shows it; "
            "compare it on the server itself and pin its fingerprint, or name its authority's file. Nothing was sent.",
        )
    reason = getattr(cause, "reason", None)
    if reason in _NO_TLS:
        return TransportFailed(TransportKind.UNREACHABLE, f"{origin} does not speak TLS on this port. Check the port and whether it must be http://.")
    if reason in _NO_COMMON_TLS:
        return TransportFailed(TransportKind.UNREACHABLE, f"{origin} offers no TLS version or cipher that is safe to use (TLS 1.2 is the least).")
    return TransportFailed(TransportKind.BROKEN, f"The connection to {origin} was lost before the reply was complete.")
