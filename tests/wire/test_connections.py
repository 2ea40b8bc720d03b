"""Requests go out in one piece, and replies of every lawful form are read whole."""

from __future__ import annotations

import gzip
import socket
import time
import zlib

import pytest

from tallybridge.wire.http import HttpDoor, TransportFailed, TransportKind
from tests.wire.raw_server import raw_server, reply
from tests.wire.test_http import answering, hanging_up_after


@pytest.mark.parametrize(("method", "body"), [("POST", b'{"a": 1}'), ("POST", b""), ("POST", None), ("GET", None)])
def test_head_and_body_are_sent_together(method: str, body: bytes | None) -> None:
    pieces: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener, HttpDoor(f"http://127.0.0.1:{listener.getsockname()[1]}") as door:
        listener.settimeout(5)
        # Nobody answers: what was sent waits in the accepted connection.
        with pytest.raises(TransportFailed):
            door.send(method, "/path", headers={"X-One": "1"}, body=body, timeout=0.2)
        accepted, _ = listener.accept()
        with accepted:
            pieces.append(accepted.recv(1 << 16))

    (piece,) = pieces
    assert piece.startswith(f"{method} /path HTTP/1.1\r\nHost: 127.0.0.1:".encode())
    assert (b"Content-Length" in piece) is (method == "POST")
    assert piece.endswith(b"\r\n\r\n" + (body or b""))


BREAKING = [("/a b", {}), ("/a\r\nX-Two: 2", {}), ("/", {"X-One": "hush\r\nX-Two: 2"}), ("/", {"X-One": "hush\n"})]


@pytest.mark.parametrize(("path", "headers"), BREAKING)
def test_a_request_that_would_end_early_is_not_sent_and_its_value_is_not_shown(path: str, headers: dict[str, str]) -> None:
    with (
        raw_server(answering(reply(b"{}"))) as server,
        HttpDoor(f"http://127.0.0.1:{server.port}") as door,
        pytest.raises(ValueError, match="must hold n") as caught,
    ):
        door.send("GET", path, headers=headers)

    assert not server.heads
    assert "hush" not in str(caught.value)


WHOLE = [
    pytest.param(hanging_up_after(b"HTTP/1.1 200 OK\r\n\r\nabc"), b"abc", id="ends with the connection"),
    pytest.param(answering(b"HTTP/1.1 102 Processing\r\nX-Early: 1\r\n\r\n" + reply(b"abc")), b"abc", id="announced by another"),
    pytest.param(answering(b"HTTP/1.1 204 No Content\r\n\r\n"), b"", id="no content"),
    pytest.param(answering(reply(zlib.compress(b"abc"), headers="Content-Encoding: deflate\r\n")), b"abc", id="deflate"),
    pytest.param(answering(reply(gzip.compress(b"a") + gzip.compress(b"bc"), headers="Content-Encoding: gzip\r\n")), b"abc", id="two gzip members"),
]


@pytest.mark.parametrize(("conversation", "body"), WHOLE)
def test_a_whole_reply_of_any_form_is_read(conversation: object, body: bytes) -> None:
    with raw_server(conversation) as server, HttpDoor(f"http://127.0.0.1:{server.port}") as door:  # type: ignore[arg-type]
        for _ in range(2):
            answer = door.send("POST", "/", headers={}, body=b"{}", timeout=5)
            assert answer.body == body
            assert "x-early" not in answer.headers


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_a_body_in_another_compression_than_announced_or_in_an_unknown_one_is_no_reply(encoding: str) -> None:
    content = reply(gzip.compress(b"x" * 1000)[:-4] if encoding == "gzip" else b"abc", headers=f"Content-Encoding: {encoding}\r\n")
    with (
        raw_server(answering(content)) as server,
        HttpDoor(f"http://127.0.0.1:{server.port}") as door,
        pytest.raises(TransportFailed) as caught,
    ):
        door.send("GET", "/", headers={})

    assert caught.value.kind is TransportKind.BROKEN


@pytest.mark.parametrize("surplus", [b"more", reply(b"another")])
def test_what_follows_a_whole_reply_is_never_taken_for_the_next_one(surplus: bytes) -> None:
    with raw_server(answering(reply(b"{}") + surplus)) as server, HttpDoor(f"http://127.0.0.1:{server.port}") as door:
        for _ in range(2):
            assert door.send("GET", "/", headers={}).body == b"{}"

    assert server.connections == 2


def test_a_reply_that_nobody_asked_for_is_never_taken_for_the_next_one() -> None:
    def answering_twice(connection: socket.socket, head: bytes) -> None:
        connection.sendall(reply(b"asked"))
        time.sleep(0.02)
        connection.sendall(reply(b"not asked"))

    with raw_server(answering_twice) as server, HttpDoor(f"http://127.0.0.1:{server.port}") as door:
        for _ in range(2):
            assert door.send("GET", "/", headers={}).body == b"asked"
            time.sleep(0.1)


def test_a_header_that_comes_twice_holds_both_values() -> None:
    content = reply(b"", headers="WWW-Authenticate: NTLM\r\nwww-authenticate: KSCMFA\r\n")
    with raw_server(answering(content)) as server, HttpDoor(f"http://127.0.0.1:{server.port}") as door:
        assert door.send("GET", "/", headers={}).headers["WWW-Authenticate"] == "NTLM, KSCMFA"


def test_a_closed_door_sends_nothing() -> None:
    with raw_server(answering(reply(b"{}"))) as server:
        with HttpDoor(f"http://127.0.0.1:{server.port}") as door:
            door.send("GET", "/", headers={})
        with pytest.raises(TransportFailed, match="Nothing was sent"):
            door.send("GET", "/", headers={})

    assert len(server.heads) == 1
