"""One kept connection to a server: urllib3 makes it and proves whose it is, httptools takes the replies apart.

What urllib3 and the standard library do around every call (a parser for mail reads the headers, a request goes out in two pieces) costs a
client more than its call does, encryption included (docs/performance.md).
"""

from __future__ import annotations

import gzip
import ssl
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from httptools import HttpParserError, HttpResponseParser
from urllib3 import exceptions
from urllib3.connection import HTTPConnection

_PIECE = 1 << 16


class ReplyHeaders(Mapping[str, str]):
    """A reply's headers; their names are the same in any case. One that came several times holds all its values, with commas between them."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def add(self, name: str, value: str) -> None:
        """Takes one header line."""
        lower = name.lower()
        self._values[lower] = f"{self._values[lower]}, {value}" if lower in self._values else value


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A whole reply. `headers` ignores case; `body` is decompressed and as long as was announced."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connection:
    """A connection that is opened with its first call and kept; used by one thread at a time."""

    def __init__(self, opening: HTTPConnection) -> None:
        self._opening = opening

    def exchange(self, request: bytes, *, connect_timeout: float, read_timeout: float, latest: float | None) -> HttpReply:
        """Sends a request in one piece and returns the whole reply. After an error the connection is closed; the next call opens it anew.

        Args:
            request: head and body, as they travel.
            connect_timeout, read_timeout: seconds without any progress after which the call is given up.
            latest: when the call must be over, by `time.monotonic`; so a server that trickles cannot outlast it.

        Raises:
            urllib3.exceptions.HTTPError, OSError: there is no whole reply.
        """
        keep = False
        try:
            self._open(connect_timeout)
            incoming = self._sent(request, read_timeout, latest)
            keep = incoming.kept_alive
            return HttpReply(incoming.status, incoming.headers, _unpacked(incoming))
        except ssl.SSLError as error:
            raise exceptions.SSLError(error) from error
        finally:
            if not keep:
                self.close()

    def _open(self, timeout: float) -> None:
        # A kept connection that can be read before anything was asked has been closed by the server, or is out of step.
        if self._opening.is_connected:
            return
        self._opening.close()
        self._opening.timeout = timeout
        self._opening.connect()

    def _sent(self, request: bytes, read_timeout: float, latest: float | None) -> _Incoming:
        connected = self._opening.sock
        connected.settimeout(read_timeout)
        connected.sendall(request)
        incoming = _Incoming()
        while not incoming.whole:
            piece = connected.recv(_PIECE)
            if not piece:
                incoming.end()
                break
            incoming.take(piece)
            if latest is not None and time.monotonic() > latest:
                raise TimeoutError
        return incoming

    def close(self) -> None:
        """Closes the connection. May be called more than once."""
        self._opening.close()


class _Incoming:
    """A reply while it comes in. The methods that begin with `on_` are called by the parser."""

    def __init__(self) -> None:
        self._parser = HttpResponseParser(self)
        self._pieces: list[bytes] = []
        self._began = False
        self.status = 0
        self.headers = ReplyHeaders()
        self.whole = False
        self.kept_alive = False

    def take(self, piece: bytes) -> None:
        try:
            self._parser.feed_data(piece)
        except HttpParserError as error:
            # What follows a whole reply is not read; the connection is not used again.
            self.kept_alive = False
            if not self.whole:
                raise exceptions.ProtocolError(f"The reply is not HTTP: {error}") from error
        if self.whole:
            # The two know each other: kept together, they and the body would wait for the garbage collector.
            del self._parser

    def end(self) -> None:
        """The server has closed the connection: that ends a body whose length was not announced, and cuts off any other."""
        announced = "content-length" in self.headers or "transfer-encoding" in self.headers
        if not self._began or announced:
            raise exceptions.ProtocolError("The connection was closed before the reply was whole.")

    @property
    def body(self) -> bytes:
        return b"".join(self._pieces)

    def on_message_begin(self) -> None:
        self.kept_alive = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.whole:
            self.headers.add(name.decode("latin-1"), value.decode("latin-1"))

    def on_headers_complete(self) -> None:
        if not self.whole:
            self.status = self._parser.get_status_code()
            self._began = True

    def on_body(self, piece: bytes) -> None:
        if not self.whole:
            self._pieces.append(piece)

    def on_message_complete(self) -> None:
        if self.whole:
            return
        if 100 <= self.status < 200:  # says that the reply proper will follow
            self.headers, self._began = ReplyHeaders(), False
            return
        self.whole = True
        self.kept_alive = self._parser.should_keep_alive()


def _unpacked(incoming: _Incoming) -> bytes:
    """The body without its compression."""
    encoding = incoming.headers.get("content-encoding", "identity").lower()
    if encoding == "identity" or not incoming.body:
        return incoming.body
    try:
        if encoding in ("gzip", "x-gzip"):
            return gzip.decompress(incoming.body)
        if encoding == "deflate":
            return zlib.decompress(incoming.body)
    except (OSError, EOFError, zlib.error) as error:
        raise exceptions.DecodeError(f"The reply says that it is compressed by {encoding}, and is not.") from error
    raise exceptions.DecodeError(f"The reply is compressed by {encoding}, which was not asked for.")
