"""What every simulated method is given, and the few steps that several of them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from tallybridge.sandbox.ksc.fleet import Fleet, Server
    from tallybridge.sandbox.ksc.sessions import Session
    from tallybridge.sandbox.ksc.values import Arguments
    from tallybridge.sandbox.scenario_records import Fault

Answer = dict[str, Any]
ITERATOR_ARRAY = "KLCSP_ITERATOR_ARRAY"


@dataclass(frozen=True, slots=True)
class Context:
    """One call: in which session, with which arguments, at which instant (UTC), and the fault that fires for it."""

    session: Session
    arguments: Arguments
    fleet: Fleet
    now: datetime
    session_idle: timedelta
    fault: Fault | None

    @property
    def server(self) -> Server:
        """The server that the session is signed in to."""
        return self.session.server

    def suffers(self, deed: str) -> bool:
        """Whether this fault fires for the call."""
        return self.fault is not None and self.fault.do == deed

    def kept_fields(self, fields: list[str]) -> list[str]:
        """The attributes that a new result set has; a `drop_attribute` on the call that opens it takes one away (our choice)."""
        dropped = self.fault.name if self.fault is not None and self.fault.do == "drop_attribute" else None
        return [name for name in fields if name != dropped]


Method = Callable[[Context], Answer]
