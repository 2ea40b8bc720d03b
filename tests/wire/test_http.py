"""The door gives a whole reply or says in words why there is none."""

from __future__ import annotations

import gzip
import socket
import time
from pathlib import Path

import pytest

from tallybridge.wire.http import HttpDoor, TransportFailed, TransportKind, Trust, presented_certificate
from tests.wire.raw_server import Conversation, raw_server, reply, self_signed


def answering(content: bytes) -> Conversation:
    return lambda connection, head: connection.sendall(content)


def hanging_up_after(content: bytes) -> Conversation:
    def conversation(connection: socket.socket, head: bytes) -> None:
        connection.sendall(content)
        connection.shutdown(socket.SHUT_RDWR)

    return conversation


def test_a_reply_has_status_headers_of_any_case_and_body() -> None:
    with (
        raw_server(answering(reply(b"hello", status="404 Not Found", headers="X-Total: 7\r\n"))) as server,
        HttpDoor(f"http://127.0.0.1:{server.port}/base/") as door,
    ):
        answer = door.send("GET", "/a?b=1", headers={"X-One": "1"})

    assert (answer.status, answer.headers["x-total"], answer.body) == (404, "7", b"hello")
    assert server.heads[0].startswith(b"GET /base/a?b=1 HTTP/1.1\r\n")
    assert b"X-One: 1\r\n" in server.heads[0]
    assert b"User-Agent: Tallybridge/" in server.heads[0]


def test_a_connection_is_kept_for_the_next_call() -> None:
    with raw_server(answering(reply(b"{}"))) as server, HttpDoor(f"http://127.0.0.1:{server.port}") as door:
        for _ in range(3):
            door.send("POST", "/", headers={}, body=b"{}")

    assert server.connections == 1


def test_a_connection_that_the_server_has_closed_meanwhile_is_replaced() -> None:
    with raw_server(hanging_up_after(reply(b"{}"))) as server, HttpDoor(f"http://127.0.0.1:{server.port}") as door:
        door.send("GET", "/", headers={})
        time.sleep(0.05)
        assert door.send("GET", "/", headers={}).status == 200


def test_gzip_is_unpacked() -> None:
    packed = gzip.compress(b"x" * 100_000)
    with raw_server(answering(reply(packed, headers="Content-Encoding: gzip\r\n"))) as server, HttpDoor(f"http://127.0.0.1:{server.port}") as door:
        assert door.send("GET", "/", headers={"Accept-Encoding": "gzip"}).body == b"x" * 100_000


def test_chunked_replies_are_read_whole() -> None:
    content = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    with raw_server(answering(content)) as server, HttpDoor(f"http://127.0.0.1:{server.port}") as door:
        assert door.send("GET", "/", headers={}).body == b"abcde"
        assert door.send("GET", "/", headers={}).body == b"abcde"


def test_a_redirect_is_not_followed() -> None:
    content = reply(b"", status="302 Found", headers="Location: http://127.0.0.1:1/\r\n")
    with raw_server(answering(content)) as server, HttpDoor(f"http://127.0.0.1:{server.port}") as door:
        assert door.send("GET", "/", headers={}).status == 302
    assert len(server.heads) == 1


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with raw_server(answering(reply(b"direct"))) as server, HttpDoor(f"http://127.0.0.1:{server.port}") as door:
        assert door.send("GET", "/", headers={}).body == b"direct"


BROKEN = [
    pytest.param(reply(b"half", length=8), id="cut short"),
    pytest.param(reply(b"", length=8), id="no body"),
    pytest.param(b"", id="nothing"),
    pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", id="cut chunk"),
    pytest.param(reply(b"no gzip", headers="Content-Encoding: gzip\r\n"), id="no gzip"),
    pytest.param(b"SSH-2.0-OpenSSH\r\n\r\n", id="no HTTP"),
]


@pytest.mark.parametrize("content", BROKEN)
def test_a_reply_that_is_not_whole_is_an_error_and_is_never_asked_for_again(content: bytes) -> None:
    with (
        raw_server(hanging_up_after(content)) as server,
        HttpDoor(f"http://127.0.0.1:{server.port}") as door,
        pytest.raises(TransportFailed) as caught,
    ):
        door.send("POST", "/", headers={"Authorization": "hush"}, body=b"{}")

    assert caught.value.kind is TransportKind.BROKEN
    assert len(server.heads) == 1
    assert "hush" not in str(caught.value)


def test_a_broken_reply_does_not_use_up_a_connection() -> None:
    contents = [reply(b"half", length=8)] * 3 + [reply(b"whole")]

    def conversation(connection: socket.socket, head: bytes) -> None:
        hanging_up_after(contents.pop(0))(connection, head)

    with raw_server(conversation) as server, HttpDoor(f"http://127.0.0.1:{server.port}", connections=1, read_timeout=2) as door:
        for _ in range(3):
            with pytest.raises(TransportFailed):
                door.send("GET", "/", headers={})
        assert door.send("GET", "/", headers={}).body == b"whole"


def test_no_answer_within_the_calls_time_is_told_as_such() -> None:
    with (
        raw_server(lambda connection, head: None) as server,
        HttpDoor(f"http://127.0.0.1:{server.port}") as door,
        pytest.raises(TransportFailed) as caught,
    ):
        door.send("GET", "/", headers={}, timeout=0.05)

    assert caught.value.kind is TransportKind.TIMED_OUT


def test_a_server_that_trickles_cannot_outlast_the_calls_time() -> None:
    """L7: each piece comes in time, the whole does not."""

    def trickle(connection: socket.socket, head: bytes) -> None:
        connection.sendall(reply(b"", length=1000))
        for _ in range(1000):
            connection.sendall(b".")
            time.sleep(0.02)

    with raw_server(trickle) as server, HttpDoor(f"http://127.0.0.1:{server.port}") as door:
        begun = time.monotonic()
        with pytest.raises(TransportFailed) as caught:
            door.send("GET", "/", headers={}, timeout=0.2)

    assert caught.value.kind is TransportKind.TIMED_OUT
    assert time.monotonic() - begun < 2


def test_nobody_listening_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with HttpDoor(f"http://127.0.0.1:{port}") as door, pytest.raises(TransportFailed, match="could not be reached") as caught:
        door.send("GET", "/", headers={})

    assert caught.value.kind is TransportKind.UNREACHABLE


def test_an_unknown_host_is_unreachable() -> None:
    with HttpDoor("http://no-such-host.invalid") as door, pytest.raises(TransportFailed, match="host name") as caught:
        door.send("GET", "/", headers={})

    assert caught.value.kind is TransportKind.UNREACHABLE


@pytest.mark.parametrize("spelled", ["plain", "upper case with colons", "without prefix"])
def test_a_pinned_fingerprint_is_enough(spelled: str, tmp_path: Path) -> None:
    certificate = self_signed(tmp_path, host="192.0.2.1")
    digits = certificate.fingerprint.removeprefix("sha256:")
    pinned = {
        "plain": certificate.fingerprint,
        "upper case with colons": "SHA256:" + ":".join(digits[place : place + 2] for place in range(0, 64, 2)).upper(),
        "without prefix": digits,
    }[spelled]

    with (
        raw_server(answering(reply(b"ok")), certificate=certificate) as server,
        HttpDoor(f"https://127.0.0.1:{server.port}", trust=Trust(fingerprint=pinned)) as door,
    ):
        assert door.send("GET", "/", headers={}).body == b"ok"


def test_another_fingerprint_is_refused_naming_both_before_anything_is_sent(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    other = "sha256:" + "0" * 64

    with (
        raw_server(answering(reply(b"ok")), certificate=certificate) as server,
        HttpDoor(f"https://127.0.0.1:{server.port}", trust=Trust(fingerprint=other)) as door,
        pytest.raises(TransportFailed) as caught,
    ):
        door.send("GET", "/", headers={"Authorization": "hush"})

    assert caught.value.kind is TransportKind.CERTIFICATE
    assert certificate.fingerprint in str(caught.value)
    assert other in str(caught.value)
    assert not server.heads


@pytest.mark.parametrize("form", ["PEM", "DER"])
def test_a_ca_file_verifies_certificate_and_host_name(form: str, tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    ca_file = tmp_path / "ca"
    ca_file.write_bytes(certificate.pem.read_bytes() if form == "PEM" else certificate.der)

    with (
        raw_server(answering(reply(b"ok")), certificate=certificate) as server,
        HttpDoor(f"https://127.0.0.1:{server.port}", trust=Trust(ca_file=ca_file)) as door,
    ):
        assert door.send("GET", "/", headers={}).body == b"ok"


@pytest.mark.parametrize("case", ["system authorities", "another CA file", "another host name"])
def test_a_certificate_that_cannot_be_verified_is_refused_before_anything_is_sent(case: str, tmp_path: Path) -> None:
    certificate = self_signed(tmp_path, host="192.0.2.1" if case == "another host name" else "127.0.0.1")
    (tmp_path / "other").mkdir()
    trust = {
        "system authorities": Trust(),
        "another CA file": Trust(ca_file=self_signed(tmp_path / "other").pem),
        "another host name": Trust(ca_file=certificate.pem),
    }[case]

    with (
        raw_server(answering(reply(b"ok")), certificate=certificate) as server,
        HttpDoor(f"https://127.0.0.1:{server.port}", trust=trust) as door,
        pytest.raises(TransportFailed, match="fingerprint") as caught,
    ):
        door.send("GET", "/", headers={"Authorization": "hush"})

    assert caught.value.kind is TransportKind.CERTIFICATE
    assert not server.heads


def test_a_server_without_tls_is_told_as_such() -> None:
    with (
        raw_server(answering(b""), greeting=reply(b"no TLS", status="400 Bad Request")) as server,
        HttpDoor(f"https://127.0.0.1:{server.port}") as door,
        pytest.raises(TransportFailed, match="does not speak TLS") as caught,
    ):
        door.send("GET", "/", headers={}, timeout=2)

    assert caught.value.kind is TransportKind.UNREACHABLE


@pytest.mark.parametrize(
    "address", ["", "127.0.0.1:8085", "ftp://host", "https://", "https://user:hush@host", "https://host/?a=1", "http://host:port", "http://[::1"]
)
def test_an_address_that_cannot_be_used_is_refused_at_once(address: str) -> None:
    with pytest.raises(ValueError, match="address") as caught:
        HttpDoor(address)

    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("content", [None, b"", b"nothing", b"-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n"])
def test_a_ca_file_that_holds_no_certificate_is_refused_at_once(content: bytes | None, tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    if content is not None:
        ca_file.write_bytes(content)

    with pytest.raises(ValueError, match=r"ca\.pem"):
        HttpDoor("https://127.0.0.1:13299", trust=Trust(ca_file=ca_file))


@pytest.mark.parametrize("text", ["", "sha256:12", "sha1:" + "0" * 64, "g" * 64])
def test_a_fingerprint_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        Trust(fingerprint=text)


def test_fingerprint_and_ca_file_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not both"):
        Trust(fingerprint="0" * 64, ca_file=tmp_path)


def test_the_presented_certificate_can_be_shown_without_trusting_it(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)

    with raw_server(answering(reply(b"ok")), certificate=certificate) as server:
        presented = presented_certificate(f"https://127.0.0.1:{server.port}")

    assert presented.fingerprint == certificate.fingerprint
    assert presented.subject == presented.issuer == "CN=KSC of the test"
    assert presented.names == ("127.0.0.1",)
    assert presented.not_before.isoformat() == "2020-01-01T00:00:00+00:00"
    assert not server.heads


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "127.0.0.1"])
def test_only_an_https_server_shows_a_certificate(address: str) -> None:
    with pytest.raises(ValueError, match="no https address"):
        presented_certificate(address)
