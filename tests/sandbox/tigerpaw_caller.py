"""Calls the simulated Tigerpaw without a network: signed REST requests and SOAP envelopes, at an instant that stands still.

Every JSON reply with status 200 is held against the published models on the way.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from tallybridge.sandbox.http import Reply, Request
from tallybridge.sandbox.scenario import Fault, RestKey, parse_scenario
from tallybridge.sandbox.tigerpaw import TigerpawSimulator
from tallybridge.sandbox.tigerpaw.signature import authorization
from tallybridge.sandbox.world import World
from tests.openapi_contract import assert_reply_is_published

NOW = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
KEYS = RestKey()
SOAP_PATH = "/api/rmm/tsiWS.asmx"
OPERATION = "SubmitAgreementAdditionalCharges"
BODY_NAMESPACE = "http://www.tigerpawsoftware.com"
HEADER_NAMESPACE = "http://www.tigerpawsoftware.com/"
DIALECT = "urn:sandbox:tigerpaw-dialect:0"
SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"

Document = dict[str, Any]


def line(detail_id: int, item_id: str = "KES-WKS", **members: Any) -> Document:
    """An additional charge of a scenario."""
    return {"detail_id": detail_id, "item_id": item_id, "description": "Workstations", "quantity": 42, "price": 4.5, **members}


def agreement(number: int, *charges: Document, **members: Any) -> Document:
    """An agreement of a scenario."""
    return {"number": number, "charges": list(charges), **members}


def account(number: int, name: str, *agreements: Document, products: tuple[str, ...] = ("Kaspersky MSP",)) -> Document:
    """An account of a scenario."""
    return {"number": number, "name": name, "external_products": list(products), "agreements": list(agreements)}


def item(number: int, item_id: str, **members: Any) -> Document:
    """A price book item of a scenario."""
    return {"number": number, "item_id": item_id, "description": f"About {item_id}", "price": 4.5, **members}


def tigerpaw(*accounts: Document, **members: Any) -> Document:
    """The Tigerpaw part of a scenario with a key pair, a SOAP user and a small price book."""
    return {
        "rest_keys": [{"public": KEYS.public, "private": KEYS.private, "rep": 68}],
        "soap_users": [{"name": "kaspersky", "password": "secret", "external_product": "Kaspersky MSP", "active": True}],
        "external_products": ["Kaspersky MSP", "Other RMM"],
        "price_book": [item(1, "KES-WKS"), item(2, "KES-WKS-PLUS", price=7.25), item(3, "KES-OLD", inactive=True)],
        "accounts": list(accounts),
        **members,
    }


def usual_tigerpaw() -> Document:
    """Three accounts: one billable, one without the cross-reference, one whose agreement has ended."""
    return tigerpaw(
        account(1053145, "Contoso Dental", agreement(2041, line(9001)), agreement(2042, type="Phones", end="2026-06-30")),
        account(1053146, "Fabrikam", agreement(2050), products=()),
        account(1053147, "Northwind", agreement(2060, line(9010), end="2026-11-21"), products=("Other RMM", "Kaspersky MSP")),
    )


def world_of(document: Document, now: datetime = NOW) -> World:
    """A world of this Tigerpaw whose clock shows `now`."""
    return World(parse_scenario({"tigerpaw": document}), now=lambda: now)


@dataclass
class Caller:
    """Calls one simulator. `fault` fires at every call while it is set."""

    world: World
    fault: Fault | None = None

    def __post_init__(self) -> None:
        self.simulator = TigerpawSimulator(self.world)

    def send(self, request: Request) -> Reply:
        """The reply to any request."""
        return self.simulator.answer(request, self.simulator.identify(request), self.fault)

    def rest(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: dict[str, str] | None = None,
        headers: dict[str, str | None] | None = None,
        sent: bytes | None = None,
    ) -> Reply:
        """A signed request; `headers` replaces or (None) leaves out headers, `sent` is the body as bytes."""
        content = sent if sent is not None else (b"" if body is None else json.dumps(body).encode())
        date = format_datetime(NOW, usegmt=True)
        all_headers: dict[str, str | None] = {
            "authorization": authorization(method, path, date, KEYS),
            "x-tsi-date": date,
            "content-type": "application/json",
            "content-length": str(len(content)) if method in {"POST", "PUT"} else None,
            **(headers or {}),
        }
        present = {name: value for name, value in all_headers.items() if value is not None}
        return self.send(Request(method, path, list((query or {}).items()), present, content, 1))

    def json(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """The JSON value of a 200 reply, held against the published model."""
        reply = self.rest(method, path, body, query)
        assert reply.status == 200, reply.body
        assert reply.content_type == "application/json; charset=utf-8"
        value = json.loads(reply.body)
        assert_reply_is_published(method, path, value)
        return value

    def get(self, path: str, **query: str) -> Any:
        """The JSON value of a GET."""
        return self.json("GET", path, None, **query)

    def refusal(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, str]:
        """Status and Message of a reply that is not 200."""
        reply = self.rest(method, path, body, query)
        assert reply.status != 200
        value = json.loads(reply.body)
        assert set(value) == {"Message"}
        return reply.status, value["Message"]

    def charges(self, agreement_number: int = 2041) -> list[Document]:
        """The additional charges of an agreement as REST reads them."""
        read: list[Document] = self.get(f"/api/agreements/{agreement_number}/additionalcharges")
        return read

    def soap(self, envelope: str, content_type: str = "text/xml; charset=utf-8", action: str | None = f'"{BODY_NAMESPACE}/{OPERATION}"') -> Reply:
        """A SOAP request as text."""
        headers = {"content-type": content_type, "content-length": str(len(envelope))}
        if action is not None:
            headers["soapaction"] = action
        return self.send(Request("POST", SOAP_PATH, [], headers, envelope.encode(), 1))

    def submit(self, charges: str, agreement_number: int = 2041) -> Element:
        """Submits `<Charge .../>` elements and returns the result document."""
        reply = self.soap(envelope(sandbox_charges(charges, agreement_number)))
        assert reply.status == 200, reply.body
        return result_of(reply)

    def refused(self, charges: str, agreement_number: int = 2041) -> str:
        """The message of a submission that must be refused, and must leave everything as it was."""
        before = self.world.state()
        result = self.submit(charges, agreement_number)
        assert result.get("success") == "false"
        assert len(result) == 0
        assert self.world.state() == before
        return result.get("message", "")


def sandbox_charges(charges: str, agreement_number: int = 2041) -> str:
    """The document inside Params."""
    return f'<SandboxCharges xmlns="{DIALECT}" agreementNumber="{agreement_number}">{charges}</SandboxCharges>'


def envelope(
    params: str,
    *,
    soap: str = SOAP_11,
    user: str = "kaspersky",
    password: str = "secret",
    header_namespace: str = HEADER_NAMESPACE,
    body_namespace: str = BODY_NAMESPACE,
    operation: str = OPERATION,
) -> str:
    """A request envelope; each part can be made wrong."""
    return (
        f'<soap:Envelope xmlns:soap="{soap}"><soap:Header><AuthHeader xmlns="{header_namespace}">'
        f"<UserName>{user}</UserName><Password>{password}</Password></AuthHeader></soap:Header>"
        f'<soap:Body><{operation} xmlns="{body_namespace}"><Params>{params}</Params></{operation}></soap:Body></soap:Envelope>'
    )


def result_of(reply: Reply, soap: str = SOAP_11) -> Element:
    """The result document inside the response envelope."""
    path = f"{{{soap}}}Body/{{{BODY_NAMESPACE}}}{OPERATION}Response/{{{BODY_NAMESPACE}}}{OPERATION}Result/{{{DIALECT}}}SandboxResult"
    result = fromstring(reply.body).find(path)
    assert isinstance(result, Element), reply.body
    return result
