"""One call to Kaspersky Security Center: sent, and its reply told apart into a typed record or an error (KSC Open API reference 1.1 to 1.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from msgspec import DecodeError
from msgspec.json import Decoder

from tallybridge.sources.ksc.errors import ApiRefusal, KscTrouble, OutOfTime, ServerBusy, ServerFailed, SessionEnded, Unreadable
from tallybridge.sources.ksc.replies import Reply
from tallybridge.wire.http import HttpReply
from tallybridge.wire.nul_characters import without_nul
from tallybridge.wire.pace import Pace
from tallybridge.wire.retrying import PASSING_STATUSES, Patience, with_patience
from tallybridge.wire.transport import TransportFailed, TransportKind

R = TypeVar("R", bound=Reply)

PATH = "/api/v1.0/"
CONTENT_TYPE = {"Content-Type": "application/json"}
_CLOSING_SECONDS = 5.0


class Door(Protocol):
    """What is needed of `wire.http.HttpDoor`."""

    def send(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None, timeout: float | None) -> HttpReply:
        """Sends one request and returns the whole reply."""
        ...

    def close(self) -> None:
        """Closes every connection."""
        ...


class Line:
    """Calls with the same headers, within the same limit of time.

    Args:
        headers: sent with every call; they hold the session's token, so they are never shown.
        seconds_left: how much time the work may still take (L7).
        pace: how fast the server is called, shared by all lines to it.
    """

    def __init__(
        self, door: Door, *, headers: Mapping[str, str], seconds_left: Callable[[], float], patience: Patience, pace: Pace | None = None
    ) -> None:
        self._door = door
        self._headers = {**CONTENT_TYPE, **headers}
        self.seconds_left = seconds_left
        self.patience = patience
        self._pace = pace or Pace()

    def with_headers(self, headers: Mapping[str, str]) -> Line:
        """Returns a line to the same server with these headers instead."""
        return Line(self._door, headers=headers, seconds_left=self.seconds_left, patience=self.patience, pace=self._pace)

    def ask(self, call: str, arguments: bytes, decoder: Decoder[R]) -> R:
        """Makes a call; waits and repeats it, within patience and time, only while the server says that it is busy and so has done nothing.

        Where it says so, no other line to it calls for a while either: what one session was refused is too much from all together.

        Args:
            call: `Class.Method`.
            arguments: the JSON object of its arguments.

        Raises:
            KscTrouble: the reply is an error, or unreadable, or time is up.
            TransportFailed: there is no whole reply.
        """
        return with_patience(
            lambda: self._ask_once(call, arguments, decoder), passing=_is_busy, patience=self.patience, seconds_left=self.seconds_left
        )

    def _ask_once(self, call: str, arguments: bytes, decoder: Decoder[R]) -> R:
        left = self.seconds_left()
        waited = self._pace.await_turn(most=left) if left > 0 else None
        if waited is None:
            raise OutOfTime(f"The time was used up before {call}.")
        try:
            http = self._door.send("POST", PATH + call, headers=self._headers, body=arguments, timeout=left - waited)
        except TransportFailed as error:
            if self.seconds_left() <= 0:
                raise OutOfTime(f"The time was used up during {call}.") from error
            raise
        if http.status != 200:
            raise self._backing_off(_failed_status(call, http))
        try:
            reply = decoder.decode(without_nul(http.body))
        except (DecodeError, UnicodeDecodeError) as error:
            raise Unreadable(call, str(error)) from error
        if reply.error is not None:
            raise self._backing_off(ApiRefusal(call, module=reply.error.module, code=reply.error.code, message=reply.error.message))
        return reply

    def _backing_off(self, trouble: KscTrouble) -> KscTrouble:
        if _is_busy(trouble):
            self._pace.pause(self.patience.first_wait)
        return trouble

    def close_quietly(self, call: str, arguments: bytes) -> None:
        """Makes a call that frees something on the server, twice at most, even if no time is left, and passes over its failure.

        It changes no result, and what it did not free ends by itself: iterators with their session, a session when it is idle (reference 1.7).
        """
        for _ in range(2):
            self._pace.await_turn(most=_CLOSING_SECONDS)
            try:
                reply = self._door.send("POST", PATH + call, headers=self._headers, body=arguments, timeout=_CLOSING_SECONDS)
            except TransportFailed as error:
                if error.kind is TransportKind.TIMED_OUT:
                    return
                continue
            if reply.status == 200 and b'"PxgError"' not in reply.body:
                return


def _is_busy(error: Exception) -> bool:
    return isinstance(error, ServerBusy) or (isinstance(error, ApiRefusal) and error.busy)


def _failed_status(call: str, reply: HttpReply) -> KscTrouble:
    if reply.status in (401, 403):
        # The reference is not sure which of the two an expired session gets (U9), so both mean the same.
        two_step = "KSCMFA" in reply.headers.get("WWW-Authenticate", "")
        return SessionEnded(f"The server ended the session before {call} (HTTP {reply.status}).", two_step=two_step)
    if reply.status == 503:
        return ServerBusy(f"The server was too busy for {call} (HTTP 503).")
    return ServerFailed(f"{call} was answered with HTTP {reply.status} instead of a result.", passing=reply.status in PASSING_STATUSES)
