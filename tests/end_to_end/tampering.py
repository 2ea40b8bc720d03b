"""Replies that no list of faults can rehearse: changed on their way out of a simulator, for one virtual server alone if need be."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tallybridge.sandbox import Sandbox
from tallybridge.sandbox.http import Call
from tallybridge.sandbox.http_messages import Reply, Request
from tallybridge.sandbox.scenario import Fault

Json = dict[str, Any]


def tamper(patch: pytest.MonkeyPatch, sandbox: Sandbox, call_name: str, change: Callable[[Json], None], *, server: int | None = None) -> None:
    """Lets `change` alter the decoded reply of each call of this name at Security Center, of one virtual server or of all."""
    answer = sandbox.ksc.answer

    def tampered(request: Request, call: Call, fault: Fault | None) -> Reply:
        reply = answer(request, call, fault)
        if call.name != call_name or reply.status != 200 or server not in (None, call.virtual_server):
            return reply
        document = json.loads(reply.body)
        change(document)
        return replace(reply, body=json.dumps(document).encode())

    patch.setattr(sandbox.ksc, "answer", tampered)


def spoil(patch: pytest.MonkeyPatch, sandbox: Sandbox, call_name: str, do: str, *, server: int) -> None:
    """A fault for ever at each call of this name, of one virtual server alone."""
    identify, firing = sandbox.ksc.identify, sandbox.world.firing_fault
    now_calling = threading.local()

    def noted(request: Request) -> Call:
        call = identify(request)
        now_calling.server = call.virtual_server
        return call

    def fires(on: str, call: str) -> Fault | None:
        if on == "ksc" and call == call_name and getattr(now_calling, "server", None) == server:
            return Fault(on="ksc", call=call, do=do)  # type: ignore[arg-type]
        return firing(on, call)

    patch.setattr(sandbox.ksc, "identify", noted)
    patch.setattr(sandbox.world, "firing_fault", fires)


def before_answer(patch: pytest.MonkeyPatch, sandbox: Sandbox, call_name: str, happens: Callable[[], object]) -> None:
    """Lets something happen once, just before Tigerpaw answers a call of this name for the first time."""
    answer = sandbox.tigerpaw.answer
    left = [happens]

    def watched(request: Request, call: Call, fault: Fault | None) -> Reply:
        if call.name == call_name and left:
            left.pop()()
        return answer(request, call, fault)

    patch.setattr(sandbox.tigerpaw, "answer", watched)
