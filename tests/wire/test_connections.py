"""A request goes out in one piece."""

from __future__ import annotations

import socket
from typing import cast

import pytest
from urllib3.connection import HTTPConnection

from tallybridge.wire.connections import PlainConnection, SecuredConnection


class _Sent:
    """Stands for an open socket, and keeps each piece that is sent."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def sendall(self, piece: bytes) -> None:
        self.pieces.append(piece)

    def settimeout(self, seconds: float | None) -> None:
        pass


@pytest.mark.parametrize("kind", [PlainConnection, SecuredConnection])
@pytest.mark.parametrize(("method", "body"), [("POST", b'{"a": 1}'), ("POST", b""), ("GET", None)])
def test_head_and_body_are_sent_together(kind: type[HTTPConnection], method: str, body: bytes | None) -> None:
    connection, sent = kind("127.0.0.1", 1), _Sent()
    connection.sock = _as_socket(sent)
    connection.request(method, "/path", body=body, headers={"X-One": "1"})
    (piece,) = sent.pieces
    assert piece.startswith(f"{method} /path HTTP/1.1\r\n".encode())
    assert piece.endswith(b"\r\n\r\n" + (body or b""))


def test_a_request_that_cannot_be_put_together_sends_nothing_and_leaves_nothing_behind() -> None:
    connection, sent = PlainConnection("127.0.0.1", 1), _Sent()
    connection.sock = _as_socket(sent)
    with pytest.raises(ValueError, match="Invalid header value"):
        connection.request("GET", "/", headers={"X-One": "1\r\nX-Two: 2"})
    assert sent.pieces == []
    connection.send(b"at once")
    assert sent.pieces == [b"at once"]


def _as_socket(sent: _Sent) -> socket.socket:
    return cast(socket.socket, sent)
