"""The vocabulary inside `Params` of SubmitAgreementAdditionalCharges: OURS, invented for the sandbox.

The real vocabulary is not public. This one is named and versioned as ours (Tigerpaw reference 4.4), so that nobody takes it for
the vendor's:

    <SandboxCharges xmlns="urn:sandbox:tigerpaw-dialect:0" agreementNumber="2041">
      <Charge action="upsert" detailId="9001" itemId="KES-WKS" quantity="42" description="..." price="4.5"/></SandboxCharges>

answered by

    <SandboxResult xmlns="urn:sandbox:tigerpaw-dialect:0" success="true">
      <Charge itemId="KES-WKS" detailId="9001" status="updated"/></SandboxResult>

or by `success="false"` with `message`. `action` is `upsert` (without `detailId` it adds a line) or `delete`; `description` and
`price` are optional, and what is not sent does not change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Literal, cast
from xml.etree.ElementTree import Element, SubElement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NAMESPACE = "urn:sandbox:tigerpaw-dialect:0"
LARGEST_INTEGER = 2**31 - 1

Status = Literal["created", "updated", "deleted"]

_ATTRIBUTES = {"action", "detailId", "itemId", "quantity", "description", "price"}
_DIGITS = re.compile(r"[0-9]+")


class DialectError(ValueError):
    """The document does not follow the vocabulary; the text becomes the result's message."""


@dataclass(frozen=True)
class SubmittedCharge:
    """One charge as sent; None is what was not sent."""

    action: Literal["upsert", "delete"]
    detail_id: int | None
    item_id: str | None
    quantity: int | None
    description: str | None
    price: Decimal | None


@dataclass(frozen=True)
class Submission:
    """The charges sent for one agreement."""

    agreement: int
    charges: Sequence[SubmittedCharge]


@dataclass(frozen=True)
class ChargeResult:
    """What became of one submitted charge."""

    item_id: str
    detail_id: int
    status: Status


def read_submission(params: Element) -> Submission:
    """Reads the one document inside `Params`. Raises DialectError naming what is wrong."""
    if len(params) != 1 or params[0].tag != f"{{{NAMESPACE}}}SandboxCharges":
        raise DialectError(f"Params must hold one SandboxCharges element of {NAMESPACE}.")
    document = params[0]
    agreement = _whole(document.attrib, "agreementNumber")
    if agreement is None:
        raise DialectError("agreementNumber is missing.")
    if set(document.attrib) - {"agreementNumber"}:
        raise DialectError("SandboxCharges takes the attribute agreementNumber alone.")
    return Submission(agreement, [_charge(element) for element in document])


def success(results: Sequence[ChargeResult]) -> Element:
    """The result document of a submission that was carried out."""
    document = Element(f"{{{NAMESPACE}}}SandboxResult", {"success": "true"})
    for result in results:
        attributes = {"itemId": result.item_id, "detailId": str(result.detail_id), "status": result.status}
        SubElement(document, f"{{{NAMESPACE}}}Charge", attributes)
    return document


def failure(message: str) -> Element:
    """The result document of a submission that was refused: nothing of it was carried out."""
    return Element(f"{{{NAMESPACE}}}SandboxResult", {"success": "false", "message": message})


def _charge(element: Element) -> SubmittedCharge:
    attributes = element.attrib
    if element.tag != f"{{{NAMESPACE}}}Charge":
        raise DialectError("SandboxCharges holds Charge elements only.")
    if unknown := sorted(set(attributes) - _ATTRIBUTES):
        raise DialectError(f"The attribute {unknown[0]} of Charge is unknown.")
    action = attributes.get("action")
    if action not in {"upsert", "delete"}:
        raise DialectError("action must be upsert or delete.")
    charge = SubmittedCharge(
        action=cast(Literal["upsert", "delete"], action),
        detail_id=_whole(attributes, "detailId"),
        item_id=attributes.get("itemId"),
        quantity=_whole(attributes, "quantity"),
        description=attributes.get("description"),
        price=_price(attributes),
    )
    if charge.action == "delete" and charge.detail_id is None:
        raise DialectError("A charge to delete needs its detailId.")
    if charge.action == "upsert" and charge.quantity is None:
        raise DialectError("quantity is missing.")
    if charge.action == "upsert" and charge.detail_id is None and not charge.item_id:
        raise DialectError("A charge to add needs its itemId.")
    return charge


def _whole(attributes: Mapping[str, str], name: str) -> int | None:
    text = attributes.get(name)
    if text is None:
        return None
    if not _DIGITS.fullmatch(text) or len(text) > len(str(LARGEST_INTEGER)) or int(text) > LARGEST_INTEGER:
        raise DialectError(f"{name} must be a whole number from 0 to {LARGEST_INTEGER}.")
    return int(text)


def _price(attributes: Mapping[str, str]) -> Decimal | None:
    text = attributes.get("price")
    if text is None:
        return None
    try:
        price = Decimal(text)
    except InvalidOperation as error:
        raise DialectError("price must be a number.") from error
    if not price.is_finite() or price < 0:
        raise DialectError("price must be a number that is not negative.")
    return price
