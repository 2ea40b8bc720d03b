"""What a run sends and receives, as files: requests for the bare client, replies for the replay server.

A reply is found by what tells its request apart, so that the replay server needs nothing added to the requests.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from tallybridge import __version__
from tallybridge.wire.http import HttpDoor, HttpReply

REQUESTS_FILE = "requests.msgpack"
REPLIES_FILE = "replies.msgpack"
_SERVER_HEADERS = ("Content-Type",)


class Request(msgspec.Struct, frozen=True, array_like=True):
    """One request as it was sent."""

    secured: bool
    """Sent to Security Center (TLS); otherwise to Tigerpaw."""
    method: str
    path: str
    headers: dict[str, str]
    body: bytes | None


class Conversation(msgspec.Struct, frozen=True, array_like=True):
    """The requests of one thread, in order."""

    main: bool
    """Sent before the threads of the tenants began."""
    requests: list[Request]


class Reply(msgspec.Struct, frozen=True, array_like=True):
    """One reply, and the key of the request that it answers."""

    key: bytes
    status: int
    headers: dict[str, str]
    body: bytes


def key_of(method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
    """What tells requests apart: they differ by call, session, virtual server and arguments. Header names in lower case."""
    session = headers.get("x-ksc-session", "")
    return f"{method} {path}\n{session}\n{headers.get('x-ksc-vserver', '')}\n".encode() + (body or b"")


class Recorder:
    """Records every call that goes through a door while it is installed."""

    def __init__(self) -> None:
        self._by_thread: dict[int, list[Request]] = {}
        self._replies: list[Reply] = []

    def install(self) -> None:
        """Puts itself before `HttpDoor.send`; for the rest of the process."""
        send = HttpDoor.send

        def recorded(door: HttpDoor, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None = None, **more: Any) -> HttpReply:
            reply = send(door, method, path, headers=headers, body=body, **more)
            sent = {"User-Agent": f"Tallybridge/{__version__}", **headers}
            request = Request(secured=door.origin.startswith("https"), method=method, path=path, headers=sent, body=body)
            self._by_thread.setdefault(threading.get_ident(), []).append(request)
            lower = {name.lower(): value for name, value in sent.items()}
            kept = {name: reply.headers[name] for name in _SERVER_HEADERS if name in reply.headers}
            self._replies.append(Reply(key_of(method, path, lower, body), reply.status, kept, reply.body))
            return reply

        # The door is opened deep inside the run, which must stay as it is.
        setattr(HttpDoor, "send", recorded)  # noqa: B010 - a method put in place of another has no type of its own

    def totals(self) -> dict[str, int]:
        """How many calls were recorded, and the bytes of their replies."""
        return {"calls": len(self._replies), "bytes": sum(len(reply.body) for reply in self._replies)}

    def save(self, folder: Path) -> None:
        """Writes both files."""
        main = threading.main_thread().ident
        conversations = [Conversation(main=thread == main, requests=requests) for thread, requests in self._by_thread.items()]
        (folder / REQUESTS_FILE).write_bytes(msgspec.msgpack.encode(conversations))
        (folder / REPLIES_FILE).write_bytes(msgspec.msgpack.encode(self._replies))


def read_requests(folder: Path) -> list[Conversation]:
    """The recorded requests by thread."""
    return msgspec.msgpack.decode((folder / REQUESTS_FILE).read_bytes(), type=list[Conversation])


def read_replies(folder: Path) -> list[Reply]:
    """The recorded replies, in the order in which they came."""
    return msgspec.msgpack.decode((folder / REPLIES_FILE).read_bytes(), type=list[Reply])
