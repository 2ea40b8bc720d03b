"""What a Kaspersky Security Center source needs to know."""

from __future__ import annotations

from dataclasses import dataclass, field

from tallybridge.wire.certificate import Trust
from tallybridge.wire.retrying import Patience
from tallybridge.wire.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class KscSettings:
    """Where the server is, who signs in, and how it is read.

    Chunk sizes are how many rows one call asks for; a server may always send fewer. The figures behind the defaults are in docs/performance.md.
    """

    url: str
    """`https://host:13299`."""
    user: str
    """An internal user of Kaspersky Security Center with the right to read the main server and every virtual server (reference 1.8)."""
    password: Secret
    trust: Trust = field(default_factory=Trust)
    max_sessions: int = 2
    """Sessions, and so connections, at once; the reference advises one or two (1.7)."""
    calls_per_second: int | None = None
    """The most calls that begin in a second, over all sessions; None sets no limit. No reference names one."""
    sessions_elsewhere: bool = False
    """Whether some of the `max_sessions` may be another process's: then each session keeps to its share of `calls_per_second`."""
    key_chunk: int = 50
    """Keys per call: what the reference recommends for iterators (2.2). A tenant seldom has more."""
    seat_chunk: int = 500
    """Key-host rows per call. Ten times the recommended 50 saves most of the calls; a server that refuses it is asked for 50 instead."""
    host_chunk: int = 1000
    """Devices per call; the reference saw 500, 1000 and 10000 answered in one call (3.2)."""
    read_timeout: float = 60
    """Seconds without any progress after which a call is given up."""
    patience: Patience = field(default_factory=Patience)
    """How often and how long to wait for a server that says it is busy."""

    def __post_init__(self) -> None:
        for name in ("max_sessions", "key_chunk", "seat_chunk", "host_chunk"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more.")
