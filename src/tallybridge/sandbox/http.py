"""The threaded HTTP/1.1 server (with or without TLS) under both simulators, and the faults that belong to the transport.

It looks at single TCP connections and breaks them at will, which is why it is not built on an application server. One thread per connection;
a connection has an identity, because Security Center's `login` is bound to it (KSC Open API reference 1.2).
"""

from __future__ import annotations

import gzip
import http
import itertools
import os
import socket
import socketserver
import ssl
import threading
import time
from dataclasses import dataclass
from datetime import UTC
from email.utils import format_datetime
from typing import TYPE_CHECKING, Protocol

from tallybridge.sandbox.http_messages import BadRequest, Reply, Request, accepts_gzip, read_request, wants_close

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tallybridge.sandbox.scenario_records import Fault
    from tallybridge.sandbox.world import World

__all__ = ["Call", "HttpServer", "Reply", "Request", "SandboxPortInUse", "Simulator"]

LOOPBACK = "127.0.0.1"
CONTROL_PATH = "/_sandbox/"
# Seconds; a shorter time stops faster and idles less quietly.
_STOP_IS_SEEN_WITHIN = 0.02
_connection_numbers = itertools.count(1)


class SandboxPortInUse(OSError):
    """The port asked for is taken. The text names it; nothing was started."""


@dataclass(slots=True)
class Call:
    """A call as the log and the faults name it (contracts 4). A simulator sets `virtual_server` where it knows it."""

    on: str
    name: str
    virtual_server: int | None = None


class Simulator(Protocol):
    """One simulated system behind a server. Both methods with a request take the world's lock themselves."""

    def identify(self, request: Request) -> Call:
        """What the request is called in the log and in faults."""

    def answer(self, request: Request, call: Call, fault: Fault | None) -> Reply:
        """Does the whole call. `fault` is the one that fires for it; the simulator does those that need its knowledge."""

    def connection_closed(self, connection: int) -> None:
        """A TCP connection has ended."""


class HttpServer:
    """Serves one simulator on a loopback port in background threads until `stop`.

    Raises SandboxPortInUse when the port is taken. Port 0 picks a free one; `port` is the one in use.
    """

    def __init__(
        self,
        world: World,
        simulator: Simulator,
        *,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        control: Callable[[Request], Reply],
    ) -> None:
        self.world = world
        self.simulator = simulator
        self.tls = tls
        self.control = control
        self._timers: set[threading.Timer] = set()
        self._sockets: set[socket.socket] = set()
        self._guard = threading.Lock()
        try:
            self._listener = _Listener((LOOPBACK, port), self)
        except (OSError, OverflowError) as error:
            raise SandboxPortInUse(f"Port {port} of {LOOPBACK} is in use or not allowed; choose another one or 0 for a free one.") from error
        self.port: int = self._listener.server_address[1]
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(_STOP_IS_SEEN_WITHIN,), daemon=True)

    def start(self) -> None:
        """Starts to accept connections."""
        self._thread.start()

    def stop(self) -> None:
        """Stops accepting, drops open connections and forgets calls that were to act later."""
        if self._thread.is_alive():
            self._listener.shutdown()
            self._thread.join()
        self._listener.server_close()
        with self._guard:
            timers, sockets = list(self._timers), list(self._sockets)
        for timer in timers:
            timer.cancel()
        for connection in sockets:
            _drop(connection)

    def serve_connection(self, connection: socket.socket) -> None:
        """Answers the requests of one TCP connection, one after the other, until either side ends it."""
        number = next(_connection_numbers)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls is None:
                self._converse(connection, number)
            else:
                with self.tls.wrap_socket(connection, server_side=True) as secured:
                    self._converse(secured, number)
        except OSError:
            # The other side went away or refused the certificate: nothing is left to be told to it.
            return
        finally:
            self.simulator.connection_closed(number)

    def _converse(self, connection: socket.socket, number: int) -> None:
        with self._guard:
            self._sockets.add(connection)
        try:
            self._answer_all(connection, number)
        finally:
            with self._guard:
                self._sockets.discard(connection)

    def _answer_all(self, connection: socket.socket, number: int) -> None:
        with connection.makefile("rb") as stream:
            while True:
                try:
                    request = read_request(stream, number)
                except BadRequest as error:
                    connection.sendall(_encoded(Reply(400, str(error).encode(), "text/plain"), b"", last=True))
                    return
                if request is None or not self._serve(connection, request):
                    return

    def _serve(self, connection: socket.socket, request: Request) -> bool:
        """Answers one request; False when the connection is to end."""
        last = wants_close(request.headers)
        if request.path.startswith(CONTROL_PATH):
            connection.sendall(_ready(self.control(request), request, last=last))
            return not last
        at, started = self.world.now(), time.perf_counter()
        call = self.simulator.identify(request)
        fault = self.world.firing_fault(call.on, call.name)
        reply = self._acted(request, call, fault)
        ending = fault is not None and fault.do in {"close", "lose_reply", "act_late", "truncate"}
        self.world.record(
            {
                "at": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "on": call.on,
                "call": call.name,
                "status": None if reply is None else reply.status,
                "ms": round((time.perf_counter() - started) * 1000, 3),
                "virtual_server": call.virtual_server,
                "fault": None if fault is None else fault.do,
            }
        )
        if reply is not None and not (fault is not None and fault.do == "lose_reply"):
            content = _ready(_dated(reply, at), request, last=last)
            if fault is not None and fault.do == "truncate":
                content = _cut(content)
            connection.sendall(content)
        if ending:
            _drop(connection)
        return not (last or ending)

    def _acted(self, request: Request, call: Call, fault: Fault | None) -> Reply | None:
        """What the simulator says, with the transport's faults done; None where no reply is made."""
        match fault.do if fault is not None else None:
            case "close":
                return None
            case "http_500":
                return Reply(500, b"Internal Server Error", "text/plain")
            case "http_503":
                return Reply(503, b"Service Unavailable", "text/plain")
            case "act_late":
                assert fault is not None
                self._act_later(request, call, fault)
                return None
            case "delay":
                assert fault is not None
                time.sleep(fault.ms / 1000)
                return self.simulator.answer(request, call, fault)
            case "not_json":
                reply = self.simulator.answer(request, call, fault)
                spoiled = b"<spoiled><reply>" if call.on == "tigerpaw_soap" else b"{spoiled reply"
                return Reply(reply.status, spoiled, reply.content_type, reply.headers)
            case _:
                return self.simulator.answer(request, call, fault)

    def _act_later(self, request: Request, call: Call, fault: Fault) -> None:
        def act() -> None:
            self.simulator.answer(request, call, fault)
            with self._guard:
                self._timers.discard(timer)

        timer = threading.Timer(fault.ms / 1000, act)
        timer.daemon = True
        with self._guard:
            self._timers.add(timer)
        timer.start()


class _Listener(socketserver.ThreadingTCPServer):
    # On Windows SO_REUSEADDR would let two programs share one port.
    allow_reuse_address = os.name == "posix"
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], server: HttpServer) -> None:
        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                server.serve_connection(self.request)

        super().__init__(address, Handler)


def _dated(reply: Reply, at: datetime) -> Reply:
    """The reply with the server's clock, which a client needs to see that its own is off (Tigerpaw reference 1.2)."""
    return Reply(reply.status, reply.body, reply.content_type, (*reply.headers, ("Date", format_datetime(at.astimezone(UTC), usegmt=True))))


def _ready(reply: Reply, request: Request, *, last: bool) -> bytes:
    body, headers = reply.body, b""
    if body and accepts_gzip(request.headers):
        body, headers = gzip.compress(body, compresslevel=1, mtime=0), b"Content-Encoding: gzip\r\n"
    head_only = request.method == "HEAD"
    return _encoded(Reply(reply.status, body, reply.content_type, reply.headers), headers, last=last, head_only=head_only)


def _encoded(reply: Reply, headers: bytes, *, last: bool, head_only: bool = False) -> bytes:
    phrase = http.HTTPStatus(reply.status).phrase
    lines = [f"HTTP/1.1 {reply.status} {phrase}", f"Content-Type: {reply.content_type}", f"Content-Length: {len(reply.body)}"]
    lines.extend(f"{name}: {value}" for name, value in reply.headers)
    if last:
        lines.append("Connection: close")
    head = "\r\n".join(lines).encode("iso-8859-1") + b"\r\n" + headers + b"\r\n"
    return head if head_only else head + reply.body


def _cut(content: bytes) -> bytes:
    body = content.index(b"\r\n\r\n") + 4
    return content[: body + (len(content) - body) // 2]


def _drop(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        # It is gone already, which is what was wanted.
        return
