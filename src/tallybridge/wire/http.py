"""The door to one HTTP server: verified TLS, kept connections, whole replies or an error.

A door never follows a redirect, never repeats a request, and takes no proxy from the environment: what was sent, and how often,
is always known to the caller.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from types import TracebackType
from typing import Self

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util import parse_url

from tallybridge import __version__
from tallybridge.wire.certificate import PresentedCertificate, Trust, presented_certificate
from tallybridge.wire.connections import PlainConnection, SecuredConnection
from tallybridge.wire.transport import TransportFailed, TransportKind, transport_failure

__all__ = ["HttpDoor", "HttpReply", "PresentedCertificate", "TransportFailed", "TransportKind", "Trust", "presented_certificate"]

_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A whole reply. `headers` ignores case; `body` is decompressed and as long as was announced."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpDoor:
    """One server's door; safe to use from several threads, each call on a connection of its own.

    Args:
        url: `http://` or `https://`, host, port, and perhaps a path that every call starts with.
        trust: how the certificate is recognized; None means the system's certificate authorities. Without meaning for http.
        connections: how many are kept and used at once; a further call waits for one.
        connect_timeout, read_timeout: seconds without any progress after which a call is given up.

    Raises:
        ValueError: the address or the CA file cannot be used.
    """

    def __init__(
        self,
        url: str,
        *,
        trust: Trust | None = None,
        connections: int = 2,
        connect_timeout: float = 10,
        read_timeout: float = 60,
        user_agent: str = f"Tallybridge/{__version__}",
    ) -> None:
        try:
            parts = parse_url(url)
        except LocationParseError as error:
            raise ValueError(f"{url!r} is no address of a server.") from error
        if parts.auth:
            raise ValueError("The address of a server must hold no user and no password; they have settings of their own.")
        if parts.scheme not in ("http", "https") or not parts.host or parts.query or parts.fragment:
            raise ValueError(f"{url!r} is no address of a server: 'http://' or 'https://', a host, and perhaps a port and a path are expected.")
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._prefix = (parts.path or "").rstrip("/")
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._standing_headers = {"User-Agent": user_agent}
        self._trust = trust or Trust()
        if parts.scheme == "http":
            self._pool = HTTPConnectionPool(parts.host, parts.port, maxsize=connections, block=True)
            self._pool.ConnectionCls = PlainConnection
            return
        pinned = self._trust.fingerprint
        self._pool = HTTPSConnectionPool(
            parts.host,
            parts.port,
            maxsize=connections,
            block=True,
            ssl_context=self._trust.context(),
            cert_reqs="CERT_NONE" if pinned else "CERT_REQUIRED",
            assert_fingerprint=pinned.removeprefix("sha256:") if pinned else None,
        )
        self._pool.ConnectionCls = SecuredConnection

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        timeout: float | None = None,
    ) -> HttpReply:
        """Sends one request and returns the whole reply, whatever its status.

        Args:
            path: begins with `/`; query included, already encoded.
            timeout: seconds for the whole call; it never lengthens the door's own timeouts.

        Raises:
            TransportFailed: there is no whole reply.
        """
        allowed = self._read_timeout if timeout is None else min(timeout, self._read_timeout)
        latest = None if timeout is None else time.monotonic() + timeout
        try:
            response = self._pool.urlopen(
                method,
                self._prefix + path,
                body=body,
                headers={**self._standing_headers, **headers},
                retries=False,
                redirect=False,
                assert_same_host=False,
                timeout=Timeout(connect=min(self._connect_timeout, allowed), read=allowed),
                pool_timeout=ceil(allowed),
                preload_content=False,
            )
            return HttpReply(response.status, response.headers, self._whole_body(response, latest))
        except (HTTPError, OSError) as error:
            raise transport_failure(error, origin=self.origin, trust=self._trust) from error

    def _whole_body(self, response: BaseHTTPResponse, latest: float | None) -> bytes:
        """Reads piece by piece, so that a server that trickles cannot outlast the call's time."""
        pieces: list[bytes] = []
        whole = False
        try:
            encoded = "Content-Encoding" in response.headers
            while piece := response.read1(_PIECE, decode_content=encoded):
                pieces.append(piece)
                if latest is not None and time.monotonic() > latest:
                    raise TimeoutError
            whole = True
        finally:
            if not whole:
                response.close()
            response.release_conn()
        return b"".join(pieces)

    def close(self) -> None:
        """Closes every kept connection. May be called more than once; a later `send` fails."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
