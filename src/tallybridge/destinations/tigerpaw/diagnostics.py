"""What `doctor` can tell about a Tigerpaw by reading alone, with what to click where something is wrong
(Tigerpaw reference 1.2, 2; functional reference 2.2, 2.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tallybridge.destinations.base import DestinationError
from tallybridge.destinations.tigerpaw.clock_check import TOLERATED, clock_sentence, lead_of_server
from tallybridge.destinations.tigerpaw.models import Verdict
from tallybridge.destinations.tigerpaw.rest import KEYS_PLACE, keys_refused_sentence
from tallybridge.destinations.tigerpaw.soap import OPERATION, SOAP_PATH, looks_like_the_soap_page, page_headers
from tallybridge.wire.checks import Check
from tallybridge.wire.transport import TransportFailed, TransportKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from tallybridge.destinations.tigerpaw.accounts import Accounts
    from tallybridge.destinations.tigerpaw.rest import Door, RestDoor
    from tallybridge.destinations.tigerpaw.settings import TigerpawSettings
    from tallybridge.wire.http import HttpReply

CONNECTION = "Tigerpaw connection"
KEYS = "Tigerpaw REST keys"
CLOCK = "Tigerpaw clock"
PRODUCT = "Tigerpaw External Product"
SOAP_PAGE = "Tigerpaw SOAP page"
SOAP_WRITE = "Tigerpaw SOAP write"

_PRODUCT_PLACE = "Edit > Master Tables > Account > External Products"
_CONNECTION_ADVICE = {
    TransportKind.CERTIFICATE: "Set the server's fingerprint or its authority's file in [destination].",
    TransportKind.UNREACHABLE: "Check url in [destination], and that the Tigerpaw web server can be reached from this machine.",
    TransportKind.TIMED_OUT: "Check the load of the Tigerpaw web server and the network between.",
    TransportKind.BROKEN: "Check what stands between this machine and Tigerpaw (proxy, firewall), and whether the url wants https://.",
}


class Diagnostics:
    """Tests the preconditions of one Tigerpaw connection; writes nothing."""

    def __init__(self, door: Door, rest: RestDoor, accounts: Accounts, settings: TigerpawSettings, *, clock: Callable[[], datetime]) -> None:
        self._door = door
        self._rest = rest
        self._accounts = accounts
        self._settings = settings
        self._clock = clock

    def checks(self) -> tuple[Check, ...]:
        """One check per precondition, in the order in which they rest on each other."""
        return tuple(self._checks())

    def _checks(self) -> Iterator[Check]:
        try:
            reply = self._rest.exchange("GET", "/api/diagnostics/validate/user")
        except TransportFailed as error:
            yield Check(name=CONNECTION, ok=False, detail=str(error), advice=_CONNECTION_ADVICE[error.kind])
            yield from (_not_checked(name, "Tigerpaw could not be reached.") for name in (KEYS, CLOCK, PRODUCT, SOAP_PAGE))
            yield self._soap_write()
            return
        yield Check(name=CONNECTION, ok=True, detail=f"{self._settings.url} answers.")
        keys = self._keys(reply)
        yield keys
        yield self._clocks(reply)
        yield self._product() if keys.ok else _not_checked(PRODUCT, "The REST keys must be right first.")
        yield self._soap_page()
        yield self._soap_write()

    def _keys(self, reply: HttpReply) -> Check:
        place = f"In Tigerpaw: {KEYS_PLACE} shows both keys; press Generate for a new rep."
        if reply.status == 401:
            return Check(name=KEYS, ok=False, detail=keys_refused_sentence(reply, self._clock()), advice=place)
        try:
            verdict = msgspec.json.decode(reply.body, type=Verdict)
        except msgspec.DecodeError:
            return Check(
                name=KEYS,
                ok=False,
                detail=f"The address answers, but not as Tigerpaw's REST API (HTTP {reply.status}).",
                advice="Check url in [destination]: opened in a browser with /docs/index behind it, it shows the Tigerpaw API Method Reference.",
            )
        if reply.status != 200 or not verdict.success:
            said = verdict.message or "no reason given"
            return Check(name=KEYS, ok=False, detail=f"Tigerpaw did not accept the keys (HTTP {reply.status}): {said}.", advice=place)
        return Check(name=KEYS, ok=True, detail="The signature is accepted.")

    def _clocks(self, reply: HttpReply) -> Check:
        lead = lead_of_server(reply.headers, self._clock())
        if lead is None:
            return _not_checked(CLOCK, "The server does not tell its time.")
        if sentence := clock_sentence(lead):
            return Check(name=CLOCK, ok=False, detail=sentence, advice="Switch on time synchronization on this machine and on the Tigerpaw server.")
        return Check(name=CLOCK, ok=True, detail=f"This machine and Tigerpaw agree within {TOLERATED.seconds // 60} minutes.")

    def _product(self) -> Check:
        wanted = self._settings.external_product
        try:
            table = self._accounts.external_products()
        except DestinationError as error:
            return Check(name=PRODUCT, ok=False, detail=str(error), advice="Let the rep's security role read master tables.")
        ours = next((each for each in table if each.product == wanted), None)
        if ours is None:
            names = ", ".join(repr(each.product) for each in table if each.product) or "none"
            return Check(
                name=PRODUCT,
                ok=False,
                detail=f"Tigerpaw has no External Product {wanted!r}; it has {names}.",
                advice=f"In Tigerpaw: {_PRODUCT_PLACE} > New, or correct external_product; upper and lower case matter.",
            )
        if ours.active is False:
            return Check(
                name=PRODUCT, ok=False, detail=f"External Product {wanted!r} is not active.", advice=f"In Tigerpaw: {_PRODUCT_PLACE}: make it active."
            )
        return Check(name=PRODUCT, ok=True, detail=f"External Product {wanted!r} exists and is active.")

    def _soap_page(self) -> Check:
        if self._settings.dialect is None:
            return _not_checked(SOAP_PAGE, "Not needed: write mode is worklist.")
        try:
            reply = self._door.send("GET", SOAP_PATH, headers=page_headers())
        except TransportFailed as error:
            return Check(name=SOAP_PAGE, ok=False, detail=str(error), advice=_CONNECTION_ADVICE[error.kind])
        if looks_like_the_soap_page(reply):
            return Check(name=SOAP_PAGE, ok=True, detail=f"{SOAP_PATH} offers {OPERATION}.")
        return Check(
            name=SOAP_PAGE,
            ok=False,
            detail=f"{SOAP_PATH} answers HTTP {reply.status} and does not name {OPERATION}.",
            advice='Install Tigerpaw\'s ASMX API (tsiWS) on the Tigerpaw web server, or use write_mode = "worklist".',
        )

    def _soap_write(self) -> Check:
        dialect = self._settings.dialect
        if dialect is None:
            return _not_checked(SOAP_WRITE, "Write mode is worklist: a person enters the quantities, and Tallybridge reads them back.")
        return Check(
            name=SOAP_WRITE,
            ok=None,
            detail=f"Only a first write proves the SOAP user and dialect {dialect.name}; each write is read back.",
            advice="In tsiWS Users.exe (Tigerpaw API Tools) the user must be Active, may list accounts via API, and its Product must be "
            f"{self._settings.external_product!r}. Let the first run write to one customer only.",
        )


def _not_checked(name: str, why: str) -> Check:
    return Check(name=name, ok=None, detail=why)
