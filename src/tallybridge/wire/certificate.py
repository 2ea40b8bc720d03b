"""Which certificate an HTTPS server must show, and what it shows in fact (KSC Open API reference 1.9).

Verification cannot be switched off: a certificate is checked against its SHA-256 fingerprint, a CA file, or the system's certificate authorities.
"""

from __future__ import annotations

import re
import socket
import ssl
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from urllib3.util import parse_url

_SHA256_HEX = re.compile(r"[0-9a-f]{64}")


def normal_fingerprint(text: str) -> str:
    """Returns a SHA-256 fingerprint as `sha256:` and 64 lower-case hex digits, whatever its case, colons and prefix were.

    Raises:
        ValueError: it is no SHA-256 fingerprint.
    """
    digits = text.strip().lower().removeprefix("sha256:").replace(":", "").replace(" ", "")
    if not _SHA256_HEX.fullmatch(digits):
        raise ValueError(
            f"{text!r} is no SHA-256 fingerprint: 'sha256:' and 64 hexadecimal digits are expected; "
            "`tallybridge fingerprint URL` shows the one of a server."
        )
    return f"sha256:{digits}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """How a server's certificate is recognized: by fingerprint, by CA file, or, with neither, by the system's certificate authorities."""

    fingerprint: str | None = None
    """SHA-256 of the certificate's DER form; hex, `sha256:` in front, colons and case as you like. The host name is then not compared."""
    ca_file: Path | None = None
    """PEM or DER file with the server's own certificate or that of its authority. The host name must be among the certificate's names."""

    def __post_init__(self) -> None:
        if self.fingerprint is not None and self.ca_file is not None:
            raise ValueError("Give either the certificate's fingerprint or a CA file, not both.")
        if self.fingerprint is not None:
            object.__setattr__(self, "fingerprint", normal_fingerprint(self.fingerprint))

    def context(self) -> ssl.SSLContext:
        """Returns a TLS context that verifies accordingly; with a fingerprint the comparison itself is the connection's part.

        Raises:
            ValueError: the CA file cannot be read or holds no certificate.
        """
        if self.fingerprint is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context
        if self.ca_file is None:
            return ssl.create_default_context()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            content = self.ca_file.read_bytes()
            # A file in DER form is what Kaspersky Security Center itself stores (klserver.cer).
            context.load_verify_locations(cadata=content.decode("ascii") if b"-----BEGIN" in content else content)
        except (OSError, ValueError, ssl.SSLError) as error:
            raise ValueError(f"The CA file {self.ca_file} cannot be used: {error}. It must hold a certificate in PEM or DER form.") from error
        # The file may hold the server's own certificate, made by the server for itself and without the extensions that public authorities add.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentedCertificate:
    """What a server shows before anything is verified. Times are UTC."""

    fingerprint: str
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    names: tuple[str, ...]
    """DNS names and IP addresses that the certificate is made for."""


def presented_certificate(url: str, *, timeout: float = 10) -> PresentedCertificate:
    """Reads the certificate that an https server shows, so that a person can compare and pin it. Verifies nothing and sends no request.

    Args:
        url: `https://host[:port]`; a missing port means 443.
        timeout: seconds for each step of connecting.

    Raises:
        ValueError: it is no https address.
        OSError: the server cannot be reached or does not speak TLS; the text says which.
    """
    parts = parse_url(url)
    if parts.scheme != "https" or not parts.host:
        raise ValueError(f"{url!r} is no https address; only an https server shows a certificate.")
    host = parts.host.strip("[]")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((host, parts.port or 443), timeout=timeout) as plain,
        context.wrap_socket(plain, server_hostname=host) as encrypted,
    ):
        shown = encrypted.getpeercert(binary_form=True)
    if shown is None:
        raise ConnectionError(f"{url} shows no certificate.")
    return _described(shown)


def _described(der: bytes) -> PresentedCertificate:
    certificate = x509.load_der_x509_certificate(der)
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        names = x509.SubjectAlternativeName([])
    return PresentedCertificate(
        fingerprint=f"sha256:{sha256(der).hexdigest()}",
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        names=(*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))),
    )
