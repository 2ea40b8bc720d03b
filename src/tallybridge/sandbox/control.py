"""The `/_sandbox/*` requests (contracts 4): looking at the simulators and changing them, without credentials, neither logged nor faulted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tallybridge.sandbox.company_exports import ExportNotWritten
from tallybridge.sandbox.http_messages import Reply, Request
from tallybridge.sandbox.scenario import ScenarioError, parse_faults, parse_scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from tallybridge.sandbox.scenario import Scenario
    from tallybridge.sandbox.world import World

_METHODS = {
    "/_sandbox/state": "GET",
    "/_sandbox/log": "GET",
    "/_sandbox/faults": "POST",
    "/_sandbox/invoice-run": "POST",
    "/_sandbox/replace": "POST",
}


class Control:
    """Answers the control requests. `invoice_run` is what bills in the simulated Tigerpaw, `replace` puts another scenario in place."""

    def __init__(self, world: World, invoice_run: Callable[[], dict[str, Any]], replace: Callable[[Scenario], None]) -> None:
        self._world = world
        self._invoice_run = invoice_run
        self._replace = replace

    def answer(self, request: Request) -> Reply:
        """The reply; a scenario or list of faults that cannot be used is 400 with the reason and changes nothing."""
        method = _METHODS.get(request.path)
        if method is None:
            return Reply(404, b"No such request of the sandbox", "text/plain")
        if request.method != method:
            return Reply(405, f"Only {method} is accepted".encode(), "text/plain", (("Allow", method),))
        try:
            return _json(self._done(request))
        except ScenarioError as error:
            return Reply(400, str(error).encode(), "text/plain")
        except ExportNotWritten as error:
            return Reply(500, f"The scenario was replaced, but its export was not written. {error}".encode(), "text/plain")

    def _done(self, request: Request) -> bytes:
        match request.path:
            case "/_sandbox/state":
                return self._world.encoded_state()
            case "/_sandbox/log":
                return msgspec.json.encode(self._world.log())
            case "/_sandbox/faults":
                self._world.set_faults(parse_faults(request.body))
            case "/_sandbox/invoice-run":
                return msgspec.json.encode(self._invoice_run())
            case _:
                self._replace(parse_scenario(request.body))
        return b"{}"


def _json(body: bytes) -> Reply:
    return Reply(200, body, "application/json")
