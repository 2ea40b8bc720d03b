"""Answers recorded requests with recorded replies, encoded beforehand: what is left is the client's own cost.

In a process of its own: prints one line of JSON once it serves, and stops when its stdin ends. Security Center's part is served with TLS
and the same kind of certificate as the sandbox's, Tigerpaw's part without.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import socket
import socketserver
import ssl
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from benchmarks.recording import Reply, key_of, read_replies
from tallybridge.sandbox.certificate import Certificate


class Replies:
    """Encoded replies by request. A request that came several times gets its replies in turn."""

    def __init__(self, replies: list[Reply], *, compressed: bool) -> None:
        by_key: dict[bytes, list[bytes]] = defaultdict(list)
        for reply in replies:
            by_key[reply.key].append(_encoded(reply, compressed=compressed))
        self._next: dict[bytes, Iterator[bytes]] = {key: itertools.cycle(encoded) for key, encoded in by_key.items()}
        self._lock = threading.Lock()

    def answer(self, key: bytes) -> bytes:
        """The next reply to this request."""
        with self._lock:
            return next(self._next[key])


def _encoded(reply: Reply, *, compressed: bool) -> bytes:
    body, headers = reply.body, dict(reply.headers)
    if compressed and body:
        body = gzip.compress(body, compresslevel=1, mtime=0)
        headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(body))
    lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode("iso-8859-1") + b"\r\n\r\n" + body


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, replies: Replies, tls: ssl.SSLContext | None, delay: float) -> None:
        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if tls is None:
                    _converse(self.request, replies, delay)
                    return
                with tls.wrap_socket(self.request, server_side=True) as secured:
                    _converse(secured, replies, delay)

        super().__init__(("127.0.0.1", 0), Handler)


def _converse(connection: socket.socket, replies: Replies, delay: float) -> None:
    with connection.makefile("rb") as stream:
        while (key := _read_key(stream)) is not None:
            time.sleep(delay)
            connection.sendall(replies.answer(key))


def _read_key(stream: BinaryIO) -> bytes | None:
    first = stream.readline().decode("iso-8859-1")
    if not first:
        return None
    method, path, _ = first.split(" ")
    headers: dict[str, str] = {}
    while line := stream.readline().rstrip(b"\r\n").decode("iso-8859-1"):
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    length = int(headers.get("content-length", "0"))
    return key_of(method, path, headers, stream.read(length) if length else None)


def main() -> None:
    """Serves until stdin ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recording", type=Path, required=True)
    parser.add_argument("--gzip", action="store_true", help="compress the replies")
    parser.add_argument("--delay", type=int, default=0, help="milliseconds that every reply waits")
    options = parser.parse_args()
    replies = Replies(read_replies(options.recording), compressed=options.gzip)
    with tempfile.TemporaryDirectory() as folder:
        certificate = Certificate(Path(folder))
        secured, plain = (_Listener(replies, tls, options.delay / 1000) for tls in (certificate.server_context(), None))
        for listener in (secured, plain):
            threading.Thread(target=listener.serve_forever, daemon=True).start()
        announcement = {"secured_port": secured.server_address[1], "plain_port": plain.server_address[1], "fingerprint": certificate.fingerprint}
        print(json.dumps(announcement), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
