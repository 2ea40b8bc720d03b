"""The one SOAP operation that writes charges, `SubmitAgreementAdditionalCharges` of tsiWS, SOAP 1.1 (Tigerpaw reference 2).

Envelope, namespaces and SOAPAction are published; what stands inside `Params` and the result is the dialect's business.
A call is made once. Whatever is answered, the caller reads the charges back (L5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.dom.minidom import Document, Element
from xml.etree.ElementTree import ParseError

import defusedxml.ElementTree
import defusedxml.minidom
from defusedxml.common import DefusedXmlException

from tallybridge.billing.reasons import Reason
from tallybridge.destinations.base import ChargeWrite, DestinationFailed, WriteRefused, WriteReply
from tallybridge.destinations.tigerpaw.template import ValueNotWritable
from tallybridge.wire.transport import TransportFailed, TransportKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from xml.etree.ElementTree import Element as ReplyElement

    from tallybridge.destinations.tigerpaw.dialect import Dialect
    from tallybridge.destinations.tigerpaw.rest import Door
    from tallybridge.destinations.tigerpaw.settings import TigerpawSettings
    from tallybridge.wire.http import HttpReply

SOAP_PATH = "/api/rmm/tsiWS.asmx"
OPERATION = "SubmitAgreementAdditionalCharges"

_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
# The header's namespace ends with a slash, the body's does not (reference 2).
_HEADER = "http://www.tigerpawsoftware.com/"
_BODY = "http://www.tigerpawsoftware.com"
_FRAME = (
    f'<soap:Envelope xmlns:soap="{_ENVELOPE}">'
    f'<soap:Header><AuthHeader xmlns="{_HEADER}"><UserName/><Password/></AuthHeader></soap:Header>'
    f'<soap:Body><{OPERATION} xmlns="{_BODY}"><Params/></{OPERATION}></soap:Body></soap:Envelope>'
)
_REQUEST_HEADERS = {
    "Content-Type": "text/xml; charset=utf-8",
    "SOAPAction": f'"{_BODY}/{OPERATION}"',
    "Accept": "text/xml",
}
_RESULT_PATH = f"{{{_ENVELOPE}}}Body/{{{_BODY}}}{OPERATION}Response/{{{_BODY}}}{OPERATION}Result"
_FAULT_PATH = f"{{{_ENVELOPE}}}Body/{{{_ENVELOPE}}}Fault"

_LONGEST_MESSAGE = 300


class ChargeSubmission:
    """Writes single lines by SOAP. Safe to use from several threads."""

    def __init__(self, door: Door, settings: TigerpawSettings, dialect: Dialect) -> None:
        self._door = door
        self._settings = settings
        self._dialect = dialect

    def write(self, change: ChargeWrite) -> WriteReply:
        """Makes the call once; raises as `destinations.base.Destination.write`."""
        request = self._request(change)
        try:
            reply = self._door.send("POST", SOAP_PATH, headers=_REQUEST_HEADERS, body=request)
        except TransportFailed as error:
            if error.kind in (TransportKind.UNREACHABLE, TransportKind.CERTIFICATE):
                raise DestinationFailed(Reason.PSA_UNREACHABLE, f"{error} The write for {_line(change)} was not sent.") from error
            return WriteReply(answered=False, detail=f"{error} The write for {_line(change)} may have been done all the same.")
        return self._understood(reply, change)

    def _request(self, change: ChargeWrite) -> bytes:
        template = self._dialect.create if change.charge is None else self._dialect.update
        values = {
            "agreement": str(change.agreement),
            "item": change.item,
            "quantity": str(change.quantity),
            "charge": "" if change.charge is None else str(change.charge),
            "external_product": self._settings.external_product,
        }
        try:
            return _envelope(template.fill(values), user=self._settings.soap_user, password=self._settings.soap_password.reveal())
        except ValueNotWritable as error:
            raise WriteRefused(Reason.WRITE_REFUSED, f"The write for {_line(change)} was not sent: {error}.") from error

    def _understood(self, reply: HttpReply, change: ChargeWrite) -> WriteReply:
        if reply.status in (401, 403):
            raise DestinationFailed(
                Reason.SIGN_IN_REFUSED, f"Tigerpaw's SOAP page refused the call (HTTP {reply.status}); nothing was written. {_SOAP_USER_ADVICE}"
            )
        root = _parsed(reply.body)
        fault = None if root is None else root.find(_FAULT_PATH)
        if fault is not None:
            raise self._fault(fault, change)
        if 300 <= reply.status < 500:
            raise WriteRefused(
                Reason.WRITE_REFUSED,
                f"Tigerpaw's web server turned the write for {_line(change)} away (HTTP {reply.status}); nothing was written. "
                f"Open {SOAP_PATH} on the Tigerpaw server in a browser and check that it lists {OPERATION}.",
            )
        result = None if root is None or reply.status != 200 else root.find(_RESULT_PATH)
        if result is None:
            # An error page without a soap:Fault comes from the web server or from something in between: the operation may
            # have been carried out before it broke. The same holds for a reply that cannot be read. Only reading back tells.
            return WriteReply(answered=False, detail=f"Tigerpaw's reply (HTTP {reply.status}) to the write for {_line(change)} cannot be read.")
        return self._result(result, change)

    def _result(self, result: ReplyElement, change: ChargeWrite) -> WriteReply:
        reading = self._dialect.result
        succeeded = reading.succeeded(result)
        message = self._shown(reading.message_in(result))
        if succeeded is None:
            return WriteReply(
                answered=False, detail=f"Tigerpaw's result for {_line(change)} has no place that dialect {self._dialect.name} reads success from."
            )
        if not succeeded:
            raise WriteRefused(Reason.WRITE_REFUSED, f"Tigerpaw refused the write for {_line(change)}: {message or 'no reason given'}.")
        return WriteReply(answered=True, charge=reading.charge_in(result), detail=message)

    def _fault(self, fault: ReplyElement, change: ChargeWrite) -> DestinationFailed | WriteRefused:
        text = self._shown(fault.findtext("faultstring") or "")
        if self._dialect.refuses_sign_in(text):
            return DestinationFailed(Reason.SIGN_IN_REFUSED, f"Tigerpaw refused the SOAP user ({text}); nothing was written. {_SOAP_USER_ADVICE}")
        return WriteRefused(Reason.WRITE_REFUSED, f"Tigerpaw answered the write for {_line(change)} with a fault: {text or 'no reason given'}.")

    def _shown(self, text: str) -> str:
        """The server's words, made short, without the password even where the server repeats it (L11)."""
        for secret in (self._settings.soap_password.reveal(), self._settings.private_key.reveal()):
            text = text.replace(secret, "***") if secret else text
        text = " ".join(text.split()).rstrip(".")
        return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]}…"


_SOAP_USER_ADVICE = (
    "Compare soap_user and soap_password with tsiWS Users.exe (Tigerpaw API Tools): the user must be Active, may list accounts via API, "
    "and its Product must be the integration's External Product."
)


def _line(change: ChargeWrite) -> str:
    line = f"item {change.item!r} on agreement {change.agreement}"
    return line if change.charge is None else f"{line}, line {change.charge}"


def _envelope(params: Element, *, user: str, password: str) -> bytes:
    document: Document = defusedxml.minidom.parseString(_FRAME)
    for name, text in (("UserName", user), ("Password", password)):
        document.getElementsByTagName(name)[0].appendChild(document.createTextNode(text))
    document.getElementsByTagName("Params")[0].appendChild(document.importNode(params, deep=True))
    encoded: bytes = document.toxml(encoding="utf-8")
    return encoded


def _parsed(body: bytes) -> ReplyElement | None:
    try:
        root: ReplyElement = defusedxml.ElementTree.fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None  # not XML, a document type, or an unknown encoding: a reply that cannot be read
    return root


def looks_like_the_soap_page(reply: HttpReply) -> bool:
    """Whether the reply to a GET of the page names the operation, as an ASMX page does."""
    return reply.status == 200 and OPERATION.encode() in reply.body


def page_headers() -> Mapping[str, str]:
    """The headers for a GET of the page."""
    return {"Accept": "text/html"}
