"""The door to one HTTP server: verified TLS, kept connections, whole replies or an error.

A door never follows a redirect, never repeats a request, and takes no proxy from the environment: what was sent, and how often,
is always known to the caller.
"""

from __future__ import annotations

import queue
import re
import ssl
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util import Url, parse_url

from tallybridge import __version__
from tallybridge.wire.certificate import PresentedCertificate, Trust, presented_certificate
from tallybridge.wire.connections import Connection, HttpReply
from tallybridge.wire.transport import TransportFailed, TransportKind, transport_failure

__all__ = ["HttpDoor", "HttpReply", "PresentedCertificate", "TransportFailed", "TransportKind", "Trust", "presented_certificate"]

_NOT_IN_A_PATH: Final = re.compile(r"[\x00-\x20\x7f]")
_NOT_IN_A_HEADER: Final = re.compile(r"[\x00\r\n]")


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
        self._standing_headers = {"Host": parts.netloc or "", "Accept-Encoding": "identity", "User-Agent": user_agent}
        self._trust = trust or Trust()
        self._closed = False
        # The last one given back is the first one taken, so that what is not needed stays unopened.
        self._free: queue.LifoQueue[Connection] = queue.LifoQueue()
        context = self._trust.context() if parts.scheme == "https" else None
        for _ in range(connections):
            self._free.put(Connection(_unopened(parts, context, self._trust)))

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
        request = _written(method, self._prefix + path, {**self._standing_headers, **headers}, body)
        if self._closed:
            raise TransportFailed(TransportKind.BROKEN, f"The connection to {self.origin} has been closed here. Nothing was sent.")
        try:
            connection = self._free.get(timeout=allowed)
        except queue.Empty:
            raise transport_failure(TimeoutError(), origin=self.origin, trust=self._trust) from None
        try:
            return connection.exchange(request, connect_timeout=min(self._connect_timeout, allowed), read_timeout=allowed, latest=latest)
        except (HTTPError, OSError) as error:
            raise transport_failure(error, origin=self.origin, trust=self._trust) from error
        finally:
            if self._closed:
                connection.close()
            self._free.put(connection)

    def close(self) -> None:
        """Closes every kept connection. May be called more than once; a later `send` fails."""
        self._closed = True
        free: list[Connection] = []
        while not self._free.empty():
            free.append(self._free.get())
        for connection in free:
            connection.close()
            self._free.put(connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _unopened(parts: Url, context: ssl.SSLContext | None, trust: Trust) -> HTTPConnection:
    host = (parts.host or "").strip("[]")
    if context is None:
        return HTTPConnection(host, parts.port)
    pinned = trust.fingerprint
    return HTTPSConnection(
        host,
        parts.port,
        ssl_context=context,
        cert_reqs="CERT_NONE" if pinned else "CERT_REQUIRED",
        assert_fingerprint=pinned.removeprefix("sha256:") if pinned else None,
    )


def _written(method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
    """A request as it travels.

    Raises:
        ValueError: a path or a header holds what would end it early.
    """
    if _NOT_IN_A_PATH.search(target):
        raise ValueError("A path must hold neither spaces nor control characters; encode it first.")
    lines = [f"{method} {target} HTTP/1.1"]
    for name, value in headers.items():
        if _NOT_IN_A_HEADER.search(value):
            raise ValueError(f"The header {name} must hold no line break.")
        lines.append(f"{name}: {value}")
    if body is not None or method != "GET":
        lines.append(f"Content-Length: {len(body or b'')}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")
