"""Background work of the console, waited for; and the demo's world, changed while the console looks at it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.http import HttpResponse, HttpResponseBase

from tallybridge.console import work
from tallybridge.console.work import Work
from tests.console.conftest import Desk

KSC = "Integration with Tigerpaw"
HUB = "Business Hub"


def ended(answer: HttpResponseBase) -> Work:
    """The work that a form has started, once it has come to its end."""
    assert answer.status_code == 302, getattr(answer, "content", b"")[-2000:]
    found = re.fullmatch(r"/work/([^/]+)/", answer["Location"])
    assert found is not None, answer["Location"]
    piece = work.find(found[1])
    assert piece is not None
    waiting = threading.Event()
    for _ in range(1200):
        if piece.finished:
            return piece
        waiting.wait(0.05)
    raise AssertionError(f"{piece.title} did not end")


def body(answer: HttpResponseBase) -> str:
    """The HTML of a page, whatever its status."""
    assert isinstance(answer, HttpResponse)
    return answer.content.decode()


@contextmanager
def changed_world(desk: Desk) -> Iterator[dict[str, Any]]:
    """The simulated systems' state, to be changed; it is in force afterwards."""
    world: dict[str, Any] = desk.sandbox.state()
    yield world
    desk.sandbox.replace(world)


def server(world: dict[str, Any], name: str) -> dict[str, Any]:
    """A customer's virtual server."""
    found: dict[str, Any] = next(one for one in world["ksc"]["virtual_servers"] if one["name"] == name)
    return found


def charges(world: dict[str, Any], account: str) -> list[dict[str, Any]]:
    """The charges of an account's only agreement."""
    found: list[dict[str, Any]] = next(one for one in world["tigerpaw"]["accounts"] if one["name"] == account)["agreements"][0]["charges"]
    return found


def more_devices(world: dict[str, Any], name: str, count: int) -> None:
    """A customer protects so many more workstations."""
    there = server(world, name)
    for number in range(1, count + 1):
        host = {**there["hosts"][0], "id": f"{there['id']:08d}-aaaa-4000-8000-{number:012d}", "name": f"NEW-{number:02d}"}
        there["hosts"].append(host)
        there["uses"].append({**there["uses"][0], "host": host["id"]})


def fewer_devices(world: dict[str, Any], name: str, count: int) -> None:
    """So many workstations of a customer are deleted."""
    there = server(world, name)
    gone = {host["id"] for host in there["hosts"][:count]}
    there["hosts"] = [host for host in there["hosts"] if host["id"] not in gone]
    there["uses"] = [use for use in there["uses"] if use["host"] not in gone]
