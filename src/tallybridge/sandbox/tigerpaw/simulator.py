"""The simulated Tigerpaw as the HTTP server sees it: REST and SOAP on the same host (Tigerpaw reference 0)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallybridge.sandbox.http import Call
from tallybridge.sandbox.tigerpaw import rest, soap

if TYPE_CHECKING:
    from tallybridge.sandbox.http import Reply, Request
    from tallybridge.sandbox.scenario import Fault
    from tallybridge.sandbox.world import World


class TigerpawSimulator:
    """Answers Tigerpaw's two APIs from a world's scenario, which holds all of their state."""

    def __init__(self, world: World) -> None:
        self._world = world

    def identify(self, request: Request) -> Call:
        """The call as logs and faults name it: the SOAP operation, or the REST path in lower case."""
        if soap.is_for_soap(request):
            return Call("tigerpaw_soap", soap.call_name(request))
        return Call("tigerpaw_rest", rest.call_name(request))

    def answer(self, request: Request, call: Call, fault: Fault | None) -> Reply:
        """Does the whole call under the world's lock."""
        with self._world.lock:
            if call.on == "tigerpaw_soap":
                return soap.answer(self._world, request, fault)
            return rest.answer(self._world, request, fault)

    def connection_closed(self, connection: int) -> None:
        """Nothing is bound to a connection here: every request signs itself."""
