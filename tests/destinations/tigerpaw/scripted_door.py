"""A door with prepared replies: what the client sent is kept, and each request meets the reply that a test laid out for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from urllib3 import HTTPHeaderDict

from tallybridge.destinations.tigerpaw import TigerpawDestination, TigerpawSettings, load_dialect
from tallybridge.wire.http import HttpReply, Trust
from tallybridge.wire.retrying import IMPATIENT
from tallybridge.wire.secret import Secret

NOW = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
PASSWORD = "hunter2-soap"
PRIVATE_KEY = "00000000-0000-4000-8000-00000000BBBB"
PRODUCT = "Kaspersky MSP"


@dataclass(frozen=True)
class Sent:
    """One request as the client sent it."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes | None

    @property
    def json(self) -> Any:
        return None if self.body is None else json.loads(self.body)


Answer = HttpReply | Exception | Callable[[Sent], HttpReply]


@dataclass
class ScriptedDoor:
    """Answers "METHOD /path" with the reply laid out for it; a list is used up one by one, its last reply stays."""

    answers: dict[str, Answer | list[Answer]]
    sent: list[Sent] = field(default_factory=list)
    closed: int = 0

    def send(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None = None, timeout: float | None = None) -> HttpReply:
        parts = urlsplit(path)
        request = Sent(method, parts.path, dict(parse_qsl(parts.query)), dict(headers), body)
        self.sent.append(request)
        answer = self.answers[f"{method} {parts.path}"]
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, HttpReply) else answer(request)

    def close(self) -> None:
        self.closed += 1

    def calls(self) -> list[str]:
        return [f"{each.method} {each.path}" for each in self.sent]


def reply(value: Any, status: int = 200, *, date: str = "Sun, 22 Nov 2026 02:30:00 GMT") -> HttpReply:
    """A JSON reply."""
    return HttpReply(status, HTTPHeaderDict({"Date": date}), json.dumps(value).encode())


def raw(body: bytes, status: int = 200) -> HttpReply:
    """A reply of these bytes."""
    return HttpReply(status, HTTPHeaderDict(), body)


def page(member: str, rows: list[Any], *, total: int | None = None, next_row: int = 0) -> HttpReply:
    """A search envelope."""
    total = len(rows) if total is None else total
    return reply({member: rows, "PageSize": 200, "NextRow": next_row, "TotalCount": total, "Success": True, "Message": None})


def settings(**changes: Any) -> TigerpawSettings:
    """Settings without waiting between attempts."""
    members: dict[str, Any] = {
        "url": "https://tigerpaw.example",
        "public_key": "00000000-0000-4000-8000-00000000AAAA",
        "private_key": Secret(PRIVATE_KEY),
        "soap_user": "kaspersky",
        "soap_password": Secret(PASSWORD),
        "external_product": PRODUCT,
        "dialect": load_dialect("sandbox-0", beside=None),
        "trust": Trust(),
        "patience": IMPATIENT,
    }
    return TigerpawSettings(**(members | changes))


def tigerpaw(answers: dict[str, Answer | list[Answer]], *, now: datetime = NOW, **changes: Any) -> tuple[TigerpawDestination, ScriptedDoor]:
    """The destination in front of a scripted door."""
    door = ScriptedDoor(answers)
    return TigerpawDestination(settings(**changes), clock=lambda: now, door=door), door
