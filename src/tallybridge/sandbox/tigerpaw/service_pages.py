"""What tsiWS shows to a browser: the list of operations, one operation's page, and a WSDL stub (Tigerpaw reference 2, 4.3)."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from tallybridge.sandbox.http import Reply
from tallybridge.sandbox.tigerpaw.envelope import BODY_NAMESPACE, HEADER_NAMESPACE

if TYPE_CHECKING:
    from tallybridge.sandbox.http import Request

OPERATION = "SubmitAgreementAdditionalCharges"
_SUMMARY = "Creates, updates or deletes additional charge line items of an agreement. No billing and no card processing occurs."
_NOTE = "This is a simulation for training and tests. What Params and the result hold here is its own vocabulary, not the vendor's."


def page(request: Request) -> Reply:
    """The page that a GET asks for: `?WSDL`, `?op=<operation>`, or the list of operations."""
    query = {name.lower(): value for name, value in request.query}
    if "wsdl" in query:
        location = f"http://{request.headers.get('host', '127.0.0.1')}{request.path}"
        return Reply(200, _wsdl(location).encode(), "text/xml; charset=utf-8")
    if "op" in query and query["op"].lower() != OPERATION.lower():
        return _html(404, f"<p>There is no operation {escape(query['op'])}.</p>")
    if "op" in query:
        return _html(200, f"<h2>{OPERATION}</h2><p>{_SUMMARY}</p><pre>{escape(_sample())}</pre>")
    return _html(200, f'<ul><li><a href="?op={OPERATION}">{OPERATION}</a> {_SUMMARY}</li></ul><a href="?WSDL">Service Description</a>')


def _html(status: int, content: str) -> Reply:
    text = f"<!DOCTYPE html><html><head><title>tsiWS</title></head><body><h1>tsiWS</h1>{content}<p>{_NOTE}</p></body></html>"
    return Reply(status, text.encode(), "text/html; charset=utf-8")


def _sample() -> str:
    return f"""POST /api/rmm/tsiWS.asmx HTTP/1.1
Content-Type: text/xml; charset=utf-8
SOAPAction: "{BODY_NAMESPACE}/{OPERATION}"

<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">
  <soap:Header>
    <AuthHeader xmlns="{HEADER_NAMESPACE}"><UserName>string</UserName><Password>string</Password></AuthHeader>
  </soap:Header>
  <soap:Body>
    <{OPERATION} xmlns="{BODY_NAMESPACE}"><Params>xml</Params></{OPERATION}>
  </soap:Body>
</soap:Envelope>"""


def _wsdl(location: str) -> str:
    return f"""<?xml version="1.0" encoding="utf-8"?>
<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
 xmlns:s="http://www.w3.org/2001/XMLSchema" xmlns:tns="{BODY_NAMESPACE}" xmlns:auth="{HEADER_NAMESPACE}" targetNamespace="{BODY_NAMESPACE}">
  <wsdl:documentation>{_NOTE}</wsdl:documentation>
  <wsdl:types>
    <s:schema elementFormDefault="qualified" targetNamespace="{HEADER_NAMESPACE}">
      <s:element name="AuthHeader"><s:complexType><s:sequence>
        <s:element name="UserName" type="s:string" minOccurs="0"/><s:element name="Password" type="s:string" minOccurs="0"/>
      </s:sequence></s:complexType></s:element>
    </s:schema>
    <s:schema elementFormDefault="qualified" targetNamespace="{BODY_NAMESPACE}">
      <s:element name="{OPERATION}">{_opaque("Params")}</s:element>
      <s:element name="{OPERATION}Response">{_opaque(f"{OPERATION}Result")}</s:element>
    </s:schema>
  </wsdl:types>
  <wsdl:message name="{OPERATION}SoapIn"><wsdl:part name="parameters" element="tns:{OPERATION}"/></wsdl:message>
  <wsdl:message name="{OPERATION}SoapOut"><wsdl:part name="parameters" element="tns:{OPERATION}Response"/></wsdl:message>
  <wsdl:message name="{OPERATION}AuthHeader"><wsdl:part name="AuthHeader" element="auth:AuthHeader"/></wsdl:message>
  <wsdl:portType name="tsiWSSoap"><wsdl:operation name="{OPERATION}">
    <wsdl:input message="tns:{OPERATION}SoapIn"/><wsdl:output message="tns:{OPERATION}SoapOut"/>
  </wsdl:operation></wsdl:portType>
  <wsdl:binding name="tsiWSSoap" type="tns:tsiWSSoap">
    <soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="{OPERATION}">
      <soap:operation soapAction="{BODY_NAMESPACE}/{OPERATION}" style="document"/>
      <wsdl:input>
        <soap:body use="literal"/><soap:header message="tns:{OPERATION}AuthHeader" part="AuthHeader" use="literal"/>
      </wsdl:input>
      <wsdl:output><soap:body use="literal"/></wsdl:output>
    </wsdl:operation>
  </wsdl:binding>
  <wsdl:service name="tsiWS"><wsdl:port name="tsiWSSoap" binding="tns:tsiWSSoap">
    <soap:address location="{escape(location)}"/>
  </wsdl:port></wsdl:service>
</wsdl:definitions>
"""


def _opaque(name: str) -> str:
    return (
        f'<s:complexType><s:sequence><s:element name="{name}" minOccurs="0">'
        '<s:complexType mixed="true"><s:sequence><s:any/></s:sequence></s:complexType></s:element></s:sequence></s:complexType>'
    )
