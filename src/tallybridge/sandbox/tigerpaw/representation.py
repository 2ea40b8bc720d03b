"""Bodies of the REST API in JSON and XML, chosen by Content-Type and Accept (Tigerpaw reference 1.3)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NIL = f"{{{XSI}}}nil"
_XML_TYPES = ("application/xml", "text/xml")

# The element of each list: the name of its model. Lists at the top of a reply are called ArrayOf<model>.
_ITEM_NAMES = {
    "Accounts": "AccountSummary",
    "AdditionalCharges": "AgreementAdditionalCharge",
    "Agreements": "AgreementSummary",
    "Assembly": "AssemblyDetail",
    "BillTos": "BillTo",
    "CoManagedTechnicians": "CoManagedTechnician",
    "CoveredAssetTypes": "AgreementCoveredAssetType",
    "Criteria": "SearchCriteria",
    "CustomFields": "CustomField",
    "CustomerAssetTypes": "AgreementCustomerAsset",
    "Discounts": "Discount",
    "ExternalProducts": "AccountExternalProduct",
    "Fields": "CustomField",
    "Groups": "AssignedMarketingGroup",
    "PayMethods": "PayMethod",
    "PhoneNumbers": "PhoneNumber",
    "PriceBookItems": "PriceBookItemSummary",
    "Pricing": "PricingDetail",
    "Profiles": "AssignedMarketingProfile",
    "SICCodes": "AssignedSICCode",
    "ShipTos": "ShipTo",
    "Systems": "AccountSystem",
    "Vendors": "VendorSummary",
}
_ARRAY_OF = "ArrayOf"


class BodyError(Exception):
    """The body of a request cannot be read; `status` is the answer's (400 or 415)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def read_body(body: bytes, content_type: str) -> Any:
    """The value that a body holds: objects as dicts, lists, text. An empty body is None. Raises BodyError."""
    media_type = content_type.partition(";")[0].strip().lower()
    if not body.strip():
        return None
    try:
        # our choice: a body without Content-Type is read as JSON
        if media_type in {"", "application/json", "text/json"}:
            return json.loads(body)
        if media_type in _XML_TYPES:
            return _from_xml(fromstring(body))
        if media_type == "application/x-www-form-urlencoded":
            return _from_form(body.decode())
    except (ValueError, ParseError, DefusedXmlException) as error:
        # our choice: the reference does not know the answer to a body that does not parse
        raise BodyError(400, "The request body cannot be read.") from error
    raise BodyError(415, f"The media type '{media_type}' is not supported for this resource.")


def accepted_type(accept: str) -> str:
    """The media type of the reply. our choice: JSON also where nothing that we have is accepted."""
    ranked: list[tuple[float, int, str]] = []
    for place, each in enumerate(accept.split(",")):
        name, *parameters = (part.strip().lower() for part in each.split(";"))
        quality = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        if name in {*_XML_TYPES, "application/json"}:
            ranked.append((-_quality(quality), place, name))
    return min(ranked)[2] if ranked else "application/json"


def write_body(value: Any, root: str, media_type: str) -> bytes:
    """`value` as JSON or XML; `root` names the XML root (`ArrayOf<model>` for a list)."""
    if media_type == "application/json":
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    document: bytes = tostring(_to_xml(root, value), encoding="utf-8", xml_declaration=True)
    return document


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _from_form(text: str) -> Any:
    members = dict(parse_qsl(text, keep_blank_values=True))
    # text alone is sent as "=text"
    return members[""] if set(members) == {""} else members


def _from_xml(element: Element) -> Any:
    name = _local(element.tag)
    children = list(element)
    if element.get(_NIL) in {"true", "1"}:
        return None
    if name.startswith(_ARRAY_OF) or (children and {_local(child.tag) for child in children} == {_ITEM_NAMES.get(name)}):
        return [_from_xml(child) for child in children]
    if children:
        return {_local(child.tag): _from_xml(child) for child in children}
    return element.text or ""


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _to_xml(name: str, value: Any) -> Element:
    element = Element(name)
    _fill(element, value, name)
    return element


def _fill(element: Element, value: Any, name: str) -> None:
    match value:
        case None:
            element.set(_NIL, "true")
        case Mapping():
            for key, member in value.items():
                _fill(SubElement(element, key), member, key)
        case list():
            item = name.removeprefix(_ARRAY_OF) if name.startswith(_ARRAY_OF) else _ITEM_NAMES[name]
            for each in value:
                _fill(SubElement(element, item), each, item)
        case bool():
            element.text = "true" if value else "false"
        case _:
            element.text = str(value)
