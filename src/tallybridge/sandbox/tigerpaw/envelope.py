"""SOAP 1.1 and 1.2 envelopes of tsiWS, with its two namespaces (Tigerpaw reference 2)."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, SubElement, register_namespace, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

# The header's namespace ends in a slash and the body's does not: the vendor's page has it so
HEADER_NAMESPACE = "http://www.tigerpawsoftware.com/"
BODY_NAMESPACE = "http://www.tigerpawsoftware.com"

_XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"


@dataclass(frozen=True)
class SoapVersion:
    """What differs between the versions of SOAP."""

    namespace: str
    media_type: str


SOAP_11 = SoapVersion("http://schemas.xmlsoap.org/soap/envelope/", "text/xml")
SOAP_12 = SoapVersion("http://www.w3.org/2003/05/soap-envelope", "application/soap+xml")

register_namespace("soap", SOAP_11.namespace)
register_namespace("soap12", SOAP_12.namespace)


class SoapFaultError(Exception):
    """The call ends in a soap:Fault with this text. `by_server` puts the blame on the server, else on the caller."""

    def __init__(self, message: str, *, by_server: bool = False) -> None:
        super().__init__(message)
        self.by_server = by_server


@dataclass(frozen=True, repr=False)
class SoapRequest:
    """A request as read: who calls what. `operation` is the first element of the body."""

    version: SoapVersion
    user_name: str | None
    password: str | None
    operation: Element

    @property
    def operation_name(self) -> str:
        """The operation's name without its namespace."""
        return self.operation.tag.rpartition("}")[2]


def version_of(content_type: str) -> SoapVersion | None:
    """The SOAP version that a Content-Type stands for, or None."""
    media_type = content_type.partition(";")[0].strip().lower()
    return next((version for version in (SOAP_11, SOAP_12) if version.media_type == media_type), None)


def read_envelope(body: bytes) -> SoapRequest:
    """Reads a request. Raises SoapFaultError when it is no envelope with one operation."""
    try:
        envelope = fromstring(body)
    except (ParseError, ValueError, DefusedXmlException) as error:
        raise SoapFaultError("Server was unable to read request. The body is not XML.") from error
    version = next((each for each in (SOAP_11, SOAP_12) if envelope.tag == f"{{{each.namespace}}}Envelope"), None)
    if version is None:
        raise SoapFaultError("Possible SOAP version mismatch: the envelope's namespace is unexpected.")
    operations = envelope.find(f"{{{version.namespace}}}Body")
    if operations is None or len(operations) == 0:
        raise SoapFaultError("Server was unable to read request. The body holds no operation.")
    header = envelope.find(f"{{{version.namespace}}}Header/{{{HEADER_NAMESPACE}}}AuthHeader")
    return SoapRequest(version, _text(header, "UserName"), _text(header, "Password"), operations[0])


def write_result(version: SoapVersion, operation: str, result: Element) -> bytes:
    """The reply to `operation` with the opaque `result` inside."""
    envelope, body = _envelope(version)
    response = SubElement(body, f"{{{BODY_NAMESPACE}}}{operation}Response")
    SubElement(response, f"{{{BODY_NAMESPACE}}}{operation}Result").append(result)
    return _serialized(envelope)


def write_fault(version: SoapVersion, fault: SoapFaultError) -> bytes:
    """The soap:Fault of the version."""
    envelope, body = _envelope(version)
    soap = f"{{{version.namespace}}}"
    element = SubElement(body, f"{soap}Fault")
    if version is SOAP_11:
        SubElement(element, "faultcode").text = "soap:Server" if fault.by_server else "soap:Client"
        SubElement(element, "faultstring").text = str(fault)
        SubElement(element, "detail")
    else:
        code = SubElement(element, f"{soap}Code")
        SubElement(code, f"{soap}Value").text = "soap12:Receiver" if fault.by_server else "soap12:Sender"
        reason = SubElement(element, f"{soap}Reason")
        SubElement(reason, f"{soap}Text", {f"{{{_XML_NAMESPACE}}}lang": "en"}).text = str(fault)
        SubElement(element, f"{soap}Detail")
    return _serialized(envelope)


def _envelope(version: SoapVersion) -> tuple[Element, Element]:
    envelope = Element(f"{{{version.namespace}}}Envelope")
    return envelope, SubElement(envelope, f"{{{version.namespace}}}Body")


def _serialized(envelope: Element) -> bytes:
    document: bytes = tostring(envelope, encoding="utf-8", xml_declaration=True)
    return document


def _text(header: Element | None, name: str) -> str | None:
    element = None if header is None else header.find(f"{{{HEADER_NAMESPACE}}}{name}")
    return None if element is None else element.text or ""
