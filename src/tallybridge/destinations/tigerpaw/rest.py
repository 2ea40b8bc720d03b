"""The door to Tigerpaw's REST API: signs, sends, repeats reads within bounds, and turns replies into records or clear errors (Tigerpaw reference 1).

Everything that Tallybridge asks of REST is a read, searches by POST included, so every request may be repeated.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Optional, Protocol, TypeVar, cast
from urllib.parse import urlencode, urlsplit

import msgspec

from tallybridge.billing.reasons import Reason
from tallybridge.destinations.base import DestinationFailed, ReadFailed
from tallybridge.destinations.tigerpaw.clock_check import clock_sentence, lead_of_server
from tallybridge.destinations.tigerpaw.models import Envelope, Verdict
from tallybridge.destinations.tigerpaw.signature import authorization, date_text
from tallybridge.wire.nul_characters import without_nul
from tallybridge.wire.retrying import read_patiently
from tallybridge.wire.transport import TransportFailed, TransportKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from tallybridge.destinations.tigerpaw.settings import TigerpawSettings
    from tallybridge.wire.http import HttpReply

T = TypeVar("T")

ROLE_RIGHTS = (
    "In Tigerpaw, give the rep's security role: Accounts (get, update), Recurring agreements (get, create, update), "
    "Master tables (get, create, update) and Price book items (get)."
)
KEYS_PLACE = "Edit > Master Tables > Rep > Account Reps > the rep > Admin > REST API Security"

_LONGEST_MESSAGE = 300


class Door(Protocol):
    """What is needed of wire.http.HttpDoor."""

    def send(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None = None, timeout: float | None = None) -> HttpReply:
        """Sends one request; raises TransportFailed where there is no whole reply."""
        ...

    def close(self) -> None:
        """Closes every kept connection."""
        ...


class RestDoor:
    """Tigerpaw's REST API. Safe to use from several threads."""

    def __init__(self, door: Door, settings: TigerpawSettings, *, clock: Callable[[], datetime]) -> None:
        self._door = door
        self._settings = settings
        self._clock = clock
        # The path is signed as the server sees it [inferred: the path of the request's address].
        self._prefix = urlsplit(settings.url).path.rstrip("/")

    def find(self, path: str, reply: type[T], *, what: str) -> T | None:
        """Reads one thing by GET; None where Tigerpaw has none (404, or 200 with null: reference 1.4).

        Args:
            path: begins with `/api`.
            reply: the record, or the list of records, that the reply is.
            what: what is being read, for the error ("agreement 2041").

        Raises:
            ReadFailed: refused, or a reply that is not what it must be.
            DestinationFailed: unreachable, or the keys were refused.
        """
        answer = self._ask("GET", path, None, what)
        return None if answer.status == 404 else _decoded(answer, reply, what)

    def read(self, path: str, reply: type[T], *, what: str) -> T:
        """Reads by GET what must be there; as `find`, but absence is ReadFailed."""
        return _there(self._ask("GET", path, None, what), reply, what)

    def search(self, path: str, body: object, reply: type[T], *, what: str, query: Mapping[str, int] | None = None) -> T:
        """Searches by POST, with paging either in the body or in `query`; raises as `read`."""
        full_path = f"{path}?{urlencode(query)}" if query else path
        return _there(self._ask("POST", full_path, msgspec.json.encode(body), what), reply, what)

    def exchange(self, method: str, path: str, body: bytes | None = None) -> HttpReply:
        """Sends one signed request, repeated within bounds, and returns the reply whatever its status. Raises TransportFailed."""
        return read_patiently(lambda: self._send_signed(method, path, body), patience=self._settings.patience)

    def _send_signed(self, method: str, path: str, body: bytes | None) -> HttpReply:
        date = date_text(self._clock())
        headers = {
            "Accept": "application/json",
            "Authorization": authorization(
                method, self._prefix + path, date, public_key=self._settings.public_key, private_key=self._settings.private_key
            ),
            self._settings.date_header: date,
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        return self._door.send(method, path, headers=headers, body=body)

    def _ask(self, method: str, path: str, body: bytes | None, what: str) -> HttpReply:
        try:
            reply = self.exchange(method, path, body)
        except TransportFailed as error:
            sentence = f"{error} Tigerpaw was asked for {what}; asking wrote nothing."
            # A wrong address or certificate concerns every call; a slow or broken reply may concern this one alone (L7).
            hopeless = error.kind in (TransportKind.UNREACHABLE, TransportKind.CERTIFICATE)
            raise (DestinationFailed if hopeless else ReadFailed)(Reason.PSA_UNREACHABLE, sentence) from error
        if reply.status == 401:
            raise DestinationFailed(Reason.SIGN_IN_REFUSED, keys_refused_sentence(reply, self._clock()))
        if reply.status == 403:
            raise ReadFailed(Reason.PSA_UNREACHABLE, f"Tigerpaw forbids this rep to read {what} (HTTP 403); asking wrote nothing. {ROLE_RIGHTS}")
        if reply.status not in (200, 404):
            raise ReadFailed(
                Reason.PSA_UNREACHABLE,
                f"Tigerpaw answered HTTP {reply.status} when asked for {what}{_said(reply)}; asking wrote nothing. "
                "Run again; if it stays, look at the log of the Tigerpaw web server.",
            )
        return reply


def keys_refused_sentence(reply: HttpReply, now: datetime) -> str:
    """What a 401 means and what to do, naming the clock where the reply's Date shows that it is off. `now` is aware, UTC."""
    return (
        f"Tigerpaw refused the REST keys (HTTP 401); asking wrote nothing. {clock_sentence(lead_of_server(reply.headers, now))} "
        f"Compare public_key and private_key, whose case matters, with Tigerpaw: {KEYS_PLACE}."
    ).replace("  ", " ")


def _there(reply: HttpReply, record: type[T], what: str) -> T:
    answer = None if reply.status == 404 else _decoded(reply, record, what)
    if answer is None:
        raise ReadFailed(
            Reason.PSA_UNREACHABLE,
            f"Tigerpaw had no answer to the request for {what} (HTTP {reply.status}); asking wrote nothing. "
            "Check that the address leads to Tigerpaw's REST API and that its version is 18.2 or later.",
        )
    return answer


@cache
def _decoder(record: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(Optional[record])  # noqa: UP045  (a type made at run time)


def _decoded(reply: HttpReply, record: type[T], what: str) -> T | None:
    try:
        answer = cast(T | None, _decoder(cast(Any, record)).decode(without_nul(reply.body)))
    except msgspec.DecodeError as error:
        _raise_if_refused(_verdict(reply), what)
        raise ReadFailed(
            Reason.PSA_UNREACHABLE,
            f"Tigerpaw's reply to the request for {what} cannot be read: {error}. It was not used; asking wrote nothing.",
        ) from error
    if isinstance(answer, (Envelope, Verdict)):
        _raise_if_refused(answer, what)
    return answer


def _raise_if_refused(answer: Envelope | Verdict | None, what: str) -> None:
    if answer is not None and not answer.success:
        raise ReadFailed(
            Reason.PSA_UNREACHABLE,
            f"Tigerpaw refused the request for {what}: {_shortened(answer.message) or 'no reason given'}. Asking wrote nothing. {ROLE_RIGHTS}",
        )


def _verdict(reply: HttpReply) -> Verdict | None:
    try:
        return msgspec.json.decode(reply.body, type=Verdict)
    except msgspec.DecodeError:
        return None


class _ErrorBody(msgspec.Struct, rename="pascal"):
    message: str


def _said(reply: HttpReply) -> str:
    try:
        return f" ({_shortened(msgspec.json.decode(reply.body, type=_ErrorBody).message)})"
    except msgspec.DecodeError:
        return ""


def _shortened(message: str | None) -> str:
    text = " ".join((message or "").split()).rstrip(".")
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]}…"
