"""Connections that send a request in one piece.

The library sends head and body one after the other, each as a TLS record and a packet of its own; together they cost both sides less.
"""

from __future__ import annotations

from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection


class PlainConnection(HTTPConnection):
    """A connection without TLS."""

    _pieces: list[bytes] | None = None

    def request(self, *arguments: Any, **more: Any) -> None:
        """Sends a request whose body, if any, is bytes."""
        pieces: list[bytes] = []
        self._pieces = pieces
        try:
            super().request(*arguments, **more)
        finally:
            self._pieces = None
        self.send(b"".join(pieces))

    def send(self, data: Any) -> None:
        """Sends at once, or with the whole request while one is being put together."""
        if self._pieces is None:
            super().send(data)
        else:
            self._pieces.append(data)


class SecuredConnection(PlainConnection, HTTPSConnection):
    """A connection with TLS."""
